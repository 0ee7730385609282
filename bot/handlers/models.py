"""The commands and buttons with which admins choose models."""

from __future__ import annotations

import asyncio

from telegram import CallbackQuery, InlineKeyboardMarkup, Update
from telegram.ext import CallbackQueryHandler, CommandHandler

from bot.domain.callback_data import USE, pattern, read_callback, resolve
from bot.domain.reports import CommandRefused
from bot.handlers import filters
from bot.handlers.admin import command_of, for_admins
from bot.handlers.context import BotApplication, Context
from bot.services.model_preferences import EVERYWHERE
from bot.views import admin_replies
from bot.views.replies import plain
from bot.views.texts import Texts
from inference import errors

HERE = "here"


def register(application: BotApplication) -> None:
    for name, callback in (
        ("models", models),
        ("use", use),
        ("rollback", rollback),
        ("remove", remove),
        ("reload", reload),
    ):
        application.add_handler(CommandHandler(name, for_admins(callback), filters=filters.CHATS))
    application.add_handler(CallbackQueryHandler(for_admins(handle_callback), pattern=pattern([USE])))


async def models(update: Update, context: Context) -> None:
    await context.outbox.reply(command_of(update), *await _list_models(context, await context.texts(update)))


async def use(update: Update, context: Context) -> None:
    message, texts = command_of(update), await context.texts(update)
    match context.args:
        case [name]:
            await context.outbox.reply(message, await _use(name, EVERYWHERE, context, texts))
        case [name, place] if place.lower() == HERE:
            await context.outbox.reply(message, await _use(name, message.chat_id, context, texts))
        case _:
            await context.outbox.reply(message, texts("models-use-usage"))


async def rollback(update: Update, context: Context) -> None:
    message, texts = command_of(update), await context.texts(update)
    here = [argument.lower() for argument in context.args or ()] == [HERE]
    if context.args and not here:
        await context.outbox.reply(message, texts("models-rollback-usage"))
        return
    try:
        switch = await context.services.models.roll_back(message.chat_id if here else EVERYWHERE)
    except CommandRefused as error:
        await context.outbox.reply(message, admin_replies.refused(texts, error))
    except errors.InferenceError as error:
        await context.outbox.reply(message, admin_replies.unchanged(texts, error))
    else:
        await context.outbox.reply(message, admin_replies.switched(texts, switch, here=here))


async def remove(update: Update, context: Context) -> None:
    message, texts = command_of(update), await context.texts(update)
    if context.args is None or len(context.args) != 1:
        await context.outbox.reply(message, texts("models-remove-usage"))
        return
    (name,) = context.args
    try:
        await context.services.models.remove(name)
    except CommandRefused as error:
        await context.outbox.reply(message, admin_replies.refused(texts, error))
    except errors.InferenceError as error:
        await context.outbox.reply(message, admin_replies.unchanged(texts, error))
    else:
        await context.outbox.reply(message, texts("models-removed", name=plain(name)))


async def reload(update: Update, context: Context) -> None:
    outcomes = await context.services.models.reload()
    await context.outbox.reply(command_of(update), admin_replies.reloaded(await context.texts(update), outcomes))


async def handle_callback(update: Update, context: Context) -> None:
    """Use the model of a button, and update the list of models in the button's message; for admins only."""
    query, texts = update.callback_query, await context.texts(update)
    assert query is not None, "only callback queries come here"
    callback = read_callback(query.data or "")
    assert callback is not None, "the pattern admits only readable data"
    installed = await asyncio.to_thread(context.services.models.installed)
    name = resolve(callback.argument, (found.name for found in installed))
    if name is None:
        await context.outbox.answer_callback(query, texts("models-button-without-model"))
        await _show_models(query, context, texts)
        return
    # The answer to the callback query comes first: Telegram waits 15 s for it, and a switch may take that long.
    await context.outbox.answer_callback(query, texts("models-trying", name=name))
    await _show_models(query, context, texts, news=await _use(name, EVERYWHERE, context, texts))


async def _use(name: str, chat_id: int, context: Context, texts: Texts) -> str:
    try:
        switch = await context.services.models.use(name, chat_id)
    except CommandRefused as error:
        return admin_replies.refused(texts, error)
    except errors.InferenceError as error:
        return admin_replies.unchanged(texts, error)
    return admin_replies.switched(texts, switch, here=chat_id != EVERYWHERE)


async def _show_models(query: CallbackQuery, context: Context, texts: Texts, *, news: str = "") -> None:
    if query.message is not None:
        await context.outbox.edit(query.message, *await _list_models(context, texts, news))


async def _list_models(context: Context, texts: Texts, news: str = "") -> tuple[str, InlineKeyboardMarkup]:
    active, downloads = context.services.models, context.services.downloads
    installed, published = await asyncio.to_thread(lambda: (active.installed(), active.published()))
    download = None if downloads.under_way is None else (downloads.under_way, downloads.progress)
    return admin_replies.models(texts, installed, published, download, news)
