"""Albums: one answer for all photos that were sent together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import structlog
from telegram import Chat, InaccessibleMessage, Message, Update
from telegram.ext import MessageHandler, filters

from bot.domain.answers import Answer, AnsweredPhoto
from bot.domain.triggers import Trigger, trigger_of
from bot.handlers.context import BotApplication, Context
from bot.handlers.groups import LOOKED
from bot.handlers.limits import admitted
from bot.handlers.photo import ShowsSomething
from bot.services.albums import Album, Part
from bot.services.answering import answer_photos, show
from bot.services.container import Services
from bot.services.labelling import FileUnavailable, classify_message
from bot.transport.sending import react
from bot.views import replies
from bot.views.texts import Texts
from inference import errors

log = structlog.get_logger()


class OfAlbum(filters.MessageFilter):
    """A photo or video that was sent together with others."""

    def filter(self, message: Message) -> bool:
        return message.media_group_id is not None


def register(application: BotApplication) -> None:
    """Register before the handlers of single photos."""
    chats = filters.UpdateType.MESSAGE & (filters.ChatType.PRIVATE | filters.ChatType.GROUPS)
    application.add_handler(MessageHandler(chats & OfAlbum() & ShowsSomething(), label_part))


async def label_part(update: Update, context: Context) -> None:
    """Look at a photo of an album; with the first one that came, wait for the others and answer for all."""
    message, services = update.message, context.services
    assert message is not None, "the filter asks for a new message"
    part = Part(message)
    asked_for = trigger_of(message, await services.storage.chats.settings(message.chat_id))
    async with services.albums.joined(part) as album:
        album.ask(asked_for)
        if album.asked_for is None and await _answer_of_album(message, services) is not None:
            album.ask(Trigger.REQUESTED)  # the others were asked about, and this one is late
        trigger = await services.albums.trigger(album, part)
        if trigger is None:
            return
        if await admitted(update, context, silently=trigger is Trigger.AUTOMATIC):
            part.photo = await _look(message, services, silently=trigger is Trigger.AUTOMATIC)
        part.finished.set()
        if album.parts[0] is part:
            await services.albums.complete(album)
            await _answer(album, await context.texts(update), context)
        else:
            await album.ended.wait()


async def _look(message: Message, services: Services, *, silently: bool) -> AnsweredPhoto:
    try:
        seen = await classify_message(message, services, silently=silently)
    except errors.InferenceError as error:
        log.info("not labelled", error=type(error).__name__)
        failure = replies.failure_key(error)
    except FileUnavailable as error:
        log.warning("file unavailable", reason=str(error))
        failure = "answers-file-unavailable"
    else:
        if seen is not None:
            return AnsweredPhoto(message.message_id, seen.sizes, seen.classification, cached=seen.cached)
        failure = "answers-not-an-image-file" if message.document else "answers-no-still"
    return AnsweredPhoto(message.message_id, (), None, failure)


async def _answer(album: Album, texts: Texts, context: Context) -> None:
    parts = sorted((part for part in album.parts if part.photo is not None), key=lambda part: part.message.message_id)
    photos = [part.photo for part in parts if part.photo is not None]
    if not photos:
        return
    services = context.services
    first = parts[0].message
    given = await _answer_of_album(first, services)
    settings = await services.storage.chats.settings(first.chat_id)
    if given is not None:
        await _add(photos, given, first.chat, texts, context)
    elif album.asked_for is Trigger.REQUESTED:
        await answer_photos(first, photos, texts, services)
    elif any(photo.seen is not None and settings.is_sure(photo.seen) for photo in photos):
        if settings.answer_by == "react" and not first.is_automatic_forward:
            await react(first, LOOKED)
        else:
            await answer_photos(first, photos, texts, services)


async def _add(photos: Sequence[AnsweredPhoto], given: Answer, chat: Chat, texts: Texts, context: Context) -> None:
    """Add photos that came late to the answer that their album has got."""
    by_message = {photo.message_id: photo for photo in (*photos, *given.photos)}
    together = tuple(by_message[message_id] for message_id in sorted(by_message))
    if together == given.photos:
        return  # they came again, after a crash
    given = replace(given, photos=together)
    await context.services.storage.answers.save(given)
    message = InaccessibleMessage(chat, given.message_id)
    message.set_bot(context.bot)
    await show(message, given, texts, context.services)


async def _answer_of_album(message: Message, services: Services) -> Answer | None:
    assert message.media_group_id is not None, "only photos of albums come here"
    return await services.storage.answers.find_album(message.chat_id, message.media_group_id)
