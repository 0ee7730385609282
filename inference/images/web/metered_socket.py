"""Sockets with a limit on the number of received bytes; the bytes are counted before any parser reads them."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

# Maximum number of bytes read in one turn of the event loop. The parser reads all these bytes before anything else
# runs. That takes four milliseconds if each byte is a chunk.
READ_BYTES = 16_384
# The same for responses of the Bot API, whose servers send no tiny chunks. The download of a photo of 110 kB takes
# 0.23 ms of CPU time; with 16 kB it took 0.31 ms, as each read costs a turn of the event loop.
RESPONSE_READ_BYTES = 131_072


class TooMuchReceived(ConnectionError):
    """A server sent more bytes than allowed."""


class Meter:
    """Counts the bytes received on one or several sockets.

    Attributes:
        allowed_bytes: maximum number of bytes in all; may be raised while bytes arrive.
        read_bytes: maximum number of bytes of one read.
        received_bytes: number of bytes received so far.
    """

    def __init__(self, allowed_bytes: int, read_bytes: int = READ_BYTES) -> None:
        self.allowed_bytes = allowed_bytes
        self.read_bytes = read_bytes
        self.received_bytes = 0

    @property
    def exceeded(self) -> bool:
        return self.received_bytes > self.allowed_bytes

    def count(self, size_bytes: int) -> None:
        """Add received bytes.

        Raises:
            TooMuchReceived: more than `allowed_bytes` in all.
        """
        self.received_bytes += size_bytes
        if self.exceeded:
            raise TooMuchReceived(f"more than {self.allowed_bytes:,} bytes came in")


class MeteredSocket(socket.socket):
    """A socket that fails as soon as it receives more bytes than its meter allows.

    All bytes count, including headers, chunk sizes, interim responses and highly compressed data, since every byte
    takes time to read.
    """

    def __init__(self, family: int, kind: int, protocol: int, meter: Meter) -> None:
        super().__init__(family, kind, protocol)
        self._meter = meter

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        data = super().recv(min(size, self._meter.read_bytes), flags)
        self._meter.count(len(data))
        return data

    def recv_into(self, buffer: WriteableBuffer, size: int = 0, flags: int = 0, /) -> int:
        size_bytes = min(size or memoryview(buffer).nbytes, self._meter.read_bytes)
        received_bytes = super().recv_into(buffer, size_bytes, flags)
        self._meter.count(received_bytes)
        return received_bytes


class ResponseSocket(MeteredSocket):
    """A socket of a persistent connection: its meter starts again at 0 whenever data is sent."""

    def __init__(self, family: int, kind: int, protocol: int, allowed_bytes: int) -> None:
        super().__init__(family, kind, protocol, Meter(allowed_bytes, RESPONSE_READ_BYTES))

    def send(self, data: ReadableBuffer, flags: int = 0, /) -> int:
        self._meter.received_bytes = 0
        return super().send(data, flags)

    def sendmsg(self, *args: Any) -> int:
        self._meter.received_bytes = 0
        return super().sendmsg(*args)
