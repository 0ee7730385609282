"""Predicts which images may occupy a worker for long, from their headers and from earlier images of the client."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from math import inf

from inference.images.header import jpeg_size

# CPU seconds for decoding from which on an image is slow. A photo takes a hundredth of this time; a file of the
# largest cameras takes about this time.
SLOW_S = 0.5
# Number of seconds for which a client counts as slow after a slow image.
SLOW_FOR_S = 600.0
# Number of quick images after which a client counts as quick. An album has fewer images.
QUICK_IMAGES = 16
# Limits on the bytes and the pixels of a JPEG up to which it counts as quick; Telegram's photos are smaller. A JPEG is
# decoded at reduced size. But each scan of a progressive JPEG takes time for every pixel, even a scan with few bytes.
SMALL_BYTES, SMALL_PIXELS = 2**20, 2**24
# Number of clients with a history; older clients are forgotten.
MAX_CLIENTS = 4096


@dataclass(slots=True)
class _History:
    slow_until_s: float = -inf
    quick_images: int = 0


class SlowImages:
    """Remembers which clients had images that were slow to decode, and which had quick images.

    Args:
        clock: returns a monotonic time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._histories: OrderedDict[Hashable, _History] = OrderedDict()

    def record(self, client: Hashable, decoding_s: float = inf, *, succeeded: bool = False) -> None:
        """Record the decoding time of an image.

        Args:
            client: client of the image.
            decoding_s: CPU time in seconds; infinite if its worker died or was killed.
            succeeded: whether the image was decoded. A quick failure says nothing about other images.
        """
        history = self._histories.setdefault(client, _History())
        self._histories.move_to_end(client)
        if decoding_s >= SLOW_S:
            history.slow_until_s, history.quick_images = self._clock() + SLOW_FOR_S, 0
        else:
            history.quick_images += succeeded
        if len(self._histories) > MAX_CLIENTS:
            self._histories.popitem(last=False)

    def is_slow(self, client: Hashable) -> bool:
        """Return whether a recent image of a client was slow."""
        history = self._histories.get(client)
        return history is not None and history.slow_until_s > self._clock()

    def is_quick(self, client: Hashable) -> bool:
        """Return whether many recent images of a client were quick, and none was slow. The next image may be slow."""
        history = self._histories.get(client)
        return history is not None and history.quick_images >= QUICK_IMAGES and not self.is_slow(client)

    def may_be_slow(self, client: Hashable, image: bytes) -> bool:
        """Return whether an image may be slow, given the content of its file."""
        if self.is_slow(client):
            return True
        size = jpeg_size(image) if len(image) <= SMALL_BYTES else None
        return size is None or size[0] * size[1] > SMALL_PIXELS
