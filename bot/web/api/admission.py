"""Limits on the requests in flight: their number, and the memory of their bodies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from bot.web.api.problems import busy

# Limit on the requests in flight. Two cores label this many images of Inception's size in three seconds.
MAX_REQUESTS = 256
# Limit on the requests in flight of one client, so that a client leaves room to the others.
MAX_REQUESTS_PER_CLIENT = 64
# Limit on the bodies in memory. A photo takes some 100 kB.
MAX_BODY_BYTES = 192 * 1024 * 1024
MAX_BODY_BYTES_PER_CLIENT = 96 * 1024 * 1024
# Limit on a downloaded image, which also needs a process of its own.
MAX_DOWNLOAD_BYTES = 20 * 1024 * 1024


class Admission:
    """Admits requests while there is room, and refuses further ones at once.

    Args:
        max_requests: maximum number of requests in flight.
        max_requests_per_client: maximum number of requests in flight of one client.
        max_bytes: maximum size of the bodies of all requests in flight.
        max_bytes_per_client: maximum size of the bodies of the requests in flight of one client.
    """

    def __init__(
        self,
        *,
        max_requests: int = MAX_REQUESTS,
        max_requests_per_client: int = MAX_REQUESTS_PER_CLIENT,
        max_bytes: int = MAX_BODY_BYTES,
        max_bytes_per_client: int = MAX_BODY_BYTES_PER_CLIENT,
    ) -> None:
        self._max_requests, self._max_bytes = max_requests, max_bytes
        self._per_client, self._bytes_per_client = max_requests_per_client, max_bytes_per_client
        self._requests: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()

    @contextmanager
    def admit(self, client: str, body_bytes: int) -> Iterator[None]:
        """Hold a place for a request.

        Args:
            client: name of the client.
            body_bytes: size of the request's body, or the largest size that is read of it.

        Raises:
            Problem: there is no room.
        """
        if self._requests[client] >= self._per_client:
            raise busy(f"expected at most {self._per_client} requests at once. Received: one more")
        if self._requests.total() >= self._max_requests:
            raise busy(f"expected at most {self._max_requests} requests of all clients at once. Received: one more")
        with self._holding(client, 1, body_bytes):
            yield

    @contextmanager
    def downloads(self, client: str, count: int) -> Iterator[None]:
        """Hold the memory of images that an admitted request downloads.

        Args:
            client: name of the client.
            count: number of images, each of which counts as the largest one.

        Raises:
            Problem: there is no room.
        """
        with self._holding(client, 0, count * MAX_DOWNLOAD_BYTES):
            yield

    @contextmanager
    def _holding(self, client: str, requests: int, body_bytes: int) -> Iterator[None]:
        if (
            self._bytes[client] + body_bytes > self._bytes_per_client
            or self._bytes.total() + body_bytes > self._max_bytes
        ):
            raise busy("expected fewer or smaller images at once. Received: more than this server holds in memory")
        self._hold(client, requests, body_bytes)
        try:
            yield
        finally:
            self._hold(client, -requests, -body_bytes)

    def _hold(self, client: str, requests: int, body_bytes: int) -> None:
        self._requests[client] += requests
        self._bytes[client] += body_bytes
        if not self._requests[client]:
            del self._requests[client], self._bytes[client]
