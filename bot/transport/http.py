"""HTTP to the Bot API over aiohttp, for python-telegram-bot.

This client needs less CPU time than the library's own client; the neural networks need the same CPU cores. It also
distinguishes requests that never left from requests whose fate is unknown, so that `retries` knows which calls may be
repeated.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import aiohttp
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from telegram._utils.types import ODVInput
from telegram.error import BadRequest, NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData
from yarl import URL

from bot.transport import partial_json as telegram_json
from bot.transport.server_clock import ServerClock
from inference.images.web.connection_failure import why_no_connection
from inference.images.web.metered_socket import ResponseSocket, TooMuchReceived
from inference.images.web.resolver import Resolver
from inference.system.proxy import AUTHENTICATION_REQUIRED, Proxy

# Limit on the size of a response. The Bot API offers bots no file above 20 MB, and its other responses are far smaller.
MAX_FILE_BYTES = 20 * 1024 * 1024
# Number of bytes that are kept of a response that is too large: enough to identify its first update.
BEGINNING_BYTES = 200
# Limit on the bytes received for one response, including its headers and the sizes of its chunks.
MAX_RECEIVED_BYTES = MAX_FILE_BYTES + 1024 * 1024
CONNECT_TIMEOUT_S = 10.0
# Longest accepted wait in seconds. Telegram never asks for a longer wait, and the library cannot handle huge numbers.
MAX_RETRY_AFTER_S = 24 * 3600
# Minimum speed of a response. On a slower connection, a photo takes longer than a few seconds.
MIN_BYTES_PER_S = 32_768
# Seconds added to the time for which the server may be silent, because a response may pause and continue.
GRACE_S = 5.0
GATEWAY_TIMEOUT = 504
JSON_HEADERS = {"Content-Type": "application/json"}
# Description that the Bot API gives, with status 500, if a message was sent and deleted at once.
SENT_AND_DELETED = b"sent message was immediately deleted"


class NotSent(NetworkError):
    """The request did not reach the server, so it can be sent again without being carried out twice."""


class ServerFailed(NetworkError):
    """The server reported that it failed (5xx), so it did not carry out the request."""


class GatewayTimedOut(NetworkError):
    """A gateway got no response from the server in time (504). The server may have carried out the request."""


class ConnectionBroke(NetworkError):
    """The connection ended before the response. Most likely, the server closed it while idle and saw no request."""


class UnreadableResponse(NetworkError):
    """A response with a success status that is not from the Bot API, but from a proxy or a login page."""


class UnreadableResult(UnreadableResponse):
    """The Bot API carried out the request, but the result cannot be read."""


class SentAndDeleted(UnreadableResult):
    """A message was sent and deleted at once, for example by a bot that moderates the group."""

    def __init__(self) -> None:
        super().__init__("the message was deleted as soon as it was sent")


class ApiResponse(dict[str, Any]):
    """A response of the Bot API. Looking up a missing field raises a `TelegramError` instead of a `KeyError`."""

    def __missing__(self, key: str) -> Any:
        if self.get("ok") is True:
            raise UnreadableResult(f"expected a {key} in the response")
        if self.get("ok") is False:
            raise BadRequest(_text(self.get("description")) or "refused without a reason")
        raise UnreadableResponse("expected ok, and a result, in the response")


class TooSlow(TimedOut):
    """The response came so slowly that the bot did not wait for its end."""

    def __init__(self) -> None:
        super().__init__("the response came too slowly")


class TooLarge(NetworkError):
    """The response is larger than `MAX_FILE_BYTES`.

    Attributes:
        beginning: first bytes of the response's body; empty if they are not known.
    """

    def __init__(self, beginning: bytes = b"") -> None:
        super().__init__(f"expected a response of at most {MAX_FILE_BYTES:,} bytes. Received: more")
        self.beginning = beginning


class AiohttpRequest(BaseRequest):
    """A pool of connections to the Bot API.

    Args:
        connections: maximum number of requests at once; further requests wait for a connection.
        read_timeout_s: seconds for which the server may be silent.
        proxy: HTTP proxy, or None.
        clock: clock that gets the Date header of each successful response; None for no clock.
        on_response: function that is called with the HTTP status of each response.
    """

    __slots__ = ("_clock", "_connections", "_on_response", "_proxy", "_read_timeout_s", "_session")

    def __init__(
        self,
        *,
        connections: int,
        read_timeout_s: float,
        proxy: Proxy | None = None,
        clock: ServerClock | None = None,
        on_response: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._clock = clock
        self._on_response = on_response
        self._connections = connections
        self._read_timeout_s = read_timeout_s
        self._proxy = proxy
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        return self._read_timeout_s

    async def initialize(self) -> None:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=_Connector(limit=self._connections, resolver=Resolver(), socket_factory=_make_socket),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
                proxy=None if self._proxy is None else self._proxy.url,
            )

    async def shutdown(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        write_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,  # noqa: ARG002 -- aiohttp has no such timeout
        connect_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        pool_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Send one request and read its whole response.

        Raises:
            NotSent: there was no connection.
            TimedOut: the server fell silent; it may have carried out the request.
            TooSlow: the response came too slowly; the server may have carried out the request.
            ServerFailed: the server failed (5xx).
            GatewayTimedOut: the server fell silent behind a gateway; it may have carried out the request.
            SentAndDeleted: the message was sent, and deleted at once.
            ConnectionBroke: the connection ended before the response.
            TooLarge: the response is larger than `MAX_FILE_BYTES`.
            BadRequest: a text holds half of a character (a lone surrogate), which UTF-8 cannot encode.
        """
        if self._session is None:
            raise RuntimeError("expected initialize() before the first request")
        silence_s = _seconds(read_timeout, self._read_timeout_s)
        timeout = aiohttp.ClientTimeout(
            connect=_seconds(pool_timeout, None),
            sock_connect=_seconds(connect_timeout, CONNECT_TIMEOUT_S),
            sock_read=silence_s,
        )
        try:
            body, headers = _encode(request_data)
        except UnicodeEncodeError:  # the error's message holds the whole text
            raise BadRequest("expected text that UTF-8 can hold") from None
        pace = _Pace(silence_s)
        _current_pace.set(pace)
        with _translated_errors(pace, self._proxy):
            async with (
                pace.deadline,
                self._session.request(
                    method,
                    URL(url, encoded=True),
                    data=body,
                    headers=headers,
                    timeout=timeout,
                    allow_redirects=False,
                ) as response,
            ):
                self._on_response(response.status)
                # The Date header of a refusal is not used: the refusal may come from a proxy.
                if self._clock is not None and response.status == 200:
                    self._clock.note(response.headers.get("Date"))
                content = await _read(response, pace)
        if response.status == AUTHENTICATION_REQUIRED and self._proxy is not None:
            raise NotSent(self._proxy.describe_refusal(response.status, response.reason))
        if response.status >= 500:
            if SENT_AND_DELETED in content:
                raise SentAndDeleted
            if response.status == GATEWAY_TIMEOUT:
                raise GatewayTimedOut(f"the server answered {response.status} {response.reason}")
            raise ServerFailed(f"the server answered {response.status} {response.reason}")
        return response.status, content if 200 <= response.status < 300 else _refusal(content)

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Parse a response. The library's own parser would log an unreadable response with the messages in it.

        Raises:
            UnreadableResponse: the response is not JSON, or not an object.
        """
        try:
            response = telegram_json.parse(payload)
        except ValueError as error:
            raise UnreadableResponse(f"expected JSON in the response: {error}") from None
        if not isinstance(response, dict):
            raise UnreadableResponse(f"expected an object in the response. Received: {type(response).__name__}")
        return ApiResponse(response)


def _refusal(content: bytes) -> bytes:
    """Reduce a refusal, which may come from a proxy, to the fields that the library reads."""
    try:
        response = AiohttpRequest.parse_json_payload(content)
    except TelegramError:
        return b"{}"
    kept: dict[str, Any] = {"ok": False, "description": _text(response.get("description")), "parameters": {}}
    parameters = response.get("parameters")
    if isinstance(parameters, dict):
        wait_s, chat_id = parameters.get("retry_after"), parameters.get("migrate_to_chat_id")
        if isinstance(wait_s, int | float) and wait_s > 0:
            kept["parameters"]["retry_after"] = max(1, int(min(wait_s, MAX_RETRY_AFTER_S)))
        if type(chat_id) is int and abs(chat_id) < 2**63:
            kept["parameters"]["migrate_to_chat_id"] = chat_id
    return json.dumps(kept).encode()


def _text(description: object) -> str:
    return description if isinstance(description, str) else ""


class _Connector(aiohttp.TCPConnector):
    """Tells the pace of each request when it begins, for less CPU time than aiohttp's own tracing."""

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 -- the library's own parameter
    ) -> Connection:
        connection = await super().connect(req, traces, timeout)
        _current_pace.get().begin()
        return connection


