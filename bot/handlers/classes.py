"""/classes and /forget: what a chat has taught, and the buttons that show, rename, merge, remove and forget it."""

from __future__ import annotations

import time
from dataclasses import dataclass

import structlog
from telegram import CallbackQuery, Chat, Message, Update
from telegram.constants import ChatType
from telegram.ext import CallbackQueryHandler, CommandHandler, MessageHandler
from telegram.ext.filters import MessageFilter

from bot.domain.callback_data import CLASSES, pattern, read_teaching_callback
from bot.domain.origins import is_original, replied_message
from bot.domain.teaching import NameRefused, TaughtClass, TeachingProblem, TeachingRefused, clean_name
from bot.handlers import filters
from bot.handlers.context import BotApplication, Context
from bot.handlers.offers import may_teach
from bot.handlers.quota import check_group_quota, check_quota, limited
from bot.handlers.taught_photos import show_photos, without_pressed
from bot.services.answering import asker_of
from bot.services.awaited_names import NewNameOfClass
from bot.views import class_screens
from bot.views.replies import plain, shortened
from bot.views.teaching_replies import Screen, refusal
from bot.views.texts import Texts

log = structlog.get_logger()


class RenamesClass(MessageFilter):
    """A reply to the screen that asks for a new name."""

    def filter(self, message: Message) -> bool:
        return is_original(message) and _class_to_rename(message) is not None


def register(application: BotApplication) -> None:
    """Register before the handlers of other texts and of all other buttons."""
    application.add_handler(CommandHandler("classes", limited(show_classes), filters=filters.CHATS))
    application.add_handler(CommandHandler("forget", limited(forget), filters=filters.CHATS))
    application.add_handler(MessageHandler(filters.CHATS & filters.TEXT & RenamesClass(), rename))
    application.add_handler(CallbackQueryHandler(handle_callback, pattern=pattern([CLASSES])))


async def show_classes(update: Update, context: Context) -> None:
    message, texts = update.message, await context.texts(update)
    assert message is not None, "the filters of commands ask for a new message"
    classes = await context.services.teaching.classes(message.chat_id)
    await context.outbox.reply(message, *class_screens.class_list(texts, classes, now_s=time.time()))


async def forget(update: Update, context: Context) -> None:
    """Ask whether to forget the class that the command names."""
    message, texts = update.message, await context.texts(update)
    assert message is not None, "the filters of commands ask for a new message"
    name = " ".join(context.args or ())
    if not name:
        await context.outbox.reply(message, texts("classes-forget-usage"))
        return
    taught = await context.services.teaching.find_class(message.chat_id, name)
    if taught is None:
        await context.outbox.reply(message, texts("classes-unknown", name=shortened(name)))
    else:
        await context.outbox.reply(message, *class_screens.forget_screen(texts, taught))


async def rename(update: Update, context: Context) -> None:
    """Rename the class of the screen that the message replies to."""
    message, texts = update.message, await context.texts(update)
    assert message is not None, "the filters ask for a new message"
    if not await check_quota(update, context, texts):
        return
    class_id = _class_to_rename(message)
    assert class_id is not None, "the filter asks for a reply to the screen"
    context.services.awaited_names.take(message.chat_id)
    await take_name(message, class_id, update, context)


async def take_name(message: Message, class_id: int, update: Update, context: Context) -> None:
    """Take a text for the new name of a class, if its sender may teach; wait for another one if it is refused."""
    texts, teaching, person_id = await context.texts(update), context.services.teaching, asker_of(message)
    if person_id is None:
        await context.outbox.reply(message, texts("teaching-as-group"))
        return
    if not await may_teach(message.chat, person_id, context):
        await context.outbox.reply(message, texts("teaching-admins-only"))
        return
    try:
        name, before = clean_name(message.text or ""), await find_class(message.chat_id, class_id, context)
        await teaching.rename(message.chat_id, class_id, name)
        news = texts("classes-renamed", before=plain(before.name), name=plain(name))
        screen = await screen_of(message.chat_id, class_id, context, texts, news)
    except NameRefused as refused:
        _wait_for_name(message.chat, class_id, context)
        await context.outbox.reply(message, texts(refused.problem))
    except TeachingRefused as refused:
        if refused.problem is TeachingProblem.NAME_TAKEN:
            _wait_for_name(message.chat, class_id, context)
        await context.outbox.reply(message, refusal(texts, refused))
    else:
        await context.outbox.reply(message, *screen)


async def handle_callback(update: Update, context: Context) -> None:
    """Run the action of a button. Anyone in the chat may look; only those who may teach change anything."""
    query, texts = update.callback_query, await context.texts(update)
    assert query is not None, "only callback queries come here"
    assert isinstance(query.message, Message), "the gate admits only visible buttons"
    if not await check_group_quota(query, update, context):
        return
    context.services.awaited_names.take(query.from_user.id)
    press = _Press(query, query.message, context, texts)
    try:
        await press.run()
    except TeachingRefused as refused:
        await context.outbox.answer_callback(query, refusal(texts, refused), stays=True)


async def find_class(chat_id: int, class_id: int, context: Context) -> TaughtClass:
    """Return a class of a chat.

    Raises:
        TeachingRefused: the class is gone.
    """
    for taught in await context.services.teaching.classes(chat_id):
        if taught.id == class_id:
            return taught
    raise TeachingRefused(TeachingProblem.CLASS_GONE)


