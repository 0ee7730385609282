"""The composition root of `labelbot serve`: labels over HTTP, without Telegram."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys

import structlog

from bot import logs
from bot.config import Settings
from bot.domain.web_addresses import ListenAddress, listen_address
from bot.services.readiness import Readiness
from bot.web.api.keys import Keys
from bot.web.api.routes import api_routes
from bot.web.api.served_models import StoredModels
from bot.web.health import health_routes
from bot.web.server import web_server
from inference import InferencePool, ModelStore, download_image_apart

log = structlog.get_logger()

# Address if the settings name none.
DEFAULT_ADDRESS = "127.0.0.1:8080"


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        ProgramError: the address, the keys or the model cannot be used. The message is one sentence.
    """
    if settings.listen is None:
        settings = settings.model_copy(update={"listen": DEFAULT_ADDRESS})
    address = listen_address(settings)
    keys = None if settings.api_keys_file is None else Keys(settings.api_keys_file)
    if keys is not None:
        keys.load()
    logs.configure(None)
    asyncio.run(_serve(settings, address, keys))


async def _serve(settings: Settings, address: ListenAddress | None, keys: Keys | None) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    store = ModelStore(settings.home, device=settings.device)
    pool = InferencePool(
        store, workers=settings.workers, device=settings.device, max_batch_size=settings.max_batch_size
    )
    models, readiness = StoredModels(store, settings.model), Readiness()
    spec = await asyncio.to_thread(models.default)
    routes = [*health_routes(readiness), *api_routes(pool, models, download_image_apart, keys)]
    async with web_server(
        routes, home=settings.home, address=address, trusted_proxies=settings.trusted_proxies
    ) as bound:
        try:
            await pool.start(models=(spec.name,))
            readiness.watch_workers(pool)
            # As in `app`: a full collection of the objects loaded so far would block the event loop.
            gc.freeze()
            log.info("started", address=str(bound), model=spec.name, workers=pool.workers, keys=keys is not None)
            if sys.stdout.isatty():
                sys.stdout.write(f"Labels at http://{bound}/ (Ctrl-C ends)\n")
            await stop.wait()
            readiness.stop()
        finally:
            # The server closes first, and answers what it has accepted.
            pass
    await pool.close()
