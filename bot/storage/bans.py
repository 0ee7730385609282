"""People and chats that the bot ignores."""

from __future__ import annotations

from typing import Self

from sqlalchemy import delete, select

from bot.storage.database import Database
from bot.storage.durable import patient
from bot.storage.tables import bans


class Bans:
    """The ids of banned people and chats, cached in memory. `Bans.load` creates the object."""

    def __init__(self, database: Database, ids: set[int]) -> None:
        self._database = database
        self._ids = ids

    @classmethod
    async def load(cls, database: Database) -> Self:
        return cls(database, set((await database.execute(select(bans.c.id))).scalars()))

    async def reload(self) -> None:
        """Read the bans again, as another replica changed them."""
        self._ids = set((await self._database.execute(select(bans.c.id))).scalars())

    @property
    def ids(self) -> frozenset[int]:
        return frozenset(self._ids)

    @patient
    async def add(self, banned_id: int) -> None:
        await self._database.upsert(bans, {"id": banned_id})
        self._ids.add(banned_id)

    @patient
    async def lift(self, banned_id: int) -> bool:
        """Lift a ban; return False if there was none."""
        await self._database.execute(delete(bans).where(bans.c.id == banned_id))
        if banned_id not in self._ids:
            return False
        self._ids.remove(banned_id)
        return True

    async def move(self, old_id: int, new_id: int) -> None:
        """Move a ban to the supergroup that replaced a group."""
        if old_id in self._ids:
            await self.add(new_id)
            await self.lift(old_id)
