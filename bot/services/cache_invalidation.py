"""Keeps what this replica caches of the database up to date while other replicas change it.

The triggers of the database announce each change of a cached table. A replica ignores most of its own announcements.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from functools import partial

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.domain.access import Access
from bot.services.admins import Admins
from bot.services.chat_upgrade import allow_upgraded
from bot.services.model_selection import ModelSelection
from bot.services.taught_recognition import TaughtRecognition
from bot.storage.engine import StorageError
from bot.storage.replicas import SESSIONS, Replica
from bot.storage.storage import Storage

log = structlog.get_logger()

# Seconds until a failed reading is tried again.
RETRY_S = 1.0
# Tables whose own changes are read again, too: a reading that began before the change would undo it in memory.
READ_WHOLE = {"bans", "claimed_admins"}


class CacheInvalidation:
    """Reads again what another replica changed.

    Args:
        replica: this process.
        storage: the database, with its caches of chats and bans.
        models: selection of models.
        admins: the bot's admins.
        access: people and chats that may use the bot.
        recognition: recognises taught classes.
    """

    def __init__(
        self,
        replica: Replica,
        storage: Storage,
        models: ModelSelection,
        admins: Admins,
        access: Access,
        recognition: TaughtRecognition,
    ) -> None:
        self._own = SESSIONS.format(id=replica.id)
        self._storage = storage
        self._recognition = recognition
        self._readings: dict[str, Callable[[], Awaitable[None]]] = {
            "bans": storage.bans.reload,
            "model_choices": models.reload_choices,
            "claimed_admins": admins.reload,
            "chat_upgrades": partial(allow_upgraded, access, storage.chat_upgrades),
            "taught": recognition.changed_anywhere,
        }
        self._stale: set[str] = set()
        self._wake = asyncio.Event()
        replica.on_changes = self.note

    def note(self, announcement: str) -> None:
        """Note a change.

        Args:
            announcement: the change as JSON, as the triggers write it; "" if changes may have been missed.
        """
        if not announcement:
            self._storage.chats.forget_all()
            self._storage.teach_requests.forget_waiting()
            self._stale |= self._readings.keys()
        else:
            change = json.loads(announcement)
            if change["by"] == self._own and change["table"] not in READ_WHOLE:
                return
            if change["table"] == "chats":
                self._storage.chats.forget(change["key"])
            elif change["table"] == "teach_requests":
                self._storage.teach_requests.forget_waiting()
            elif change["table"].startswith("taught_"):
                self._recognition.changed(change["key"])
                if change["deleted"]:
                    self._stale.add("taught")
            elif change["table"] in self._readings:  # a newer version may have others
                self._stale.add(change["table"])
        if self._stale:
            self._wake.set()

    async def run(self) -> None:
        """Read stale tables again until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            stale, self._stale = self._stale, set()
            for table in sorted(stale):
                try:
                    await self._readings[table]()
                except (SQLAlchemyError, StorageError) as error:
                    log.warning("a change by another replica is not read yet", table=table, reason=str(error))
                    self._stale.add(table)
                except Exception:
                    log.exception("unexpected error while a change by another replica was read", table=table)
                    self._stale.add(table)
            if self._stale:
                await asyncio.sleep(RETRY_S)
                self._wake.set()
