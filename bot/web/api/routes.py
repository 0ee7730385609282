"""All routes of the API."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

from aiohttp import web

from bot.config import Settings
from bot.domain.web_addresses import listen_address
from bot.services.measurements import Measurements
from bot.web.api import native, open_inference, photoprism, tensorflow_serving
from bot.web.api.admission import Admission
from bot.web.api.bodies import MAX_BODY_BYTES
from bot.web.api.keys import Keys
from bot.web.api.labelling import Labelling, ServedModels
from bot.web.api.openapi import openapi
from bot.web.api.requests import Api
from inference import InferencePool

PAGE = Path(__file__).parent / "page.html"
# The page is one file, and talks to nobody but this server.
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "img-src blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def api_routes(
    pool: InferencePool,
    models: ServedModels,
    download: Callable[[str], Awaitable[bytes]],
    keys: Keys | None,
    measurements: Measurements,
) -> list[web.RouteDef]:
    """Return the routes of the HTTP API.

    Args:
        pool: inference pool.
        models: models that are offered.
        download: function that downloads an image from an untrusted URL.
        keys: keys of the clients; None if everybody on this machine may use the API.
        measurements: counts requests and images.
    """
    api = Api(Labelling(pool, models, download, measurements), keys, Admission(), measurements)
    description = json.dumps(openapi(keys=keys is not None)).encode()

    async def describe(_request: web.Request) -> web.Response:
        return web.Response(body=description, content_type="application/json")

    async def page(_request: web.Request) -> web.Response:
        return web.Response(body=_page(), content_type="text/html", charset="utf-8", headers=PAGE_HEADERS)

    labelling = [
        *native.routes(api),
        *open_inference.routes(api),
        *tensorflow_serving.routes(api),
        *photoprism.routes(api),
    ]
    return [web.get("/", page), web.get("/openapi.json", describe), *map(_with_expectations, labelling)]


def serves_api(settings: Settings) -> bool:
    """Return whether the bot's web server offers the API.

    Without keys, the API is for programs on this machine. It is then off if a proxy passes requests of others on.
    """
    address = listen_address(settings)
    if address is None or settings.api_keys_file is not None:
        return address is not None
    return address.is_loopback and settings.webhook_url is None and not settings.trusted_proxies


def _with_expectations(route: web.RouteDef) -> web.RouteDef:
    return web.RouteDef(route.method, route.path, route.handler, route.kwargs | {"expect_handler": continue_sending})


async def continue_sending(request: web.Request) -> None:
    """Tell a client that waits before it sends a large body (RFC 9110, section 10.1.1) to go on.

    A client whose body is too large gets its answer instead.
    """
    if request.headers.get("Expect", "").lower() != "100-continue":
        raise web.HTTPExpectationFailed
    if (request.content_length or 0) > MAX_BODY_BYTES:
        return
    with suppress(ConnectionError):  # the client has gone
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        # The bytes do not count as the beginning of the answer.
        request.writer.output_size = 0


@cache
def _page() -> bytes:
    return PAGE.read_bytes()
