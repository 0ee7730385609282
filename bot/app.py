"""The composition root: builds the parts of the bot, starts them in order, and stops them in reverse order."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from functools import partial
from types import TracebackType
from typing import NoReturn, Self

import structlog
from sqlalchemy.exc import SQLAlchemyError
from telegram.error import BadRequest, InvalidToken, TelegramError
from telegram.ext import Application, ContextTypes

from bot.config import Settings
from bot.domain.access import Access
from bot.domain.claim_code import claim_link
from bot.domain.web_addresses import ListenAddress, listen_address, webhook_address
from bot.handlers import hints
from bot.handlers.command_menus import set_descriptions, set_menus
from bot.handlers.context import BotApplication, Context, Services
from bot.handlers.registration import register_handlers
from bot.limits.notices import RecentNotices
from bot.limits.request_quota import RequestQuota
from bot.services import health_checks
from bot.services.admin_notices import AdminNotices
from bot.services.admins import Admins
from bot.services.albums import Albums
from bot.services.answering import Answerer
from bot.services.auto_pull import AutoPull
from bot.services.awaited_names import AwaitedNames
from bot.services.background import in_background
from bot.services.bursts import Bursts
from bot.services.cache_invalidation import CacheInvalidation
from bot.services.chat_upgrade import ChatUpgrade, allow_upgraded
from bot.services.downloads import Downloads
from bot.services.erasure import Erasure
from bot.services.health import Change
from bot.services.health_checks import bot_conditions
from bot.services.health_watch import HealthWatch, watched
from bot.services.housekeeping import housekeeping
from bot.services.image_fetching import ImageFetcher
from bot.services.label_cache import LabelCache
from bot.services.labelling import Labeller
from bot.services.live_metrics import LiveMetrics, PoolMetrics
from bot.services.measurements import Measurements
from bot.services.metrics import Statistics
from bot.services.model_selection import ModelSelection
from bot.services.readiness import Readiness
from bot.services.taught_recognition import TaughtRecognition
from bot.services.taught_rereading import TaughtRereading
from bot.services.teaching import Teaching
from bot.services.votes import Votes
from bot.storage.database_url import database_url, name_of
from bot.storage.dated_backups import back_up_before_migration
from bot.storage.engine import StorageError, reason_of
from bot.storage.leases import Leases
from bot.storage.migrate import migrate
from bot.storage.replicas import Replica
from bot.storage.single_instance import acquire_in_time, single_instance
from bot.storage.storage import Storage
from bot.transport.bot_client import TelegramBot
from bot.transport.connecting import check_token, connect, set_webhook
from bot.transport.files import TelegramFiles
from bot.transport.flood_control import FloodControl
from bot.transport.http import AiohttpRequest, UnreadableResponse
from bot.transport.inbox import Inbox
from bot.transport.latest_messages import LatestMessages
from bot.transport.polling import Poller
from bot.transport.server_clock import ServerClock
from bot.transport.shared_inbox import SharedInbox
from bot.transport.typing_indicator import TypingIndicator
from bot.transport.update_processor import UpdateProcessor
from bot.transport.webhook import Webhook
from bot.views.texts import Languages
from bot.web.api.keys import keys_of
from bot.web.api.routes import api_routes, serves_api
from bot.web.api.served_models import BotModels
from bot.web.health import health_routes
from bot.web.metrics import metrics_route
from bot.web.server import AddressInUse, web_server
from bot.web.webhook import WebhookRoute
from inference import Cluster, InferencePool, ModelStore, download_image_apart, errors
from inference.errors import ProgramError
from inference.system.proxy import environment_proxy

log = structlog.get_logger()

ALLOWED_UPDATES = (
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "callback_query",
    "my_chat_member",
    "message_reaction",
)
# Number of connections to the Bot API. Each image needs one or two requests at a time; further requests wait for a
# connection.
CONNECTIONS = 100
READ_TIMEOUT_S = 20.0
# Numbers of new objects, and of collections of the two younger generations, after which the garbage collector runs.
# With Python's own numbers, it takes an eighth of the bot's CPU time: a photo makes thousands of objects, which last
# until its answer, so most collections find nothing. A collection of this many objects takes about a millisecond.
GC_THRESHOLDS = (10_000, 20, 50)
# Seconds to wait for messages that are still being sent when the time for in-flight updates is over.
DRAIN_TIMEOUT_S = 1.0


class StartError(ProgramError):
    """The bot cannot start; the message is one sentence for the person who runs it."""


class LabelBot:
    """The whole bot. `async with LabelBot(settings)` starts and stops it.

    If another instance has taken over the database, a stop finishes no update, and changes none in the database.

    Attributes:
        pool: inference pool.
        application: python-telegram-bot's application with all handlers.
        lock: task that holds the lock of the database; it ends only with an error, if another instance takes the lock.
        menus: task that sets the command menus, and the texts in the bot's profile.
        intake: task that takes updates; it ends only with an error, for example if the token was revoked.
        health: checks the bot's health regularly.
        claim_link: link for the first admin; None if there is an admin.
        listening: TCP address of the web server; None if it has none.
    """

    lock: asyncio.Task[NoReturn]
    intake: asyncio.Task[None]
    menus: asyncio.Task[None]
    health: HealthWatch
    claim_link: str | None
    listening: ListenAddress | None

    def __init__(self, settings: Settings) -> None:
        """Build the parts that need not be started.

        Args:
            settings: settings of the bot.

        Raises:
            ConfigError: the settings have no token, an unusable URL of the database, or an address of the web server
                that other machines may not reach.
        """
        # Use the types of the library's next version. Without this setting, each RetryAfter causes a warning.
        os.environ.setdefault("PTB_TIMEDELTA", "true")
        self._settings = settings
        self._database = database_url(settings)
        self._listen = listen_address(settings)
        self._webhook_address = webhook_address(settings)
        self._readiness = Readiness()
        self._keys = keys_of(settings.api_keys_file)
        self._serves_api = serves_api(settings)
        self._api_models = BotModels()
        self._measurements = Measurements()
        self._webhook_route = (
            None
            if self._webhook_address is None
            else WebhookRoute(self._webhook_address, self._measurements.record_webhook)
        )
        self._store = ModelStore(settings.home, device=settings.device)
        self._clock = ServerClock()
        latest = LatestMessages()
        self._replica = Replica(self._database) if settings.replicas else None
        inbox = Inbox if self._replica is None else partial(SharedInbox, Leases(self._replica))
        self._inbox = inbox(max_age_s=settings.max_age, telegram_now_s=self._clock.now_s, latest=latest)
        self._processor = UpdateProcessor(self._inbox)
        self._running = AsyncExitStack()
        self._cluster = None if settings.cluster is None else Cluster(settings.cluster)
        self.pool = InferencePool(
            self._store,
            workers=settings.workers,
            device=settings.device,
            max_batch_size=settings.max_batch_size,
            host=self._cluster,
        )
        self.application = build_application(
            settings, self._inbox, self._processor, self._clock, latest, on_response=self._measurements.record_response
        )

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start all parts; if one part fails, stop the parts that were started.

        Raises:
            StartError: Telegram refuses the token, the model or the database cannot be used, or another instance of
                the bot works with the database and does not end in time.
        """
        api_url = self._settings.api_url
        async with AsyncExitStack() as starting:
            try:
                await self._start(starting)
            except InvalidToken:
                raise StartError(f"{api_url} does not accept the bot token: is it the one @BotFather gave?") from None
            except UnreadableResponse as error:
                raise StartError(f"What answers at {api_url} is no Bot API: {error.message}.") from None
            except TelegramError as error:
                raise StartError(f"The Bot API at {api_url} cannot be reached: {error.message}") from error
            except (errors.InferenceError, StorageError, AddressInUse) as error:
                raise StartError(str(error)) from error
            except SQLAlchemyError as error:
                database = name_of(self._database)
                raise StartError(f"The database {database} cannot be used: {reason_of(error)}.") from error
            self._running = starting.pop_all()

    async def stop(self) -> None:
        """Stop fetching updates, finish the updates in flight within the time in the settings, and stop all parts.

        Updates that are not finished in time are answered after the next start.
        """
        await self._running.aclose()

    def receives(self) -> bool:
        """Return whether updates arrive, or would if anybody wrote."""
        return self._source.silent_s <= health_checks.MAX_SILENCE_S

    async def _start(self, running: AsyncExitStack) -> None:
        bot = self.application.bot
        assert isinstance(bot, TelegramBot), "build_application gave it one"
        flood = bot.rate_limiter
        assert isinstance(flood, FloodControl), "build_application gave it one"
        await self._take_database(running, flood)
        self.listening = await running.enter_async_context(self._web_server())
        storage = await self._open_storage(running)
        statistics = Statistics(storage.counters, self._measurements)
        await running.enter_async_context(
            housekeeping(
                storage,
                statistics,
                home=self._settings.home,
                retention_days=self._settings.retention_days,
                leading=self._leading,
            )
        )
        running.push_async_callback(bot.shutdown)
        await check_token(bot)
        models = await self._load_models(running, storage)
        _, languages = await asyncio.gather(models.start_pool(), asyncio.to_thread(Languages.load))
        recognition = await TaughtRecognition.load(storage.taught, models, self.pool)
        files = await running.enter_async_context(
            TelegramFiles(proxy=environment_proxy(self._settings.api_url), local_folder=self._settings.api_local_files)
        )
        images = ImageFetcher(bot, flood, files, download_image_apart)
        cache = LabelCache(storage.predictions)
        running.push_async_callback(cache.close)
        labeller = Labeller(models, self.pool, images, cache, recognition, statistics, TypingIndicator())
        services = self.application.bot_data["services"] = await self._make_services(
            storage, models, recognition, labeller, languages=languages, statistics=statistics, flood=flood
        )
        # All faults of this machine have been reported by now, so the bot may wait for the network.
        await connect(bot, self._settings.api_url, keep_webhook=self._webhook_address is not None)
        await self.application.initialize()
        running.push_async_callback(self.application.shutdown)
        rereading = TaughtRereading(storage, labeller, models, recognition, bot, languages, self._leading)
        if self._replica is not None:
            invalidation = CacheInvalidation(
                self._replica, storage, models, services.admins, services.access, recognition
            )
            await running.enter_async_context(in_background(invalidation.run))
            # What was read before the replica listened may have changed.
            invalidation.note("")
        await self._open_intake(running, bot, services)
        await running.enter_async_context(rereading.running())
        # The garbage collector no longer visits the objects loaded so far: a full collection of them would block the
        # event loop for 50 ms.
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        log.info("started", bot=bot.username, models=models.in_use(), workers=len(self.pool.worker_pids()))

    @property
    def _leading(self) -> asyncio.Event | None:
        return None if self._replica is None else self._replica.leading

    async def _take_database(self, running: AsyncExitStack, flood: FloodControl) -> None:
        """Keep other instances from the database, except for replicas if this is one."""
        if self._replica is None:
            self.lock = await running.enter_async_context(single_instance(self._database))
        else:
            flood.shared_slot_s = self._replica.send_slot_s
            running.push_async_callback(self._replica.session.close)
            await acquire_in_time(self._replica, name_of(self._database))

    async def _open_storage(self, running: AsyncExitStack) -> Storage:
        """Migrate the database, after a backup, and open it."""
        backup = await asyncio.to_thread(back_up_before_migration, self._database, self._settings.home)
        if backup is not None:
            log.info("backed up before a migration", file=str(backup))
        if self._replica is None:
            storage = await Storage.open(self._database)
        else:
            await asyncio.to_thread(migrate, self._database)
            self.lock = await running.enter_async_context(self._replica.joined())
            storage = await Storage.open(self._database, self._replica.connect)
        running.push_async_callback(storage.close)
        return storage

    async def _load_models(self, running: AsyncExitStack, storage: Storage) -> ModelSelection:
        """Load the choices of models; the pool may start then."""
        models = self._api_models.selection = await ModelSelection.load(
            self._settings.model,
            self._store,
            self.pool,
            storage.model_choices,
            catalog=self._settings.catalog,
        )
        if self._cluster is not None:
            await running.enter_async_context(self._cluster)
        running.push_async_callback(self.pool.close)
        return models

    async def _make_services(
        self,
        storage: Storage,
        models: ModelSelection,
        recognition: TaughtRecognition,
        labeller: Labeller,
        *,
        languages: Languages,
        statistics: Statistics,
        flood: FloodControl,
    ) -> Services:
        """Make the parts that handlers use."""
        admins = await Admins.load(self._settings.admins, storage.claimed_admins)
        teaching = Teaching(
            storage,
            labeller,
            models,
            recognition,
            max_classes=self._settings.taught_classes,
            max_photos=self._settings.photos_per_class,
            changing=None if self._replica is None else self._replica.teaching,
        )
        access = Access(admins, self._settings.allowed, added_by_admins=self._settings.added_by_admins)
        await allow_upgraded(access, storage.chat_upgrades)
        chat_upgrade = ChatUpgrade(
            storage.chat_upgrades, storage.chats, storage.corrections, models, storage.bans, access, teaching
        )
        return Services(
            languages=languages,
            admins=admins,
            access=access,
            quota=RequestQuota(
                per_min_per_person=self._settings.requests_per_minute_per_person,
                per_min_per_group=self._settings.requests_per_minute_per_group,
                clock=self._clock.now_s,
            ),
            storage=storage,
            models=models,
            pool=self.pool,
            cluster=self._cluster,
            labeller=labeller,
            answerer=Answerer(labeller, models, storage.answers, storage.corrections, chat_upgrade, admins, flood),
            albums=Albums(),
            bursts=Bursts(),
            downloads=Downloads(self._settings.home, variables=self._settings.command_variables()),
            chat_upgrade=chat_upgrade,
            teaching=teaching,
            erasure=Erasure(
                storage.chats, models, storage.answers, storage.corrections, storage.predictions, admins, teaching
            ),
            statistics=statistics,
            votes=Votes(storage.corrections),
            awaited_names=AwaitedNames(),
            flood=flood,
            hints=RecentNotices(hints.HINT_PERIOD_S),
        )

    def _web_server(self) -> AbstractAsyncContextManager[ListenAddress | None]:
        routes = [*health_routes(self._readiness), metrics_route(self._measurements.registry)]
        if self._serves_api:
            routes += api_routes(self.pool, self._api_models, download_image_apart, self._keys, self._measurements)
        if self._webhook_route is not None:
            routes.append(self._webhook_route.route())
        return web_server(
            routes,
            home=self._settings.home,
            address=self._listen,
            trusted_proxies=self._settings.trusted_proxies,
        )

    async def _open_intake(self, running: AsyncExitStack, bot: TelegramBot, services: Services) -> None:
        """Start to fetch updates and to handle them."""
        await self.application.start()
        running.push_async_callback(self._finish_work)
        # Runs first: an update that is loaded while the application stops would be waited for without end.
        running.push_async_callback(self._inbox.close)
        running.callback(services.downloads.close)
        storage = services.storage
        await self._inbox.open(
            storage.inbox,
            storage.sends,
            bot,
            on_new=self._measurements.record_update,
            on_left_out=services.statistics.record_left_out,
            on_unknown_fate=services.statistics.record_unknown_fate,
            on_given_up=services.statistics.record_given_up,
        )
        intake = self._source = await self._start_intake(running, bot)
        self.menus = asyncio.create_task(_describe(bot, services))
        running.push_async_callback(self._end_menus)
        await self._watch_health(running, bot, services, intake)
        self._readiness.watch(storage, self.pool, intake)
        if self._replica is not None:
            self._readiness.watch_replica(self._replica, leader_fetches=self._webhook_address is None)
        live = LiveMetrics(self._inbox, intake, services.flood, services.statistics, self.health)
        self._measurements.registry.register(live)
        self._measurements.registry.register(PoolMetrics(self.pool))
        # A link is known to the process that made it, but any replica may get the message of the person who opens it.
        code = services.admins.offer_code() if self._replica is None else None
        self.claim_link = None if code is None else claim_link(bot.username, code)
        if self._settings.auto_pull:
            auto_pull = AutoPull(services.models, services.downloads, self._settings.home, workers=self.pool.workers)
            await running.enter_async_context(auto_pull.running())
        running.callback(self._readiness.stop)

    async def _start_intake(self, running: AsyncExitStack, bot: TelegramBot) -> Poller | Webhook:
        if self._webhook_address is None or self._webhook_route is None:
            poller = Poller(bot, self._inbox, allowed_updates=ALLOWED_UPDATES)
            self.intake = asyncio.create_task(self._run_as_leader(poller.run))
            running.push_async_callback(self._end_intake, poller)
            return poller
        webhook = Webhook(
            bot,
            self._inbox,
            self._webhook_address,
            allowed_updates=ALLOWED_UPDATES,
            telegram_now_s=self._clock.now_s,
        )
        self.intake = asyncio.create_task(webhook.run())
        running.push_async_callback(self._end_intake, webhook)
        self._webhook_route.webhook = webhook
        try:
            await set_webhook(webhook, self._settings.api_url)
        except BadRequest as error:
            raise StartError(f"{self._settings.api_url} refuses LABELBOT_WEBHOOK_URL: {error.message}.") from None
        return webhook

    async def _run_as_leader(self, run: Callable[[], Awaitable[None]]) -> None:
        if self._leading is not None:
            await self._leading.wait()
        await run()

    async def _watch_health(
        self, running: AsyncExitStack, bot: TelegramBot, services: Services, intake: Poller | Webhook
    ) -> None:
        conditions = bot_conditions(
            self._database, self._settings.home, self._clock, intake, self.pool, services.models
        )
        notices = AdminNotices(bot, services.admins, services.storage.chats, services.languages)
        running.push_async_callback(notices.close)

        def tell(changes: Sequence[Change], current: Sequence[Change]) -> None:
            if self._leading is None or self._leading.is_set():
                notices.tell(changes, current)

        self.health = HealthWatch(conditions, tell)
        await running.enter_async_context(watched(self.health))

    async def _end_menus(self) -> None:
        self.menus.cancel()
        with suppress(asyncio.CancelledError):
            await self.menus

    async def _end_intake(self, intake: Poller | Webhook) -> None:
        self.intake.cancel()
        await asyncio.gather(self.intake, return_exceptions=True)
        await self._inbox.close()
        if self.lock.done():
            return  # the other instance fetches updates now
        try:
            await intake.confirm()
        except TelegramError as error:
            log.warning("fetched updates not confirmed", reason=error.message)

    async def _finish_work(self) -> None:
        finishing = asyncio.create_task(self.application.stop())
        await asyncio.wait(
            {finishing, self.lock}, timeout=self._settings.stop_timeout_s, return_when=asyncio.FIRST_COMPLETED
        )
        if self.lock.done():
            left = await self._processor.drain(0.0)
            log.warning("stopped with updates in flight, which the other instance answers", updates=len(left))
        elif not finishing.done() and (left := await self._processor.drain(DRAIN_TIMEOUT_S)):
            await self._inbox.release(left)
            log.warning("stopped with updates in flight, which are kept for the next start", updates=len(left))
        await finishing


