"""A load balancer: passes each delivery on to any of several replicas that accepts it."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

# Seconds until a replica that does not answer is left for another one.
TIMEOUT_S = 3.0


@asynccontextmanager
async def balancer(port: int, to: Sequence[int]) -> AsyncIterator[None]:
    """Serve a port of this machine while the block runs.

    Args:
        port: to listen at.
        to: ports of the replicas, which are tried in random order.
    """
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(TIMEOUT_S)) as session:

        async def deliver(request: web.Request) -> web.Response:
            body = await request.read()
            headers = {name: value for name, value in request.headers.items() if name.lower() != "host"}
            for replica in random.sample(to, len(to)):
                try:
                    url = f"http://127.0.0.1:{replica}{request.path}"
                    async with session.post(url, data=body, headers=headers) as response:
                        if response.status < 500:
                            return web.Response(status=response.status)
                except (aiohttp.ClientError, TimeoutError):
                    continue
            return web.Response(status=503, headers={"Retry-After": "1"})

        app = web.Application(client_max_size=2**22)
        app.add_routes([web.post("/{path:.*}", deliver)])
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        try:
            yield
        finally:
            await runner.cleanup()
