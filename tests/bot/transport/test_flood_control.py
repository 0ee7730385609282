"""Flood control, with the real library against the local Bot API server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from telegram import Message
from telegram.error import BadRequest, RetryAfter
from telegram.ext import Application, ExtBot

from bot.localchat import faults
from bot.localchat.chats import Chat
from bot.localchat.journal import Call
from bot.localchat.server import LocalChatServer
from bot.transport.chat_queue import BURST
from bot.transport.flood_control import FloodControl
from bot.transport.http import AiohttpRequest
from bot.transport.retries import GivenUp

pytestmark = pytest.mark.usefixtures("timedelta")

# Telegram's own figures, as in production.
LIMITS = {"per_s": 30, "per_s_per_chat": 1.0, "per_min_per_group": 20}
NONE = {"per_s": 1_000_000, "per_s_per_chat": 1_000_000.0, "per_min_per_group": 1_000_000}


@pytest.fixture
def timedelta(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@dataclass
class Sender:
    """A bot that sends on its own account, and whom it sends to."""

    server: LocalChatServer
    bot: ExtBot[Any]
    flood: FloodControl

    def private_chats(self, count: int) -> list[Chat]:
        sim = self.server.simulation
        return [sim.add_private_chat(sim.add_user(f"Guest {number}")) for number in range(count)]

    def send(self, chat: Chat, text: str = "hello") -> asyncio.Task[Message]:
        return asyncio.create_task(self.bot.send_message(chat.id, text))

    def change(self, message: Message, text: str) -> asyncio.Task[Message | bool]:
        call = self.bot.edit_message_text(text, chat_id=message.chat_id, message_id=message.message_id)
        return asyncio.create_task(call)

    async def cool_down(self, chat: Chat) -> asyncio.Task[Message]:
        """Have Telegram refuse a message to a chat for a second; return once it has."""
        fault = self.server.faults.add(faults.RetryAfter(1), method="sendMessage", chat_id=chat.id, count=1)
        sending = self.send(chat, "refused")
        await self.server.simulation.wait_for(lambda: fault.hits)
        async with asyncio.timeout(1):
            while chat.id not in self.flood._cool_downs._until_s:  # noqa: ASYNC110 -- there is no event of it
                await asyncio.sleep(0.001)
        return sending

    def calls(self, method: str) -> list[Call]:
        return [call for call in self.server.simulation.calls if call.method == method]

    def texts(self, chat: Chat) -> list[str]:
        return [str(message["text"]) for message in self.server.simulation.messages(chat)]


@asynccontextmanager
async def sender(limits: dict[str, float], *, controlled: bool = True) -> AsyncIterator[Sender]:
    control = FloodControl(**limits)  # type: ignore[arg-type]  # whole numbers where it asks for them
    async with LocalChatServer() as server:
        builder = (
            Application.builder()
            .token(server.token)
            .base_url(f"{server.api_url}/bot")
            .request(AiohttpRequest(connections=100, read_timeout_s=20))
            .get_updates_request(AiohttpRequest(connections=1, read_timeout_s=20))
            .updater(None)
        )
        async with (builder.rate_limiter(control) if controlled else builder).build().bot as bot:
            yield Sender(server, bot, control)


async def ended(tasks: list[asyncio.Task[Message]]) -> None:
    """Cancel tasks and wait for their end."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("controlled", [True, False])
async def test_many_messages_stay_within_what_telegram_takes(controlled: bool) -> None:
    async with sender(LIMITS, controlled=controlled) as bot:
        bot.server.faults.enforce_limits()
        chats = bot.private_chats(15)
        sent = await asyncio.gather(*(bot.send(chat) for chat in chats * 3), return_exceptions=True)
        statuses = [call.status for call in bot.calls("sendMessage")]
        if controlled:
            assert statuses == [200] * 45
        else:  # which shows that the server does refuse
            assert statuses.count(429) == 15
            assert sum(isinstance(result, RetryAfter) for result in sent) == 15


