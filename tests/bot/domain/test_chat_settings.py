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


def test_quiet_hours_follow_summer_time() -> None:
    settings = ChatSettings(quiet_from=22 * 60, quiet_to=7 * 60, time_zone="Europe/Berlin")
    winter, summer = (datetime.fromisoformat(f"2026-{day}T20:30:00+00:00") for day in ("01-15", "07-15"))
    assert not settings.is_quiet(winter)
    assert settings.is_quiet(summer)


@pytest.mark.parametrize(
    ("now", "start", "end"),
    [
        ("2026-03-28T12:00", "2026-03-28T22:00+01:00", "2026-03-29T07:00+02:00"),
        ("2026-03-29T00:59", "2026-03-28T22:00+01:00", "2026-03-29T07:00+02:00"),
        ("2026-03-29T05:00", "2026-03-29T22:00+02:00", "2026-03-30T07:00+02:00"),
        ("2026-10-24T23:00", "2026-10-24T22:00+02:00", "2026-10-25T07:00+01:00"),
    ],
)
def test_the_next_quiet_period_is_told_in_local_time(now: str, start: str, end: str) -> None:
    settings = ChatSettings(quiet_from=22 * 60, quiet_to=7 * 60, time_zone="Europe/Berlin")
    period = settings.quiet_period(datetime.fromisoformat(f"{now}+00:00"))
    assert period is not None
    assert [moment.isoformat(timespec="minutes") for moment in period] == [start, end]


@given(MINUTES, MINUTES, OFFSETS_MIN, MINUTES)
def test_it_is_quiet_from_the_start_of_the_period_to_its_end(
    start: int, end: int, offset_min: int, minute: int
) -> None:
    settings = ChatSettings(quiet_from=start, quiet_to=end, utc_offset_min=offset_min)
    now = DAY + timedelta(minutes=minute)
    period = settings.quiet_period(now)
    if period is None:
        assert start == end
        return
    assert now < period[1] <= now + timedelta(days=1, minutes=(end - start) % (24 * 60))
    assert settings.is_quiet(now) is (period[0] <= now)


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
