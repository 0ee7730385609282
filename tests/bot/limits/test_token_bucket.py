"""Rates: never more than the limit in any period, and not less than it either."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.limits.token_bucket import SlidingWindow, TokenBucket

# Seconds between one wish and the next, as they come from people: in bursts and after rests.
PAUSES_S = st.lists(st.one_of(st.just(0.0), st.floats(0, 0.1), st.floats(0, 30)), min_size=1, max_size=200)
# Times are floats of a clock that may have run for years; what they cannot tell apart passes as one moment.
ROUNDING_S = 1e-6


def passed(rate: TokenBucket | SlidingWindow, pauses_s: list[float], start_s: float) -> list[float]:
    """Have everybody who wishes to pass wait for it in a row; return when each passed."""
    times_s, now_s = [], start_s
    for pause_s in pauses_s:
        now_s += pause_s
        while (wait_s := rate.wait_s(now_s)) > 0:
            now_s = max(now_s + wait_s, now_s + ROUNDING_S / 100)
        rate.take(now_s)
        times_s.append(now_s)
    return times_s


@given(pauses_s=PAUSES_S, per_s=st.floats(0.1, 100), burst=st.integers(1, 20), start_s=st.floats(0, 1e6))
def test_a_bucket_never_lets_more_pass_than_its_burst_and_its_rate(
    pauses_s: list[float], per_s: float, burst: int, start_s: float
) -> None:
    times_s = passed(TokenBucket(per_s=per_s, burst=burst), pauses_s, start_s)
    for first in range(len(times_s)):
        for last in range(first, len(times_s)):
            period_s = times_s[last] - times_s[first] + ROUNDING_S
            assert last - first + 1 <= burst + per_s * period_s + 1e-6


@given(pauses_s=PAUSES_S, limit=st.integers(1, 20), period_s=st.floats(0.1, 60), start_s=st.floats(0, 1e6))
def test_a_window_never_lets_more_pass_than_its_limit_in_any_period(
    pauses_s: list[float], limit: int, period_s: float, start_s: float
) -> None:
    times_s = passed(SlidingWindow(limit, period_s), pauses_s, start_s)
    for first in range(len(times_s) - limit):
        assert times_s[first + limit] - times_s[first] >= period_s - ROUNDING_S


def test_a_bucket_lets_its_burst_pass_at_once_and_then_one_at_a_time() -> None:
    assert passed(TokenBucket(per_s=2, burst=3), [0] * 6, 10) == pytest.approx([10, 10, 10, 10.5, 11, 11.5])


def test_a_bucket_is_full_again_after_a_rest() -> None:
    bucket = TokenBucket(per_s=2, burst=3)
    assert bucket.is_full(10)
    for _ in range(3):
        bucket.take(10)
    assert not bucket.is_full(11.4)
    assert bucket.is_full(11.5)
    assert passed(bucket, [0] * 4, 20) == pytest.approx([20, 20, 20, 20.5])


def test_a_window_lets_its_limit_pass_at_once_and_forgets_after_its_period() -> None:
    window = SlidingWindow(2, 10)
    assert passed(window, [0] * 5, 100) == [100, 100, 110, 110, 120]
    assert not window.is_empty(129.9)
    assert window.is_empty(130)


def test_what_took_long_counts_from_its_end() -> None:
    window = SlidingWindow(1, 10)
    window.take(100)
    window.settle(100, 104)
    assert window.wait_s(110) == 4
    window.settle(50, 106)  # so long ago that the window has forgotten it
    assert window.wait_s(114) == 2