async def test_a_group_gets_twenty_messages_a_minute() -> None:
    async with sender(LIMITS | {"per_s_per_chat": 1000.0}) as bot:
        (other,) = bot.private_chats(1)
        group = bot.server.simulation.group
        sending = [bot.send(group, str(number)) for number in range(25)]
        await bot.server.simulation.wait_for(lambda: len(bot.texts(group)) == 20)
        done, waiting = await asyncio.wait(sending, timeout=0.2)
        assert len(done) == 20
        assert bot.flood.waiting == 5
        assert bot.texts(group) == [str(number) for number in range(20)]
        # A change is a message, too, and a "typing" that has to wait is not worth its while.
        change = bot.change(sending[0].result(), "changed")
        assert await bot.bot.send_chat_action(group.id, "typing")
        await bot.send(other)
        assert not change.done()
        assert not bot.calls("editMessageText")
        assert not bot.calls("sendChatAction")
        change.cancel()
        await ended([*waiting])
        assert bot.flood.waiting == 0


async def test_a_refusal_holds_the_chat_that_it_names_and_no_other() -> None:
    async with sender(NONE) as bot:
        chat, other = bot.private_chats(2)
        refused = await bot.cool_down(chat)
        behind = [bot.send(chat, str(number)) for number in range(5)]
        await asyncio.gather(*(bot.send(other) for _ in range(20)))
        assert not refused.done()
        assert len(bot.texts(other)) == 20
        assert bot.texts(chat) == []
        await asyncio.gather(refused, *behind)
        assert bot.texts(chat) == ["refused", "0", "1", "2", "3", "4"]
        assert [call.status for call in bot.calls("sendMessage")].count(429) == 1


@pytest.mark.slow
async def test_a_refused_message_goes_before_those_that_wait() -> None:
    async with sender(NONE | {"per_s_per_chat": 1.0}) as bot:
        (chat,) = bot.private_chats(1)
        bot.server.faults.add(faults.RetryAfter(1), method="sendMessage", chat_id=chat.id, count=1)
        at_once = {str(number) for number in range(BURST)}
        await asyncio.gather(*(bot.send(chat, text) for text in (*sorted(at_once), "behind")))
        assert set(bot.texts(chat)[:-1]) == at_once
        assert bot.texts(chat)[-1] == "behind"


@pytest.mark.slow
async def test_a_refusal_for_no_chat_holds_calls_of_its_kind_only() -> None:
    async with sender(NONE) as bot:
        sim = bot.server.simulation
        photo = sim.send_document(sim.private, sim.alice, b"data", file_name="a.jpg", mime_type="image/jpeg")
        fault = bot.server.faults.add(faults.RetryAfter(1), method="getFile", count=1)
        first = asyncio.create_task(bot.bot.get_file(photo["document"]["file_id"]))
        await sim.wait_for(lambda: fault.hits)
        await asyncio.sleep(0.1)
        second = asyncio.create_task(bot.bot.get_file(photo["document"]["file_id"]))
        await bot.send(sim.private)
        await bot.bot.get_me()
        assert len(bot.calls("getFile")) == 1
        await asyncio.gather(first, second)
        assert [call.status for call in bot.calls("getFile")] == [429, 200, 200]


@pytest.mark.slow
async def test_of_several_waiting_changes_of_a_text_the_newest_is_sent() -> None:
    async with sender(NONE) as bot:
        (chat,) = bot.private_chats(1)
        first, second = await bot.send(chat, "first"), await bot.send(chat, "second")
        refused = await bot.cool_down(chat)
        changes = [bot.change(first, f"first {number}") for number in range(10)]
        changes += [bot.change(second, "second, changed")]
        done, _ = await asyncio.wait(changes, timeout=0.2)
        assert done == set(changes[:9])
        await asyncio.gather(refused, *changes)
        assert bot.texts(chat) == ["first 9", "second, changed", "refused"]
        assert len(bot.calls("editMessageText")) == 2


