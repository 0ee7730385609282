"""Checks the health of the running bot every minute, and reports changes to the log and to the admins."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import structlog

from bot.services.background import repeated
from bot.services.health import Change, Condition, Facts, Health

log = structlog.get_logger()

LOOK_EVERY_S = 60.0
# Seconds to wait for all checks. Checks take milliseconds unless a disk or a file server hangs.
CHECK_TIMEOUT_S = 10.0


class HealthWatch:
    """Runs the checks of conditions and reports changes.

    Args:
        conditions: conditions to check.
        tell: function that starts to inform admins. Its arguments are the changes since the last look, and the
            beginnings of all lasting conditions.
        timeout_s: seconds to wait for all checks of one look. A check that takes longer goes on until a later look.
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
        # Conditions for which the log already says that the check failed.
        self._unknown: set[Condition] = set()

    def states(self) -> dict[str, bool]:
        """Return whether each condition lasts, by a short name of the condition."""
        lasting = {change.condition for change in self._health.current}
        return {condition.name: condition in lasting for condition in self._conditions}

    async def look(self) -> None:
        """Run all checks once, and report the changes."""
        for condition in self._conditions:
            # A check that hangs is not started again, so that it occupies only one thread.
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
        """Cancel the checks that are still running."""
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
    """Run all checks every LOOK_EVERY_S seconds while the block runs."""
    try:
        async with repeated(watch.look, LOOK_EVERY_S):
            yield
    finally:
        watch.close()
