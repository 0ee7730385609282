"""Who was told something lately."""

from __future__ import annotations

import pytest

from bot.limits import notices
from bot.limits.notices import RecentNotices


def test_each_is_told_once_in_a_period() -> None:
    lately = RecentNotices(period_s=3600)
    assert [lately.is_due(listener) for listener in (1, 2, 1, 2, 3)] == [True, True, False, False, True]


def test_after_the_period_a_notice_is_due_again() -> None:
    lately = RecentNotices(period_s=0)
    assert [lately.is_due(1), lately.is_due(1)] == [True, True]


def test_so_many_are_remembered_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "MAX_NOTICES", 2)
    lately = RecentNotices(period_s=3600)
    assert [lately.is_due(listener) for listener in (1, 2, 3, 1, 3)] == [True, True, True, True, False]
