"""/teach, in reply to a photo, as a caption, or alone; and the messages that the conversation waits for."""

from __future__ import annotations

from collections.abc import Sequence

from telegram import Message, Update
from telegram.constants import ChatType
from telegram.ext import MessageHandler
from telegram.ext.filters import MessageFilter

from bot.domain.callback_data import TEACH, read_teaching_callback
from bot.domain.media import has_media
from bot.domain.origins import replied_message
from bot.domain.teaching import NameRefused, TeachingRefused, TeachRequest, clean_name
from bot.domain.triggers import taught_name
from bot.handlers import filters
from bot.handlers.context import BotApplication, Context
from bot.handlers.hints import OFF, hint
from bot.handlers.lesson import Lesson
from bot.handlers.offers import may_teach, offer_of, photos_of
from bot.handlers.quota import check_quota
from bot.services.answering import ReplyContext, asker_of
from bot.transport.permissions import hides_photos
from bot.views import replies, teaching_replies


class Teaches(MessageFilter):
    """A message whose text or caption begins with /teach."""

    def filter(self, message: Message) -> bool:
        return taught_name(message) is not None


class AnswersQuestion(MessageFilter):
    """A reply to the bot's question for a name or for photos."""

    def filter(self, message: Message) -> bool:
        return request_asked_in(message) is not None


def register(application: BotApplication) -> None:
    """Register before the handlers of photos, commands and other texts. Albums have their own handler."""
    alone = ~filters.ALBUM_PARTS
    application.add_handler(MessageHandler(filters.CHATS & Teaches() & alone, teach))
    application.add_handler(MessageHandler(filters.CHANNELS & Teaches(), teach_in_channel))
    answers = (filters.MEDIA & alone) | filters.TEXT
    application.add_handler(MessageHandler(filters.GROUPS & answers & AnswersQuestion(), take_answer))


async def teach(update: Update, context: Context) -> None:
    """Teach the photo of the message or the one that it replies to, or ask for photos."""
    message, reply_context = update.message, await context.reply_context(update)
    assert message is not None, "the filters ask for a new message"
    if reply_context.settings.mode == "off" and message.chat.type != ChatType.PRIVATE:
        await hint(update, context, OFF)
    elif await check_quota(update, context, reply_context.texts):
        await _teach(message, None, update, context, reply_context)


async def teach_album(messages: Sequence[Message], update: Update, context: Context, reply: ReplyContext) -> None:
    """Teach the photos of an album, one of which has /teach in its caption. The quota is checked already."""
    command = next(message for message in messages if taught_name(message) is not None)
    await _teach(command, messages, update, context, reply)


async def _teach(
    message: Message, album: Sequence[Message] | None, update: Update, context: Context, reply: ReplyContext
) -> None:
    texts, asker_id = reply.texts, asker_of(message)
    if asker_id is None:
        await context.outbox.reply(message, texts("teaching-as-group"))
        return
    if not await may_teach(message.chat, asker_id, context):
        await context.outbox.reply(message, texts("teaching-admins-only"))
        return
    try:
        name = clean_name(said) if (said := taught_name(message)) else None
    except NameRefused as refused:
        await context.outbox.reply(message, texts(refused.problem))
        return
    if album is not None:
        photos = photos_of(album, asker_id)
        one_of_album = len(album) == 1 and await hides_photos(context.bot, message.chat_id)
    else:
        offer = await offer_of(message, context)
        if offer.refusal is not None:
            await context.outbox.reply(message, texts(offer.refusal))
            return
        photos, one_of_album = offer.photos, offer.one_of_album
    note = texts("teaching-one-of-album") if one_of_album else ""
    await Lesson(update, context, texts, message, note=note).start(asker_id, name, photos)


async def teach_in_channel(update: Update, context: Context) -> None:
    """Say why nothing can be taught in a channel."""
    post = update.channel_post
    assert post is not None, "the filters ask for a post"
    if await check_quota(update, context, silently=True):
        await context.outbox.reply(post, (await context.texts(update))("teaching-in-channel"))


async def take_answer(update: Update, context: Context) -> None:
    """Take the name or the photo that a reply to the bot's question gives."""
    message = update.message
    assert message is not None, "the filters ask for a new message"
    if await check_quota(update, context) and not await take([message], update, context):
        request_id = request_asked_in(message)
        if request_id is not None and await context.services.teaching.request(request_id) is None:
            await context.outbox.reply(message, (await context.texts(update))("teaching-request-gone"))


async def take(messages: Sequence[Message], update: Update, context: Context) -> bool:
    """Take a name or photos that a request of their sender waits for; return whether there is such a request.

    Args:
        messages: a text, a message with an image, or the parts of an album.
        update: update of one of the messages.
        context: context of the update.
    """
    first = messages[0]
    request = await _waiting_request(first, context)
    if request is None:
        return False
    lesson = Lesson(update, context, await context.texts(update), first)
    try:
        if has_media(first):
            await _take_photos(messages, request, lesson)
        else:
            await _take_name(first.text or "", request, lesson)
    except TeachingRefused as refused:
        await lesson.say(teaching_replies.refusal(lesson.texts, refused))
    return True


async def _take_photos(messages: Sequence[Message], request: TeachRequest, lesson: Lesson) -> None:
    """Add photos to a request, and say how many there are once no more photos arrive."""
    teaching, photos = lesson.context.services.teaching, photos_of(messages, request.asker_id)
    if not photos:
        await lesson.say(lesson.texts(replies.no_image(messages[0])))
        return
    await teaching.add_to_request(request.id, photos)
    if await lesson.context.services.bursts.is_over(request.id):
        by_now = await teaching.request(request.id)
        if by_now is not None:  # else Done was pressed meanwhile
            await lesson.ask(by_now)


async def _take_name(said: str, request: TeachRequest, lesson: Lesson) -> None:
    if request.name is not None:
        await lesson.ask(request)
        return
    if not await may_teach(lesson.message.chat, request.asker_id, lesson.context):
        await lesson.say(lesson.texts("teaching-admins-only"))
        return
    try:
        name = clean_name(said)
    except NameRefused as refused:
        await lesson.say(lesson.texts(refused.problem))
        return
    await lesson.proceed(await lesson.context.services.teaching.add_to_request(request.id, name=name))


async def _waiting_request(message: Message, context: Context) -> TeachRequest | None:
    """Return the request that a message answers; None if there is none.

    In a private chat it is the newest request of the person, in groups the one in the question that is replied to.
    """
    teaching, person_id = context.services.teaching, asker_of(message)
    if person_id is None:
        return None
    if message.chat.type == ChatType.PRIVATE:
        found = await teaching.requests_of(message.chat_id, person_id)
        request = found[0] if found else None
    else:
        request_id = request_asked_in(message)
        request = None if request_id is None else await teaching.request(request_id)
    if request is None or (request.chat_id, request.asker_id) != (message.chat_id, person_id):
        return None
    return request if await teaching.consented(message.chat_id, person_id) else None


def request_asked_in(message: Message) -> int | None:
    """Return the id of the request in whose question a message replies; None if it replies to no such question."""
    question = replied_message(message)
    if question is None or question.from_user is None or question.from_user.id != message.get_bot().id:
        return None
    rows = question.reply_markup.inline_keyboard if question.reply_markup is not None else ()
    for button in (button for row in rows for button in row):
        data = read_teaching_callback(button.callback_data if isinstance(button.callback_data, str) else "")
        if data is not None and (data.action, data.step) == (TEACH, "cancel") and len(data.ids) == 1:
            return data.ids[0]
    return None
