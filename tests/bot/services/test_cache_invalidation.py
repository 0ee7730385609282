"""What one replica changes, the other one knows: two whole bots on one database."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, closing
from pathlib import Path

import pytest
import structlog
from pydantic import SecretStr
from sqlalchemy import make_url

from bot.app import LabelBot
from bot.domain.access import Access
from bot.domain.media import Media
from bot.domain.teaching import OfferedPhoto
from bot.handlers.context import Services
from bot.localchat.server import LocalChatServer
from bot.services import cache_invalidation
from bot.services.admins import Admins
from bot.services.cache_invalidation import CacheInvalidation
from bot.services.model_selection import ModelSelection
from bot.services.taught_recognition import TaughtRecognition
from bot.storage.database_url import sqlite_url
from bot.storage.model_choices import ModelChoice
from bot.storage.replicas import CHANGES, Replica
from bot.storage.storage import Storage
from inference import STARTER, InferencePool, ModelStore
from tests.support.client import connected_client_at
from tests.support.postgresql import Postgresql
from tests.support.processes import until

CHAT_ID = 5
GROUP_ID, SUPERGROUP_ID = -8, -1008


@pytest.fixture
async def bots(tmp_path: Path, postgresql_server: Postgresql) -> AsyncIterator[list[LabelBot]]:
    """Two replicas, and a group that they allow."""
    address = SecretStr(await asyncio.to_thread(postgresql_server.database))
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(LocalChatServer())
        found = []
        for name in ("first", "second"):
            changes = {"replicas": True, "database_url": address, "allowed": frozenset({GROUP_ID})}
            client = await stack.enter_async_context(connected_client_at(server, tmp_path / name, **changes))
            assert client.bot.claim_link is None
            found.append(client.bot)
        yield found


def services_of(bot: LabelBot) -> Services:
    services = bot.application.bot_data["services"]
    assert isinstance(services, Services)
    return services


@pytest.mark.slow
async def test_each_replica_knows_what_another_one_changed(bots: list[LabelBot]) -> None:
    first, second = map(services_of, bots)
    await first.storage.bans.add(666)
    await until(lambda: 666 in second.storage.bans.ids)
    await first.storage.bans.lift(666)
    await until(lambda: 666 not in second.storage.bans.ids)

    await first.models.use(STARTER, CHAT_ID)
    await until(lambda: second.models.chosen(CHAT_ID) == STARTER)
    await second.models.erase(CHAT_ID)
    await until(lambda: first.models.chosen(CHAT_ID) is None)

    await first.storage.claimed_admins.add(777)
    await until(lambda: 777 in second.admins)

    assert (await second.storage.chats.settings(CHAT_ID)).top_k != 3
    await first.storage.chats.change(CHAT_ID, {"top_k": 3})
    while (await second.storage.chats.settings(CHAT_ID)).top_k != 3:  # noqa: ASYNC110
        await asyncio.sleep(0.01)

    assert not second.access.allows([SUPERGROUP_ID])
    await first.chat_upgrade.move(GROUP_ID, SUPERGROUP_ID)
    await until(lambda: second.access.allows([SUPERGROUP_ID]))

    assert await second.storage.teach_requests.of(CHAT_ID, 7) == ()
    photo = OfferedPhoto((Media("file", "unique", 90),), 7, 4)
    await first.teaching.open_request(CHAT_ID, 7, None, [photo])
    while not await second.storage.teach_requests.of(CHAT_ID, 7):  # noqa: ASYNC110
        await asyncio.sleep(0.01)


@pytest.mark.slow
async def test_a_replica_that_missed_an_upgrade_learns_the_new_id_once_it_is_connected_again(
    bots: list[LabelBot],
) -> None:
    first, second = map(services_of, bots)
    cut_off = bots[1]._replica
    assert cut_off is not None
    await cut_off.session.fetch(f"UNLISTEN {CHANGES}")
    await first.chat_upgrade.move(GROUP_ID, SUPERGROUP_ID)
    assert first.access.allows([SUPERGROUP_ID])
    assert not second.access.allows([SUPERGROUP_ID])
    cut_off.session.drop()
    await until(lambda: second.access.allows([SUPERGROUP_ID]))


async def test_after_an_unexpected_error_a_change_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_invalidation, "RETRY_S", 0)
    storage = await Storage.open(sqlite_url(tmp_path / "bot.sqlite3"))
    store = ModelStore(tmp_path)
    pool = InferencePool(store)
    models = await ModelSelection.load(STARTER, store, pool, storage.model_choices)
    admins = await Admins.load(frozenset(), storage.claimed_admins)
    access = Access(admins, frozenset(), added_by_admins=False)
    recognition = await TaughtRecognition.load(storage.taught, models, pool)
    replica = Replica(make_url("postgresql+asyncpg://nobody@localhost/nothing"))
    invalidation = CacheInvalidation(replica, storage, models, admins, access, recognition)
    await storage.model_choices.set(CHAT_ID, ModelChoice(STARTER, None))
    with closing(sqlite3.connect(tmp_path / "bot.sqlite3")) as database, structlog.testing.capture_logs() as logs:
        # A name of bytes, which no version of the bot writes.
        database.execute("UPDATE model_choices SET model = x'ff'")
        database.commit()
        running = asyncio.create_task(invalidation.run())
        replica.on_changes('{"table": "of_a_newer_version", "key": 5, "deleted": false, "by": "another"}')
        replica.on_changes('{"table": "model_choices", "key": 5, "deleted": false, "by": "another"}')
        await until(lambda: logs)
        database.execute("UPDATE model_choices SET model = ?", (STARTER,))
        database.commit()
        await until(lambda: models.chosen(CHAT_ID) == STARTER)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await storage.close()
    assert {(each["log_level"], each["event"], each["table"]) for each in logs if "table" in each} == {
        ("error", "unexpected error while a change by another replica was read", "model_choices")
    }
