"""The web server: one aiohttp server for health, metrics and Telegram's webhook.

It listens at a TCP address if the settings name one, and always at a socket in the home folder, which
`labelbot healthcheck` asks.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import structlog
from aiohttp import web

from bot.domain.web_addresses import ListenAddress
from bot.web.client_address import Networks, behind_proxies
from bot.web.connections import Connections
from bot.web.error_boundary import error_boundary
from bot.web.home_socket import home_socket
from bot.web.http_log import http_log
from inference.errors import ProgramError

log = structlog.get_logger()

# Largest body of a request, unless its handler says otherwise.
MAX_BODY_BYTES = 2**20
# Seconds for requests that are being answered when the server stops.
SHUTDOWN_TIMEOUT_S = 2.0


class AddressInUse(ProgramError):
    """The web server cannot listen at its address."""


@asynccontextmanager
async def web_server(
    routes: Iterable[web.RouteDef],
    *,
    home: Path,
    address: ListenAddress | None,
    trusted_proxies: Networks = (),
    drain_s: float = SHUTDOWN_TIMEOUT_S,
) -> AsyncIterator[ListenAddress | None]:
    """Serve while the block runs.

    Args:
        routes: what is served.
        home: folder of the socket. Without that folder there is no socket.
        address: TCP address to listen at, or None.
        trusted_proxies: networks of the proxies whose X-Forwarded-For is true.
        drain_s: seconds for requests that are being answered when the server stops.

    Yields:
        The TCP address, with the real port in place of 0.

    Raises:
        AddressInUse: the TCP address cannot be used.
    """
    connections = Connections()
    middlewares = [connections.watch, error_boundary, behind_proxies(trusted_proxies)]
    app = web.Application(middlewares=middlewares, client_max_size=MAX_BODY_BYTES)
    app.add_routes(routes)
    runner = web.AppRunner(app, access_log=None, logger=http_log(), shutdown_timeout=drain_s)
    with ExitStack() as stack:
        await runner.setup()
        assert runner.server is not None, "`setup` makes it"
        try:
            try:
                await web.SockSite(runner, stack.enter_context(home_socket(home))).start()
            except OSError as error:
                reason = error.strerror or str(error)
                log.warning("`labelbot healthcheck` cannot ask this bot", home=str(home), reason=reason)
            async with _listening(partial(connections.make, runner.server), address) as bound:
                yield bound
        finally:
            await runner.cleanup()


@asynccontextmanager
async def _listening(
    connect: Callable[[], asyncio.BaseProtocol], address: ListenAddress | None
) -> AsyncIterator[ListenAddress | None]:
    """Accept connections at an address while the block runs."""
    if address is None:
        yield None
        return
    try:
        server = await asyncio.get_running_loop().create_server(connect, address.host, address.port)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno is not None and error.errno > 0 else str(error.strerror)
        raise AddressInUse(
            f"The web server cannot listen at {address}: {reason}. Set LABELBOT_LISTEN to another address, or --listen "
            "of labelbot serve."
        ) from None
    bound = ListenAddress(address.host, server.sockets[0].getsockname()[1])
    log.info("listening", address=str(bound))
    try:
        yield bound
    finally:
        server.close()
