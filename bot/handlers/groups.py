"""Photos in groups and channels. They are labelled on request, or automatically if the chat's settings say so."""

from __future__ import annotations

import structlog
from telegram import Message, Update
from telegram.constants import ReactionEmoji
from telegram.ext import MessageHandler

from bot.domain.answers import AnsweredPhoto
from bot.domain.chat_settings import ChatSettings
from bot.domain.media import has_media
from bot.domain.origins import asked_about
from bot.domain.triggers import Trigger, mentions_bot, trigger_of
from bot.handlers import filters
from bot.handlers.context import BotApplication, Context
from bot.handlers.hints import NEEDS_A_PHOTO, OFF, hint
from bot.handlers.quota import check_quota
from bot.services.answered_photos import answered_photo
from bot.services.answering import ReplyContext
from bot.services.image_fetching import FileUnavailable
from bot.services.labelling import Result
from inference import errors

log = structlog.get_logger()

# Reaction that says that the labels are in the cache, so that /label in reply to the photo is answered at once.
LOOKED = ReactionEmoji.EYES


def register(application: BotApplication) -> None:
    application.add_handler(MessageHandler(filters.GROUPS & filters.MEDIA, label_in_group))
    application.add_handler(MessageHandler(filters.GROUPS & filters.REPLIES, label_replied))
    application.add_handler(MessageHandler(filters.CHANNELS & filters.MEDIA, label_post))


async def label_in_group(update: Update, context: Context) -> None:
    message = update.effective_message
    assert message is not None, "the filter asks for a message"
    reply_context = await context.reply_context(update)
    match trigger_of(message, reply_context.settings):
        case Trigger.REQUESTED if await check_quota(update, context, reply_context.texts):
            await context.services.answerer.label_message(message, reply_context)
        case Trigger.AUTOMATIC if await check_quota(update, context, silently=True):
            await label_automatically(message, reply_context, context)
        case None if reply_context.settings.mode == "off" and mentions_bot(message):
            await hint(update, context, OFF)


async def label_replied(update: Update, context: Context) -> None:
    """Label a photo if somebody replies to the photo and mentions the bot; see `commands.label`.

    Other texts that mention the bot get a hint.
    """
    message = update.message
    assert message is not None, "the filter asks for a new message"
    shown, reply_context = asked_about(message), await context.reply_context(update)
    if not mentions_bot(message):
        return
    if reply_context.settings.mode == "off" or shown is None or not has_media(shown):
        await hint(update, context, NEEDS_A_PHOTO)
    elif await check_quota(update, context, reply_context.texts):
        await context.services.answerer.label_asked(message, shown, reply_context)


async def label_post(update: Update, context: Context, earlier: AnsweredPhoto | None = None) -> None:
    """Add the labels of a channel's photo to its caption.

    Args:
        update: update with the post.
        context: context of the update.
        earlier: photo that the post showed before an edit, whose labels may be in the caption.
    """
    post = update.effective_message
    assert post is not None, "the filter asks for a post"
    reply_context = await context.reply_context(update)
    settings = reply_context.settings
    # Telegram shows no caption below an album if several parts of the album have a caption.
    if post.media_group_id is not None or trigger_of(post, settings) is None:
        return
    if not await check_quota(update, context, silently=True):
        return
    result = await _sure_result(post, settings, context)
    photo = None if result is None else answered_photo(post, result, own=True)
    await context.services.answerer.write_caption(post, photo, reply_context, earlier=earlier)


async def label_automatically(message: Message, reply_context: ReplyContext, context: Context) -> None:
    """Answer a photo or react to it, if the scores of its labels are high enough."""
    settings = reply_context.settings
    result = await _sure_result(message, settings, context)
    if result is None:
        return
    # Comments on posts of a channel have a separate setting, so the bot does not react to posts.
    if settings.answer_by == "react" and not message.is_automatic_forward:
        await context.outbox.react(message, LOOKED)
    else:
        await context.services.answerer.answer(message, result, reply_context)


async def _sure_result(message: Message, settings: ChatSettings, context: Context) -> Result | None:
    """Classify a photo that nobody asked about; return None if there are no labels, or their scores are too low."""
    try:
        result = await context.services.labeller.classify_message(message, silently=True)
    except (errors.InferenceError, FileUnavailable) as error:
        log.info("not labelled, unasked", error=type(error).__name__)
        return None
    return result if result is not None and settings.is_sure(result.classification, result.taught) else None
