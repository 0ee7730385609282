"""What a handler is handed beside the update."""

from __future__ import annotations

from typing import Any, TypeAlias

from telegram import Update
from telegram.constants import ChatType
from telegram.ext import Application, CallbackContext, ExtBot

from bot.services import Services
from bot.texts import Texts


class Context(CallbackContext[ExtBot[None], dict[Any, Any], dict[Any, Any], dict[Any, Any]]):
    """The library's context, which knows our services."""

    @property
    def services(self) -> Services:
        services = self.bot_data["services"]
        assert isinstance(services, Services)
        return services

    async def texts(self, update: Update) -> Texts:
        """The language of an update: the one that its chat set, else in a private chat that of the person's app."""
        chat, user = update.effective_chat, update.effective_user
        language = (await self.services.storage.chats.settings(chat.id)).language if chat is not None else None
        if language is None and user is not None and (chat is None or chat.type == ChatType.PRIVATE):
            language = user.language_code
        return self.services.languages.closest(language)


BotApplication: TypeAlias = Application[ExtBot[None], Context, dict[Any, Any], dict[Any, Any], dict[Any, Any], None]
