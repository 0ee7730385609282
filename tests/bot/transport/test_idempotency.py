"""Each message that answers an update is sent once, also by a bot that finds records of its last run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.app import LabelBot
from bot.localchat.faults import Answer, RetryAfter
from bot.localchat.server import LocalChatServer
from bot.localchat.simulation import Simulation
from bot.storage.database_url import sqlite_url
from bot.storage.inbox import ReceivedUpdate
from bot.storage.sends import Claim
from bot.storage.storage import Storage
from bot.transport.bot_client import TelegramBot
from bot.transport.flood_control import FloodControl
from bot.transport.http import AiohttpRequest
from bot.transport.idempotency import UNKNOWN_ID, MessageName, UpdateRecords
from bot.transport.outbox import Outbox, Sent
from tests.support.client import Client, settings_for
from tests.support.processes import until

UPDATE_ID = 9
NAMES = (MessageName.QUOTA_NOTICE, MessageName.ANSWER, MessageName.APOLOGY)


def test_the_ordinals_of_messages_in_the_database_never_change() -> None:
    assert {name.name: name.value for name in MessageName} == {
        "ANSWER": 0,
        "APOLOGY": 1,
        "QUOTA_NOTICE": 2,
        "PHOTOS": 10,
        "CONSENT_QUESTION": 100,
        "DEAD_LETTER_APOLOGY": 1_000,
        "DEAD_LETTER_NEWS": 1_001,
    }


@dataclass
class Restarts:
    """A bot's outgoing side over a real database, without its handlers."""

    server: LocalChatServer
    bot: TelegramBot
    storage: Storage

    @property
    def sim(self) -> Simulation:
        return self.server.simulation

    unknown_fates: int = 0

    async def outbox(self, bot: TelegramBot | None = None) -> Outbox:
        """The outbox of the same update after another restart, maybe with a bot that waits for nothing."""
        earlier = (await self.storage.sends.of_updates([UPDATE_ID])).get(UPDATE_ID)
        records = UpdateRecords(self.storage.sends, UPDATE_ID, earlier, on_unknown_fate=self._count_unknown_fate)
        return Outbox(bot or self.bot, records)

    def _count_unknown_fate(self) -> None:
        self.unknown_fates += 1

    def texts(self) -> list[str]:
        return [str(message["text"]) for message in self.sim.messages(self.sim.private)]


@pytest.fixture
async def restarts(server: LocalChatServer, tmp_path: Path) -> AsyncIterator[Restarts]:
    storage = await Storage.open(sqlite_url(tmp_path / "labelbot.sqlite3"))
    await storage.inbox.add([ReceivedUpdate(UPDATE_ID, server.simulation.private.id, {})])
    async with connected(server) as bot:
        yield Restarts(server, bot, storage)
    await storage.close()


@asynccontextmanager
async def connected(server: LocalChatServer) -> AsyncIterator[TelegramBot]:
    bot = TelegramBot(
        server.token,
        f"{server.api_url}/bot",
        f"{server.api_url}/file/bot",
        request=AiohttpRequest(connections=10, read_timeout_s=20),
        get_updates_request=AiohttpRequest(connections=1, read_timeout_s=20),
        rate_limiter=FloodControl(per_s=1000, per_s_per_chat=1000.0, per_min_per_group=1000),
    )
    async with bot:
        yield bot


async def send_all(restarts: Restarts, names: Sequence[MessageName]) -> dict[str, Sent | None]:
    """Send a message of each name, and two pieces of news, in a given order."""
    outbox, chat_id = await restarts.outbox(), restarts.sim.private.id
    sent = {name.name: await outbox.send(chat_id, name.name, name=name) for name in names}
    indexes = (0, 1) if names[0] < names[-1] else (1, 0)
    news = {f"news {index}": index for index in indexes}
    for text, index in news.items():
        sent[text] = await outbox.send(chat_id, text, name=MessageName.DEAD_LETTER_NEWS, index=index)
    return sent


async def test_a_handler_that_sends_in_another_order_after_a_restart_doubles_nothing(restarts: Restarts) -> None:
    first = await send_all(restarts, NAMES)
    again = await send_all(restarts, NAMES[::-1])
    assert sorted(restarts.texts()) == sorted(first)
    assert len(first) == 5
    for name, sent in first.items():
        before = again[name]
        assert sent is not None
        assert before is not None
        assert (sent.before_restart, before.before_restart) == (False, True)
        assert before.message.message_id == sent.message.message_id
        assert before.message.chat.id == restarts.sim.private.id


async def test_messages_that_a_crash_kept_from_leaving_are_sent_then(restarts: Restarts) -> None:
    outbox = await restarts.outbox()
    await outbox.send(restarts.sim.private.id, "notice", name=MessageName.QUOTA_NOTICE)
    outbox = await restarts.outbox()
    assert outbox.was_sent(MessageName.QUOTA_NOTICE)
    assert not outbox.was_sent(MessageName.ANSWER)
    assert not outbox.answered
    await outbox.send(restarts.sim.private.id, "answer")
    assert outbox.answered
    assert restarts.texts() == ["notice", "answer"]


