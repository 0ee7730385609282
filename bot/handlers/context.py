"""What a handler is handed beside the update."""

from __future__ import annotations

from typing import Any

from telegram import Update
from telegram.constants import ChatType
from telegram.ext import Application, CallbackContext, ExtBot

from bot.domain.chat_settings import DEFAULT_SETTINGS, ChatSettings
from bot.services.container import Services
from bot.views.texts import Texts


class Context(CallbackContext[ExtBot[None], dict[Any, Any], dict[Any, Any], dict[Any, Any]]):
    """The library's context, which knows our services."""

    @property
    def services(self) -> Services:
        services = self.bot_data["services"]
        assert isinstance(services, Services)
        return services

    async def texts(self, update: Update) -> Texts:
        """What is said to an update, in the language that fits."""
        chat = update.effective_chat
        settings = DEFAULT_SETTINGS if chat is None else await self.services.storage.chats.settings(chat.id)
        return self.texts_with(settings, update)

    def texts_with(self, settings: ChatSettings, update: Update) -> Texts:
        """As `texts`, given its chat's settings: the language set there; else in a private chat that of the app."""
        chat, user = update.effective_chat, update.effective_user
        language = settings.language
        if language is None and user is not None and (chat is None or chat.type == ChatType.PRIVATE):
            language = user.language_code
        return self.services.languages.closest(language)


class BotApplication(Application[ExtBot[None], Context, dict[Any, Any], dict[Any, Any], dict[Any, Any], None]):
    """The library's application, which keeps nothing of who writes to the bot."""

    __slots__ = ()

    def _mark_for_persistence_update(self, **_changed: object) -> None:
        """Note nothing: the library would keep the id of each person and chat, for a persistence that there is not."""
