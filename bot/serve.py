"""The composition root of `labelbot serve`: labels over HTTP, without Telegram."""

from __future__ import annotations

import asyncio
import gc
import sys
from contextlib import AsyncExitStack

import structlog

from bot import logs
from bot.config import PREFIX, ConfigError, Settings
from bot.domain.web_addresses import ListenAddress, listen_address
from bot.services.live_metrics import PoolMetrics
from bot.services.measurements import Measurements
from bot.services.readiness import Readiness
from bot.web.api.keys import Keys, keys_of
from bot.web.api.routes import api_routes
from bot.web.api.served_models import StoredModels
from bot.web.health import health_routes
from bot.web.metrics import metrics_route
from bot.web.server import web_server
from inference import Cluster, InferencePool, ModelStore, download_image_apart
from inference.system.stop_signals import on_stop

log = structlog.get_logger()

# Address if the settings name none.
DEFAULT_ADDRESS = "127.0.0.1:8080"


def run(settings: Settings) -> None:
    """Serve until a signal ends it, such as that of Ctrl-C.

    Raises:
        ProgramError: the address, the keys or the model cannot be used. The message is one sentence.
    """
    if settings.listen is None:
        settings = settings.model_copy(update={"listen": DEFAULT_ADDRESS})
    address, keys = listen_address(settings), keys_of(settings.api_keys_file)
    # The secret of the bot's webhook, which may be in the same file of settings, protects nothing here.
    if keys is None and address is not None and not address.is_loopback:
        raise ConfigError(
            f"{PREFIX}LISTEN={address} would let other machines ask, and there are no keys: set {PREFIX}API_KEYS_FILE, "
            f"or listen at 127.0.0.1:{address.port}.",
            "listen",
        )
    logs.configure(None)
    asyncio.run(_serve(settings, address, keys))


async def _serve(settings: Settings, address: ListenAddress | None, keys: Keys | None) -> None:
    stop = asyncio.Event()
    on_stop(stop.set)
    store = ModelStore(settings.home, device=settings.device)
    models, readiness, measurements = StoredModels(store, settings.model), Readiness(), Measurements()
    spec = await asyncio.to_thread(models.default)
    cluster = None if settings.cluster is None else Cluster(settings.cluster)
    pool = InferencePool(
        store, workers=settings.workers, device=settings.device, max_batch_size=settings.max_batch_size, host=cluster
    )
    measurements.registry.register(PoolMetrics(pool))
    routes = [
        *health_routes(readiness),
        metrics_route(measurements.registry),
        *api_routes(pool, models, download_image_apart, keys, measurements),
    ]
    async with AsyncExitStack() as running:
        if cluster is not None:
            await running.enter_async_context(cluster)
        # The server closes first, and answers the requests that it has accepted.
        running.push_async_callback(pool.close)
        bound = await running.enter_async_context(
            web_server(
                routes,
                home=settings.home,
                address=address,
                trusted_proxies=settings.trusted_proxies,
                drain_s=settings.stop_timeout_s,
            )
        )
        await pool.start(models=(spec.name,))
        readiness.watch_workers(pool)
        running.callback(readiness.stop)
        # As in `app`: a full collection of the objects loaded so far would block the event loop.
        gc.freeze()
        log.info("started", address=str(bound), model=spec.name, workers=pool.workers, keys=keys is not None)
        sys.stdout.write(f"Labels at http://{bound}/\n")
        sys.stdout.flush()
        await stop.wait()
