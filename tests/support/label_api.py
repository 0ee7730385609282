"""The HTTP API over a real pool, on a port of this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import aiohttp

from bot.domain.web_addresses import ListenAddress
from bot.services.measurements import Measurements
from bot.web.api.keys import keys_of
from bot.web.api.routes import api_routes
from bot.web.api.served_models import StoredModels
from bot.web.server import web_server
from inference import InferencePool, ModelStore, download_image_apart
from tests.support.colour_models import install_colours


@dataclass(frozen=True)
class LabelApi:
    """A running API.

    Attributes:
        url: address, without a slash at the end.
        http: client of the address.
        store: its models: `colours` is the default, `slow` takes some tenths of a second.
        pool: its pool.
    """

    url: str
    http: aiohttp.ClientSession
    store: ModelStore
    pool: InferencePool


@asynccontextmanager
async def running_api(
    home: Path, *, keys: Path | None = None, workers: int = 1, capacity: int = 256, private_links: bool = False
) -> AsyncIterator[LabelApi]:
    store = ModelStore(home)
    install_colours(store, home)
    install_colours(store, home, "slow", side=1500)
    async with InferencePool(store, workers=workers, capacity=capacity) as pool:
        routes = api_routes(
            pool,
            StoredModels(store, "colours"),
            partial(download_image_apart, allow_private=private_links),
            keys_of(keys),
            Measurements(),
        )
        async with web_server(routes, home=home, address=ListenAddress("127.0.0.1", 0)) as address:
            url = f"http://{address}"
            async with aiohttp.ClientSession(url) as http:
                yield LabelApi(url, http, store, pool)
