"""Groups that became supergroups, and thereby got another id."""

from __future__ import annotations

import structlog

from bot.services.container import Services

log = structlog.get_logger()


async def move_chat(old_id: int, new_id: int, services: Services) -> None:
    """Keep all that is known of a chat under its new id; what was moved already stays as it is."""
    log.info("group became a supergroup")
    await services.storage.chats.move(old_id, new_id)
    await services.models.move(old_id, new_id)
    await services.bans.move(old_id, new_id)
    services.access.move(old_id, new_id)