def build_application(
    settings: Settings,
    inbox: Inbox,
    processor: UpdateProcessor,
    clock: ServerClock,
    latest: LatestMessages,
    *,
    on_response: Callable[[int], None],
) -> BotApplication:
    """Build the library's application with all handlers; the services are added at the start.

    Raises:
        ConfigError: the settings have no token.
    """
    application = (
        Application.builder()
        .application_class(BotApplication)
        .bot(_bot(settings, clock, latest, on_response))
        .context_types(ContextTypes(context=Context))
        .update_queue(inbox)
        .concurrent_updates(processor)
        .updater(None)
        .job_queue(None)
        .build()
    )
    assert isinstance(application, BotApplication), "the builder was given that class"
    register_handlers(application, inbox, settings)
    return application


async def _describe(bot: TelegramBot, services: Services) -> None:
    await set_menus(bot, services.languages, services.admins)
    await set_descriptions(bot, services.languages)


def _bot(
    settings: Settings, clock: ServerClock, latest: LatestMessages, on_response: Callable[[int], None]
) -> TelegramBot:
    def request(connections: int) -> AiohttpRequest:
        return AiohttpRequest(
            connections=connections,
            read_timeout_s=READ_TIMEOUT_S,
            proxy=environment_proxy(settings.api_url),
            clock=clock,
            on_response=on_response,
        )

    return TelegramBot(
        settings.read_token(),
        f"{settings.api_url}/bot",
        f"{settings.api_url}/file/bot",
        request=request(CONNECTIONS),
        get_updates_request=request(1),
        rate_limiter=FloodControl(
            per_s=settings.messages_per_second,
            per_s_per_chat=settings.messages_per_second_per_chat,
            per_min_per_group=settings.messages_per_minute_per_group,
            latest=latest,
        ),
    )
