from __future__ import annotations

import asyncio
import subprocess
import sys
import time

import pytest

from inference.benchmarks.lag import SLEEP_S, Sleeper, percentile_99_ms


async def test_what_blocks_the_event_loop_makes_it_late() -> None:
    async def block() -> None:
        await asyncio.sleep(5 * SLEEP_S)
        time.sleep(0.2)  # noqa: ASYNC251  (this is what is measured)
        await asyncio.sleep(5 * SLEEP_S)

    async with Sleeper.start() as sleeper:
        lag_ms, alone_ms = await sleeper.lags_ms(block())
    assert lag_ms > 100
    assert alone_ms >= 0


def test_a_process_that_reads_both_lines_at_once_answers() -> None:
    process = [sys.executable, "-m", "inference.benchmarks.lag"]
    shown = subprocess.run(process, input="begin\nend\n", capture_output=True, text=True, timeout=60, check=True)
    ready, lag_ms = shown.stdout.splitlines()
    assert ready == ""
    assert float(lag_ms) >= 0


def test_a_percentile_of_few_lags_is_not_longer_than_any() -> None:
    assert percentile_99_ms([0.001] * 60 + [0.009]) == pytest.approx(1 + 8 * 0.4)
    assert percentile_99_ms([0.001, 0.009]) < 9
    assert percentile_99_ms([0.002]) == 2
    assert percentile_99_ms([]) == 0
