"""What is wrong is told once as it begins and once as it is over."""

from __future__ import annotations

from bot.services.health import OVER_AFTER_LOOKS, Change, Condition, Facts, Health


async def never() -> Facts | None:
    raise AssertionError("only a watch looks")


DISK = Condition("the disk is full", "health-disk", "health-disk-over", never)
CLOCK = Condition("the clock is off", "health-clock", "health-clock-over", never)


def test_what_is_well_is_not_told() -> None:
    health = Health()
    assert [health.note(DISK, None, now_s) for now_s in range(5)] == [None] * 5
    assert health.current == []


def test_a_condition_is_told_once_however_long_it_lasts() -> None:
    health = Health()
    began = health.note(DISK, {"free_mb": 9}, 0)
    assert began == Change(DISK, {"free_mb": 9})
    assert began.text == "health-disk"
    assert [health.note(DISK, {"free_mb": 9 - now_s}, now_s) for now_s in range(1, 9)] == [None] * 8
    assert health.current == [began]


def test_its_end_is_told_with_how_long_it_lasted_and_it_may_begin_again() -> None:
    health = Health()
    health.note(DISK, {"free_mb": 9}, 0)
    looks = [health.note(DISK, None, 480 + 60 * number) for number in range(1, OVER_AFTER_LOOKS + 1)]
    over = looks.pop()
    assert looks == [None] * (OVER_AFTER_LOOKS - 1)
    assert over == Change(DISK, {"free_mb": 9, "lasted_min": 8 + OVER_AFTER_LOOKS}, over=True)
    assert over.text == "health-disk-over"
    assert health.current == []
    assert health.note(DISK, None, 900) is None
    assert health.note(DISK, {"free_mb": 1}, 960) == Change(DISK, {"free_mb": 1})


def test_what_comes_and_goes_is_told_once() -> None:
    health = Health()
    assert health.note(DISK, {}, 0) is not None
    for now_s in range(60, 3600, 60):
        assert health.note(DISK, {} if now_s % 120 else None, now_s) is None


def test_each_condition_is_told_by_itself() -> None:
    health = Health()
    disk, clock = health.note(DISK, {}, 0), health.note(CLOCK, {}, 1)
    assert health.current == [disk, clock]
    for now_s in range(OVER_AFTER_LOOKS):
        health.note(DISK, None, now_s)
    assert health.current == [clock]
