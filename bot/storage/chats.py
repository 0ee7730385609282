"""Settings of chats."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from bot.storage.database import Database
from bot.storage.tables import chats

# Those heard from lately; about a megabyte.
MAX_CHATS_IN_MEMORY = 10_000

TOP_K = select(chats.c.top_k).where(chats.c.id == bindparam("chat_id"))


class Chats:
    """What each chat has set."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # Asked for with every photo, and written by nobody else.
        self._top_k: dict[int, int | None] = {}

    async def top_k(self, chat_id: int) -> int | None:
        """Return how many labels a chat asked for, None where it never did."""
        if chat_id not in self._top_k:
            found: int | None = (await self._database.execute(TOP_K, {"chat_id": chat_id})).scalar()
            if chat_id not in self._top_k:  # else it was set meanwhile
                self._hold(chat_id, found)
        return self._top_k[chat_id]

    async def set_top_k(self, chat_id: int, top_k: int) -> None:
        await self._database.upsert(chats, {"id": chat_id, "top_k": top_k})
        self._hold(chat_id, top_k)

    def _hold(self, chat_id: int, top_k: int | None) -> None:
        if len(self._top_k) >= MAX_CHATS_IN_MEMORY:
            self._top_k.clear()
        self._top_k[chat_id] = top_k
