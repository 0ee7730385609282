"""Received updates: stored in full until they are done, then only as ids, so that no update is handled twice."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Text, bindparam, cast, select, tuple_, update

from bot.storage.database import Database
from bot.storage.tables import inbox

# Bodies are read as text, so that one unreadable body does not break the query.
COLUMNS = (inbox.c.update_id, cast(inbox.c.body, Text).label("body"), inbox.c.received_at, inbox.c.attempts)
IN_ORDER = inbox.c.received_at, inbox.c.update_id
UNFINISHED = (
    select(*COLUMNS)
    .where(inbox.c.done_at.is_(None), tuple_(*IN_ORDER) > tuple_(bindparam("received_at"), bindparam("update_id")))
    .order_by(*IN_ORDER)
    .limit(bindparam("limit"))
)
OF_IDS = select(*COLUMNS).where(inbox.c.done_at.is_(None), inbox.c.update_id.in_(bindparam("ids", expanding=True)))
UNFINISHED_AMONG = select(inbox.c.update_id).where(
    inbox.c.done_at.is_(None), inbox.c.update_id.in_(bindparam("ids", expanding=True))
)
COUNT_ATTEMPT = update(inbox).where(inbox.c.update_id == bindparam("id")).values(attempts=inbox.c.attempts + 1)
UNCOUNT_ATTEMPT = update(inbox).where(inbox.c.update_id == bindparam("id")).values(attempts=inbox.c.attempts - 1)
MARK_DONE = update(inbox).where(inbox.c.update_id == bindparam("id")).values(done_at=bindparam("now"), body=None)


@dataclass(frozen=True, slots=True)
class ReceivedUpdate:
    """A received update.

    Attributes:
        update_id: Telegram's id of the update.
        chat_id: id of the update's chat; None if the update has no chat.
        body: the Bot API's Update object, ready for JSON.
    """

    update_id: int
    chat_id: int | None
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class UnfinishedUpdate:
    """An update that is not done.

    Attributes:
        body: the Bot API's Update object; None if it cannot be read.
        received_at: time of arrival, in seconds since 1970.
        attempts: number of runs of the program that started to handle the update and crashed.
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
        """Store updates, all or none; return the ids of the new ones."""
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
        return frozenset(row.update_id for row in await self._database.fetch(self._add, *rows))

    async def unfinished(self, *, after: UnfinishedUpdate | None = None, limit: int) -> list[UnfinishedUpdate]:
        """Return the next updates that are not done, in the order of their arrival.

        Args:
            after: last update of the previous call; None for the first updates.
            limit: maximum number of updates.
        """
        start = (-1, 0) if after is None else (after.received_at, after.update_id)
        parameters = {"received_at": start[0], "update_id": start[1], "limit": limit}
        rows = await self._database.execute(UNFINISHED, parameters)
        return [_unfinished(row) for row in rows]

    async def unfinished_of(self, update_ids: Collection[int]) -> list[UnfinishedUpdate]:
        """Return the updates with the given ids that are not done, in the order of the ids."""
        rows = await self._database.execute(OF_IDS, {"ids": list(update_ids)})
        found = {row.update_id: _unfinished(row) for row in rows}
        return [found[update_id] for update_id in update_ids if update_id in found]

    async def unfinished_among(self, update_ids: Collection[int]) -> frozenset[int]:
        """Return the ids of the given updates that are stored and not done."""
        return frozenset((await self._database.execute(UNFINISHED_AMONG, {"ids": list(update_ids)})).scalars())

    async def count_attempts(self, update_ids: Sequence[int]) -> None:
        """Count another attempt for each of the given updates."""
        if update_ids:
            await self._database.execute(COUNT_ATTEMPT, [{"id": update_id} for update_id in update_ids])

    async def uncount_attempts(self, update_ids: Sequence[int]) -> None:
        """Subtract the last attempt of updates that were not begun, or that an orderly stop interrupted."""
        if update_ids:
            await self._database.execute(UNCOUNT_ATTEMPT, [{"id": update_id} for update_id in update_ids])

    async def mark_done(self, update_id: int) -> None:
        """Mark an update as done; only its id is kept.

        What it led to was submitted before, and is stored before or with it; if that failed, it is repeated.
        """
        await self._database.settled()
        await self._database.run(MARK_DONE, {"id": update_id, "now": int(time.time())}, urgent=False)


def _unfinished(row: Row[Any]) -> UnfinishedUpdate:
    return UnfinishedUpdate(row.update_id, read_body(row.body), row.received_at, row.attempts)


def read_body(body: str | None) -> object:
    """Parse the body of an update; None if there is none, or it cannot be read."""
    try:
        return None if body is None else json.loads(body)
    except (ValueError, RecursionError):
        return None
