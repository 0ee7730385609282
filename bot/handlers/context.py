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
        """The language of an update: in a private chat that of the person's app, elsewhere the chat's."""
        chat, user = update.effective_chat, update.effective_user
        private = chat is None or chat.type == ChatType.PRIVATE
        return self.services.languages.closest(user.language_code if private and user is not None else None)


BotApplication: TypeAlias = Application[ExtBot[None], Context, dict[Any, Any], dict[Any, Any], dict[Any, Any], None]
