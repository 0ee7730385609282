"""Groups that become supergroups."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from bot.handlers.context import Services
from tests.support.client import connected_client

GROUP_ID, SUPERGROUP_ID = -7, -1007


async def test_a_new_id_that_could_not_be_stored_is_stored_by_the_next_announcement(tmp_path: Path) -> None:
    async with connected_client(tmp_path, allowed=frozenset({GROUP_ID})) as client:
        services: Services = client.bot.application.bot_data["services"]
        with closing(sqlite3.connect(client.home / "labelbot.sqlite3", isolation_level=None)) as database:
            database.execute("ALTER TABLE chat_upgrades RENAME TO away")
            with pytest.raises(OperationalError):
                await services.chat_upgrade.move(GROUP_ID, SUPERGROUP_ID)
            assert services.access.allows([SUPERGROUP_ID])
            database.execute("ALTER TABLE away RENAME TO chat_upgrades")
        await services.chat_upgrade.move(GROUP_ID, SUPERGROUP_ID)
        assert await services.storage.chat_upgrades.all() == {GROUP_ID: SUPERGROUP_ID}
