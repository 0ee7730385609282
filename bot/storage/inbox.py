"""Received updates: complete until they are done, then only their ids, so that none is handled twice."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, bindparam, cast, select, update

from bot.storage.database import Database
from bot.storage.tables import inbox

UNFINISHED = (
    # Read as text, so that one unreadable body does not break the query.
    select(inbox.c.update_id, cast(inbox.c.body, Text).label("body"), inbox.c.received_at, inbox.c.attempts)
    .where(inbox.c.done_at.is_(None))
    .order_by(inbox.c.received_at, inbox.c.update_id)
)
UNFINISHED_AMONG = select(inbox.c.update_id).where(
    inbox.c.done_at.is_(None), inbox.c.update_id.in_(bindparam("ids", expanding=True))
)
COUNT_ATTEMPTS = (
    update(inbox)
    .where(inbox.c.done_at.is_(None), inbox.c.attempts < bindparam("below"))
    .values(attempts=inbox.c.attempts + 1)
)
COUNT_ATTEMPT = update(inbox).where(inbox.c.update_id == bindparam("id")).values(attempts=inbox.c.attempts + 1)
UNCOUNT_ATTEMPT = update(inbox).where(inbox.c.update_id == bindparam("id")).values(attempts=inbox.c.attempts - 1)
MARK_DONE = update(inbox).where(inbox.c.update_id == bindparam("id")).values(done_at=bindparam("now"), body=None)


@dataclass(frozen=True, slots=True)
class ReceivedUpdate:
    """A received update.

    Attributes:
        update_id: Telegram's id of the update.
        chat_id: id of the update's chat; None if it has none.
        body: the Bot API's object, ready for JSON.
    """

    update_id: int
    chat_id: int | None
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class UnfinishedUpdate:
    """An update that is not done.

    Attributes:
        body: the Bot API's object; None if it cannot be read.
        received_at: time of arrival, in seconds since 1970.
        attempts: number of runs of the program that started to handle it and crashed.
    """

    update_id: int
    body: object
    received_at: int
    attempts: int


class ReceivedUpdates:
    """The table of received updates. Adding an update counts as its first attempt."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._add = database.insert_into(inbox).on_conflict_do_nothing().returning(inbox.c.update_id)

    async def add(self, updates: Sequence[ReceivedUpdate]) -> frozenset[int]:
        """Store updates in one statement; return the ids of the new ones."""
        if not updates:
            return frozenset()
        now = int(time.time())
        rows = [
            {
                "update_id": received.update_id,
                "chat_id": received.chat_id,
                "body": received.body,
                "received_at": now,
                "attempts": 1,
            }
            for received in updates
        ]
        return frozenset((await self._database.execute(self._add, rows)).scalars())

    async def unfinished(self) -> list[UnfinishedUpdate]:
        """Return the updates that are not done, in the order of their arrival."""
        rows = await self._database.execute(UNFINISHED)
        return [UnfinishedUpdate(row.update_id, _read(row.body), row.received_at, row.attempts) for row in rows]

    async def unfinished_among(self, update_ids: Collection[int]) -> frozenset[int]:
        """Return the ids of the given updates that are stored and not done."""
        return frozenset((await self._database.execute(UNFINISHED_AMONG, {"ids": list(update_ids)})).scalars())

    async def count_attempts(self, *, below: int) -> None:
        """Count another attempt for all updates that are not done and had fewer than `below` attempts."""
        await self._database.execute(COUNT_ATTEMPTS, {"below": below})

    async def count_attempt(self, update_id: int) -> None:
        """Count another attempt for one update."""
        await self._database.execute(COUNT_ATTEMPT, {"id": update_id})

    async def uncount_attempts(self, update_ids: Sequence[int]) -> None:
        """Uncount the last attempt of updates that were released by an orderly stop."""
        if update_ids:
            await self._database.execute(UNCOUNT_ATTEMPT, [{"id": update_id} for update_id in update_ids])

    async def mark_done(self, update_id: int) -> None:
        """Mark an update as done; only its id is kept."""
        await self._database.execute(MARK_DONE, {"id": update_id, "now": int(time.time())})


def _read(body: str | None) -> object:
    try:
        return None if body is None else json.loads(body)
    except (ValueError, RecursionError):
        return None
