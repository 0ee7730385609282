"""Deletes expired rows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Delete, Table, delete, select, tuple_

from bot.storage.database import Database
from bot.storage.tables import answers, chat_leases, corrections, counters, inbox, predictions, sends

# Seconds that records of updates are kept. Telegram keeps updates for 24 hours, so no update comes again later.
UPDATES_S = 24 * 3600
COUNTERS_DAYS = 365
# Number of rows that are deleted at once. This takes a few milliseconds, which may delay a photo.
ROWS_AT_ONCE = 200
PAUSE_S = 0.05


async def delete_expired(database: Database, *, retention_days: int) -> None:
    """Delete expired rows in small steps.

    Args:
        database: database to delete from.
        retention_days: number of days that answers, votes on them and labels are kept.
    """
    for deletion in _deletions(datetime.now(UTC), timedelta(days=retention_days)):
        await _delete_in_batches(deletion, database)


async def _delete_in_batches(deletion: Delete, database: Database) -> None:
    deleted = await database.change(deletion)
    while deleted == ROWS_AT_ONCE:
        await asyncio.sleep(PAUSE_S)
        deleted = await database.change(deletion)


def _deletions(now: datetime, retention: timedelta) -> Iterator[Delete]:
    before = int((now - retention).timestamp())
    yield _batch_of(answers, answers.c.answered_at < before)
    yield _batch_of(corrections, corrections.c.voted_at < before)
    yield _batch_of(predictions, predictions.c.created_at < before)
    updates_before = int(now.timestamp()) - UPDATES_S
    yield _batch_of(inbox, inbox.c.done_at < updates_before)
    yield _batch_of(sends, sends.c.claimed_at < updates_before)
    rests = chat_leases.c.replica_id.is_(None) & chat_leases.c.pending.is_(False)
    yield _batch_of(chat_leases, rests & (chat_leases.c.served_at < updates_before))
    yield _batch_of(counters, counters.c.day < (now - timedelta(days=COUNTERS_DAYS)).date())


def _batch_of(table: Table, condition: ColumnElement[bool]) -> Delete:
    key = tuple(table.primary_key)
    return delete(table).where(tuple_(*key).in_(select(*key).where(condition).limit(ROWS_AT_ONCE)))
