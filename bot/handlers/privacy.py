"""/privacy and /deletemydata: what data the bot stores, and how people and group admins delete the data."""

from __future__ import annotations

from functools import partial

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message, Update
from telegram.constants import ChatType
from telegram.ext import CallbackQueryHandler, CommandHandler

from bot.domain.callback_data import ERASE, ERASE_CHAT, ERASE_NOTHING, erasure_data, pattern, read_callback
from bot.handlers import filters
from bot.handlers.command_menus import remove_admin_menu
from bot.handlers.context import BotApplication, Context
from bot.handlers.given_photos import list_given
from bot.handlers.quota import limited
from bot.services.answering import asker_of
from bot.transport.permissions import is_admin
from bot.views.texts import Texts


def register(application: BotApplication, *, retention_days: int) -> None:
    """Register before the handler of all other buttons."""
    application.add_handler(
        CommandHandler("privacy", limited(partial(privacy, retention_days=retention_days)), filters=filters.ADDRESSED)
    )
    application.add_handler(CommandHandler("deletemydata", limited(delete_my_data), filters=filters.CHATS))
    application.add_handler(CallbackQueryHandler(handle_callback, pattern=pattern([ERASE])))


async def privacy(update: Update, context: Context, *, retention_days: int) -> None:
    """Reply with the kinds of data that the bot stores, for how many days, and what the person gave to teach it."""
    texts = await context.texts(update)
    kept = [texts("privacy-kept", days=retention_days)]
    asker_id = asker_of(_command(update))
    if asker_id is not None and context.services.admins.only_claimed(asker_id):
        kept.append(texts("claim-kept"))
    given = None if asker_id is None else await list_given(_command(update), asker_id, context, texts)
    keyboard = None
    if given is not None:
        text, keyboard = given
        kept.append(text)
    await context.outbox.reply(_command(update), "\n\n".join(kept), keyboard)


async def delete_my_data(update: Update, context: Context) -> None:
    message, texts = _command(update), await context.texts(update)
    asker_id = asker_of(message)
    if message.chat.type == ChatType.PRIVATE:
        question = "privacy-delete-private"
    else:
        question = "privacy-delete-hidden" if asker_id is None else "privacy-delete-group"
    asked = [texts(question)]
    if asker_id is not None and context.services.admins.only_claimed(asker_id):
        asked.append(texts("claim-ends"))
    keyboard = _keyboard(texts, asker_id, group=message.chat.type != ChatType.PRIVATE)
    await context.outbox.reply(message, "\n\n".join(asked), keyboard)


async def handle_callback(update: Update, context: Context) -> None:
    """Delete the data that a button names: a chat's data if an admin pressed the button, or the person's own data.

    The person who asked and the admins may also choose to delete nothing.
    """
    query, texts, services = update.callback_query, await context.texts(update), context.services
    assert query is not None, "only callback queries come here"
    callback, message = read_callback(query.data or ""), query.message
    assert callback is not None, "the pattern admits only readable data"
    assert isinstance(message, Message), "the gate admits only visible buttons"
    person_id = query.from_user.id
    if callback.argument == ERASE_CHAT and not await is_admin(context.bot, message.chat.id, person_id):
        await context.outbox.answer_callback(query, texts("privacy-admins-only"))
    elif callback.argument == ERASE_CHAT:
        await context.outbox.answer_callback(query)
        await services.erasure.erase_chat(message.chat.id)
        await context.outbox.edit(message, texts("privacy-deleted-chat"))
    elif callback.argument == str(person_id):
        await context.outbox.answer_callback(query)
        was_claimed = services.admins.only_claimed(person_id)
        await services.erasure.erase_person(person_id)
        await context.outbox.edit(message, texts("privacy-deleted-me"))
        if was_claimed:
            await remove_admin_menu(context.bot, person_id)
    elif callback.argument == ERASE_NOTHING and (
        _asks(message, person_id) or await is_admin(context.bot, message.chat.id, person_id)
    ):
        await context.outbox.answer_callback(query)
        await context.outbox.edit(message, texts("privacy-kept-all"))
    else:
        await context.outbox.answer_callback(query, texts("privacy-not-yours"))


def _asks(message: Message, person_id: int) -> bool:
    """Return whether the bot's question is about a person's data."""
    rows = message.reply_markup.inline_keyboard if message.reply_markup is not None else ()
    return any(button.callback_data == erasure_data(str(person_id)) for row in rows for button in row)


def _keyboard(texts: Texts, asker_id: int | None, *, group: bool) -> InlineKeyboardMarkup:
    buttons = [(texts("privacy-delete-me"), str(asker_id))] if asker_id is not None else []
    if group:
        buttons.append((texts("privacy-delete-chat"), ERASE_CHAT))
    buttons.append((texts("privacy-keep"), ERASE_NOTHING))
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(text, callback_data=erasure_data(key))] for text, key in buttons]
    )


def _command(update: Update) -> Message:
    assert update.message is not None, "the filters of commands ask for a new message"
    return update.message
