"""HTTP to the Bot API over aiohttp, for python-telegram-bot.

The project speaks aiohttp everywhere. Here it costs less of the processor than the library's own client, which shares
the cores with the networks; and it tells a request that never left from one whose fate is unknown, so that `sending`
knows what may be repeated.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from telegram._utils.types import ODVInput
from telegram.error import BadRequest, NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData
from yarl import URL

from bot.transport import partial_json as telegram_json
from inference.images.web.connection_failure import why_no_connection
from inference.images.web.metered_socket import AnswerSocket, TooMuchReceived
from inference.images.web.resolver import Resolver

# The Bot API serves no file above 20 MB, and its answers are far smaller.
MAX_BODY_BYTES = 20 * 1024 * 1024
# Of an answer that is too large: enough to tell which update it begins with.
BEGINNING_BYTES = 200
# What may come in of one answer, with its headers and the sizes of its chunks.
MAX_RECEIVED_BYTES = MAX_BODY_BYTES + 1024 * 1024
CONNECT_TIMEOUT_S = 10.0
# No flood wait of Telegram's is longer; a day is also what the library can count in.
MAX_RETRY_AFTER_S = 24 * 3600
# The slowest connection on which a photo still comes in seconds; GSM's was a quarter of it.
MIN_BYTES_PER_S = 32_768
# Beyond the time for which the server may be silent: an answer may stop and go on.
GRACE_S = 5.0
# The Bot API's words, under status 500, for what is no failure of the server.
SENT_AND_DELETED = b"sent message was immediately deleted"


class NotSent(NetworkError):
    """The request did not reach the server: sending it again cannot do it twice."""


class ServerFailed(NetworkError):
    """The server answered that it failed (5xx), so it did not do what it was asked to."""


class ConnectionBroke(NetworkError):
    """The connection ended before the answer: most likely the server had closed it while idle and saw no request."""


class UnreadableAnswer(NetworkError):
    """Something answered with success that is no answer of the Bot API: a proxy, or a page that asks to log in."""


class UnreadableResult(UnreadableAnswer):
    """The Bot API did what it was asked to; what came of it cannot be read."""


class SentAndDeleted(UnreadableResult):
    """A message was sent, and somebody deleted it at once, such as a bot that keeps a group clean."""

    def __init__(self) -> None:
        super().__init__("the message was deleted as soon as it was sent")


class ApiAnswer(dict[str, Any]):
    """An answer of the Bot API. If the library looks for a result that is not there, that is an error of the API."""

    def __missing__(self, key: str) -> Any:
        if self.get("ok") is True:
            raise UnreadableResult(f"expected a {key} in the answer")
        if self.get("ok") is False:
            raise BadRequest(_text(self.get("description")) or "refused without a reason")
        raise UnreadableAnswer("expected ok, and a result, in the answer")


class TooSlow(TimedOut):
    """The answer came so slowly that it would have taken for ever."""

    def __init__(self) -> None:
        super().__init__("the answer came too slowly")


class TooLarge(NetworkError):
    """More came than an answer may have.

    Attributes:
        beginning: what its body begins with; empty if that is not known.
    """

    def __init__(self, beginning: bytes = b"") -> None:
        super().__init__(f"expected an answer of at most {MAX_BODY_BYTES:,} bytes. Received: more")
        self.beginning = beginning


class AiohttpRequest(BaseRequest):
    """One pool of connections to the Bot API.

    Args:
        connections: how many requests are under way at once; further ones wait for a connection.
        read_timeout_s: how long the server may be silent.
        proxy: the address of an HTTP proxy, or None.
    """

    __slots__ = ("_connections", "_proxy", "_read_timeout_s", "_session")

    def __init__(self, *, connections: int, read_timeout_s: float, proxy: str | None = None) -> None:
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
                connector=aiohttp.TCPConnector(
                    limit=self._connections, resolver=Resolver(), socket_factory=_make_socket
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
                proxy=self._proxy,
                trace_configs=[_tracing()],
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
        write_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,  # noqa: ARG002 -- aiohttp has none; silence counts
        connect_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        pool_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Send one request and read its answer whole.

        Raises:
            NotSent: no connection could be had.
            TimedOut: the server fell silent; the request may have been carried out.
            TooSlow: it answered so slowly that nobody waits for the end; likewise.
            ServerFailed: the server answered 5xx.
            SentAndDeleted: so did the Bot API, for a message that is deleted already.
            ConnectionBroke: the connection broke.
            TooLarge: the answer is larger than MAX_BODY_BYTES.
            BadRequest: a text holds half of a character, which Python can hold and UTF-8 cannot.
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
        except UnicodeEncodeError:  # whose own text holds the whole of the text
            raise BadRequest("expected text that UTF-8 can hold") from None
        pace = _Pace(silence_s)
        with _translated_errors(pace):
            async with (
                pace.deadline,
                self._session.request(
                    method,
                    URL(url, encoded=True),
                    data=body,
                    headers=headers,
                    timeout=timeout,
                    allow_redirects=False,
                    trace_request_ctx=pace,
                ) as response,
            ):
                content = await _read(response, pace)
        if response.status >= 500:
            if SENT_AND_DELETED in content:
                raise SentAndDeleted
            raise ServerFailed(f"the server answered {response.status} {response.reason}")
        return response.status, content if 200 <= response.status < 300 else _refusal(content)

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Read an answer. The library's own way would log what it cannot read, which is what people wrote.

        Raises:
            UnreadableAnswer: it is no JSON, or no object.
        """
        try:
            answer = telegram_json.parse(payload)
        except ValueError as error:
            raise UnreadableAnswer(f"expected JSON in the answer: {error}") from None
        if not isinstance(answer, dict):
            raise UnreadableAnswer(f"expected an object in the answer. Received: {type(answer).__name__}")
        return ApiAnswer(answer)


