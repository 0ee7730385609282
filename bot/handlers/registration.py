"""The order of the handlers: of those that take an update, the first one registered in a group handles it."""

from __future__ import annotations

from bot.config import Settings
from bot.handlers import (
    admin,
    albums,
    answers,
    claim,
    classes,
    commands,
    corrections,
    edits,
    gate,
    given_photos,
    groups,
    hints,
    membership,
    models,
    never_say,
    old_buttons,
    photo,
    privacy,
    promote,
    pull,
    reactions,
    stale,
    teaching,
    teaching_buttons,
    typed_names,
)
from bot.handlers import errors as error_handler
from bot.handlers import settings as settings_menu
from bot.handlers.context import BotApplication
from bot.transport.inbox import Inbox


def register_handlers(application: BotApplication, inbox: Inbox, settings: Settings) -> None:
    """Register all handlers.

    Args:
        application: the library's application.
        inbox: inbox of the updates.
        settings: settings of the bot.
    """
    stale.register(application, inbox, max_age_s=settings.max_age)
    membership.register(application)
    gate.register(application, inbox)
    admin.register(application, retention_days=settings.retention_days)
    pull.register(application)
    settings_menu.register(application)
    never_say.register(application)
    models.register(application)
    answers.register(application)
    corrections.register(application)
    reactions.register(application)
    typed_names.register(application)
    privacy.register(application, retention_days=settings.retention_days)
    classes.register(application)
    given_photos.register(application)
    promote.register(application)
    teaching_buttons.register(application)
    old_buttons.register(application)
    teaching.register(application)
    edits.register(application, inbox)
    albums.register(application)
    photo.register(application)
    groups.register(application)
    claim.register(application)
    commands.register(application)
    hints.register(application)
    error_handler.register(application)
