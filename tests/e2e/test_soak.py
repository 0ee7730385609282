"""Everybody is answered at full load for a long time, and the bot's memory does not grow with it.

A minute with 300 people; with LABELBOT_TEST_SIZE=full 25 minutes with 3,000 people, after five for them all to
become known. With the series in view:

    LABELBOT_TEST_SIZE=full pytest -m slow -n 0 -s tests/e2e/test_soak.py
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from bot.localchat.server import LocalChatServer
from tests.support.busy_people import BusyPeople
from tests.support.processes import resident_bytes
from tests.support.service import Service

FULL = os.environ.get("LABELBOT_TEST_SIZE") == "full"
PEOPLE, WARM_UP_S, DURATION_S = (3000, 300.0, 1500.0) if FULL else (300, 0.0, 60.0)
# By then all is there that is kept of a person; and Python's table of interned strings, to which pathlib adds each part
# of a path, has been rebuilt, which takes 2 MB once, after 6,000 to 10,000 answers.
WARM_UP_ROUNDS = 4
# Ten minutes may cost a megabyte; a short run sees heaps find their size, and that table grow.
MAX_GROWTH_MB = DURATION_S / 600 if FULL else 4.0
AT_ONCE = 48
PERIOD_S = 1.0
# What the machine can do is the limit.
NO_LIMITS = {
    "LABELBOT_MESSAGES_PER_SECOND": "1000",
    "LABELBOT_MESSAGES_PER_MINUTE_PER_GROUP": "1000",
    "LABELBOT_REQUESTS_PER_MINUTE_PER_PERSON": "1000",
    "LABELBOT_REQUESTS_PER_MINUTE_PER_GROUP": "1000",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """What the bot had in memory of its own, and how much it had answered by then."""

    at_s: float
    answered: int
    memory_mb: float


@asynccontextmanager
async def sampled(service: Service, people: BusyPeople) -> AsyncIterator[list[Sample]]:
    """Take samples meanwhile."""
    samples: list[Sample] = []
    begun_s = time.monotonic()

    async def take() -> None:
        while True:
            memory_mb = resident_bytes(service.process.pid) / 1e6
            samples.append(Sample(time.monotonic() - begun_s, people.done.total(), memory_mb))
            await asyncio.sleep(PERIOD_S)

    taking = asyncio.create_task(take())
    try:
        yield samples
    finally:
        taking.cancel()


def slope_mb_per_s(samples: Sequence[Sample]) -> float:
    """The slope of the line that fits the samples best."""
    slope, _ = np.polyfit([each.at_s for each in samples], [each.memory_mb for each in samples], 1)
    return float(slope)


def show(samples: Sequence[Sample], warm: int) -> None:
    """Print a line for each twentieth of the run."""
    for before, after in pairwise(samples[:: max(1, len(samples) // 20)]):
        per_s = (after.answered - before.answered) / (after.at_s - before.at_s)
        sys.stdout.write(f"\n{after.at_s:6.0f} s  {after.answered:7,}  {per_s:5.1f}/s  {after.memory_mb:7.2f} MB")
    settled = samples[warm:]
    duration_s = settled[-1].at_s - settled[0].at_s
    sys.stdout.write(
        f"\n{PEOPLE:,} people, {samples[-1].answered:,} answered; after the first {settled[0].at_s:.0f} s "
        f"{600 * slope_mb_per_s(settled):+.2f} MB in ten minutes, over {duration_s:.0f} s\n"
    )


@pytest.mark.slow
async def test_memory_does_not_grow_at_full_load(tmp_path: Path) -> None:
    async with LocalChatServer() as server, Service.running(server, tmp_path, **NO_LIMITS) as service:
        people = BusyPeople(server.simulation, PEOPLE)
        async with sampled(service, people) as samples:
            warm_s = time.monotonic() + WARM_UP_S
            await people.act(
                AT_ONCE,
                until=lambda: time.monotonic() >= warm_s and people.done.total() >= WARM_UP_ROUNDS * PEOPLE,
            )
            warm = len(samples)
            end_s = time.monotonic() + DURATION_S
            await people.act(AT_ONCE, until=lambda: time.monotonic() >= end_s)
        assert not server.simulation.store.updates.pending
        assert await service.stop() == 0
    show(samples, warm)
    sys.stdout.write(f"{dict(people.done)}\n")
    assert not service.log("unexpected error")
    growth_mb = slope_mb_per_s(samples[warm:]) * DURATION_S
    assert growth_mb <= MAX_GROWTH_MB
