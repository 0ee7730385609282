"""/healthz and /readyz: whether the event loop turns, and whether the bot receives and answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus

from aiohttp import web

from bot.services.readiness import Readiness

# A proxy must not answer for the bot.
NOT_CACHED = {"Cache-Control": "no-store"}


def health_routes(readiness: Readiness) -> Sequence[web.RouteDef]:
    """Return the routes.

    Args:
        readiness: what the bot needs to receive and to answer.
    """

    async def healthz(_: web.Request) -> web.Response:
        role = readiness.role()
        return web.Response(text=f"ok ({role})\n" if role else "ok\n", headers=NOT_CACHED)

    async def readyz(_: web.Request) -> web.Response:
        report = await readiness.report()
        status = HTTPStatus.OK if report["ready"] else HTTPStatus.SERVICE_UNAVAILABLE
        return web.json_response(report, status=status, headers=NOT_CACHED, dumps=lambda it: json.dumps(it) + "\n")

    return [web.get("/healthz", healthz), web.get("/readyz", readyz)]
