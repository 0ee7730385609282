"""People who became admins by a link."""

from __future__ import annotations

import time

from sqlalchemy import delete, select

from bot.storage.database import Database
from bot.storage.durable import patient
from bot.storage.tables import claimed_admins


class ClaimedAdmins:
    """The table of ids of people who became admins by a link."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ids(self) -> frozenset[int]:
        return frozenset((await self._database.execute(select(claimed_admins.c.id))).scalars())

    @patient
    async def add(self, user_id: int) -> None:
        await self._database.upsert(claimed_admins, {"id": user_id, "claimed_at": int(time.time())})

    @patient
    async def remove(self, user_id: int) -> None:
        await self._database.execute(delete(claimed_admins).where(claimed_admins.c.id == user_id))
