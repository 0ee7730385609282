"""Admins are told what is wrong in their private chats, once each, by a bot at the local Bot API server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.localchat.chats import User
from bot.localchat.faults import Delay, Refused, RetryAfter, ServerError
from bot.localchat.html import parse_html
from bot.localchat.server import LocalChatServer
from bot.services.admin_notices import AdminNotices
from bot.services.health import Change, Condition, Facts
from bot.storage.database_url import sqlite_url
from bot.storage.storage import Storage
from bot.transport import retries
from bot.transport.bot_client import TelegramBot
from bot.transport.http import AiohttpRequest
from bot.views.texts import Languages
from tests.support.texts import ENGLISH

LANGUAGES = Languages.load()


async def never() -> Facts | None:
    raise AssertionError("only a watch looks")


BACKUP = Condition("the last backup failed", "health-backup", "health-backup-over", never)
CLOCK = Condition("the clock is off", "health-clock", "health-clock-over", never)
FAILED = Change(BACKUP, {"reason": "There is no <room>."})
WORKED = Change(BACKUP, {**FAILED.facts, "lasted_min": 4}, over=True)
OFF = Change(CLOCK, {"minutes": 120, "direction": "ahead"})


class Notices:
    """Notices, and what they came to."""

    def __init__(self, server: LocalChatServer, bot: TelegramBot, storage: Storage) -> None:
        self.server, self.storage = server, storage
        self.admins: set[int] = set()
        self.notices = AdminNotices(bot, self.admins, storage.chats, LANGUAGES)

    def admin(self, name: str, *, wrote: bool = True) -> User:
        person = self.server.simulation.add_user(name)
        if wrote:
            self.server.simulation.add_private_chat(person)
        self.admins.add(person.id)
        return person

    async def tell(self, *changes: Change, current: tuple[Change, ...] = ()) -> None:
        self.notices.tell(changes, current)
        await self.notices.settled()

    def told(self, person: User) -> list[str]:
        chat = self.server.simulation.store.chats[person.id]
        return [str(message["text"]) for message in self.server.simulation.messages(chat)]


@pytest.fixture
async def notices(server: LocalChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Notices]:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    monkeypatch.setattr(retries, "FIRST_PAUSE_S", 0.001)
    storage = await Storage.open(sqlite_url(tmp_path / "labelbot.sqlite3"))
    requests = [AiohttpRequest(connections=2, read_timeout_s=5) for _ in range(2)]
    async with TelegramBot(
        server.token, f"{server.api_url}/bot", request=requests[0], get_updates_request=requests[1]
    ) as bot:
        yield Notices(server, bot, storage)
    await storage.close()


def said(change: Change) -> str:
    return parse_html(ENGLISH(change.text, **{**change.facts, "reason": "There is no &lt;room&gt;."}))[0]


async def test_each_admin_is_told_once(notices: Notices) -> None:
    one, other = notices.admin("Ann"), notices.admin("Ben")
    await notices.tell(FAILED, current=(FAILED,))
    await notices.tell(current=(FAILED,))
    await notices.tell(OFF, current=(FAILED, OFF))
    await notices.tell(WORKED, current=(OFF,))
    for admin in (one, other):
        assert notices.told(admin) == [said(FAILED), said(OFF), said(WORKED)]
    assert "There is no <room>." in said(FAILED)


async def test_each_admin_is_told_in_the_language_set_in_their_chat(notices: Notices) -> None:
    admin = notices.admin("Anna")
    await notices.storage.chats.change(admin.id, {"language": "de"})
    await notices.tell(OFF, current=(OFF,))
    assert notices.told(admin) == [LANGUAGES.closest("de")("health-clock", minutes=120, direction="ahead")]
    assert "geht 120 Min. vor" in notices.told(admin)[0]


async def test_an_admin_who_never_wrote_is_no_reason_to_complain(notices: Notices) -> None:
    notices.admin("Stranger", wrote=False)
    blocker, other = notices.admin("Blocker"), notices.admin("Ben")
    notices.server.faults.add(
        Refused("bot was blocked by the user", 403), method="sendMessage", chat_id=blocker.id, count=1
    )
    with capture_logs() as logs:
        await notices.tell(FAILED, current=(FAILED,))
        await notices.tell(current=(FAILED,))
    assert {line["log_level"] for line in logs} == {"debug"}
    assert notices.told(blocker) == []
    assert notices.told(other) == [said(FAILED)]


@pytest.mark.parametrize("fault", [ServerError(502), RetryAfter(30)])
async def test_what_was_not_sent_is_sent_later(notices: Notices, fault: ServerError | RetryAfter) -> None:
    admin = notices.admin("Ann")
    injected = notices.server.faults.add(fault, method="sendMessage")
    await notices.tell(FAILED, OFF, current=(FAILED, OFF))
    assert notices.told(admin) == []
    notices.server.faults.remove(injected)
    await notices.tell(current=(FAILED, OFF))
    await notices.tell(current=(FAILED, OFF))
    assert notices.told(admin) == [said(FAILED), said(OFF)]


async def test_what_is_over_before_it_could_be_sent_is_told_as_over(notices: Notices) -> None:
    admin = notices.admin("Ann")
    injected = notices.server.faults.add(ServerError(502), method="sendMessage")
    await notices.tell(FAILED, current=(FAILED,))
    await notices.tell(WORKED)
    notices.server.faults.remove(injected)
    await notices.tell()
    assert notices.told(admin) == [said(WORKED)]


async def test_a_new_admin_is_told_what_is_wrong_and_a_former_one_nothing(notices: Notices) -> None:
    former = notices.admin("Ann")
    await notices.tell(FAILED, current=(FAILED,))
    notices.admins.remove(former.id)
    new = notices.admin("Ben")
    await notices.tell(current=(FAILED,))
    await notices.tell(WORKED)
    assert notices.told(former) == [said(FAILED)]
    assert notices.told(new) == [said(FAILED), said(WORKED)]


async def test_a_database_that_fails_keeps_nobody_from_being_told(notices: Notices, tmp_path: Path) -> None:
    admin = notices.admin("Ann")
    await notices.storage.close()
    (tmp_path / "labelbot.sqlite3").unlink()
    (tmp_path / "labelbot.sqlite3").mkdir()
    await notices.tell(FAILED, current=(FAILED,))
    assert notices.told(admin) == [said(FAILED)]


async def test_an_admin_who_cannot_be_told_for_long_holds_up_no_other(notices: Notices) -> None:
    slow, other = notices.admin("Ann"), notices.admin("Ben")
    notices.server.faults.add(Delay(60), method="sendMessage", chat_id=slow.id)
    notices.notices.tell((FAILED,), (FAILED,))
    await notices.server.simulation.wait_for(lambda: notices.told(other))
    notices.notices.tell((WORKED,), ())
    await notices.server.simulation.wait_for(lambda: len(notices.told(other)) == 2)
    await notices.notices.close()
    assert notices.told(slow) == []
