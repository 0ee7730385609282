"""Albums of taught photos: an album by file ids, and below it a message whose buttons remove single photos."""

from __future__ import annotations

from collections.abc import Sequence

from telegram import InlineKeyboardMarkup, Message

from bot.domain.teaching import TaughtPhoto
from bot.handlers.context import Context
from bot.views.class_screens import PhotoPage, photos_screen
from bot.views.teaching_replies import Screen
from bot.views.texts import Texts


async def show_photos(
    message: Message,
    name: str,
    photos: Sequence[TaughtPhoto],
    page: int,
    action: str,
    context: Context,
    texts: Texts,
) -> None:
    """Show a page of photos with their numbers, and below them the buttons that remove photos.

    Args:
        message: message of the chat and topic.
        name: name of the class.
        photos: all photos of the class, at least one, the oldest first.
        page: number of the page, from 0.
        action: action of the buttons, see `photos_screen`.
        context: context of the update.
        texts: texts in the chat's language.
    """
    shown = PhotoPage(photos, page)
    if not shown.numbered:
        shown = PhotoPage(photos, 0)  # photos were removed since the button was made
    captions = {
        photo.file_id: str(number) for number, photo in shown.numbered.items() if photo.is_photo and not photo.lost
    }
    seen = await context.outbox.show_photos(message, captions) if captions else frozenset()
    unseen = {photo.id for photo in shown.numbered.values() if photo.file_id not in seen}
    await context.outbox.reply(message, *photos_screen(texts, name, shown, unseen, action=action))


def without_pressed(message: Message, data: str | None) -> Screen:
    """Return a message of the bot as it is, without the button that was pressed."""
    rows = message.reply_markup.inline_keyboard if message.reply_markup is not None else ()
    left = [[button for button in row if button.callback_data != data] for row in rows]
    keyboard = InlineKeyboardMarkup([row for row in left if row])
    return message.text_html, keyboard if keyboard.inline_keyboard else None
