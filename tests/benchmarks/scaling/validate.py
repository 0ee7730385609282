"""Compares the simulation with the real bot: `python -m tests.benchmarks.scaling.validate`.

The real bot, with a network of Inception-v3's size and Telegram's limits off, labels as many photos as it can, with one
worker and with two. What a photo cost there is all that the simulation knows. Then photos come at 0.5, 0.9 and 1.2
times that rate, at the same random moments in both. In a last run, Telegram's limits are on, but lower. It takes some
minutes on two calm cores, and writes `validation.json`.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate
from pathlib import Path
from statistics import fmean

from inference.benchmarks.network import INCEPTION
from tests.benchmarks.scaling import real
from tests.benchmarks.scaling.events import Work
from tests.benchmarks.scaling.figures import read_figures, values
from tests.benchmarks.scaling.load import Arrival
from tests.benchmarks.scaling.sending import NO_LIMITS, Limits
from tests.benchmarks.scaling.setup import Setup
from tests.benchmarks.scaling.simulation import Outcome, Simulation

FILE = Path(__file__).with_name("validation.json")
LOADS = (0.5, 0.9, 1.2)
SECONDS = 12.0
# Photos that are sent at once to find the capacity, per worker.
AT_ONCE = 96
LIMITS, LIMITED_PHOTOS_PER_S = Limits(per_s=10), 12.0
# Photos that are prepared. More are not needed unless a machine is three times as fast as the one of `figures.toml`.
PHOTOS = 2_000


@dataclass(frozen=True, slots=True)
class Compared:
    """A run of both; times in ms.

    Attributes:
        name: name of the run.
        photos_per_s: rate at which photos came.
        photos: number of photos.
        real_p50_ms, real_p95_ms, real_per_s: the real bot.
        p50_ms, p95_ms, per_s: the simulation.
        other_jobs: mean number of other programs that wanted a core meanwhile.
    """

    name: str
    photos_per_s: float
    photos: int
    real_p50_ms: float
    real_p95_ms: float
    real_per_s: float
    p50_ms: float
    p95_ms: float
    per_s: float
    other_jobs: float


def compare(name: str, photos_per_s: float, run: real.Run, setup: Setup) -> Compared:
    """Simulate a run of the real bot."""
    arrivals = [
        Arrival(time_s, (real.FIRST_PHOTOS + number) % real.CHATS + 1) for number, time_s in enumerate(run.arrivals_s)
    ]
    outcome = Simulation(setup).run(arrivals)
    measured = Outcome(run.latencies_s, run.seconds, {}, {}, len(arrivals))
    return Compared(
        name=name,
        photos_per_s=photos_per_s,
        photos=len(arrivals),
        real_p50_ms=1e3 * measured.percentile_s(50),
        real_p95_ms=1e3 * measured.percentile_s(95),
        real_per_s=measured.throughput_per_s,
        p50_ms=1e3 * outcome.percentile_s(50),
        p95_ms=1e3 * outcome.percentile_s(95),
        per_s=outcome.throughput_per_s,
        other_jobs=fmean(count for _, count in run.others),
    )


def setup_of(run: real.Run, full: real.Run, workers: int, limits: Limits) -> Setup:
    """Describe this machine during a run by what photos cost at full load."""
    photos, known = len(full.latencies_s), values(read_figures())
    return Setup(
        cores=os.cpu_count() or 1,
        others=run.others,
        workers=workers,
        worker=Work(each_s=full.workers_s / photos, variation=known["inception_v3_variation"]),
        bot=Work(each_s=full.bot_s / photos),
        server=Work(each_s=full.server_s / photos),
        # The processor's part is in the bot's; what is left is the switch between threads.
        database=Work(fixed_s=known["sqlite_group_ms"] / 1e3),
        limits=limits,
        round_trip_s=0.0,
        link_kb_s=1e9,
        connection_kb_s=1e9,
    )


async def validate(home: Path) -> AsyncIterator[Compared]:
    """Run both, and yield each comparison."""
    async with real.People.gather(PHOTOS) as people:
        for workers in (1, 2):
            with tempfile.TemporaryDirectory() as folder:
                async with real.running(people, Path(folder), home / "models", INCEPTION, workers) as service:
                    first = real.FIRST_PHOTOS
                    full = await real.run(people, service, [0.0] * (AT_ONCE * workers), first=first)
                    first += len(full.latencies_s)
                    capacity_per_s = len(full.latencies_s) / full.seconds
                    yield compare(f"{_workers(workers)}, at once", 0.0, full, setup_of(full, full, workers, NO_LIMITS))
                    for load in LOADS:
                        arrivals_s = _arrivals(load * capacity_per_s)
                        run = await real.run(people, service, arrivals_s, first=first)
                        first += len(arrivals_s)
                        name = f"{_workers(workers)}, {load} x"
                        yield compare(name, load * capacity_per_s, run, setup_of(run, full, workers, NO_LIMITS))
        with tempfile.TemporaryDirectory() as folder:
            settings = {"LABELBOT_MESSAGES_PER_SECOND": str(LIMITS.per_s), "LABELBOT_MESSAGES_PER_SECOND_PER_CHAT": "1"}
            async with real.running(people, Path(folder), home / "models", INCEPTION, 2, **settings) as service:
                run = await real.run(people, service, _arrivals(LIMITED_PHOTOS_PER_S))
                yield compare("Telegram's limits", LIMITED_PHOTOS_PER_S, run, setup_of(run, full, 2, LIMITS))


def _workers(count: int) -> str:
    return f"{count} worker{'s' * (count > 1)}"


def _arrivals(photos_per_s: float) -> Sequence[float]:
    chance = random.Random(22)
    return tuple(accumulate(chance.expovariate(photos_per_s) for _ in range(round(SECONDS * photos_per_s))))


async def main() -> None:
    home = await asyncio.to_thread(real.models_home)
    rows = []
    async for row in validate(home):
        rows.append(row)
        sys.stdout.write(f"{row}\n")
    FILE.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main())
