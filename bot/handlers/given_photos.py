"""What a person gave to teach the bot: the list in /privacy, and the buttons that take photos back."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

import structlog
from telegram import CallbackQuery, Message, Update
from telegram.constants import ChatType
from telegram.ext import CallbackQueryHandler

from bot.domain.callback_data import GIVEN, pattern, read_teaching_callback
from bot.domain.teaching import GivenPhoto, TeachingRefused
from bot.handlers.context import BotApplication, Context
from bot.handlers.taught_photos import show_photos, without_pressed
from bot.transport.permissions import find_chat
from bot.views.class_screens import GivenClass, given_screen, revoke_screen
from bot.views.teaching_replies import Screen, refusal
from bot.views.texts import Texts

log = structlog.get_logger()


def register(application: BotApplication) -> None:
    """Register before the handler of all other buttons."""
    application.add_handler(CallbackQueryHandler(handle_callback, pattern=pattern([GIVEN])))


async def list_given(message: Message, person_id: int, context: Context, texts: Texts, page: int = 0) -> Screen | None:
    """Return a page of the list of what a person gave; None if the person gave nothing.

    The list with its buttons is for the private chat. A group only hears that there is one, if the person gave photos
    there.
    """
    given = await context.services.teaching.given_by(person_id)
    if message.chat.type != ChatType.PRIVATE:
        here = any(photo.chat_id == message.chat_id for photo in given)
        return (texts("privacy-given-in-group"), None) if here else None
    return given_screen(texts, await _by_class(given, person_id, context, texts), page) if given else None


async def handle_callback(update: Update, context: Context) -> None:
    """Show the photos that the person gave to a class, or take one back. A person's list is in their private chat."""
    query, texts = update.callback_query, await context.texts(update)
    assert query is not None, "only callback queries come here"
    message = query.message
    assert isinstance(message, Message), "the gate admits only visible buttons"
    data = read_teaching_callback(query.data or "")
    if data is None or message.chat.id != query.from_user.id:
        await context.outbox.answer_callback(query, texts("buttons-old"))
        return
    try:
        match data.step, data.ids:
            case "show", (class_id, page):
                await _show(query, message, class_id, page, context, texts)
            case "all", (chat_id,):
                await context.outbox.answer_callback(query)
                title = await _title(chat_id, query.from_user.id, context, texts)
                await context.outbox.edit(message, *revoke_screen(texts, chat_id, title))
            case "revoke", (chat_id,):
                await context.services.teaching.revoke(chat_id, query.from_user.id)
                log.info("consent withdrawn")
                await context.outbox.answer_callback(query)
                await _show_list(query, message, context, texts, texts("privacy-given-all-done"))
            case "list", (page,):
                await context.outbox.answer_callback(query)
                await _show_list(query, message, context, texts, page=page)
            case "remove", (photo_id,):
                await context.services.teaching.withdraw(query.from_user.id, photo_id)
                log.info("taught photo withdrawn")
                await context.outbox.answer_callback(query, texts("classes-removed"))
                await context.outbox.edit(message, *without_pressed(message, query.data))
            case _:
                await context.outbox.answer_callback(query, texts("buttons-old"))
    except TeachingRefused as refused:
        await context.outbox.answer_callback(query, refusal(texts, refused), stays=True)


async def _show_list(
    query: CallbackQuery, message: Message, context: Context, texts: Texts, news: str = "", *, page: int = 0
) -> None:
    """Show a page of the list of what the person gave; `news` is what it says first."""
    text, keyboard = await list_given(message, query.from_user.id, context, texts, page) or (
        texts("privacy-given-none"),
        None,
    )
    await context.outbox.edit(message, f"{news}\n\n{text}" if news else text, keyboard)


async def _show(
    query: CallbackQuery, message: Message, class_id: int, page: int, context: Context, texts: Texts
) -> None:
    given = await context.services.teaching.given_by(query.from_user.id)
    of_class = [photo for photo in given if photo.photo.class_id == class_id]
    if not of_class:
        await context.outbox.answer_callback(query, texts("teaching-class-gone"))
        return
    await context.outbox.answer_callback(query)
    photos = [photo.photo for photo in of_class]
    await show_photos(message, of_class[0].class_name, photos, page, GIVEN, context, texts)


async def _by_class(given: Iterable[GivenPhoto], person_id: int, context: Context, texts: Texts) -> list[GivenClass]:
    """Collect photos by their classes, with the titles of the chats."""
    titles: dict[int, str] = {}
    found = []
    for (chat_id, name, _), photos in groupby(given, lambda each: (each.chat_id, each.class_name, each.photo.class_id)):
        if chat_id not in titles:
            titles[chat_id] = await _title(chat_id, person_id, context, texts)
        found.append(GivenClass(name, chat_id, titles[chat_id], [each.photo for each in photos]))
    return found


async def _title(chat_id: int, person_id: int, context: Context, texts: Texts) -> str:
    """Return the title of a chat; a text of its own for the person's private chat, and for a chat out of reach."""
    if chat_id == person_id:
        return texts("privacy-given-here")
    chat = await find_chat(context.bot, chat_id)
    return (chat.title if chat is not None else None) or texts("privacy-given-elsewhere")
