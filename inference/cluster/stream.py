"""The connection over which a relay sends photos to the worker of a node, and gets the answers.

It is a TCP connection of its own, as a call of Ray costs more CPU time than all of this. Ray starts and watches the
actor, which listens on the address of its node, and brings the relay the secret that opens the connection.
"""

from __future__ import annotations

import asyncio
import errno
import hmac
import os
import pickle
import secrets
import socket
import ssl
from collections.abc import Callable
from typing import NamedTuple, Self, TypeAlias

from inference.errors import ClusterError
from inference.pool.protocol import LENGTH

# Limit on connecting to a node, and on the secret of whoever connects, in seconds.
CONNECT_TIMEOUT_S = 10.0
# Size of the buffer for reading; larger messages are read in several steps.
BUFFER_BYTES = 2**20
# Seconds of silence after which the other side is asked for a sign of life, and after which it is lost if there is
# none. Ray itself takes a minute to notice that a machine is cut off, longer than a photo may wait.
SILENT_S = 3
LOST_S = 10
# Errors of the system if the other machine gives no sign of life.
CUT_OFF = (errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH)


class Request(NamedTuple):
    """Relay -> worker: a request.

    Attributes:
        place: free place of the shared memory.
        content: content for `decode_request`.
        images: result of `SharedImages.copy_images`.
    """

    place: int
    content: bytes
    images: bytes


class Outcome(NamedTuple):
    """Worker -> relay: what became of the oldest request.

    Attributes:
        place: place of the request.
        reply: frame that the worker sent; empty if the worker died.
        header: stage and times of the request, see `SharedImages.copy_header`.
        printed: what the worker printed meanwhile.
        crash: traceback of a crash.
    """

    place: int
    reply: bytes
    header: bytes
    printed: bytes = b""
    crash: bytes = b""


class Progress(NamedTuple):
    """Worker -> relay: how far the oldest request is, which takes long.

    Attributes:
        place: place of the request.
        header: see `Outcome`.
        decoding_cpu_s: CPU time of decoding so far, in seconds; None if it is not decoded now.
    """

    place: int
    header: bytes
    decoding_cpu_s: float | None


class Returned(NamedTuple):
    """Worker -> relay: a request that waited behind another one for too long; any worker may have it."""

    place: int


StreamMessage: TypeAlias = Request | Outcome | Progress | Returned


class Stream:
    """A connection with messages in both directions."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        _notice_loss(writer.get_extra_info("socket"))

    @classmethod
    async def connect(cls, address: str, port: int, secret: bytes) -> Self:
        """Connect to a worker.

        Raises:
            ClusterError: this is not possible.
        """
        where = f"port {port} of {address}"
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                tls = tls_context(ssl.Purpose.SERVER_AUTH)
                reader, writer = await asyncio.open_connection(address, port, limit=BUFFER_BYTES, ssl=tls)
        except TimeoutError:
            raise ClusterError(f"{where} gives no answer within {CONNECT_TIMEOUT_S:g} s") from None
        except OSError as error:
            raise ClusterError(f"{where} cannot be reached: {error.strerror or error}") from error
        writer.write(secret)
        return cls(reader, writer)

    def write(self, message: StreamMessage) -> None:
        """Send a message, without waiting until the other side reads."""
        content = pickle.dumps(message)
        self._writer.writelines((LENGTH.pack(len(content)), content))

    async def drain(self) -> None:
        """Wait until most of what was written is on its way.

        Raises:
            OSError: see `read`.
        """
        await self._writer.drain()

    async def read(self) -> StreamMessage | None:
        """Wait for a message; None if the other side has closed the connection.

        Raises:
            OSError: the connection is lost; see `CUT_OFF`.
        """
        content = await read_frame(self._reader)
        if content is None:
            return None
        message: StreamMessage = pickle.loads(content)  # noqa: S301  (the other side knows the secret)
        return message

    def close(self) -> None:
        self._writer.close()


class Listener:
    """Waits for the one connection that knows the secret.

    Attributes:
        port: TCP port.
        secret: what whoever connects has to send first.
    """

    def __init__(self, on_stream: Callable[[Stream], None]) -> None:
        """Describe a listener; `open` opens it.

        Args:
            on_stream: called with the connection.
        """
        self.port = 0
        self.secret = secrets.token_bytes()
        self._on_stream = on_stream

    async def open(self, address: str) -> None:
        """Listen on an address of this machine.

        Raises:
            OSError: this is not possible.
        """
        tls = tls_context(ssl.Purpose.CLIENT_AUTH)
        self._server = await asyncio.start_server(self._accept, address, 0, limit=BUFFER_BYTES, ssl=tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                given = await reader.readexactly(len(self.secret))
        except (TimeoutError, asyncio.IncompleteReadError, OSError):
            given = b""
        if not self._server.is_serving() or not hmac.compare_digest(given, self.secret):
            writer.close()
            return
        self._server.close()
        self._on_stream(Stream(reader, writer))


async def read_frame(reader: asyncio.StreamReader) -> bytes | None:
    """Read a frame, see `inference.pool.protocol`; None if the other side has closed the connection.

    Raises:
        OSError: the connection is lost.
    """
    try:
        (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
        return await reader.readexactly(length)
    except asyncio.IncompleteReadError:
        return None


def tls_context(purpose: ssl.Purpose) -> ssl.SSLContext | None:
    """Return the TLS of Ray, by the same settings and with the same certificates; None if Ray uses none.

    Each side has to have a certificate of the cluster's authority.

    Raises:
        OSError: the files of the certificates cannot be used.
    """
    if os.environ.get("RAY_USE_TLS", "0").lower() not in ("1", "true"):
        return None
    context = ssl.create_default_context(purpose, cafile=os.environ.get("RAY_TLS_CA_CERT"))
    context.load_cert_chain(os.environ.get("RAY_TLS_SERVER_CERT", ""), os.environ.get("RAY_TLS_SERVER_KEY"))
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def _notice_loss(connection: socket.socket) -> None:
    """Have the system notice that the other machine is gone, although nothing is sent, or that it reads nothing."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, SILENT_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, SILENT_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, LOST_S * 1000)
