"""How late short sleeps end: in this process's event loop, and in a process that only sleeps.

Both are late if no core is free; only the event loop is late if something blocks it.

`python -m inference.benchmarks.lag` is the process that only sleeps. It prints an empty line once it is ready. It
sleeps from one line of its standard input to the next, and then prints the 99th percentile of its lag in milliseconds.
"""

from __future__ import annotations

import asyncio
import select
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from statistics import quantiles
from typing import Self

# Duration of a sleep, in seconds.
SLEEP_S = 0.01


class Sleeper:
    """The process that only sleeps."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    @asynccontextmanager
    async def start(cls) -> AsyncIterator[Self]:
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", __name__, stdin=PIPE, stdout=PIPE)
        assert process.stdout is not None
        try:
            # A short work would be over before a process on a busy machine begins to sleep.
            await process.stdout.readline()
            yield cls(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            await process.wait()

    async def lags_ms(self, work: Awaitable[object]) -> tuple[float, float]:
        """Wait for some work that takes at least a few sleeps.

        Returns:
            The 99th percentiles of the lag meanwhile in milliseconds: of this event loop, and of the process.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        lags_s: list[float] = []
        self._process.stdin.write(b"begin\n")
        sleeping = asyncio.create_task(_sleep(lags_s))
        try:
            await work
        finally:
            sleeping.cancel()
            self._process.stdin.write(b"end\n")
        return percentile_99_ms(lags_s), float(await self._process.stdout.readline())


def percentile_99_ms(lags_s: Sequence[float]) -> float:
    """Return the 99th percentile of lags in milliseconds. For fewer than 100, it is nearly the longest; 0 for none."""
    if len(lags_s) < 2:
        return 1e3 * max(lags_s, default=0.0)
    return 1e3 * quantiles(lags_s, n=100, method="inclusive")[98]


async def _sleep(lags_s: list[float]) -> None:
    while True:
        due_s = time.perf_counter() + SLEEP_S
        await asyncio.sleep(SLEEP_S)
        lags_s.append(time.perf_counter() - due_s)


def main() -> None:
    # Without a buffer, which may take in the line that `select` waits for.
    lines = open(sys.stdin.fileno(), "rb", buffering=0, closefd=False)  # noqa: SIM115 -- until the end
    sys.stdout.write("\n")
    sys.stdout.flush()
    while lines.readline():
        lags_s: list[float] = []
        due_s = time.perf_counter() + SLEEP_S
        # An event loop sleeps in a call of this kind, too.
        while not select.select([lines], [], [], SLEEP_S)[0]:
            lags_s.append(time.perf_counter() - due_s)
            due_s = time.perf_counter() + SLEEP_S
        lines.readline()
        sys.stdout.write(f"{percentile_99_ms(lags_s)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
