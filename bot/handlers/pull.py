"""The command /pull, with which admins install published models, and the button that stops a pull."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from telegram import InlineKeyboardMarkup, Update
from telegram.ext import CallbackQueryHandler, CommandHandler

from bot.domain.callback_data import CANCEL, hash_of, pattern, read_callback
from bot.domain.reports import CommandRefused, DownloadProgress
from bot.handlers import filters
from bot.handlers.admin import command_of, for_admins
from bot.handlers.context import BotApplication, Context
from bot.services.downloads import PullFailed
from bot.transport.outbox import Outbox, Sent
from bot.views import admin_replies
from bot.views.texts import Texts

# Seconds between two changes of the progress. Telegram allows about twenty messages or changes a minute in a group.
PERIOD_S = 3.5


def register(application: BotApplication) -> None:
    """Register before the handler of all other buttons."""
    application.add_handler(CommandHandler("pull", for_admins(pull), filters=filters.CHATS))
    application.add_handler(CallbackQueryHandler(for_admins(stop), pattern=pattern([CANCEL])))


async def pull(update: Update, context: Context) -> None:
    message, services, texts = command_of(update), context.services, await context.texts(update)
    match context.args:
        case [name]:
            source = None
        case [name, source] if source.startswith(("http://", "https://")):
            pass
        case _:
            published = await asyncio.to_thread(services.models.published)
            await context.outbox.reply(message, admin_replies.pull_usage(texts, published))
            return
    sent = await context.outbox.reply(message, *admin_replies.download_progress(texts, name, None))
    watch = _Watch(texts, name, context.outbox, sent)
    watching = asyncio.create_task(watch.run())
    keyboard: InlineKeyboardMarkup | None = None
    try:
        report = await services.downloads.pull(name, source=source, on_progress=watch.note)
    except CommandRefused as error:
        text = admin_replies.refused(texts, error)
    except PullFailed as error:
        text = admin_replies.unchanged(texts, error)
    else:
        text, keyboard = admin_replies.installed(texts, name, report)
    finally:
        watch.done.set()
        await watching
    if sent is not None:
        await context.outbox.edit(sent.message, text, keyboard)


async def stop(update: Update, context: Context) -> None:
    """Stop the pull of the model that the button names. Any admin may stop a pull that another admin started."""
    query, downloads, texts = update.callback_query, context.services.downloads, await context.texts(update)
    assert query is not None, "only callback queries come here"
    callback = read_callback(query.data or "")
    name = downloads.under_way
    if callback is not None and name is not None and hash_of(name) == callback.argument and downloads.cancel(name):
        await context.outbox.answer_callback(query, texts("models-pull-stopping"))
    else:
        await context.outbox.answer_callback(query, texts("models-no-pull"))


class _Watch:
    """Shows the progress of a pull in a message, and updates it regularly."""

    def __init__(self, texts: Texts, name: str, outbox: Outbox, sent: Sent | None) -> None:
        self.done = asyncio.Event()
        self._texts = texts
        self._name = name
        self._outbox = outbox
        self._sent = sent
        self._progress: DownloadProgress | None = None

    def note(self, progress: DownloadProgress) -> None:
        self._progress = progress

    async def run(self) -> None:
        while not self.done.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(PERIOD_S):
                    await self.done.wait()
            if not self.done.is_set() and self._sent is not None:
                screen = admin_replies.download_progress(self._texts, self._name, self._progress)
                await self._outbox.edit(self._sent.message, *screen)
