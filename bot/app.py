"""The composition root: builds the parts of the bot, starts them in order and stops them in the reverse order."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from contextlib import AsyncExitStack, suppress
from types import TracebackType
from typing import Self

import structlog
from sqlalchemy.exc import SQLAlchemyError
from telegram.error import InvalidToken, TelegramError
from telegram.ext import Application, ContextTypes, ExtBot

from bot import logs
from bot.config import ConfigError, Settings
from bot.domain.access import Access
from bot.handlers import (
    admin,
    albums,
    answers,
    buttons,
    commands,
    gate,
    groups,
    membership,
    models,
    photo,
    privacy,
    pull,
    stale,
)
from bot.handlers import errors as error_handler
from bot.handlers import settings as settings_menu
from bot.handlers.command_menus import set_menus
from bot.handlers.context import BotApplication, Context
from bot.limits.concurrency import ConcurrencyLimit, MemoryBudget
from bot.limits.request_quota import RequestQuota
from bot.services.albums import Albums
from bot.services.container import Services
from bot.services.downloads import Downloads
from bot.services.housekeeping import housekeeping
from bot.services.metrics import Statistics
from bot.services.model_selection import ModelSelection
from bot.storage.database_url import database_url, name_of
from bot.storage.engine import StorageError, reason_of
from bot.storage.storage import Storage
from bot.transport.bot_client import TelegramBot
from bot.transport.files import TelegramFiles
from bot.transport.flood_control import FloodControl
from bot.transport.http import AiohttpRequest, UnreadableAnswer, environment_proxy
from bot.transport.inbox import Inbox
from bot.transport.polling import Poller
from bot.transport.sending import attempt
from bot.transport.typing_indicator import TypingIndicator
from bot.transport.update_processor import UpdateProcessor
from bot.views.texts import Languages
from inference import InferencePool, ModelStore, download_image_apart, errors

log = structlog.get_logger()

ALLOWED_UPDATES = ("message", "channel_post", "callback_query", "my_chat_member")
# Enough to keep the workers of most machines busy while a person's next images download.
IMAGES_PER_PERSON = 16
# Of images that are being fetched, wait for a worker or are with one. Photos take some 100 kB, files up to 20 MB each.
PHOTO_BYTES, PHOTO_BYTES_PER_PERSON = 64 * 1024 * 1024, 16 * 1024 * 1024
FILE_BYTES, FILE_BYTES_PER_PERSON = 192 * 1024 * 1024, 48 * 1024 * 1024
# The size of an image at an address shows only once it is here, so each takes up the 20 MB that it may have. Together
# these bound the processes that download: eight, two of them for one person.
WEB_BYTES, WEB_BYTES_PER_PERSON = 160 * 1024 * 1024, 40 * 1024 * 1024
# Each image in hand makes one or two requests at a time; further requests wait for a connection.
CONNECTIONS = 100
READ_TIMEOUT_S = 20.0
# For messages on their way to Telegram when the time for work in hand is over.
DRAIN_TIMEOUT_S = 1.0


class StartError(Exception):
    """The bot cannot start; the message is one sentence for the person who runs it."""


class TokenRevoked(Exception):
    """Telegram no longer accepts the token of a running bot."""

    def __str__(self) -> str:
        return "Telegram no longer accepts the bot token: was it revoked?"


class LabelBot:
    """The whole bot. `async with LabelBot(settings)` starts and stops it.

    Attributes:
        pool: labels images.
        application: python-telegram-bot's, with all handlers.
        menus: sets the menus of commands, and ends.
        polling: runs while updates are fetched; it ends only with an error, most likely that the token was revoked.
    """

    polling: asyncio.Task[None]
    menus: asyncio.Task[None]

    def __init__(self, settings: Settings) -> None:
        """Put the parts together; nothing runs yet.

        Raises:
            ConfigError: the settings hold no token, or an unusable address of the database.
        """
        # The library's way to opt in to its next version's types; without it, each RetryAfter warns when it is made.
        os.environ.setdefault("PTB_TIMEDELTA", "true")
        self._settings = settings
        self._database = database_url(settings)
        self._store = ModelStore(settings.home)
        self._inbox = Inbox(max_age_s=settings.max_age)
        self._processor = UpdateProcessor(self._inbox)
        self._running = AsyncExitStack()
        self.pool = InferencePool(self._store, workers=settings.workers)
        self.application = build_application(settings, self._inbox, self._processor)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start all parts; what was started is stopped again where one fails.

        Raises:
            StartError: Telegram cannot be reached or refuses the token, or the model or the database cannot be used.
        """
        api_url = self._settings.api_url
        async with AsyncExitStack() as starting:
            try:
                await self._start(starting)
            except InvalidToken:
                raise StartError(f"{api_url} does not accept the bot token: is it the one @BotFather gave?") from None
            except UnreadableAnswer as error:
                raise StartError(f"What answers at {api_url} is no Bot API: {error.message}.") from None
            except TelegramError as error:
                raise StartError(f"The Bot API at {api_url} cannot be reached: {error.message}") from error
            except (errors.InferenceError, StorageError) as error:
                raise StartError(str(error)) from error
            except SQLAlchemyError as error:
                database = name_of(self._database)
                raise StartError(f"The database {database} cannot be used: {reason_of(error)}.") from error
            self._running = starting.pop_all()

    async def stop(self) -> None:
        """Fetch no more updates, answer those in hand within the bound of the settings, and end all parts.

        What is not answered by then is answered after the next start.
        """
        await self._running.aclose()

    async def _start(self, running: AsyncExitStack) -> None:
        bot = self.application.bot
        assert isinstance(bot, TelegramBot), "build_application gave it one"
        flood = bot.rate_limiter
        assert isinstance(flood, FloodControl), "build_application gave it one"
        running.push_async_callback(bot.shutdown)
        await self.application.initialize()
        running.push_async_callback(self.application.shutdown)

        storage = await Storage.open(self._database)
        running.push_async_callback(storage.close)
        statistics = Statistics(storage.counters)
        await running.enter_async_context(
            housekeeping(storage, statistics, retention_days=self._settings.retention_days)
        )
        models = await ModelSelection.load(self._settings.model, self._store, self.pool, storage.model_choices)
        running.push_async_callback(self.pool.close)
        _, languages = await asyncio.gather(self.pool.start(models=models.in_use()), asyncio.to_thread(Languages.load))
        downloads = Downloads(self._settings.home)
        files = await running.enter_async_context(
            TelegramFiles(proxy=environment_proxy(self._settings.api_url), local_folder=self._settings.api_local_files)
        )
        services = self.application.bot_data["services"] = Services(
            languages=languages,
            admins=self._settings.admins,
            access=Access(
                self._settings.admins, self._settings.allowed, added_by_admins=self._settings.added_by_admins
            ),
            models=models,
            downloads=downloads,
            retention_days=self._settings.retention_days,
            pool=self.pool,
            inbox=self._inbox,
            albums=Albums(),
            storage=storage,
            bans=storage.bans,
            statistics=statistics,
            typing=TypingIndicator(),
            limits=RequestQuota(
                per_min_per_person=self._settings.requests_per_minute_per_person,
                per_min_per_group=self._settings.requests_per_minute_per_group,
            ),
            flood=flood,
            concurrency=ConcurrencyLimit(IMAGES_PER_PERSON),
            files=files,
            photo_memory=MemoryBudget(PHOTO_BYTES, PHOTO_BYTES_PER_PERSON),
            file_memory=MemoryBudget(FILE_BYTES, FILE_BYTES_PER_PERSON),
            web_memory=MemoryBudget(WEB_BYTES, WEB_BYTES_PER_PERSON),
            download=download_image_apart,
        )
        await self._open_intake(running, bot, services)
        # All that is loaded by now stays: a full collection that walked it would hold up the event loop for 50 ms.
        gc.freeze()
        log.info("started", bot=bot.username, models=models.in_use(), workers=len(self.pool.worker_pids()))

    async def _open_intake(self, running: AsyncExitStack, bot: TelegramBot, services: Services) -> None:
        """Fetch updates from now on, and answer them."""
        try:
            await attempt(bot.delete_webhook, repeatable=True)
        except UnreadableAnswer as error:  # where there is still one, polling says so
            log.warning("the webhook may still be there", reason=error.message)
        await self.application.start()
        running.push_async_callback(self._finish_work)
        running.callback(services.downloads.close)
        storage = services.storage
        await self._inbox.open(storage.inbox, storage.sends, bot, on_left_out=services.statistics.record_left_out)
        poller = Poller(bot, self._inbox, allowed_updates=ALLOWED_UPDATES)
        self.polling = asyncio.create_task(poller.run())
        running.push_async_callback(self._end_intake, poller)
        self.menus = asyncio.create_task(set_menus(bot, services.languages, self._settings.admins))
        running.push_async_callback(self._end_menus)

    async def _end_menus(self) -> None:
        self.menus.cancel()
        with suppress(asyncio.CancelledError):
            await self.menus

    async def _end_intake(self, poller: Poller) -> None:
        self.polling.cancel()
        await asyncio.gather(self.polling, return_exceptions=True)
        self._inbox.close()
        try:
            await poller.confirm()
        except TelegramError as error:
            log.warning("fetched updates not confirmed", reason=error.message)

    async def _finish_work(self) -> None:
        finishing = asyncio.create_task(self.application.stop())
        done, _ = await asyncio.wait({finishing}, timeout=self._settings.stop_timeout_s)
        if not done and (left := await self._processor.drain(DRAIN_TIMEOUT_S)):
            await self._inbox.leave(left)
            log.warning("stopped with work in hand, which is kept for the next start", updates=len(left))
        await finishing


