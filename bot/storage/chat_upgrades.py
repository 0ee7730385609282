"""The new ids of groups in LABELBOT_ALLOWED that became supergroups."""

from __future__ import annotations

from sqlalchemy import select

from bot.storage.database import Database
from bot.storage.durable import patient
from bot.storage.tables import chat_upgrades


class ChatUpgrades:
    """The table of new ids."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> dict[int, int]:
        """Return the new ids by the old ones."""
        return {row.old_id: row.new_id for row in await self._database.execute(select(chat_upgrades))}

    @patient
    async def add(self, old_id: int, new_id: int) -> None:
        await self._database.upsert(chat_upgrades, {"old_id": old_id, "new_id": new_id})
