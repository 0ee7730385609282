"""The one place that turns errors of the web server into answers, as problems of RFC 9457."""

from __future__ import annotations

import json
import traceback
from collections.abc import Mapping
from http import HTTPStatus

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

log = structlog.get_logger()

PROBLEM = "application/problem+json"


def problem(status: HTTPStatus, detail: str = "", headers: Mapping[str, str] | None = None) -> web.Response:
    """Return an error as a problem of RFC 9457.

    Args:
        status: HTTP status.
        detail: what was wrong with this request, in a sentence; "" if the status says it all.
        headers: further headers of the answer.
    """
    content: dict[str, object] = {"title": status.phrase, "status": status.value}
    if detail:
        content["detail"] = detail
    return web.Response(body=json.dumps(content).encode(), status=status, content_type=PROBLEM, headers=headers)


@web.middleware
async def error_boundary(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer each request, whatever fails. The log gets no text of an error, as people's words may be in it."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST:
            raise
        headers = {name: value for name, value in error.headers.items() if name != "Content-Type"}
        return problem(HTTPStatus(error.status), headers=headers)
    except (ConnectionError, web.RequestPayloadError):  # the client has gone, and reads no answer
        return problem(HTTPStatus.BAD_REQUEST)
    except Exception as error:  # noqa: BLE001 -- the boundary: one request's failure ends no other request
        trace = "".join((*traceback.format_tb(error.__traceback__), type(error).__name__))
        log.error("a web request failed", method=request.method, path=request.path, exception=trace)
        return problem(HTTPStatus.INTERNAL_SERVER_ERROR)