@pytest.mark.slow
async def test_a_refused_change_gives_way_to_a_newer_one() -> None:
    async with sender(NONE) as bot:
        (chat,) = bot.private_chats(1)
        message = await bot.send(chat, "first")
        fault = bot.server.faults.add(faults.Delay(0.2), method="editMessageText", count=1)
        bot.server.faults.add(faults.RetryAfter(1), method="editMessageText", count=1)
        refused = bot.change(message, "second")
        await bot.server.simulation.wait_for(lambda: fault.hits)
        blocking = await bot.cool_down(chat)
        newer = bot.change(message, "third")
        await asyncio.gather(refused, blocking, newer)
        assert bot.texts(chat) == ["third", "refused"]
        assert [call.parameters["text"] for call in bot.calls("editMessageText")] == ["second", "third"]


@pytest.mark.slow
async def test_a_chat_with_hundreds_of_waiting_messages_delays_no_other() -> None:
    async with sender(LIMITS | {"per_s_per_chat": 1000.0}) as bot:
        flooded, *others = bot.private_chats(11)
        flooding = [bot.send(flooded) for _ in range(300)]
        await bot.server.simulation.wait_for(lambda: len(bot.texts(flooded)) >= 30)
        before = len(bot.texts(flooded))
        await asyncio.gather(*(bot.send(chat) for chat in others))
        # In turns: with each other message went one of the flooded chat, and some were on their way.
        assert len(bot.texts(flooded)) - before <= 20
        await ended(flooding)


async def test_chats_that_wait_for_the_limit_of_all_take_turns() -> None:
    async with sender(NONE | {"per_s": 3}) as bot:
        chats = bot.private_chats(3)
        sending = [bot.send(chat) for chat in chats for _ in range(5)]
        await bot.server.simulation.wait_for(lambda: len(bot.calls("sendMessage")) == 6)
        # The first one found nobody else waiting.
        assert [len(bot.texts(chat)) for chat in chats] == [4, 1, 1]
        await ended(sending)


async def test_a_wait_that_is_too_long_gives_up_what_waits_and_what_comes() -> None:
    async with sender(LIMITS) as bot:
        chat, other = bot.private_chats(2)
        bot.server.faults.add(faults.RetryAfter(3600), method="sendMessage", chat_id=chat.id)
        sent = await asyncio.gather(*(bot.send(chat) for _ in range(10)), return_exceptions=True)
        assert {type(result) for result in sent} == {GivenUp}
        calls = len(bot.calls("sendMessage"))
        with pytest.raises(GivenUp):
            await bot.send(chat)
        assert len(bot.calls("sendMessage")) == calls
        await bot.send(other)


async def test_an_error_of_ours_is_told_and_harms_no_other_message() -> None:
    async with sender(NONE) as bot:
        (chat,) = bot.private_chats(1)
        wrong = asyncio.create_task(bot.bot.send_message(chat.id, "<b>never closed", parse_mode="HTML"))
        right = bot.send(chat)
        with pytest.raises(BadRequest):
            await wrong
        await right


@pytest.mark.slow
async def test_nothing_is_kept_of_idle_chats() -> None:
    async with sender(NONE | {"per_s_per_chat": 100.0}) as bot:
        chats = bot.private_chats(20)
        await asyncio.gather(*(bot.send(chat) for chat in chats))
        await bot.cool_down(chats[0])
        assert len(bot.flood._chats) == 20
        await asyncio.sleep(1.2)
        bot.flood._tidy_at_s = 0
        await bot.send(chats[1])
        assert list(bot.flood._chats) == [chats[1].id]
        assert not bot.flood._cool_downs._until_s


async def test_what_waits_at_the_end_is_given_up() -> None:
    async with sender(LIMITS) as bot:
        (chat,) = bot.private_chats(1)
        sending = [bot.send(chat) for _ in range(10)]
        await bot.server.simulation.wait_for(lambda: len(bot.texts(chat)) == BURST)
        await asyncio.gather(*sending[:BURST])
    results = await asyncio.gather(*sending[BURST:], return_exceptions=True)
    assert {type(result) for result in results} == {GivenUp}
    assert not [task for task in asyncio.all_tasks() if "_serve" in repr(task)]
