"""Exponential back-off: the pauses between attempts at a call that fails temporarily."""

from __future__ import annotations

from collections.abc import Iterator

MAX_PAUSE_S = 30.0


def pauses_s(first_s: float, max_s: float | None = None) -> Iterator[float]:
    """Yield an endless series of pauses. Each pause is twice as long as the one before, up to the longest pause.

    Args:
        first_s: the first pause in seconds; must be greater than 0.
        max_s: the longest pause in seconds; None for `MAX_PAUSE_S`.
    """
    longest_s = MAX_PAUSE_S if max_s is None else max_s
    pause_s = first_s
    while True:
        yield pause_s
        pause_s = min(2 * pause_s, longest_s)
