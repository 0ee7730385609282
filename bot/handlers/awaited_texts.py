"""Texts in a private chat that give a name for which the bot waits."""

from __future__ import annotations

from telegram import Message, Update

from bot.domain.origins import is_original
from bot.handlers import classes, never_say, typed_names
from bot.handlers.context import Context
from bot.services.awaited_names import NameNeverSaid, NameOfPhoto, NewNameOfClass


async def take_text(message: Message, update: Update, context: Context) -> bool:
    """Take a text for the name that its sender was asked for; return whether a name was asked for."""
    awaited = context.services.awaited_names.take(message.chat_id)
    if not is_original(message):
        return False
    match awaited:
        case NameOfPhoto():
            return await typed_names.take_text(message, awaited, update, context)
        case NewNameOfClass(class_id):
            await classes.take_name(message, class_id, update, context)
        case NameNeverSaid(chat_id):
            await never_say.take_name(message, chat_id, update, context)
        case None:
            return False
    return True
