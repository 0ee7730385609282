"""The watch looks at all conditions, whatever becomes of one of them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence

from structlog.testing import capture_logs

from bot.services.health import OVER_AFTER_LOOKS, Change, Condition, Facts
from bot.services.health_watch import HealthWatch


class Told:
    """Whom the watch tells."""

    def __init__(self) -> None:
        self.changes: list[tuple[str, bool]] = []
        self.current: list[str] = []

    def __call__(self, changes: Sequence[Change], current: Sequence[Change]) -> None:
        self.changes += [(change.condition.sentence, change.over) for change in changes]
        self.current = [change.condition.sentence for change in current]


def condition(sentence: str, check: Callable[[], Awaitable[Facts | None]]) -> Condition:
    return Condition(sentence, "health-disk", "health-disk-over", check)


async def bad() -> Facts | None:
    return {"free_mb": 1, "percent": 2}


async def test_the_log_says_once_that_a_condition_began_and_once_that_it_is_over() -> None:
    well = False

    async def check() -> Facts | None:
        return None if well else await bad()

    told = Told()
    watch = HealthWatch([condition("it is bad", check)], told)
    with capture_logs() as logs:
        for _ in range(3):
            await watch.look()
        well = True
        for _ in range(OVER_AFTER_LOOKS + 2):
            await watch.look()
    began, over = logs
    assert began == {"event": "it is bad", "log_level": "error", "free_mb": 1, "percent": 2}
    assert (over["event"], over["log_level"], over["lasted_min"]) == ("no longer: it is bad", "warning", 1)
    assert told.changes == [("it is bad", False), ("it is bad", True)]
    assert told.current == []


async def test_a_check_that_fails_costs_no_other_and_is_told_until_it_works() -> None:
    works = False

    async def check() -> Facts | None:
        if not works:
            raise PermissionError("not allowed")
        return None

    told = Told()
    watch = HealthWatch([condition("unknown", check), condition("it is bad", bad)], told)
    with capture_logs() as logs:
        await watch.look()
        await watch.look()
        works = True
        await watch.look()
        works = False
        await watch.look()
    assert told.changes == [("it is bad", False)]
    failed = {
        "event": "a check of the bot's health failed",
        "log_level": "warning",
        "check": "unknown",
        "reason": "PermissionError: not allowed",
    }
    assert [line for line in logs if line["event"] != "it is bad"] == [failed, failed]


async def test_a_check_that_hangs_holds_up_nothing_and_takes_up_one_thread_only() -> None:
    hanging, release = 0, threading.Event()

    def hang() -> Facts | None:
        nonlocal hanging
        hanging += 1
        release.wait()
        return {"free_mb": 1, "percent": 2}

    async def check() -> Facts | None:
        return await asyncio.to_thread(hang)

    told = Told()
    watch = HealthWatch([condition("it hangs", check), condition("it is bad", bad)], told, timeout_s=0.05)
    try:
        with capture_logs() as logs:
            await watch.look()
            await watch.look()
        assert told.changes == [("it is bad", False)]
        assert [line["reason"] for line in logs if "reason" in line] == ["it takes too long"]
        assert hanging == 1
    finally:
        release.set()
    while len(told.changes) == 1:
        await watch.look()
    assert told.changes == [("it is bad", False), ("it hangs", False)]
