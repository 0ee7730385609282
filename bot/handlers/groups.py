"""Photos in groups and channels: those that somebody asks about, and those that the chat is set to have looked at."""

from __future__ import annotations

import structlog
from telegram import Message, Update
from telegram.constants import ReactionEmoji
from telegram.ext import MessageHandler, filters

from bot.domain.media import shows_something
from bot.domain.origins import replied_here
from bot.domain.triggers import Trigger, mentions_us, trigger_of
from bot.handlers.context import BotApplication, Context
from bot.handlers.limits import admitted
from bot.handlers.photo import ShowsSomething
from bot.services.answering import answer, label_message
from bot.services.labelling import FileUnavailable, Seen, classify_message
from bot.transport.sending import edit_caption, react
from bot.views import replies
from inference import errors

log = structlog.get_logger()

# "I have looked": whoever wants to know what was seen replies with /label, which is answered at once.
LOOKED = ReactionEmoji.EYES


def register(application: BotApplication) -> None:
    groups = filters.UpdateType.MESSAGE & filters.ChatType.GROUPS
    application.add_handler(MessageHandler(groups & ShowsSomething(), label_in_group))
    application.add_handler(MessageHandler(groups & filters.TEXT & ~filters.COMMAND & filters.REPLY, label_replied))
    application.add_handler(MessageHandler(filters.UpdateType.CHANNEL_POST & ShowsSomething(), label_post))


async def label_in_group(update: Update, context: Context) -> None:
    message = update.message
    assert message is not None, "the filter asks for a new message"
    match trigger_of(message, await context.services.storage.chats.settings(message.chat_id)):
        case Trigger.REQUESTED if await admitted(update, context):
            await label_message(message, await context.texts(update), context.services)
        case Trigger.AUTOMATIC if await admitted(update, context, silently=True):
            await label_unasked(update, message, context)


async def label_replied(update: Update, context: Context) -> None:
    """Look at the photo that a mention of the bot replies to; the answer quotes the photo."""
    message = update.message
    assert message is not None, "the filter asks for a new message"
    shown = replied_here(message)
    settings = await context.services.storage.chats.settings(message.chat_id)
    if settings.mode == "off" or shown is None or not (shows_something(shown) and mentions_us(message)):
        return
    if await admitted(update, context):
        await label_message(shown, await context.texts(update), context.services, asked_by=message)


async def label_post(update: Update, context: Context) -> None:
    """Write what a channel's photo shows under it."""
    post = update.channel_post
    assert post is not None, "the filter asks for a post"
    settings = await context.services.storage.chats.settings(post.chat_id)
    # Telegram shows no caption under an album of which several parts have one.
    if post.media_group_id is not None or trigger_of(post, settings) is None:
        return
    if not await admitted(update, context, silently=True):
        return
    seen = await _seen_surely(post, context)
    if seen is None:
        return
    texts = await context.texts(update)
    caption = replies.caption_with_labels(texts, post.caption or "", seen.classification, top_k=settings.top_k)
    if caption is not None:
        await edit_caption(post, caption)


async def label_unasked(update: Update, message: Message, context: Context) -> None:
    """Answer a photo, or react to it, where the bot is sure of what it sees."""
    seen = await _seen_surely(message, context)
    if seen is None:
        return
    settings = await context.services.storage.chats.settings(message.chat_id)
    # A comment on a post of a channel is a setting of its own.
    if settings.answer_by == "react" and not message.is_automatic_forward:
        await react(message, LOOKED)
    else:
        await answer(message, seen, await context.texts(update), context.services)


async def _seen_surely(message: Message, context: Context) -> Seen | None:
    """Look at a photo that nobody asked about; None where there is nothing sure to say, whatever the reason."""
    try:
        seen = await classify_message(message, context.services, silently=True)
    except (errors.InferenceError, FileUnavailable) as error:
        log.info("not labelled, unasked", error=type(error).__name__)
        return None
    settings = await context.services.storage.chats.settings(message.chat_id)
    return seen if seen is not None and settings.is_sure(seen.classification) else None