def environment_proxy(url: str) -> str | None:
    """Find the proxy that the environment (HTTPS_PROXY, NO_PROXY, ...) names for an address."""
    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return None
    return getproxies().get(parts.scheme)


def _refusal(content: bytes) -> bytes:
    """Keep of an answer that refuses, which may be any server's on the way, what the library can work with."""
    try:
        answer = AiohttpRequest.parse_json_payload(content)
    except TelegramError:
        return b"{}"
    kept: dict[str, Any] = {"ok": False, "description": _text(answer.get("description")), "parameters": {}}
    parameters = answer.get("parameters")
    if isinstance(parameters, dict):
        wait_s, chat_id = parameters.get("retry_after"), parameters.get("migrate_to_chat_id")
        if isinstance(wait_s, int | float) and wait_s > 0:
            kept["parameters"]["retry_after"] = max(1, int(min(wait_s, MAX_RETRY_AFTER_S)))
        if type(chat_id) is int and abs(chat_id) < 2**63:
            kept["parameters"]["migrate_to_chat_id"] = chat_id
    return json.dumps(kept).encode()


def _text(description: object) -> str:
    return description if isinstance(description, str) else ""


class _Pace:
    """How long an answer may take: as long as the server may be silent, and longer the more of it has come.

    The time for a free connection and for the request does not count.

    Attributes:
        deadline: by which more has to come; none before the request was sent.
    """

    def __init__(self, silence_s: float | None) -> None:
        self.deadline = asyncio.timeout(None)
        self._silence_s = silence_s
        self._sent_s = 0.0

    def sent(self) -> None:
        """Note that the request, or a part of it, was sent."""
        self._sent_s = asyncio.get_running_loop().time()
        self.received(0)

    def received(self, size_bytes: int) -> None:
        """Note how much of the answer has come."""
        if self._silence_s is not None and not self.deadline.expired():
            self.deadline.reschedule(self._sent_s + self._silence_s + GRACE_S + size_bytes / MIN_BYTES_PER_S)


@contextmanager
def _translated_errors(pace: _Pace) -> Iterator[None]:
    """Turn aiohttp's errors into those of the library.

    Raises:
        NotSent, TimedOut, TooSlow, TooLarge, ConnectionBroke: see `AiohttpRequest.do_request`.
    """
    try:
        yield
    except aiohttp.ConnectionTimeoutError as error:  # its own text holds the address, and so the token
        raise NotSent("no connection in time") from error
    except aiohttp.ClientConnectorError as error:
        raise NotSent(why_no_connection(error)) from error
    except TimeoutError as error:
        if pace.deadline.expired():
            raise TooSlow from error
        raise TimedOut("the server did not answer in time") from error
    except aiohttp.ClientError as error:
        if isinstance(error.__cause__, TooMuchReceived):
            raise TooLarge from error
        raise ConnectionBroke(f"the connection broke: {type(error).__name__}") from error


def _tracing() -> aiohttp.TraceConfig:
    """Have aiohttp say when it sends a request: that is not when it was asked to."""

    async def sent(_session: aiohttp.ClientSession, context: SimpleNamespace, _about: object) -> None:
        context.trace_request_ctx.sent()

    tracing = aiohttp.TraceConfig()
    tracing.on_request_headers_sent.append(sent)
    tracing.on_request_chunk_sent.append(sent)
    return tracing


def _make_socket(endpoint: tuple[int, int, int, str, Any]) -> socket.socket:
    family, kind, protocol, _, _ = endpoint
    return AnswerSocket(family, kind, protocol, MAX_RECEIVED_BYTES)


async def _read(response: aiohttp.ClientResponse, pace: _Pace) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise TooLarge(bytes(body[:BEGINNING_BYTES]))
        pace.received(len(body))
    return bytes(body)


def _encode(request_data: RequestData | None) -> tuple[bytes | aiohttp.FormData | None, dict[str, str]]:
    """Return the body of a request, and its headers where the body does not bring its own."""
    if request_data is None:
        return None, {}
    if not request_data.contains_files:
        # As bytes, which cost aiohttp far less than a form of the same content.
        return request_data.url_encoded_parameters().encode(), {"Content-Type": "application/x-www-form-urlencoded"}
    form = aiohttp.FormData(request_data.json_parameters)
    for name, (file_name, content, mime_type) in request_data.multipart_data.items():
        form.add_field(name, content, filename=file_name, content_type=mime_type)
    return form, {}


def _seconds(given: Any, default: float | None) -> float | None:
    """Resolve a timeout as the library passes it: seconds, None for endless, or its mark for "not given"."""
    return default if given is BaseRequest.DEFAULT_NONE else given
