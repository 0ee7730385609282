"""What follows from what a chat has set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.chat_settings import ChatSettings
from inference import Classification, KindScore, Prediction, Timings

MINUTES = st.integers(0, 24 * 60 - 1)
OFFSETS_MIN = st.integers(-12 * 60, 14 * 60)
DAY = datetime(2026, 3, 1, tzinfo=UTC)


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-01T{clock}:00+00:00")


@pytest.mark.parametrize(
    ("clock", "is_quiet"),
    [("21:59", False), ("22:00", True), ("23:59", True), ("00:00", True), ("06:59", True), ("07:00", False)],
)
def test_quiet_hours_go_on_across_midnight(clock: str, is_quiet: bool) -> None:
    assert ChatSettings(quiet_from=22 * 60, quiet_to=7 * 60).is_quiet(at(clock)) is is_quiet


def test_quiet_hours_go_by_the_clock_of_the_chat() -> None:
    settings = ChatSettings(quiet_from=22 * 60, quiet_to=7 * 60, utc_offset_min=330)
    assert settings.is_quiet(at("16:30"))
    assert not settings.is_quiet(at("16:29"))
    assert settings.is_quiet(at("01:29"))
    assert not settings.is_quiet(at("01:30"))


@pytest.mark.parametrize("settings", [ChatSettings(), ChatSettings(quiet_from=60), ChatSettings(quiet_to=60)])
def test_without_both_ends_there_are_no_quiet_hours(settings: ChatSettings) -> None:
    assert not any(settings.is_quiet(DAY + timedelta(minutes=minute)) for minute in range(0, 24 * 60, 30))


@given(MINUTES, MINUTES, OFFSETS_MIN)
def test_a_day_is_quiet_for_as_long_as_the_hours_are_apart(start: int, end: int, offset_min: int) -> None:
    settings = ChatSettings(quiet_from=start, quiet_to=end, utc_offset_min=offset_min)
    quiet = sum(settings.is_quiet(DAY + timedelta(minutes=minute)) for minute in range(24 * 60))
    assert quiet == (end - start) % (24 * 60)


@given(MINUTES, MINUTES, OFFSETS_MIN, MINUTES, OFFSETS_MIN)
def test_it_does_not_matter_in_which_zone_a_time_is_told(
    start: int, end: int, offset_min: int, minute: int, told_in_min: int
) -> None:
    settings = ChatSettings(quiet_from=start, quiet_to=end, utc_offset_min=offset_min)
    moment = DAY + timedelta(minutes=minute)
    elsewhere = moment.astimezone(timezone(timedelta(minutes=told_in_min)))
    assert settings.is_quiet(elsewhere) is settings.is_quiet(moment)


@pytest.mark.parametrize(("threshold", "is_sure"), [(None, False), (0.0, True), (0.4, True), (0.41, False)])
def test_a_chat_may_ask_for_more_or_less_than_the_model_is_sure_of(threshold: float | None, is_sure: bool) -> None:
    timings = Timings(decode_ms=1, inference_ms=1)
    seen = Classification("m", "v", (Prediction("cat", 0.4, 0),), 0.5, timings)
    assert ChatSettings(threshold=threshold).is_sure(seen) is is_sure


@pytest.mark.parametrize(("threshold", "is_sure"), [(None, False), (0.5, False), (0.0, True)])
def test_a_chat_hears_nothing_of_a_photo_of_none_of_the_classes(threshold: float | None, is_sure: bool) -> None:
    seen = Classification("m", "v", (Prediction("ants", 0.9, 0),), 0.5, Timings(1.0, 1.0), familiarity=0.1)
    assert ChatSettings(threshold=threshold).is_sure(seen) is is_sure


def test_what_is_never_said_does_not_silence_a_photo_of_none_of_the_classes() -> None:
    seen = Classification("m", "v", (Prediction("ants", 0.9, 0),), 0.5, Timings(1.0, 1.0), familiarity=0.005)
    said = ChatSettings(never_say=("class:wine",)).sayable(seen)
    assert said is not None
    assert said.unfamiliar


@pytest.mark.parametrize(("threshold", "is_sure"), [(None, True), (0.8, True), (0.85, False)])
def test_a_chat_hears_of_a_kind_that_is_sure(threshold: float | None, is_sure: bool) -> None:
    seen = Classification("m", "v", (Prediction("cat", 0.4, 0),), 0.5, Timings(1.0, 1.0), KindScore("cat", 0.83))
    assert ChatSettings(threshold=threshold).is_sure(seen) is is_sure
