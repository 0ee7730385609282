"""Upgrades of groups to supergroups. A group gets a new id when it becomes a supergroup."""

from __future__ import annotations

import structlog

from bot.domain.access import Access
from bot.services.model_selection import ModelSelection
from bot.services.teaching import Teaching
from bot.storage.bans import Bans
from bot.storage.chat_upgrades import ChatUpgrades
from bot.storage.chats import Chats
from bot.storage.corrections import Corrections

log = structlog.get_logger()


async def allow_upgraded(access: Access, upgrades: ChatUpgrades) -> None:
    """Allow the supergroups that have replaced allowed groups, before this start or at another replica."""
    for old_id, new_id in (await upgrades.all()).items():
        access.move(old_id, new_id)


class ChatUpgrade:
    """Moves the data of an upgraded group to its new id.

    Args:
        upgrades: table of the new ids of allowed groups.
        chats: table of the chats' settings.
        corrections: table of the votes on answers.
        models: selection of models.
        bans: table of the bans.
        access: people and chats that may use the bot.
        teaching: classes that chats have taught.
    """

    def __init__(
        self,
        upgrades: ChatUpgrades,
        chats: Chats,
        corrections: Corrections,
        models: ModelSelection,
        bans: Bans,
        access: Access,
        teaching: Teaching,
    ) -> None:
        self._upgrades = upgrades
        self._chats = chats
        self._corrections = corrections
        self._models = models
        self._bans = bans
        self._access = access
        self._teaching = teaching

    async def move(self, old_id: int, new_id: int) -> None:
        """Move all data of a chat to its new id. A second call does nothing."""
        log.info("group became a supergroup")
        # Messages in the new chat may arrive already, and must not be turned away.
        if self._access.move(old_id, new_id):
            await self._upgrades.add(old_id, new_id)
        await self._chats.move(old_id, new_id)
        await self._corrections.move(old_id, new_id)
        await self._models.move(old_id, new_id)
        await self._teaching.move_chat(old_id, new_id)
        await self._bans.move(old_id, new_id)
