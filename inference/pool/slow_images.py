"""Which images may hold a worker for long: by what they are, and by what those of their sender took before."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from math import inf

from inference.images.header import jpeg_size

# Of CPU, to decode one image. Photos take a hundredth of it; files of the largest cameras about as much.
SLOW_S = 0.5
# For how long a client counts as slow after an image that was.
SLOW_FOR_S = 600.0
# More than an album has.
QUICK_IMAGES = 16
# Telegram's photos are smaller. A JPEG decodes at reduced size; but each scan of a progressive one, which may have few
# bytes, takes time for every pixel.
SMALL_BYTES, SMALL_PIXELS = 2**20, 2**24
# Of whom something is known; those heard of last.
MAX_KNOWN = 4096


@dataclass(slots=True)
class _Record:
    slow_until_s: float = -inf
    quick_images: int = 0


class SlowImages:
    """Knows which clients' images were slow, and which were quick.

    Args:
        clock: seconds from any moment on.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._records: OrderedDict[Hashable, _Record] = OrderedDict()

    def note(self, client: Hashable, decoding_s: float = inf, *, labelled: bool = False) -> None:
        """Say what an image of a client took.

        Args:
            client: whose it was.
            decoding_s: seconds of CPU; infinite if it ended its process.
            labelled: whether something came of it: what fails quickly tells nothing of what does not.
        """
        record = self._records.setdefault(client, _Record())
        self._records.move_to_end(client)
        if decoding_s >= SLOW_S:
            record.slow_until_s, record.quick_images = self._clock() + SLOW_FOR_S, 0
        else:
            record.quick_images += labelled
        if len(self._records) > MAX_KNOWN:
            self._records.popitem(last=False)

    def is_slow(self, client: Hashable) -> bool:
        """Whether recent images of a client were slow."""
        record = self._records.get(client)
        return record is not None and record.slow_until_s > self._clock()

    def is_quick(self, client: Hashable) -> bool:
        """Whether many recent images of a client were quick, and none slow; the next one may be slow all the same."""
        record = self._records.get(client)
        return record is not None and record.quick_images >= QUICK_IMAGES and not self.is_slow(client)

    def may_be_slow(self, client: Hashable, image: bytes) -> bool:
        """Whether an image, given as the content of its file, may take long."""
        if self.is_slow(client):
            return True
        size = jpeg_size(image) if len(image) <= SMALL_BYTES else None
        return size is None or size[0] * size[1] > SMALL_PIXELS
