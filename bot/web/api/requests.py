"""Who asks, and whether there is room: what every request goes through before its body is read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps

import structlog
from aiohttp import web

from bot.services.measurements import Measurements
from bot.web.api.admission import Admission
from bot.web.api.bodies import announced_bytes
from bot.web.api.keys import Client, Keys, KeysError
from bot.web.api.labelling import Labelling
from bot.web.api.problems import RESTART_S, Problem, problem_of
from inference.errors import InferenceError

log = structlog.get_logger()

# Client of a server without keys, which listens on this machine only.
ANYBODY = Client("anybody")
# Names under which a server without keys may be addressed. The page of another site could otherwise read the answers,
# by a name that resolves to 127.0.0.1.
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
# Headers that proxies add.
PROXY_HEADERS = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
# Writes a problem as the protocol's clients expect it.
Render = Callable[[web.Request, Problem], web.StreamResponse]


@dataclass(frozen=True, slots=True)
class Api:
    """The parts of the API that its handlers use.

    Attributes:
        labelling: labels images.
        keys: keys of the clients; None if everybody on this machine may use the API.
        admission: limits on the requests in flight.
        measurements: counts requests.
    """

    labelling: Labelling
    keys: Keys | None
    admission: Admission
    measurements: Measurements

    def client(self, request: web.Request) -> Client:
        """Return who sends a request.

        Raises:
            Problem: the request has no valid key.
        """
        if self.keys is None:
            _check_origin(request)
            return ANYBODY
        try:
            self.keys.load()
        except KeysError as error:
            log.error("the keys of the API cannot be read", reason=str(error))
            raise Problem(
                503,
                "no-keys",
                "The server's keys cannot be read",
                "expected to read them. Its log has the reason",
                retry_after_s=RESTART_S,
            ) from None
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        client = self.keys.client(secret.strip()) if scheme.lower() == "bearer" else None
        if client is None:
            came = "another key" if scheme else "none"
            raise Problem(
                401,
                "no-key",
                "A key is needed",
                f"expected a header Authorization: Bearer KEY with a valid key. Received: {came}",
                headers=[("WWW-Authenticate", "Bearer")],
            )
        return client

    def answering(self, name: str, render: Render, *, reads_body: bool = True) -> Callable[[ClientHandler], Handler]:
        """Return a decorator of handlers that checks the client, holds a place, and writes problems.

        Args:
            name: name of the API, for the metrics.
            render: writes problems.
            reads_body: True for a handler that reads the request's body, which counts towards the limits.
        """

        def decorate(handler: ClientHandler) -> Handler:
            async def admitted(request: web.Request) -> web.StreamResponse:
                client = self.client(request)
                if not reads_body:
                    return await handler(request, client)
                with self.admission.admit(client.name, announced_bytes(request)):
                    return await handler(request, client)

            @wraps(handler)
            async def answer(request: web.Request) -> web.StreamResponse:
                try:
                    response = await admitted(request)
                except (Problem, InferenceError) as error:
                    problem = error if isinstance(error, Problem) else problem_of(error)
                    if problem.status >= 500:
                        log.warning("request not answered", problem=problem.kind, detail=problem.detail)
                    response = render(request, problem)
                self.measurements.record_api(name, response.status)
                return response

            return answer

        return decorate


ClientHandler = Callable[[web.Request, Client], Awaitable[web.StreamResponse]]


def _check_origin(request: web.Request) -> None:
    """Refuse what a program of this machine does not send: requests of a proxy, and of pages of other sites.

    A browser sends forms and images of such a page without asking the server first.
    """
    origin = request.headers.get("Origin")
    names = [_host_name(request.host), *([] if origin is None else [_host_name(origin.partition("://")[2])])]
    other = next((name for name in names if name.lower() not in LOOPBACK_NAMES), None)
    if other is not None:
        came = f"a request to {other}" if other == names[0] else f"a request of a page at {origin}"
    elif any(header in request.headers for header in PROXY_HEADERS):
        came = "a request of a proxy"
    else:
        return
    raise Problem(
        403,
        "not-from-here",
        "Without keys, the API is for this machine",
        f"expected a request to localhost, or LABELBOT_API_KEYS_FILE to be set. Received: {came}",
    )


def _host_name(host: str) -> str:
    """Return a host without its port."""
    return host if host.endswith("]") else host.rsplit(":", 1)[0]
