"""The table of chats: the settings of each chat, and whether the bot can write there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

from sqlalchemy import RowMapping, bindparam, delete, select

from bot.domain.chat_settings import DEFAULT_SETTINGS, ChatSettings, SettingsChange
from bot.storage.database import Database
from bot.storage.durable import once_it_works, patient
from bot.storage.tables import chats

# Maximum number of recently active chats in the cache, which then takes about five megabytes.
MAX_CHATS_IN_MEMORY = 10_000

SETTINGS = tuple(field.name for field in fields(ChatSettings))
ROW = select(chats).where(chats.c.id == bindparam("chat_id"))
DELETE = delete(chats).where(chats.c.id == bindparam("chat_id"))


@dataclass(frozen=True, slots=True)
class ChatRecord:
    """A row of the table.

    Attributes:
        settings: settings of the chat.
        known: whether the table has a row for the chat.
        inactive_since: time since when the bot cannot write in the chat; None if the bot can write there.
        privacy_mode_notified_at: time when the admins were notified that Telegram hides photos from the bot; None if
            they were never notified.
    """

    settings: ChatSettings = DEFAULT_SETTINGS
    known: bool = False
    inactive_since: int | None = None
    privacy_mode_notified_at: int | None = None


class Chats:
    """The table of chats. Times are in seconds since 1970, UTC.

    Each method waits while the database fails temporarily: reading without a limit, writing for a while.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        # A cache, as rows are read for every update. Only this class changes rows.
        self._records: dict[int, ChatRecord] = {}
        # Without this lock, a row that was read before a change could enter the cache after the change.
        self._lock = asyncio.Lock()
        # Number of changes by other replicas, which the lock does not hold off.
        self._changes_elsewhere = 0

    async def record(self, chat_id: int) -> ChatRecord:
        if (held := self._records.get(chat_id)) is not None:
            return held
        return await once_it_works(partial(self._read, chat_id))

    async def settings(self, chat_id: int) -> ChatSettings:
        return (await self.record(chat_id)).settings

    @patient
    async def change(self, chat_id: int, change: SettingsChange) -> None:
        """Change the given settings of a chat."""
        await self._write(chat_id, dict(change))

    @patient
    async def revise(self, chat_id: int, revision: Callable[[ChatSettings], SettingsChange]) -> None:
        """Change settings of a chat that depend on its current settings. No other change comes in between.

        Args:
            chat_id: id of the chat.
            revision: function that gets the current settings, and returns the settings to change.
        """
        async with self._changing(chat_id):
            row = await self._row(chat_id)
            change = revision(DEFAULT_SETTINGS if row is None else _record(row).settings)
            if change:
                await self._database.upsert(chats, {"id": chat_id, **change})

    @patient
    async def note_active(self, chat_id: int) -> None:
        """Record that the bot can write in a chat."""
        await self._write(chat_id, {"inactive_since": None})

    @patient
    async def note_inactive(self, chat_id: int) -> None:
        """Record that the bot can no longer write in a chat."""
        await self._write(chat_id, {"inactive_since": int(time.time())})

    @patient
    async def note_privacy_mode_notified(self, chat_id: int) -> None:
        """Record that a chat's admins were notified that Telegram hides photos from the bot."""
        await self._write(chat_id, {"privacy_mode_told_at": int(time.time())})

    @patient
    async def move(self, old_id: int, new_id: int) -> None:
        """Move a group's row to the supergroup that replaced it. A second call does nothing."""
        async with self._changing(old_id, new_id):
            row = await self._row(old_id)
            if row is None:
                return
            known = {name: value for name, value in row.items() if value is not None and name != "inactive_since"}
            await self._database.upsert(chats, {**known, "id": new_id})
            await self._database.execute(DELETE, {"chat_id": old_id})

    @patient
    async def erase(self, chat_id: int) -> None:
        """Delete the row of a chat."""
        async with self._changing(chat_id):
            await self._database.execute(DELETE, {"chat_id": chat_id})

    def forget(self, chat_id: int) -> None:
        """Forget what is in memory of a chat, as another replica changed its row."""
        self._changes_elsewhere += 1
        self._records.pop(chat_id, None)

    def forget_all(self) -> None:
        """Forget what is in memory of all chats."""
        self._changes_elsewhere += 1
        self._records.clear()

    async def active_groups(self, *, before: int = 0, limit: int) -> list[int]:
        """Return ids of groups and channels where the bot can write; those added last come first.

        Args:
            before: only chats with lower ids are returned.
            limit: maximum number of ids.
        """
        is_active = chats.c.inactive_since.is_(None)
        groups = select(chats.c.id).where(chats.c.id < before, is_active).order_by(chats.c.id.desc()).limit(limit)
        return list((await self._database.execute(groups)).scalars())

    async def _read(self, chat_id: int) -> ChatRecord:
        async with self._lock:
            # The first updates of a chat come here together. If each read the row, later updates would pass them.
            if (held := self._records.get(chat_id)) is not None:
                return held
            changes_before = self._changes_elsewhere
            row = await self._row(chat_id)
            record = ChatRecord() if row is None else _record(row)
            if changes_before == self._changes_elsewhere:
                if len(self._records) >= MAX_CHATS_IN_MEMORY:
                    self._records.clear()
                self._records[chat_id] = record
            return record

    async def _row(self, chat_id: int) -> RowMapping | None:
        return (await self._database.execute(ROW, {"chat_id": chat_id})).mappings().one_or_none()

    async def _write(self, chat_id: int, columns: Mapping[str, Any]) -> None:
        async with self._changing(chat_id):
            await self._database.upsert(chats, {"id": chat_id, **columns})

    @asynccontextmanager
    async def _changing(self, *chat_ids: int) -> AsyncIterator[None]:
        """Change rows of chats while nothing reads them; forget what was read of them."""
        async with self._lock:
            try:
                yield
            finally:  # a write that was cancelled may still be carried out
                for chat_id in chat_ids:
                    self._records.pop(chat_id, None)


def _record(row: RowMapping) -> ChatRecord:
    given = {name: row[name] for name in SETTINGS if row[name] is not None}
    if "never_say" in given:
        given["never_say"] = tuple(given["never_say"])
    settings = replace(DEFAULT_SETTINGS, **given)
    return ChatRecord(
        settings, known=True, inactive_since=row["inactive_since"], privacy_mode_notified_at=row["privacy_mode_told_at"]
    )
