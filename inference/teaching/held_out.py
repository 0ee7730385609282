"""Which photos of a chat judge a model: those that no head of the chat may learn from."""

from __future__ import annotations

import hashlib

# Share of the photos that are held out, in 256ths: about 30 %.
HELD_OUT_OF_256 = 77


def is_held_out(photo_id: int) -> bool:
    """Return whether a photo is held out. It depends on the photo's id alone, so it never changes."""
    return hashlib.sha256(str(photo_id).encode()).digest()[0] < HELD_OUT_OF_256
