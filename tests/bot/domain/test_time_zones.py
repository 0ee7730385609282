"""The time zones that a chat may choose."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import available_timezones

import pytest

from bot.domain.time_zones import PLAUSIBLE, ZONES, offsets_in_use, zone_of, zones_with

WINTER, SUMMER = datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC)


def test_each_zone_is_known_and_named_once() -> None:
    assert len(set(ZONES)) == len(ZONES)
    assert set(ZONES) <= available_timezones()
    assert {zone for zones in PLAUSIBLE.values() for zone in zones} <= set(ZONES)


@pytest.mark.parametrize("now", [WINTER, SUMMER])
def test_each_zone_is_found_by_its_present_time(now: datetime) -> None:
    found = [zone for offset in offsets_in_use(now) for zone in zones_with(offset, "en", now)]
    assert sorted(found) == sorted(ZONES)


def test_the_zones_of_a_language_come_first() -> None:
    assert zones_with(60, "de", WINTER)[:3] == ["Europe/Berlin", "Europe/Vienna", "Europe/Zurich"]
    assert zones_with(60, "es", WINTER)[0] == "Europe/Madrid"
    assert "Europe/Berlin" not in zones_with(60, "de", SUMMER)


def test_every_rule_of_inhabited_places_can_be_chosen() -> None:
    """Compare the zones with all that the database has, by what their clocks show through a year."""
    days = [WINTER + timedelta(days=3 * number) for number in range(122)]

    def rule(name: str) -> tuple[timedelta | None, ...]:
        return tuple(day.astimezone(zone_of(name)).utcoffset() for day in days)

    areas = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
    rules = {rule(name): name for name in sorted(available_timezones()) if name.startswith(areas)}
    missing = rules.keys() - {rule(name) for name in ZONES}
    assert {rules[each] for each in missing} == {"Pacific/Pitcairn"}
