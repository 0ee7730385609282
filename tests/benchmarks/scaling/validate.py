"""Compares the simulation with the real bot: `python -m tests.benchmarks.scaling.validate`.

The real bot, with a network of Inception-v3's size and Telegram's limits off, labels many photos that come at once,
with one worker and with two. What a photo cost there, and what other programs took, is all that the simulation knows.
Then photos come at 0.5, 0.9 and 1.2 times that rate, at the same random moments in both. In the last run, Telegram's
limits are on, but lower. It takes some minutes on two cores, and writes `validation.json`.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
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
from tests.support.service import Service

FILE = Path(__file__).with_name("validation.json")
LOADS = (0.5, 0.9, 1.2)
SECONDS = 12.0
# Photos that are sent at once to find the capacity, per worker.
AT_ONCE = 64
# Photos, as a share of the messages that may be sent.
LIMITED = 1.2
# Highest share that is tried when the share of another program is fitted, and the number of halvings.
MAX_WEIGHT, FITTING_STEPS = 2.0, 9
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


def compare(name: str, photos_per_s: float, run: real.Run, full: FullLoad, limits: Limits = NO_LIMITS) -> Compared:
    """Simulate a run of the real bot.

    Args:
        name: name of the run.
        photos_per_s: rate at which photos came.
        run: the real run.
        full: the run at full load before it.
        limits: limits on messages.
    """
    outcome = Simulation(full.setup(run, full.weight, limits)).run(_arrivals_of(run))
    measured = Outcome(run.latencies_s, run.seconds, {}, {}, len(run.arrivals_s))
    return Compared(
        name=name,
        photos_per_s=photos_per_s,
        photos=len(run.arrivals_s),
        real_p50_ms=1e3 * measured.percentile_s(50),
        real_p95_ms=1e3 * measured.percentile_s(95),
        real_per_s=measured.throughput_per_s,
        p50_ms=1e3 * outcome.percentile_s(50),
        p95_ms=1e3 * outcome.percentile_s(95),
        per_s=outcome.throughput_per_s,
        other_jobs=fmean(count for _, count in run.others),
    )


def _arrivals_of(run: real.Run) -> list[Arrival]:
    return [
        Arrival(time_s, (real.FIRST_PHOTOS + number) % real.CHATS + 1) for number, time_s in enumerate(run.arrivals_s)
    ]


class FullLoad:
    """What the simulation knows: a run of the real bot with all photos at once.

    Attributes:
        photos_per_s: the bot's capacity.
        weight: share of a core that another program gets, compared with one of ours. The kernel shares cores between
            sessions first, so the number of programs alone does not say what they take. On a calm machine, it does not
            matter.
    """

    def __init__(self, run: real.Run, workers: int) -> None:
        self._run, self._workers = run, workers
        self.photos_per_s = len(run.latencies_s) / run.seconds
        low, high = 0.0, MAX_WEIGHT
        for _ in range(FITTING_STEPS):
            self.weight = (low + high) / 2
            slow = Simulation(self.setup(run, self.weight, NO_LIMITS)).run(_arrivals_of(run)).seconds > run.seconds
            low, high = (low, self.weight) if slow else (self.weight, high)

    def setup(self, run: real.Run, weight: float, limits: Limits) -> Setup:
        """Describe this machine during a run by what photos cost at full load."""
        full, photos, known = self._run, len(self._run.latencies_s), values(read_figures())
        return Setup(
            cores=os.cpu_count() or 1,
            others=[(time_s, weight * count) for time_s, count in run.others],
            workers=self._workers,
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


class Sending:
    """People who send photos to a bot, each photo once."""

    def __init__(self, people: real.People, service: Service, workers: int) -> None:
        self._people, self._service, self._workers = people, service, workers
        self._first = real.FIRST_PHOTOS

    async def send(self, arrivals_s: Sequence[float]) -> real.Run:
        run = await real.run(self._people, self._service, arrivals_s, first=self._first)
        self._first += len(arrivals_s)
        return run

    async def at_once(self) -> FullLoad:
        """Send so many photos at once that the bot shows its capacity."""
        run = await self.send([0.0] * (AT_ONCE * self._workers))
        return await asyncio.to_thread(FullLoad, run, self._workers)


async def validate(home: Path) -> AsyncIterator[Compared]:
    """Run both, and yield each comparison. Each run has its run at full load right before it."""
    async with real.People.gather(PHOTOS) as people:
        for workers in (1, 2):
            async with _sending(people, home, workers) as sending:
                for load in LOADS:
                    full = await sending.at_once()
                    rate = load * full.photos_per_s
                    run = await sending.send(_arrivals(rate))
                    yield compare(f"{_workers(workers)}, {load} x", rate, run, full)
        limits = Limits(per_s=max(1, round(full.photos_per_s / 2)))
        settings = {"LABELBOT_MESSAGES_PER_SECOND": str(limits.per_s), "LABELBOT_MESSAGES_PER_SECOND_PER_CHAT": "1"}
        async with _sending(people, home, 2, **settings) as sending:
            rate = LIMITED * limits.per_s
            run = await sending.send(_arrivals(rate))
            yield compare(f"{limits.per_s} messages a second at most, {LIMITED} x", rate, run, full, limits)


@asynccontextmanager
async def _sending(people: real.People, home: Path, workers: int, **settings: str) -> AsyncIterator[Sending]:
    """Start the bot with an empty database."""
    with tempfile.TemporaryDirectory() as folder:
        async with real.running(people, Path(folder), home / "models", INCEPTION, workers, **settings) as service:
            yield Sending(people, service, workers)


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
