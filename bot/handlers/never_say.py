"""Names that are never said in a chat: a reply to the screen of /settings that lists them adds a name."""

from __future__ import annotations

import asyncio
from collections.abc import Set
from functools import partial

import structlog
from telegram import Message, Update
from telegram.constants import ChatType
from telegram.ext import MessageHandler
from telegram.ext.filters import MessageFilter

from bot.domain.callback_data import read_settings_callback
from bot.domain.chat_settings import MAX_NEVER_SAY
from bot.domain.origins import is_original, replied_message
from bot.domain.settings_options import NEVER_SAY, addition_of
from bot.handlers import filters
from bot.handlers.context import BotApplication, Context
from bot.handlers.quota import check_quota
from bot.handlers.settings import resolve_chat, shown_chat
from bot.services.answering import asker_of
from bot.services.awaited_names import NameNeverSaid
from bot.transport.permissions import is_admin
from bot.views.settings_screens import never_say_added, never_say_screen, never_say_unknown
from bot.views.texts import Texts

log = structlog.get_logger()


class RepliesToScreen(MessageFilter):
    """A reply to the screen that lists the names."""

    def filter(self, message: Message) -> bool:
        return is_original(message) and _chat_of_screen(message) is not None


def register(application: BotApplication) -> None:
    """Register before the handlers of other texts."""
    application.add_handler(MessageHandler(filters.CHATS & filters.TEXT & RepliesToScreen(), add))


async def add(update: Update, context: Context) -> None:
    """Add a name to those that are never said in the chat of the screen, if the sender may change its settings."""
    message, texts = update.message, await context.texts(update)
    assert message is not None, "the filters ask for a new message"
    chat_id = _chat_of_screen(message)
    assert chat_id is not None, "the filter asks for a reply to the screen"
    may_change = await _may_change(message, chat_id, context)
    # A group's admins have no quota for its settings, as in `settings`.
    if not (may_change and message.chat.type != ChatType.PRIVATE) and not await check_quota(update, context):
        return
    context.services.awaited_names.take(message.chat_id)
    if not may_change:
        await context.outbox.reply(message, texts("settings-not-yours"))
    else:
        await _take_allowed(message, chat_id, texts, context)


async def take_name(message: Message, chat_id: int, update: Update, context: Context) -> None:
    """Take a text in a private chat for a name that is never said in a chat, if the sender may change its settings."""
    texts = await context.texts(update)
    if await _may_change(message, chat_id, context):
        await _take_allowed(message, chat_id, texts, context)
    else:
        await context.outbox.reply(message, texts("settings-not-yours"))


async def _take_allowed(message: Message, chat_id: int, texts: Texts, context: Context) -> None:
    """Add the name, and show the names; in a private chat, wait for another one if the name is not known."""
    if (chat := await resolve_chat(chat_id, message.chat, context)) is None:
        await context.outbox.reply(message, texts("settings-old-button"))
    else:
        keys, news = await _add(str(message.text), chat_id, texts, context)
        if not keys and message.chat.type == ChatType.PRIVATE:
            context.services.awaited_names.wait_for(message.chat_id, NameNeverSaid(chat_id))
        screen = never_say_screen(texts, await shown_chat(chat, message.chat, context), news)
        await context.outbox.reply(message, *screen)


async def _add(name: str, chat_id: int, texts: Texts, context: Context) -> tuple[Set[str], str]:
    """Add a name; return the classes and kinds that have the name, and what to tell."""
    vocabulary = await asyncio.to_thread(context.services.models.vocabulary, texts.language)
    keys = vocabulary.find(name)
    if not keys:
        return keys, never_say_unknown(texts, name, await asyncio.to_thread(vocabulary.suggest, name))
    chats = context.services.storage.chats
    await chats.revise(chat_id, partial(addition_of, keys=keys))
    if not keys <= {*(await chats.settings(chat_id)).never_say}:
        return keys, texts("settings-never-say-full", count=MAX_NEVER_SAY)
    log.info("settings changed", settings=[NEVER_SAY])
    return keys, never_say_added(texts, keys)


async def _may_change(message: Message, chat_id: int, context: Context) -> bool:
    """Return whether the sender may change the settings of a chat, in that chat or in their private chat."""
    person_id = asker_of(message)
    if person_id is None:
        # Only anonymous admins write in the name of their group.
        return message.sender_chat is not None and message.sender_chat.id == message.chat_id == chat_id
    return message.chat_id in (chat_id, person_id) and await is_admin(context.bot, chat_id, person_id)


def _chat_of_screen(message: Message) -> int | None:
    """Return the chat whose names the replied message lists; None if the message replies to no such screen."""
    screen = replied_message(message)
    if screen is None or screen.from_user is None or screen.from_user.id != message.get_bot().id:
        return None
    rows = screen.reply_markup.inline_keyboard if screen.reply_markup is not None else ()
    for button in (button for row in rows for button in row):
        callback = read_settings_callback(button.callback_data if isinstance(button.callback_data, str) else "")
        if callback is not None and callback.screen == NEVER_SAY and callback.value:
            return callback.chat_id
    return None
