"""Reads bodies of requests within limits of size and time."""

from __future__ import annotations

import asyncio

from aiohttp import web

# Seconds for a whole body. Clients on slow lines send an image of 20 MB in less.
TIMEOUT_S = 30.0


async def read_body(request: web.Request, *, max_bytes: int) -> bytes:
    """Return the body of a request.

    Args:
        request: request whose body was not read yet.
        max_bytes: largest body.

    Raises:
        HTTPRequestEntityTooLarge: the body is larger, or says that it is.
        HTTPRequestTimeout: the body takes too long.
    """
    if (request.content_length or 0) > max_bytes:
        raise web.HTTPRequestEntityTooLarge(max_bytes, request.content_length or 0)
    body = bytearray()
    try:
        async with asyncio.timeout(TIMEOUT_S):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > max_bytes:
                    raise web.HTTPRequestEntityTooLarge(max_bytes, len(body))
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    return bytes(body)