class _Pace:
    """The deadline of a response. It allows some seconds of silence, and additional time for each byte received.

    The time of waiting for a free connection does not count.

    Attributes:
        deadline: timeout by which more bytes have to arrive; it starts when the request has a connection.
    """

    def __init__(self, silence_s: float | None) -> None:
        self.deadline = asyncio.timeout(None)
        self._silence_s = silence_s
        self._begun_s = 0.0
        self._received_bytes = 0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Note that the request has a connection, on which it is sent now."""
        loop = asyncio.get_running_loop()
        self._begun_s = loop.time()
        if self._timer is None and self._silence_s is not None:
            self._timer = loop.call_at(self._due_s(), self._check)

    def received(self, size_bytes: int) -> None:
        """Note the number of bytes of the response that have arrived."""
        self._received_bytes = size_bytes

    def end(self) -> None:
        """Note that nothing more is expected."""
        if self._timer is not None:
            self._timer.cancel()

    def _due_s(self) -> float:
        assert self._silence_s is not None, "without a limit there is no timer"
        return self._begun_s + self._silence_s + GRACE_S + self._received_bytes / MIN_BYTES_PER_S

    def _check(self) -> None:
        """End the request if it is due by now. One timer that looks again costs less than a new one for each byte."""
        loop, due_s = asyncio.get_running_loop(), self._due_s()
        if loop.time() < due_s:
            self._timer = loop.call_at(due_s, self._check)
        elif not self.deadline.expired():
            self.deadline.reschedule(due_s)


@contextmanager
def _translated_errors(pace: _Pace, proxy: Proxy | None) -> Iterator[None]:
    """Translate aiohttp's errors into the library's errors.

    Raises:
        NotSent, TimedOut, TooSlow, TooLarge, ConnectionBroke: see `AiohttpRequest.do_request`.
    """
    try:
        yield
    except aiohttp.ConnectionTimeoutError as error:  # the error's message holds the URL, which contains the token
        raise NotSent("no connection in time") from error
    except aiohttp.ClientConnectorError as error:
        raise NotSent(why_no_connection(error)) from error
    except aiohttp.ClientHttpProxyError as error:
        assert proxy is not None, "the error is a proxy's"
        raise NotSent(proxy.describe_refusal(error.status, error.message)) from error
    except TimeoutError as error:
        if pace.deadline.expired():
            raise TooSlow from error
        raise TimedOut("the server did not respond in time") from error
    except aiohttp.ClientError as error:
        if isinstance(error.__cause__, TooMuchReceived):
            raise TooLarge from error
        raise ConnectionBroke(f"the connection broke: {type(error).__name__}") from error
    finally:
        pace.end()


# Pace of the request that the current task makes.
_current_pace: ContextVar[_Pace] = ContextVar("current_pace")


def _make_socket(endpoint: tuple[int, int, int, str, Any]) -> socket.socket:
    family, kind, protocol, _, _ = endpoint
    return ResponseSocket(family, kind, protocol, MAX_RECEIVED_BYTES)


async def _read(response: aiohttp.ClientResponse, pace: _Pace) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_FILE_BYTES:
            raise TooLarge(bytes(body[:BEGINNING_BYTES]))
        pace.received(len(body))
    return bytes(body)


def _encode(request_data: RequestData | None) -> tuple[bytes | aiohttp.FormData | None, dict[str, str]]:
    """Return the body of a request, and the headers that aiohttp does not derive from the body."""
    if request_data is None:
        return None, {}
    if not request_data.contains_files:
        # Encoding JSON takes a tenth of the time of URL encoding, and sending bytes far less than sending a form.
        # The same as the library's `json_parameters`, which encodes each value twice.
        values = {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in request_data.parameters.items()
        }
        return json.dumps(values, ensure_ascii=False).encode(), JSON_HEADERS
    form = aiohttp.FormData(request_data.json_parameters)
    for name, (file_name, content, mime_type) in request_data.multipart_data.items():
        form.add_field(name, content, filename=file_name, content_type=mime_type)
    return form, {}


def _seconds(given: Any, default: float | None) -> float | None:
    """Resolve a timeout from the library: seconds, None for no timeout, or the library's mark for "not given"."""
    return default if given is BaseRequest.DEFAULT_NONE else given
