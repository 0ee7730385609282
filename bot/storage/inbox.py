"""Updates that were received: whole until they are done, then their ids alone, so that none is taken up twice."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select, update

from bot.storage.database import Database
from bot.storage.tables import inbox

UNFINISHED = (
    select(inbox.c.update_id, inbox.c.body, inbox.c.received_at, inbox.c.attempts)
    .where(inbox.c.done_at.is_(None))
    .order_by(inbox.c.received_at, inbox.c.update_id)
)
COUNT_ATTEMPTS = (
    update(inbox)
    .where(inbox.c.done_at.is_(None), inbox.c.attempts < bindparam("below"))
    .values(attempts=inbox.c.attempts + 1)
)
COUNT_ATTEMPT = update(inbox).where(inbox.c.update_id == bindparam("id")).values(attempts=inbox.c.attempts + 1)
TAKE_ATTEMPT_BACK = update(inbox).where(inbox.c.update_id == bindparam("id")).values(attempts=inbox.c.attempts - 1)
FINISH = update(inbox).where(inbox.c.update_id == bindparam("id")).values(done_at=bindparam("now"), body=None)


@dataclass(frozen=True, slots=True)
class Received:
    """An update as it came.

    Attributes:
        update_id: Telegram's.
        chat_id: where it happened; None for what happens in no chat.
        body: the Bot API's object, ready for JSON.
    """

    update_id: int
    chat_id: int | None
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An update that was taken up and not finished.

    Attributes:
        body: the Bot API's object.
        received_at: in seconds since 1970.
        attempts: how many runs of the program took it up and did not end in good order.
    """

    update_id: int
    body: dict[str, Any]
    received_at: int
    attempts: int


class ReceivedUpdates:
    """What Telegram said, by update. An update's first attempt begins when it is added."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._add = database.insert_into(inbox).on_conflict_do_nothing().returning(inbox.c.update_id)

    async def add(self, updates: Sequence[Received]) -> frozenset[int]:
        """Keep updates, in one statement; return the ids of those that were not known."""
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

    async def unfinished(self) -> list[Unfinished]:
        """Return the updates that are not done, in the order in which they came."""
        rows = await self._database.execute(UNFINISHED)
        return [Unfinished(row.update_id, row.body, row.received_at, row.attempts) for row in rows]

    async def count_attempts(self, *, below: int) -> None:
        """Begin another attempt with all updates that are not done and had fewer than some number of attempts."""
        await self._database.execute(COUNT_ATTEMPTS, {"below": below})

    async def count_attempt(self, update_id: int) -> None:
        """Begin another attempt with one update."""
        await self._database.execute(COUNT_ATTEMPT, {"id": update_id})

    async def take_attempts_back(self, update_ids: Sequence[int]) -> None:
        """Not count the last attempt with updates that were left in good order."""
        if update_ids:
            await self._database.execute(TAKE_ATTEMPT_BACK, [{"id": update_id} for update_id in update_ids])

    async def finish(self, update_id: int) -> None:
        """Keep no more than the id of an update."""
        await self._database.execute(FINISH, {"id": update_id, "now": int(time.time())})