async def test_a_message_that_was_sent_before_a_restart_can_be_edited(restarts: Restarts) -> None:
    await (await restarts.outbox()).send(restarts.sim.private.id, "as it was")
    outbox = await restarts.outbox()
    sent = await outbox.send(restarts.sim.private.id, "never sent")
    assert sent is not None
    await outbox.edit(sent.message, "edited")
    assert restarts.texts() == ["edited"]


async def test_a_send_of_unknown_fate_is_counted_once_however_often_the_program_is_killed(
    restarts: Restarts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # as the app does
    chat_id = restarts.sim.private.id
    await restarts.storage.sends.claim(UPDATE_ID, MessageName.ANSWER, chat_id=chat_id)
    restarts.server.faults.add(RetryAfter(60), method="sendMessage", count=1)
    tasks = [asyncio.create_task(Outbox(restarts.bot).send(chat_id, "the first message, which Telegram delays"))]
    await restarts.sim.wait_for(lambda: any(call.method == "sendMessage" for call in restarts.sim.calls))
    flood = restarts.bot.rate_limiter
    assert isinstance(flood, FloodControl)
    for waiting in (1, 2):
        tasks.append(asyncio.create_task((await restarts.outbox()).send(chat_id, "killed while it waits")))
        await until(lambda: flood.waiting >= waiting)  # noqa: B023
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert restarts.unknown_fates == 0
    async with connected(restarts.server) as bot:
        await (await restarts.outbox(bot)).send(chat_id, "sent again")
    assert restarts.unknown_fates == 1
    assert restarts.texts() == ["sent again"]


async def test_messages_of_tasks_that_a_handler_starts_belong_to_its_update(restarts: Restarts) -> None:
    outbox, chat_id = await restarts.outbox(), restarts.sim.private.id
    await asyncio.gather(*(asyncio.create_task(outbox.send(chat_id, name.name, name=name)) for name in NAMES))
    kept = (await restarts.storage.sends.of_updates([UPDATE_ID]))[UPDATE_ID]
    assert sorted(kept) == sorted(NAMES)


async def test_a_message_whose_id_telegram_did_not_tell_is_not_sent_again(restarts: Restarts) -> None:
    fault = restarts.server.faults.add(Answer(b'{"ok":true,"result":{}}', 200, after_effect=True), method="sendMessage")
    assert await (await restarts.outbox()).send(restarts.sim.private.id, "hello") is None
    kept = await restarts.storage.sends.of_updates([UPDATE_ID])
    assert kept == {UPDATE_ID: {MessageName.ANSWER: Claim(restarts.sim.private.id, UNKNOWN_ID)}}
    assert await (await restarts.outbox()).send(restarts.sim.private.id, "hello") is None
    assert fault.hits == 1
    assert restarts.texts() == ["hello"]


async def said_after_a_crash(
    server: LocalChatServer, home: Path, text: str, ordinal: int, message_id: int | None
) -> list[str]:
    """Run a bot that finds a message of its last run, which answered a text."""
    sim = server.simulation
    sim.send_text(sim.private, sim.alice, text)
    body = sim.store.updates.pending.pop()
    storage = await Storage.open(sqlite_url(home / "labelbot.sqlite3"))
    await storage.inbox.add([ReceivedUpdate(body["update_id"], sim.private.id, body)])
    await storage.sends.claim(body["update_id"], ordinal, chat_id=sim.private.id)
    if message_id is not None:
        storage.sends.confirm(body["update_id"], ordinal, chat_id=sim.private.id, message_id=message_id)
    await storage.close()
    async with LabelBot(settings_for(server, home)) as bot:
        return await Client(server, bot).said_in(sim.private)


@pytest.mark.parametrize(("message_id", "again"), [(77, False), (UNKNOWN_ID, False), (None, True)])
async def test_after_a_crash_only_what_may_not_have_been_sent_is_sent_again(
    server: LocalChatServer, tmp_path: Path, message_id: int | None, again: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    said = await said_after_a_crash(server, tmp_path, "/start", MessageName.ANSWER, message_id)
    assert len(said) == again
    assert ("sent again, maybe twice" in capfd.readouterr().out) == again


async def test_an_apology_in_place_of_an_answer_is_not_sent_again(server: LocalChatServer, tmp_path: Path) -> None:
    assert await said_after_a_crash(server, tmp_path, "http://127.0.0.1/", MessageName.ANSWER, 77) == []


async def test_a_request_refused_before_a_crash_stays_refused(server: LocalChatServer, tmp_path: Path) -> None:
    assert await said_after_a_crash(server, tmp_path, "/help", MessageName.QUOTA_NOTICE, 77) == []
