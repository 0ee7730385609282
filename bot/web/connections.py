"""The connections of the web server: there are only so many at once, as each takes memory and an open file.

A connection may wait for its next request for as long as a proxy keeps it. So if there are too many, the one that has
waited for longest ends.
"""

from __future__ import annotations

import asyncio
from typing import cast

from aiohttp import web
from aiohttp.typedefs import Handler

# Twice as many as requests in flight. A program may open 1,024 files on many systems, and the bot needs some of them.
MAX_CONNECTIONS = 512


class Connections:
    """Makes the protocol of each connection, and ends an idle connection if there are too many."""

    def __init__(self) -> None:
        # Connections with a request in flight, and those that have sent a request.
        self._busy: set[asyncio.BaseProtocol] = set()
        self._known: set[asyncio.BaseProtocol] = set()

    @web.middleware
    async def watch(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Note which connections are in use."""
        connection = request.protocol
        self._busy.add(connection)
        self._known.add(connection)
        try:
            return await handler(request)
        finally:
            self._busy.discard(connection)

    def make(self, server: web.Server) -> asyncio.BaseProtocol:
        """Return the protocol of a new connection; if all connections are in use, one that ends at once."""
        connections = server.connections
        self._known.intersection_update(connections)
        if len(connections) >= MAX_CONNECTIONS:
            idle = [each for each in connections if each not in self._busy and each.transport is not None]
            if not idle:
                return _Refused()
            # The oldest that never sent a request. A proxy's connections have sent some, and would be missed.
            ended = next((each for each in idle if each not in self._known), idle[0])
            transport = cast("asyncio.Transport", ended.transport)
            ended.force_close()
            # A client that does not read its answers would keep the connection for as long as it likes.
            transport.abort()
        return server()


class _Refused(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).abort()