def build_application(settings: Settings, inbox: Inbox, processor: UpdateProcessor) -> BotApplication:
    """Build the library's application with every handler; it has no services yet.

    Raises:
        ConfigError: the settings hold no token.
    """
    application = (
        Application.builder()
        .application_class(BotApplication)
        .bot(_bot(settings))
        .context_types(ContextTypes(context=Context))
        .update_queue(inbox)
        .concurrent_updates(processor)
        .updater(None)
        .job_queue(None)
        .build()
    )
    assert isinstance(application, BotApplication), "the builder was given that class"
    stale.register(application, inbox, max_age_s=settings.max_age)
    membership.register(application)
    gate.register(application)
    admin.register(application)
    pull.register(application)
    settings_menu.register(application)
    models.register(application)
    answers.register(application)
    privacy.register(application)
    buttons.register(application)
    albums.register(application)
    photo.register(application)
    groups.register(application)
    commands.register(application)
    error_handler.register(application)
    return application


def _bot(settings: Settings) -> ExtBot[None]:
    proxy = environment_proxy(settings.api_url)
    return TelegramBot(
        settings.read_token(),
        f"{settings.api_url}/bot",
        f"{settings.api_url}/file/bot",
        request=AiohttpRequest(connections=CONNECTIONS, read_timeout_s=READ_TIMEOUT_S, proxy=proxy),
        get_updates_request=AiohttpRequest(connections=1, read_timeout_s=READ_TIMEOUT_S, proxy=proxy),
        rate_limiter=FloodControl(
            per_s=settings.messages_per_second,
            per_s_per_chat=settings.messages_per_second_per_chat,
            per_min_per_group=settings.messages_per_minute_per_group,
        ),
    )


