"""Taking updates that Telegram delivers: stored together, and never confirmed unless they are stored."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from telegram import WebhookInfo

from bot.domain.web_addresses import WebhookAddress
from bot.localchat.server import LocalChatServer
from bot.storage.database import Database
from bot.storage.engine import StorageError
from bot.storage.inbox import ReceivedUpdates
from bot.storage.sends import Sends
from bot.transport.admission import Admission
from bot.transport.bot_client import TelegramBot
from bot.transport.http import AiohttpRequest
from bot.transport.inbox import Inbox
from bot.transport.webhook import NoRoom, Webhook

URL = "https://Bot.Example/hook"


@pytest.fixture
async def webhook(server: LocalChatServer, database: Database) -> AsyncIterator[Webhook]:
    """A webhook that takes updates; nobody delivers but the test."""
    async with AiohttpRequest(connections=1, read_timeout_s=5) as request:
        bot = TelegramBot(server.token, f"{server.api_url}/bot", request=request, get_updates_request=request)
        inbox = Inbox(max_age_s=3600, admission=Admission(max_in_flight=20))
        await inbox.open(ReceivedUpdates(database), Sends(database), bot)
        address = WebhookAddress(URL, "secret", None, 40)
        webhook = Webhook(bot, inbox, address, allowed_updates=["message"], telegram_now_s=time.time)
        task = asyncio.create_task(webhook.run())
        await asyncio.sleep(0)
        yield webhook
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def message(number: int) -> dict[str, Any]:
    """A message in a chat of its own."""
    chat = {"id": 1000 + number, "type": "private", "first_name": "Guest"}
    return {"update_id": number, "message": {"message_id": 1, "date": 2_000_000_000, "chat": chat, "text": "hello"}}


def stored(folder: Path) -> list[int]:
    with sqlite3.connect(folder / "labelbot.sqlite3") as database:
        return [number for (number,) in database.execute("SELECT update_id FROM inbox ORDER BY update_id")]


async def test_updates_that_come_during_a_write_share_the_next_one(
    webhook: Webhook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes: list[int] = []
    enqueue = webhook._inbox.enqueue

    async def counted(items: list[object]) -> None:
        writes.append(len(items))
        await enqueue(items)

    monkeypatch.setattr(webhook._inbox, "enqueue", counted)
    await asyncio.gather(*(webhook.receive(message(number)) for number in range(1, 11)))
    assert stored(tmp_path) == list(range(1, 11))
    assert writes == [1, 9]


async def test_a_write_that_is_interrupted_confirms_none_of_its_updates(webhook: Webhook, tmp_path: Path) -> None:
    await webhook._storing.acquire()
    first, second = (asyncio.create_task(webhook.receive(message(number))) for number in (1, 2))
    await asyncio.sleep(0)
    batch = webhook._batch
    webhook._storing.release()
    while not batch.begun:  # noqa: ASYNC110 -- cancelled in the midst of its write, not after it
        await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(NoRoom, match="interrupted"):
        await second
    await webhook.receive(message(2))
    assert 2 in stored(tmp_path)


@pytest.mark.slow  # the database is waited for
async def test_a_database_that_fails_leaves_the_update_to_telegram(webhook: Webhook, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "labelbot.sqlite3") as other:
        other.execute("BEGIN EXCLUSIVE")
        waiting = asyncio.create_task(webhook.receive(message(1)))
        with pytest.raises(StorageError):
            await waiting
    await webhook.receive(message(1))
    assert stored(tmp_path) == [1]
    assert webhook._inbox.qsize() == 1


async def test_a_full_inbox_leaves_the_update_to_telegram_and_is_no_silence(webhook: Webhook) -> None:
    await webhook.receive(message(1))
    assert webhook._inbox.in_flight == 1
    assert 0 <= webhook._inbox.oldest_s < 60
    for number in range(2, 30):
        if not webhook._inbox.has_room:
            break
        await webhook.receive(message(number))
    with pytest.raises(NoRoom, match="too many updates"):
        await webhook.receive(message(99))
    assert webhook.silent_s == 0.0


async def test_a_webhook_that_does_not_run_takes_nothing(webhook: Webhook) -> None:
    webhook._open = False
    with pytest.raises(NoRoom, match="starts or stops"):
        await webhook.receive(message(1))


def info(url: str = URL, waiting: int = 0, error_age_s: float | None = None) -> WebhookInfo:
    """What Telegram says of a webhook; its last error is `error_age_s` old."""
    failed = None if error_age_s is None else datetime.fromtimestamp(time.time() - error_age_s, UTC)
    return WebhookInfo(url, False, waiting, last_error_date=failed, last_error_message="Connection refused")


@pytest.mark.parametrize(
    ("said", "failure", "conflict"),
    [
        ({}, "", False),
        ({"url": "https://bot.example/hook"}, "", False),  # Telegram writes the host in small letters
        ({"url": "https://other.example/hook"}, "", True),
        ({"url": ""}, "", True),
        ({"waiting": 5}, "", False),
        ({"waiting": 5, "error_age_s": 3600}, "", False),  # it has delivered since
        ({"waiting": 0, "error_age_s": -30}, "", False),  # nothing waits any more
        ({"waiting": 5, "error_age_s": -30}, "Connection refused", False),
    ],
)
async def test_what_telegram_says_of_the_webhook(
    webhook: Webhook, said: dict[str, Any], failure: str, conflict: bool
) -> None:
    webhook._note(info(**said))
    assert (webhook.failure, bool(webhook.conflict)) == (failure, conflict)
