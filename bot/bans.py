"""People and chats that the bot ignores."""

from __future__ import annotations

from typing import Self

from bot.storage.database import Storage


class Bans:
    """The ids of people and chats that are banned. `Bans.load` makes one."""

    def __init__(self, storage: Storage, ids: set[int]) -> None:
        self._storage = storage
        self._ids = ids

    @classmethod
    async def load(cls, storage: Storage) -> Self:
        return cls(storage, await storage.banned())

    @property
    def ids(self) -> frozenset[int]:
        return frozenset(self._ids)

    async def add(self, banned_id: int) -> None:
        await self._storage.ban(banned_id)
        self._ids.add(banned_id)

    async def lift(self, banned_id: int) -> bool:
        """Lift a ban; False where there was none."""
        await self._storage.unban(banned_id)
        if banned_id not in self._ids:
            return False
        self._ids.remove(banned_id)
        return True
