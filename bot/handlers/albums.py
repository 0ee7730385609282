"""Albums: one answer for all photos that were sent together."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from sqlalchemy.exc import SQLAlchemyError
from telegram import Chat, InaccessibleMessage, Message, Update
from telegram.ext import MessageHandler

from bot.domain.answers import Answer, AnsweredPhoto
from bot.domain.triggers import Trigger, mentions_bot, taught_name, trigger_of
from bot.handlers import filters
from bot.handlers.context import BotApplication, Context
from bot.handlers.groups import LOOKED
from bot.handlers.hints import OFF, hint
from bot.handlers.quota import check_quota
from bot.handlers.teaching import take, teach_album
from bot.services.albums import Album, Part
from bot.services.answered_photos import look_at
from bot.services.answering import ReplyContext

log = structlog.get_logger()


def register(application: BotApplication) -> None:
    """Register before the handlers of single photos."""
    application.add_handler(MessageHandler(filters.CHATS & filters.ALBUM_PARTS, label_part))


async def label_part(update: Update, context: Context) -> None:
    """Label a photo of an album. The handler of the first photo waits for the other photos and answers all of them."""
    message, albums = update.message, context.services.albums
    assert message is not None, "the filter asks for a new message"
    reply_context, part = await context.reply_context(update), Part(message)
    own_trigger = trigger_of(message, reply_context.settings)
    if taught_name(message) is not None and reply_context.settings.mode != "off":
        own_trigger = Trigger.REQUESTED
    async with albums.joined(part) as album:
        album.set_trigger(own_trigger)
        if album.trigger is None and await _find_answer(message, context) is not None:
            album.set_trigger(Trigger.REQUESTED)  # a late part of an album that was answered on request
        trigger = await albums.wait_for_trigger(album, part)
        if trigger is None:
            addressed = mentions_bot(message) or taught_name(message) is not None
            if reply_context.settings.mode == "off" and addressed:
                await hint(update, context, OFF)
            return
        silently = trigger is Trigger.AUTOMATIC
        if await check_quota(update, context, reply_context.texts, silently=silently):
            part.photo = await look_at(context.services.labeller, message, silently=silently)
        part.finished.set()
        if album.parts[0] is part:
            await albums.complete(album)
            if not await _teach(album, update, reply_context, context):
                await _answer(album, reply_context, context)
        else:
            await album.ended.wait()


async def _teach(album: Album, update: Update, reply_context: ReplyContext, context: Context) -> bool:
    """Teach an album with /teach in a caption, or for whose photos the bot waits; return False for other albums."""
    parts = sorted((part for part in album.parts if part.photo is not None), key=lambda part: part.message.message_id)
    messages = [part.message for part in parts]
    if any(taught_name(message) is not None for message in messages):
        await teach_album(messages, update, context, reply_context)
        return True
    return bool(messages) and await take(messages, update, context)


async def _answer(album: Album, reply_context: ReplyContext, context: Context) -> None:
    parts = sorted((part for part in album.parts if part.photo is not None), key=lambda part: part.message.message_id)
    photos = [part.photo for part in parts if part.photo is not None]
    if not photos:
        return
    first, settings, answerer = parts[0].message, reply_context.settings, context.services.answerer
    answer = await _find_answer(first, context)
    if answer is not None:
        await _add(photos, answer, first.chat, reply_context, context)
    elif album.trigger is Trigger.REQUESTED:
        await answerer.answer_photos(first, photos, reply_context)
    elif any(settings.is_sure(photo.classification, photo.taught) for photo in photos):
        if settings.answer_by == "react" and not first.is_automatic_forward:
            await context.outbox.react(first, LOOKED)
        else:
            await answerer.answer_photos(first, photos, reply_context)


async def _add(
    photos: Sequence[AnsweredPhoto], answer: Answer, chat: Chat, reply_context: ReplyContext, context: Context
) -> None:
    """Add late photos of an album to its answer."""
    together = answer.with_photos(photos)
    if together == answer:
        return  # the photos are in the answer already, and their updates are handled again after a crash
    await context.services.storage.answers.save(together)
    await context.services.answerer.show(InaccessibleMessage(chat, answer.message_id), together, reply_context)


async def _find_answer(message: Message, context: Context) -> Answer | None:
    """Find the answer to the album of a message; None if there is no answer, or the database fails."""
    assert message.media_group_id is not None, "only photos of albums come here"
    try:
        return await context.services.storage.answers.find_album(message.chat_id, message.media_group_id)
    except SQLAlchemyError as error:
        log.warning("earlier answer not looked for", reason=type(error).__name__)
        return None
