"""What is forgotten, and what is not yet."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Table, insert, select

from bot.storage.database import Database
from bot.storage.storage import Storage
from bot.storage.tables import answers, chat_leases, corrections, counters, inbox, predictions, sends

DAY_S = 24 * 3600


def row(table: Table, number: int, age_days: float) -> dict[str, Any]:
    """A row of which only its number and age matter."""
    at = int(time.time() - age_days * DAY_S)
    label = {"model": "starter", "version": "v1"}
    rows: dict[str, dict[str, Any]] = {
        "answers": {"chat_id": 1, "message_id": number, "asked_message_id": 1, "photos": [], "answered_at": at} | label,
        "corrections": {
            "chat_id": 1,
            "photo_id": number,
            "voter_id": 1,
            "certainty": "sure",
            "is_right": True,
            "voted_at": at,
        }
        | label,
        "predictions": {"file_unique_id": str(number), "predictions": [], "threshold": 0.3, "created_at": at} | label,
        "inbox": {"update_id": number, "received_at": at, "attempts": 1, "done_at": at},
        "sends": {"update_id": number, "ordinal": 0, "chat_id": 1, "claimed_at": at},
        "counters": {"day": datetime.now(UTC).date() - timedelta(age_days), "name": str(number), "value": 1},
    }
    return rows[table.name]


@pytest.mark.parametrize(
    ("table", "number", "kept_days"),
    [
        (answers, "message_id", 7),
        (corrections, "photo_id", 7),
        (predictions, "file_unique_id", 7),
        (inbox, "update_id", 1),
        (sends, "update_id", 1),
        (counters, "name", 365),
    ],
)
async def test_rows_are_kept_so_long(
    storage: Storage, database: Database, monkeypatch: pytest.MonkeyPatch, table: Table, number: str, kept_days: int
) -> None:
    monkeypatch.setattr("bot.storage.retention.ROWS_AT_ONCE", 4)
    old = [row(table, old, kept_days + 1) for old in range(10)]
    await database.execute(insert(table), [*old, row(table, 98, kept_days - 0.5), row(table, 99, 0)])
    await storage.delete_expired(retention_days=7)
    kept = await database.execute(select(table.c[number]))
    assert {int(found) for found in kept.scalars()} == {98, 99}


async def test_an_update_that_waits_is_not_forgotten(storage: Storage, database: Database) -> None:
    waiting = row(inbox, 1, 100) | {"done_at": None, "body": {"update_id": 1}}
    await database.execute(insert(inbox), waiting)
    await storage.delete_expired(retention_days=7)
    assert [found.body for found in await database.execute(select(inbox))] == [{"update_id": 1}]


async def test_a_chat_at_rest_is_forgotten_after_a_day_but_none_that_waits_or_is_leased(
    storage: Storage, database: Database
) -> None:
    now = time.time()
    rest = {"replica_id": None, "last_replica_id": 1, "moves": 0, "arrived": 1, "pending": False, "pending_at": now}
    old = rest | {"served_at": now - 1.1 * DAY_S}
    rows = [
        old | {"chat_id": 1},
        old | {"chat_id": 2, "pending": True},
        old | {"chat_id": 3, "replica_id": 1},
        rest | {"chat_id": 4, "served_at": now - 0.9 * DAY_S},
    ]
    await database.execute(insert(chat_leases), rows)
    await storage.delete_expired(retention_days=7)
    assert set((await database.execute(select(chat_leases.c.chat_id))).scalars()) == {2, 3, 4}
