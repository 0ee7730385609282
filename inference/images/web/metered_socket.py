"""Sockets that bound what comes in, before anybody has looked at what it means."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

# What one turn of an event loop takes from a connection: its parser reads all of it before anything else runs, which
# takes four milliseconds if each byte is a chunk.
READ_BYTES = 16_384


class TooMuchReceived(ConnectionError):
    """A server sent more than it was allowed to."""


class Meter:
    """Counts what comes in on one or several sockets.

    Attributes:
        allowed_bytes: in all. It can be raised while bytes come in.
        read_bytes: at once.
        received_bytes: so far.
    """

    def __init__(self, allowed_bytes: int, read_bytes: int = READ_BYTES) -> None:
        self.allowed_bytes = allowed_bytes
        self.read_bytes = read_bytes
        self.received_bytes = 0

    @property
    def exceeded(self) -> bool:
        return self.received_bytes > self.allowed_bytes

    def count(self, size_bytes: int) -> None:
        """Take note of bytes.

        Raises:
            TooMuchReceived: they are too many.
        """
        self.received_bytes += size_bytes
        if self.exceeded:
            raise TooMuchReceived(f"more than {self.allowed_bytes:,} bytes came in")


class MeteredSocket(socket.socket):
    """A socket whose connection breaks once more comes in than its meter allows.

    Headers, chunk sizes, answers before the answer and what compresses to nothing count as any bytes do: each costs
    time to read, and none of it shows in the body.
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
    """A socket of a connection that is kept: what comes in is counted anew after each thing that is sent."""

    def __init__(self, family: int, kind: int, protocol: int, allowed_bytes: int) -> None:
        super().__init__(family, kind, protocol, Meter(allowed_bytes))

    def send(self, data: ReadableBuffer, flags: int = 0, /) -> int:
        self._meter.received_bytes = 0
        return super().send(data, flags)

    def sendmsg(self, *args: Any) -> int:
        self._meter.received_bytes = 0
        return super().sendmsg(*args)
