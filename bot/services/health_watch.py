"""Checks the health of the running bot every minute, and tells the log and the admins what changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import structlog

from bot.services.health import Change, Condition, Facts, Health

log = structlog.get_logger()

LOOK_EVERY_S = 60.0
# Checks take milliseconds unless a disk or a file server hangs.
CHECK_TIMEOUT_S = 10.0


class HealthWatch:
    """Runs the checks of conditions and tells changes.

    Args:
        conditions: conditions to check.
        tell: starts telling admins; called with the changes since the last look, and with the beginnings of all lasting
            conditions.
        timeout_s: time for all checks of one look; the next look waits for a check that takes longer.
    """

    def __init__(
        self,
        conditions: Sequence[Condition],
        tell: Callable[[Sequence[Change], Sequence[Change]], None],
        *,
        timeout_s: float = CHECK_TIMEOUT_S,
    ) -> None:
        self._conditions = conditions
        self._tell = tell
        self._timeout_s = timeout_s
        self._health = Health()
        self._checks: dict[Condition, asyncio.Task[Facts | None]] = {}
        # Conditions whose failing check is in the log.
        self._unknown: set[Condition] = set()

    async def look(self) -> None:
        """Run all checks once, and tell what changed."""
        for condition in self._conditions:
            # A check that hangs keeps one thread, not one more with each look.
            if condition not in self._checks:
                self._checks[condition] = asyncio.ensure_future(condition.check())
        await asyncio.wait(self._checks.values(), timeout=self._timeout_s)
        now_s = asyncio.get_running_loop().time()
        changes = []
        for condition in self._conditions:
            if self._checks[condition].done():
                change = self._note(condition, self._checks.pop(condition), now_s)
                if change is not None:
                    changes.append(change)
            else:
                self._note_unknown(condition, "it takes too long")
        self._tell(changes, self._health.current)

    def close(self) -> None:
        """Cancel checks that still run."""
        for check in self._checks.values():
            check.cancel()

    def _note(self, condition: Condition, check: asyncio.Task[Facts | None], now_s: float) -> Change | None:
        error = check.exception()
        if error is not None:
            self._note_unknown(condition, f"{type(error).__name__}: {error}")
            return None
        self._unknown.discard(condition)
        change = self._health.note(condition, check.result(), now_s)
        if change is None:
            return None
        if change.over:
            log.warning(f"no longer: {condition.sentence}", **change.facts)
        else:
            log.error(condition.sentence, **change.facts)
        return change

    def _note_unknown(self, condition: Condition, reason: str) -> None:
        if condition not in self._unknown:
            self._unknown.add(condition)
            log.warning("a check of the bot's health failed", check=condition.sentence, reason=reason)


@asynccontextmanager
async def watched(watch: HealthWatch) -> AsyncIterator[None]:
    """Look every LOOK_EVERY_S within the context."""
    task = asyncio.create_task(_repeat(watch.look))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        watch.close()


async def _repeat(look: Callable[[], Awaitable[None]]) -> None:
    while True:
        await look()
        await asyncio.sleep(LOOK_EVERY_S)
