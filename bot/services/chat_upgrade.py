"""Upgrades of groups to supergroups. A group gets a new id when it becomes a supergroup."""

from __future__ import annotations

import structlog

from bot.domain.access import Access
from bot.services.model_selection import ModelSelection
from bot.services.teaching import Teaching
from bot.storage.bans import Bans
from bot.storage.chats import Chats
from bot.storage.corrections import Corrections
from bot.storage.replicas import Replica

log = structlog.get_logger()


class ChatUpgrade:
    """Moves the data of an upgraded group to its new id.

    Args:
        chats: table of the chats' settings.
        corrections: table of the votes on answers.
        models: selection of models.
        bans: table of the bans.
        access: people and chats that may use the bot.
        teaching: classes that chats have taught.
        replica: this process, which tells the other replicas; None without replicas.
    """

    def __init__(
        self,
        chats: Chats,
        corrections: Corrections,
        models: ModelSelection,
        bans: Bans,
        access: Access,
        teaching: Teaching,
        replica: Replica | None = None,
    ) -> None:
        self._chats = chats
        self._corrections = corrections
        self._models = models
        self._bans = bans
        self._access = access
        self._teaching = teaching
        self._replica = replica

    async def move(self, old_id: int, new_id: int) -> None:
        """Move all data of a chat to its new id. A second call does nothing."""
        log.info("group became a supergroup")
        # Messages in the new chat may arrive already, and must not be turned away.
        self._access.move(old_id, new_id)
        if self._replica is not None:
            await self._replica.announce_upgrade(old_id, new_id)
        await self._chats.move(old_id, new_id)
        await self._corrections.move(old_id, new_id)
        await self._models.move(old_id, new_id)
        await self._teaching.move_chat(old_id, new_id)
        await self._bans.move(old_id, new_id)
