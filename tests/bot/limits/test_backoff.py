"""Pauses between attempts."""

from __future__ import annotations

from itertools import islice

from bot.limits.backoff import pauses_s


def test_pauses_double_up_to_half_a_minute() -> None:
    assert list(islice(pauses_s(0.5), 9)) == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
