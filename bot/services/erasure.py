"""Forgetting what is known of a chat or a person.

What stays: a ban, or it would be lifted by whoever is banned; and for a day the ids of updates and of messages, without
which what Telegram sends twice would be answered twice.
"""

from __future__ import annotations

import structlog

from bot.services.container import Services

log = structlog.get_logger()


async def erase_chat(chat_id: int, services: Services) -> None:
    """Forget a chat's settings, its model, the answers there, and the labels of the files that they were about."""
    storage = services.storage
    files = await storage.answers.erase_chat(chat_id)
    await storage.predictions.erase(files)
    await services.models.erase(chat_id)
    await storage.chats.erase(chat_id)
    log.info("chat forgotten")


async def erase_person(user_id: int, services: Services) -> None:
    """Forget the answers to a person in all chats, and all that is known of their private chat."""
    files = await services.storage.answers.erase_person(user_id)
    await services.storage.predictions.erase(files)
    # The private chat with a person has the person's id.
    await erase_chat(user_id, services)
