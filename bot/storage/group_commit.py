"""Group commit: statements that come at about the same time share a transaction and a hand-over to the database.

A statement takes microseconds. Its transaction, and the way to the database's thread or server and back, take many
times as long.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import Executable, Result

Row: TypeAlias = Mapping[str, Any]
Parameters: TypeAlias = Row | Sequence[Row] | None
# The result of a statement, the rows of a prepared one, or the error of either.
Outcome: TypeAlias = Result[Any] | Sequence[Any] | Exception

# Longest time in seconds that a statement waits for others if nobody waits for its result.
LINGER_S = 0.005


@dataclass(frozen=True, slots=True)
class Waiting:
    """A statement that waits for its transaction.

    Attributes:
        statement, parameters, prepared: see `GroupCommit.submit`.
        result: future of its result.
    """

    statement: Executable
    parameters: Parameters
    result: asyncio.Future[Any]
    prepared: bool = False


class GroupCommit:
    """Gathers statements into groups. No result is given before the transaction of its group is committed.

    Statements that come in the same turn of the event loop, or while a group runs, make the next group, in their order.

    Args:
        run: function that runs a group, and returns the outcome of each of its statements.
    """

    def __init__(self, run: Callable[[Sequence[Waiting]], Awaitable[Sequence[Outcome]]]) -> None:
        self._run = run
        self._waiting: list[Waiting] = []
        self._working: asyncio.Task[None] | None = None
        self._lingering: asyncio.TimerHandle | None = None

    def submit(
        self, statement: Executable, parameters: Parameters, *, urgent: bool, prepared: bool = False
    ) -> asyncio.Future[Any]:
        """Add a statement; return the future of its result. A statement whose future is cancelled in time does not run.

        Args:
            statement: statement to run.
            parameters: its parameters, or several rows of them.
            urgent: False to wait up to `LINGER_S` for other statements.
            prepared: True if the result is the list of the rows, and the parameters are several rows.
        """
        loop = asyncio.get_running_loop()
        result: asyncio.Future[Any] = loop.create_future()
        self._waiting.append(Waiting(statement, parameters, result, prepared))
        if urgent:
            self._begin()
        elif self._working is None and self._lingering is None:
            self._lingering = loop.call_later(LINGER_S, self._begin)
        return result

    async def finish(self) -> None:
        """Run all statements that were added so far. If cancelled, cancel those that have not run."""
        if self._waiting:
            self._begin()
        if self._working is not None:
            await self._working

    def _begin(self) -> None:
        if self._lingering is not None:
            self._lingering.cancel()
            self._lingering = None
        if self._working is None:
            self._working = asyncio.get_running_loop().create_task(self._work())

    async def _work(self) -> None:
        """Run the waiting statements until there are none."""
        group: Sequence[Waiting] = ()
        try:
            while self._waiting:
                group = [each for each in self._waiting if not each.result.cancelled()]
                self._waiting = []
                for each, outcome in zip(group, await self._run(group), strict=True):
                    _give(each.result, outcome)
        finally:
            self._working = None
            for each in (*group, *self._waiting):
                each.result.cancel()  # those without an outcome, if this task is cancelled
            self._waiting = []


def _give(result: asyncio.Future[Any], outcome: Outcome) -> None:
    if result.done():
        return  # it was cancelled meanwhile
    if isinstance(outcome, Exception):
        result.set_exception(outcome)
    else:
        result.set_result(outcome)