async def screen_of(chat_id: int, class_id: int, context: Context, texts: Texts, news: str = "") -> Screen:
    """Return the screen of a class; `news` is what it says first.

    Raises:
        TeachingRefused: the class is gone.
    """
    taught = await find_class(chat_id, class_id, context)
    is_only = len(await context.services.teaching.classes(chat_id)) == 1
    return class_screens.class_screen(texts, taught, is_only=is_only, now_s=time.time(), news=news)


@dataclass(frozen=True, slots=True)
class _Press:
    """A press of a button of the screens."""

    query: CallbackQuery
    message: Message
    context: Context
    texts: Texts

    async def run(self) -> None:
        """Run the action of the button.

        Raises:
            TeachingRefused: the class or the photo is gone, or the change is not possible.
        """
        data = read_teaching_callback(self.query.data or "")
        match data and (data.step, data.ids):
            case "list", (page,):
                await self._show(await self._list(page))
            case "show", (class_id, page):
                await self._show_photos(class_id, page)
            case ("open" | "renaming" | "kept") as step, (class_id,):
                await self._open(step, class_id)
            case ("rename" | "merge" | "into" | "forget" | "forgotten") as step, (_, *_) as ids:
                await self._change(step, ids)
            case "remove", (photo_id,):
                await self._remove(photo_id)
            case _:
                await self.context.outbox.answer_callback(self.query, self.texts("buttons-old"))

    async def _open(self, step: str, class_id: int) -> None:
        taught = await find_class(self.message.chat_id, class_id, self.context)
        if step == "kept":
            await self._show((self.texts("classes-kept", name=plain(taught.name)), None))
        else:
            await self._show(await screen_of(self.message.chat_id, class_id, self.context, self.texts))

    async def _change(self, step: str, ids: tuple[int, ...]) -> None:
        """Open a screen that changes a class, or change the class, for those who may teach."""
        if not await may_teach(self.message.chat, self.query.from_user.id, self.context):
            await self.context.outbox.answer_callback(self.query, self.texts("teaching-admins-only"))
            return
        chat_id, teaching = self.message.chat_id, self.context.services.teaching
        taught = await find_class(chat_id, ids[0], self.context)
        match step, ids[1:]:
            case "rename", ():
                in_private = _wait_for_name(self.message.chat, taught.id, self.context)
                screen = class_screens.rename_screen(self.texts, taught, in_private=in_private)
            case "merge", (page,):
                screen = class_screens.merge_screen(self.texts, taught, await teaching.classes(chat_id), page)
            case "into", (into_id,):
                await teaching.merge(chat_id, taught.id, into_id)
                into = await find_class(chat_id, into_id, self.context)
                news = self.texts("classes-merged", before=plain(taught.name), name=plain(into.name))
                screen = await screen_of(chat_id, into_id, self.context, self.texts, news)
            case "forget", ():
                screen = class_screens.forget_screen(self.texts, taught)
            case "forgotten", ():
                await teaching.forget(chat_id, taught.id)
                log.info("class forgotten")
                screen = self.texts("classes-forgotten", name=plain(taught.name)), None
            case _:
                await self.context.outbox.answer_callback(self.query, self.texts("buttons-old"))
                return
        await self._show(screen)

    async def _show_photos(self, class_id: int, page: int) -> None:
        """Show photos of a class, and below them a message that removes them."""
        chat_id = self.message.chat_id
        taught = await find_class(chat_id, class_id, self.context)
        photos = await self.context.services.teaching.photos(chat_id, class_id)
        await self.context.outbox.answer_callback(self.query)
        await show_photos(self.message, taught.name, photos, page, CLASSES, self.context, self.texts)

    async def _remove(self, photo_id: int) -> None:
        """Remove a photo: for those who may teach, and for the person who gave it."""
        teaching, person_id = self.context.services.teaching, self.query.from_user.id
        given = any(photo.photo.id == photo_id for photo in await teaching.given_by(person_id))
        if not given and not await may_teach(self.message.chat, person_id, self.context):
            await self.context.outbox.answer_callback(self.query, self.texts("classes-remove-not-yours"))
            return
        await teaching.remove_photo(self.message.chat_id, photo_id)
        log.info("taught photo removed")
        await self.context.outbox.answer_callback(self.query, self.texts("classes-removed"))
        await self.context.outbox.edit(self.message, *without_pressed(self.message, self.query.data))

    async def _list(self, page: int) -> Screen:
        classes = await self.context.services.teaching.classes(self.message.chat_id)
        return class_screens.class_list(self.texts, classes, page, now_s=time.time())

    async def _show(self, screen: Screen) -> None:
        await self.context.outbox.answer_callback(self.query)
        await self.context.outbox.edit(self.message, *screen)


def _wait_for_name(chat: Chat, class_id: int, context: Context) -> bool:
    """Wait for the new name of a class in a private chat; return whether the chat is private."""
    if chat.type != ChatType.PRIVATE:
        return False
    context.services.awaited_names.wait_for(chat.id, NewNameOfClass(class_id))
    return True


def _class_to_rename(message: Message) -> int | None:
    """Return the id of the class whose new name a message gives; None if it replies to no such screen."""
    screen = replied_message(message)
    if screen is None or screen.from_user is None or screen.from_user.id != message.get_bot().id:
        return None
    rows = screen.reply_markup.inline_keyboard if screen.reply_markup is not None else ()
    for button in (button for row in rows for button in row):
        data = read_teaching_callback(button.callback_data if isinstance(button.callback_data, str) else "")
        if data is not None and (data.action, data.step) == (CLASSES, "renaming") and len(data.ids) == 1:
            return data.ids[0]
    return None