def run(settings: Settings) -> int:
    """Run the bot until SIGTERM or SIGINT; return the exit status of the process.

    Returns:
        0 after a signal; 1 where the bot could not start or its token was revoked; 2 where a secret among the settings
        is missing or unusable.
    """
    try:
        bot = LabelBot(settings)
    except ConfigError as error:
        return _give_up(error, status=2)
    logs.configure(settings.read_token())
    try:
        asyncio.run(_serve(bot))
    except (StartError, TokenRevoked) as error:
        return _give_up(error, status=1)
    return 0


async def _serve(bot: LabelBot) -> None:
    """Run the bot until a signal comes, also while it starts.

    Raises:
        StartError: it could not start.
        TokenRevoked: no more updates will come.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    signalled = asyncio.create_task(stop.wait())
    starting = asyncio.create_task(bot.start())
    await asyncio.wait({signalled, starting}, return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        return
    starting.result()
    try:
        await asyncio.wait({signalled, bot.polling}, return_when=asyncio.FIRST_COMPLETED)
        if bot.polling.done():
            bot.polling.result()
    except InvalidToken:
        raise TokenRevoked from None
    finally:
        signalled.cancel()
        await bot.stop()


def _give_up(error: Exception, *, status: int) -> int:
    sys.stderr.write(f"labelbot: {error}\n")
    return status
