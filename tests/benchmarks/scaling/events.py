"""A discrete-event simulation: a clock, cores that are shared, and stations where jobs wait.

Nothing here knows of photos. Times are in seconds. Functions that are passed as `done` are called when work ends.
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from itertools import count
from math import inf

from inference.pool.fair_queue import FairQueue

Done = Callable[[], None]


class Clock:
    """Calls functions at their times, in order."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._events: list[tuple[float, int, Done]] = []
        self._numbers = count()

    def at(self, time_s: float, call: Done) -> None:
        heapq.heappush(self._events, (max(time_s, self.now_s), next(self._numbers), call))

    def after(self, delay_s: float, call: Done) -> None:
        self.at(self.now_s + delay_s, call)

    def run(self, until_s: float = inf) -> None:
        """Call all functions that are due until a time, or until none is left."""
        while self._events and self._events[0][0] <= until_s:
            self.now_s, _, call = heapq.heappop(self._events)
            call()


class Shared:
    """Something that all running jobs share evenly: the cores of a machine, or a network link.

    Args:
        clock: the clock.
        capacity: work per second in all: cores, or bytes a second.
        per_job: work per second of a job at most: 1 core, or the pace of one connection.
    """

    def __init__(self, clock: Clock, capacity: float, per_job: float = 1.0) -> None:
        self._clock = clock
        self.capacity = capacity
        self._per_job = per_job
        self._others = 0.0
        self._jobs: list[tuple[float, int, Done]] = []  # by the progress at which each job is done
        self._numbers = count()
        self._progress = 0.0  # work that a job has got which runs since the beginning
        self._since_s = 0.0
        self._version = 0
        self._used = 0.0

    def run(self, work: float, done: Done) -> None:
        self._advance()
        heapq.heappush(self._jobs, (self._progress + work, next(self._numbers), done))
        self._plan()

    def set_others(self, count: float) -> None:
        """Set the number of jobs of other programs, which have their shares, too."""
        self._advance()
        self._others = count
        self._plan()

    @property
    def used(self) -> float:
        """Work done so far."""
        self._advance()
        return self._used

    @property
    def _pace(self) -> float:
        return min(self._per_job, self.capacity / (len(self._jobs) + self._others)) if self._jobs else 0.0

    def _advance(self) -> None:
        passed = (self._clock.now_s - self._since_s) * self._pace
        self._progress += passed
        self._used += passed * len(self._jobs)
        self._since_s = self._clock.now_s

    def _plan(self) -> None:
        self._version += 1
        if self._jobs:
            left_s = max(0.0, self._jobs[0][0] - self._progress) / self._pace
            version = self._version
            self._clock.after(left_s, lambda: self._finish(version))

    def _finish(self, version: int) -> None:
        if version == self._version:
            self._advance()
            _, _, done = heapq.heappop(self._jobs)
            self._plan()
            done()


@dataclass(frozen=True, slots=True)
class Work:
    """What a job takes at a station: a fixed part, once for a batch, and a part for each job.

    Attributes:
        fixed_s, each_s: mean of the parts, in seconds of a core, or of the clock if the station has no cores.
        variation: standard deviation of the whole as a share of the mean: 0 is constant, 1 exponential.
    """

    fixed_s: float = 0.0
    each_s: float = 0.0
    variation: float = 0.0

    def draw(self, jobs: float, chance: random.Random) -> float:
        mean_s = self.fixed_s + jobs * self.each_s
        if self.variation == 0 or mean_s == 0:
            return mean_s
        shape = self.variation**-2
        return chance.gammavariate(shape, mean_s / shape)


class Station:
    """Servers with one queue, in which clients take turns as they do for Labelbot's workers.

    Args:
        clock: the clock.
        servers: number of batches that are served at once.
        work: what a batch takes.
        chance: source of random numbers.
        cores: cores on which the servers work; None if a server waits for something else, such as a disk.
        batch: jobs that a server takes at once, at most.
        fair: whether clients take turns; otherwise jobs are served as they come.

    Attributes:
        arrived, served: number of jobs.
        waited_s, stayed_s: sums over the served jobs of the time in the queue, and of the time in the station.
        jobs_s: number of jobs in the station, summed up over time.
        busy_s: busy time of all servers.
    """

    def __init__(
        self,
        clock: Clock,
        servers: int,
        work: Work,
        chance: random.Random,
        *,
        cores: Shared | None = None,
        batch: int = 1,
        fair: bool = False,
    ) -> None:
        self._clock, self._work, self._chance, self._cores, self._batch = clock, work, chance, cores, batch
        self.servers = self._free = servers
        self._queue: FairQueue[_Job] | None = FairQueue() if fair else None
        self._line: deque[_Job] = deque()
        self.arrived = self.served = 0
        self.waited_s = self.stayed_s = self.jobs_s = self.busy_s = 0.0
        self._since_s = 0.0

    def submit(self, client: Hashable, done: Done, *, share: float = 1.0) -> None:
        """Queue a job, which may be a part of a whole one."""
        self._count(+1)
        job = _Job(client, done, self._clock.now_s, share)
        if self._queue is None:
            self._line.append(job)
        else:
            self._queue.enqueue(client, job)
        self._start()

    def _start(self) -> None:
        while self._free and (group := self._take()):
            self._free -= 1
            started_s = self._clock.now_s
            self.waited_s += sum(started_s - job.arrived_s for job in group)
            work_s = self._work.draw(sum(job.share for job in group), self._chance)
            end = _End(self, group, started_s)
            if self._cores is None:
                self._clock.after(work_s, end)
            else:
                self._cores.run(work_s, end)

    def _take(self) -> list[_Job]:
        group: list[_Job] = []
        while len(group) < self._batch:
            job = self._next()
            if job is None:
                break
            group.append(job)
        return group

    def _next(self) -> _Job | None:
        if self._queue is not None:
            return self._queue.dequeue()
        return self._line.popleft() if self._line else None

    def end(self, group: list[_Job], started_s: float) -> None:
        """Free a server, and pass its jobs on."""
        now_s = self._clock.now_s
        self.busy_s += now_s - started_s
        self._free += 1
        for job in group:
            self._count(-1)
            self.stayed_s += now_s - job.arrived_s
            if self._queue is not None:
                self._queue.charge(job.client, (now_s - started_s) / len(group))
        self._start()
        for job in group:
            job.done()

    def _count(self, change: int) -> None:
        self.jobs_s += (self.arrived - self.served) * (self._clock.now_s - self._since_s)
        self._since_s = self._clock.now_s
        if change > 0:
            self.arrived += 1
        else:
            self.served += 1


@dataclass(eq=False, slots=True)
class _Job:
    client: Hashable
    done: Done
    arrived_s: float
    share: float


@dataclass(eq=False, slots=True)
class _End:
    station: Station
    group: list[_Job]
    started_s: float

    def __call__(self) -> None:
        self.station.end(self.group, self.started_s)
