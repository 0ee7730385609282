"""Fetching updates: in order, once, stored before they are confirmed, and an end when the token is revoked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import text as sql
from structlog.testing import capture_logs
from telegram import Update
from telegram.error import InvalidToken

from bot.localchat.faults import Answer, Cut, Effect, RetryAfter, ServerError
from bot.localchat.server import LocalChatServer
from bot.storage.database import Database
from bot.storage.inbox import ReceivedUpdates
from bot.storage.sends import Sends
from bot.transport.admission import Admission
from bot.transport.bot_client import TelegramBot
from bot.transport.http import AiohttpRequest
from bot.transport.inbox import Inbox
from bot.transport.polling import Poller
from tests.support.processes import until


@pytest.fixture(autouse=True)
def new_types_of_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # as the app does; else each flood wait warns


@asynccontextmanager
async def polling(
    server: LocalChatServer,
    database: Database,
    token: str | None = None,
    admission: Admission | None = None,
    **times: Any,
) -> AsyncIterator[tuple[Inbox, asyncio.Task[None], Poller]]:
    async with AiohttpRequest(connections=1, read_timeout_s=5) as request:
        bot = TelegramBot(token or server.token, f"{server.api_url}/bot", request=request, get_updates_request=request)
        inbox = Inbox(max_age_s=3600, admission=admission)
        await inbox.open(ReceivedUpdates(database), Sends(database), bot)
        poller = Poller(bot, inbox, allowed_updates=["message"], **times)
        task = asyncio.create_task(poller.run())
        try:
            yield inbox, task, poller
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def updates(inbox: Inbox, count: int) -> list[Update]:
    found = []
    async with asyncio.timeout(30):
        for _ in range(count):
            update = await inbox.get()
            assert isinstance(update, Update)
            found.append(update)
    return found


async def texts(inbox: Inbox, count: int) -> list[str | None]:
    return [update.message.text for update in await updates(inbox, count) if update.message is not None]


def send(server: LocalChatServer, *said: str) -> None:
    for text in said:
        server.simulation.send_text(server.simulation.private, server.simulation.alice, text)


def count_polls(server: LocalChatServer) -> int:
    return sum(call.method == "getUpdates" for call in server.simulation.calls)


async def test_updates_come_in_order_and_once(server: LocalChatServer, database: Database) -> None:
    send(server, "waiting", "before")
    async with polling(server, database) as (inbox, _, _):
        assert await texts(inbox, 2) == ["waiting", "before"]
        send(server, "and", "after")
        assert await texts(inbox, 2) == ["and", "after"]
        assert inbox.empty()


async def test_a_pause_until_there_is_room_is_no_silence(server: LocalChatServer, database: Database) -> None:
    send(server, "first")
    async with polling(server, database, admission=Admission(max_in_flight=1)) as (inbox, _, poller):
        with capture_logs() as told:
            (update,) = await updates(inbox, 1)
            await until(lambda: [line for line in told if line["event"].startswith("no further updates are fetched")])
        assert poller.silent_s == 0.0
        await inbox.mark_done(update)
        polls = count_polls(server)
        send(server, "second")
        assert await texts(inbox, 1) == ["second"]
        assert count_polls(server) > polls


async def test_only_the_kinds_asked_for_come(server: LocalChatServer, database: Database) -> None:
    async with polling(server, database) as (inbox, _, _):
        message = server.simulation.send_text(server.simulation.private, server.simulation.alice, "one")
        assert await texts(inbox, 1) == ["one"]
        server.simulation.edit_text(server.simulation.private, message, "one, edited")
        send(server, "two")
        assert await texts(inbox, 1) == ["two"]


@pytest.mark.parametrize("effect", [ServerError(502), RetryAfter(1), Cut(after_effect=False), Cut(after_effect=True)])
async def test_polling_goes_on_after_a_fault_and_loses_nothing(
    server: LocalChatServer, database: Database, effect: Effect
) -> None:
    server.faults.add(effect, method="getUpdates", count=1)
    async with polling(server, database) as (inbox, _, _):
        send(server, "one", "two")
        assert await texts(inbox, 2) == ["one", "two"]
        assert inbox.empty()


async def test_a_token_that_is_refused_for_some_time_ends_polling_with_an_error(
    server: LocalChatServer, database: Database
) -> None:
    async with polling(server, database, token="1:revoked", revoked_after_s=1.0) as (_, task, _):
        async with asyncio.timeout(30):
            with pytest.raises(InvalidToken):
                await task
    assert [call.method for call in server.simulation.calls][-2:] == ["getUpdates", "getMe"]


NGINX = b"<html><head><title>404 Not Found</title></head><body><center>nginx</center></body></html>"


@pytest.mark.parametrize(
    ("status", "body"), [(404, NGINX), (401, b'{"ok":false,"error_code":401,"description":"Unauthorized"}')]
)
async def test_a_token_that_is_refused_now_and_then_is_no_reason_to_end(
    server: LocalChatServer, database: Database, status: int, body: bytes
) -> None:
    server.faults.add(Answer(body, status), method="getUpdates", count=2)
    async with polling(server, database, revoked_after_s=0.0, first_pause_s=0.01) as (inbox, task, _):
        send(server, "one")
        assert await texts(inbox, 1) == ["one"]
        server.faults.add(Answer(body, status), method="getUpdates", count=2)
        send(server, "two")
        assert await texts(inbox, 1) == ["two"]
        assert not task.done()


async def test_a_token_that_getme_takes_was_not_revoked(server: LocalChatServer, database: Database) -> None:
    fault = server.faults.add(Answer(NGINX, 404), method="getUpdates")
    async with polling(server, database, revoked_after_s=0.0, first_pause_s=0.01) as (inbox, task, _):
        await server.simulation.wait_for(lambda: any(call.method == "getMe" for call in server.simulation.calls))
        server.faults.remove(fault)
        send(server, "one")
        assert await texts(inbox, 1) == ["one"]
        assert not task.done()


async def test_what_was_confirmed_does_not_come_again(server: LocalChatServer, database: Database) -> None:
    send(server, "one")
    async with polling(server, database) as (inbox, task, poller):
        (update,) = await updates(inbox, 1)
        await inbox.mark_done(update)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        send(server, "two")
        await poller.confirm()
    async with polling(server, database) as (inbox, _, _):
        assert await texts(inbox, 1) == ["two"]


async def test_what_telegram_sends_again_is_not_taken_up_again(server: LocalChatServer, database: Database) -> None:
    pending = server.simulation.store.updates.pending
    send(server, "one")
    sent = list(pending)
    async with polling(server, database) as (inbox, _, _):
        (update,) = await updates(inbox, 1)
        await inbox.mark_done(update)
        await server.simulation.wait_for(lambda: not pending)
    pending.extend(sent)
    send(server, "two")
    async with polling(server, database) as (inbox, _, _):
        assert await texts(inbox, 1) == ["two"]


async def test_what_is_confirmed_to_telegram_is_stored(server: LocalChatServer, database: Database) -> None:
    send(server, "one")
    async with polling(server, database) as (inbox, _, _):
        await texts(inbox, 1)
        send(server, "two")
        await texts(inbox, 1)
        await server.simulation.wait_for(lambda: not server.simulation.store.updates.pending)
    async with polling(server, database) as (inbox, _, _):
        assert await texts(inbox, 2) == ["one", "two"]


async def test_numbers_that_begin_anew_after_a_quiet_week_are_no_obstacle(
    server: LocalChatServer, database: Database
) -> None:
    async with polling(server, database, poll_timeout_s=1) as (inbox, task, poller):
        send(server, "one")
        assert await texts(inbox, 1) == ["one"]
        polls = count_polls(server)
        await server.simulation.wait_for(lambda: count_polls(server) >= polls + 2)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        server.simulation.store.updates._next_id = 5
        send(server, "two")
        again = asyncio.create_task(poller.run())
        assert await texts(inbox, 1) == ["two"]
        again.cancel()
        await asyncio.gather(again, return_exceptions=True)


async def test_updates_stay_with_telegram_while_the_database_fails(server: LocalChatServer, database: Database) -> None:
    async with polling(server, database, first_pause_s=0.01) as (inbox, _, _):
        await database.execute(sql("ALTER TABLE inbox RENAME TO elsewhere"))
        send(server, "one")
        polls = count_polls(server)
        await server.simulation.wait_for(lambda: count_polls(server) >= polls + 2)
        assert inbox.empty()
        assert server.simulation.store.updates.pending, "nothing was confirmed"
        await database.execute(sql("ALTER TABLE elsewhere RENAME TO inbox"))
        assert await texts(inbox, 1) == ["one"]


async def test_updates_that_are_too_large_together_come_one_by_one(
    server: LocalChatServer, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.transport.http.MAX_FILE_BYTES", 6000)
    said = [f"{number} {'x' * 4000}" for number in range(6)]
    send(server, *said, "short")
    async with polling(server, database) as (inbox, _, _):
        assert await texts(inbox, 7) == [*said, "short"]


async def test_an_update_that_is_too_large_by_itself_is_left_out(
    server: LocalChatServer, database: Database, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bot.transport.http.MAX_FILE_BYTES", 3000)
    send(server, "before", "x" * 4000, "after")
    poison = server.simulation.store.updates.pending[1]["update_id"]
    async with polling(server, database) as (inbox, _, _):
        assert await texts(inbox, 2) == ["before", "after"]
    (told,) = [line for line in capfd.readouterr().out.splitlines() if "update left out" in line]
    assert str(poison) in told


async def test_what_is_too_large_and_no_update_loses_none(
    server: LocalChatServer, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.transport.http.MAX_FILE_BYTES", 3000)
    fault = server.faults.add(Answer(b"<html>" + b"x" * 4000), method="getUpdates")
    async with polling(server, database) as (inbox, _, _):
        await server.simulation.wait_for(lambda: count_polls(server) >= 6)
        server.faults.remove(fault)
        send(server, "one")
        assert await texts(inbox, 1) == ["one"]
