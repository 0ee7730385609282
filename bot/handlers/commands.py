"""Commands for everyone, and the handler of all other messages."""

from __future__ import annotations

import re
from collections.abc import Sequence

from telegram import Message, Update
from telegram.ext import CommandHandler, MessageHandler

from bot.domain.chat_settings import MAX_TOP, MIN_TOP
from bot.domain.media import has_media
from bot.domain.origins import asked_about
from bot.handlers import filters
from bot.handlers.awaited_texts import take_text
from bot.handlers.context import BotApplication, Context
from bot.handlers.hints import OFF, hint
from bot.handlers.quota import check_quota, limited
from bot.handlers.teaching import take
from bot.views import admin_replies, replies

# "top 3", "/top3" or "/Top 3", which the library does not take as the command /top.
TOP_AS_WRITTEN = re.compile(r"\s*/?top\s*(\d*)\s*", re.IGNORECASE)


def register(application: BotApplication) -> None:
    """Register after the photo handlers: the last handler here answers all other messages."""
    for name, callback in (("start", start), ("help", show_help), ("model", model)):
        application.add_handler(CommandHandler(name, limited(callback), filters=filters.ADDRESSED))
    application.add_handler(CommandHandler("top", limited(top), filters=filters.PRIVATE))
    application.add_handler(CommandHandler("label", label, filters=filters.CHATS))
    application.add_handler(MessageHandler(filters.PRIVATE & filters.ANYTHING, limited(anything_else)))


async def start(update: Update, context: Context) -> None:
    texts = await context.texts(update)
    message = _message(update)
    await context.outbox.reply(message, replies.start(texts, context.services.models.selected(message.chat_id).spec))


async def show_help(update: Update, context: Context) -> None:
    message, texts = _message(update), await context.texts(update)
    is_admin = message.chat_id in context.services.admins  # the id of a private chat is the person's id
    say = admin_replies.help_for_admins if is_admin else replies.help_
    await context.outbox.reply(message, say(texts, context.services.models.selected(message.chat_id).spec))


async def model(update: Update, context: Context) -> None:
    message, texts, models = _message(update), await context.texts(update), context.services.models
    spec = models.selected(message.chat_id).spec
    await context.outbox.reply(message, replies.model(texts, spec, models.origin(message.chat_id, spec.name)))


async def top(update: Update, context: Context) -> None:
    await _top(update, context, context.args or [])


async def _top(update: Update, context: Context, arguments: Sequence[str]) -> None:
    message, reply_context = _message(update), await context.reply_context(update)
    texts, chats = reply_context.texts, context.services.storage.chats
    if not arguments:
        await context.outbox.reply(message, replies.top(texts, reply_context.settings.top_k))
        return
    top_k = _whole_number(arguments[0])
    if len(arguments) > 1 or top_k is None or not MIN_TOP <= top_k <= MAX_TOP:
        await context.outbox.reply(message, replies.top_refused(texts))
        return
    await chats.change(message.chat_id, {"top_k": top_k})
    await context.outbox.reply(message, texts("commands-top-set", count=top_k))


async def label(update: Update, context: Context) -> None:
    """Label the photo that the command replies to; the answer quotes the photo if it is in the same chat."""
    message, reply_context = _message(update), await context.reply_context(update)
    if reply_context.settings.mode == "off":
        await hint(update, context, OFF)
        return
    if not await check_quota(update, context, reply_context.texts):
        return
    shown = asked_about(message)
    if shown is None or not has_media(shown):
        await context.outbox.reply(message, reply_context.texts("commands-label-needs-a-photo"))
        return
    await context.services.answerer.label_asked(message, shown, reply_context)


async def anything_else(update: Update, context: Context) -> None:
    """Answer what no other handler took: commands as people write them, a few words, and everything else."""
    message, texts = _message(update), await context.texts(update)
    said = message.text or ""
    is_text = said and not said.startswith("/")
    if is_text and (await take_text(message, update, context) or await take([message], update, context)):
        return
    if (wanted := TOP_AS_WRITTEN.fullmatch(said)) is not None:
        await _top(update, context, wanted[1].split())
        return
    match replies.meaning(said, (texts, context.services.languages.closest(None))):
        case replies.Meaning.HELP:
            await show_help(update, context)
            return
        case replies.Meaning.THANKS:
            await context.outbox.reply(message, texts("commands-you-are-welcome"))
            return
    if not (message.text or "").startswith("/"):
        await context.outbox.reply(message, texts("commands-send-a-photo"))
        return
    addressee = str(message.text).split(maxsplit=1)[0].partition("@")[2]
    if addressee.lower() in ("", context.bot.username.lower()):
        await context.outbox.reply(message, texts("commands-unknown"))


def _whole_number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 4 else None


def _message(update: Update) -> Message:
    assert update.message is not None  # the filters of every handler here ask for a new message
    return update.message
