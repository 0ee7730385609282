"""Exponential back-off: the pauses between attempts at something that fails for now."""

from __future__ import annotations

from collections.abc import Iterator

MAX_PAUSE_S = 30.0


def pauses_s(first_s: float) -> Iterator[float]:
    """Yield pauses without end: each is twice the one before, at most `MAX_PAUSE_S`.

    Args:
        first_s: the first pause in seconds, over 0.
    """
    pause_s = first_s
    while True:
        yield pause_s
        pause_s = min(2 * pause_s, MAX_PAUSE_S)
