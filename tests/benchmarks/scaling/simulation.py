"""Labelbot as a simulation: what becomes of each photo from its arrival to its answer.

    Telegram -> bot's process -> database -> download -> bot's process -> fair queue -> workers
             -> bot's process -> database -> Telegram's limits -> answer -> database

The bot may have several replicas, which are processes; a chat belongs to one of them. The queue before the workers and
the limits on messages are Labelbot's own code.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

from bot.services.albums import QUIET_S as ALBUM_QUIET_S
from tests.benchmarks.scaling.events import Clock, Done, Shared, Station
from tests.benchmarks.scaling.load import Arrival
from tests.benchmarks.scaling.sending import Sender
from tests.benchmarks.scaling.setup import Setup

Step: TypeAlias = Callable[[Done], object]

# Shares of the bot's time for a photo: before the download, before the workers, and for the answer. An estimate, which
# matters little, as it is a few milliseconds in all.
BEFORE_DOWNLOAD, BEFORE_WORKERS, FOR_ANSWER = 0.4, 0.2, 0.4
# Statements of a photo, see `tests/benchmarks/test_storage.py`. Those of a line are submitted together.
ADD = 1
READ = 1
CACHE, CLAIM = 1, 1
CONFIRM, SAVE, DONE = 1, 1, 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the photos.

    Attributes:
        latencies_s: time from the arrival of each photo to its answer, in the order of the arrivals.
        seconds: time until the last answer.
        stations: stations by their names.
        utilisation: used share of each station, link and limit by its name.
        arrived: number of photos that arrived.
    """

    latencies_s: Sequence[float]
    seconds: float
    stations: dict[str, Sequence[Station]]
    utilisation: dict[str, float]
    arrived: int

    @property
    def throughput_per_s(self) -> float:
        return len(self.latencies_s) / self.seconds

    def percentile_s(self, percent: float) -> float:
        ordered = sorted(self.latencies_s)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


class Simulation:
    """One run."""

    def __init__(self, setup: Setup, seed: int = 0) -> None:
        self.clock = clock = Clock()
        self.setup = setup
        chance = random.Random(seed)
        self.cores = Shared(clock, setup.cores)
        for time_s, count in setup.others:
            clock.at(time_s, partial(self.cores.set_others, count))
        self.worker_cores = Shared(clock, setup.worker_cores) if setup.worker_cores else self.cores
        self.link = Shared(clock, setup.link_kb_s, setup.connection_kb_s)
        # A batch takes the time of a GPU, not of the cores.
        cores = None if setup.batch > 1 else self.worker_cores
        self.workers = Station(clock, setup.workers, setup.worker, chance, cores=cores, batch=setup.batch, fair=True)
        self.bots = [Station(clock, 1, setup.bot, chance, cores=self.cores) for _ in range(setup.replicas)]
        self.databases = [Station(clock, 1, setup.database, chance, batch=setup.group) for _ in range(setup.replicas)]
        self.sender = Sender(clock, setup.limits)
        self.gateways = None
        if setup.gateway is not None:
            self.gateways = Station(clock, setup.replicas, setup.gateway, chance, cores=self.cores)
        self.server = None if setup.server is None else Station(clock, 1, setup.server, chance, cores=self.cores)
        self._photos: list[_Photo] = []

    def run(self, arrivals: Iterable[Arrival]) -> Outcome:
        """Follow all photos to their answers."""
        self._pending = iter(arrivals)
        self._next_arrival()
        self.clock.run()
        self._ended_s = max((photo.answered_s for photo in self._photos), default=0.0)
        latencies_s = [photo.answered_s - photo.arrived_s for photo in self._photos if photo.answered_s]
        stations: dict[str, Sequence[Station]] = {
            "workers": [self.workers],
            "bot": self.bots,
            "database": self.databases,
        }
        return Outcome(latencies_s, self._ended_s, stations, self._utilisation(stations), len(self._photos))

    def _next_arrival(self) -> None:
        """Let one message come at a time, so that few wait in the clock."""
        if (arrival := next(self._pending, None)) is not None:
            self.clock.at(arrival.time_s, lambda: self._arrive(arrival))

    def _arrive(self, arrival: Arrival) -> None:
        album = _Album(arrival.photos, self.clock.now_s)
        for _ in range(arrival.photos):
            photo = _Photo(self, arrival.chat_id, album, self.clock.now_s)
            self._photos.append(photo)
            photo.begin()
        self._next_arrival()

    def _utilisation(self, stations: dict[str, Sequence[Station]]) -> dict[str, float]:
        over_s = max(self._ended_s, 1e-9)
        shares = {
            name: sum(each.busy_s for each in group) / over_s / sum(each.servers for each in group)
            for name, group in stations.items()
        }
        shares["cores"] = self.cores.used / self.cores.capacity / over_s
        shares["network"] = self.link.used / self.link.capacity / over_s
        shares["Telegram's limit"] = self.sender.sent / over_s / self.setup.limits.per_s
        return shares


@dataclass(eq=False, slots=True)
class _Album:
    """Photos with one answer; most often a single one."""

    unlabelled: int
    arrived_s: float
    photos: list[_Photo] = field(default_factory=list)


class _Photo:
    """The way of a photo, step by step."""

    __slots__ = ("_album", "_bot", "_chat_id", "_database", "_run", "answered_s", "arrived_s")

    def __init__(self, simulation: Simulation, chat_id: int, album: _Album, arrived_s: float) -> None:
        self._run, self._chat_id, self._album, self.arrived_s = simulation, chat_id, album, arrived_s
        self.answered_s = 0.0
        number = abs(chat_id) % len(simulation.bots)
        self._bot, self._database = simulation.bots[number], simulation.databases[number]
        album.photos.append(self)

    def begin(self) -> None:
        """Go through all steps up to the labels."""
        run, clock = self._run, self._run.clock
        steps: list[Step] = [
            *self._served_by_server(),
            partial(clock.after, run.setup.round_trip_s / 2),
            self._work(BEFORE_DOWNLOAD),
            self._store(ADD),
            partial(clock.after, run.setup.read_s) if run.setup.read_s else self._store(READ),
            partial(clock.after, 2 * run.setup.round_trip_s),
            *self._served_by_server(),
            partial(run.link.run, run.setup.photo_kb),
            self._work(BEFORE_WORKERS),
            *([] if run.gateways is None else [partial(run.gateways.submit, self._chat_id)]),
            partial(run.workers.submit, self._chat_id),
        ]
        _walk(iter(steps), self._labelled)

    def _labelled(self) -> None:
        """Answer, once all photos of the album have labels."""
        album, clock = self._album, self._run.clock
        album.unlabelled -= 1
        if album.unlabelled == 0:
            complete_s = album.arrived_s + (ALBUM_QUIET_S if len(album.photos) > 1 else 0.0)
            clock.at(complete_s, self._answer)

    def _answer(self) -> None:
        photos = len(self._album.photos)
        steps: list[Step] = [
            self._work(FOR_ANSWER * photos),
            self._store(photos * CACHE + CLAIM),
            partial(self._run.sender.send, self._chat_id),
            *self._served_by_server(),
            partial(self._run.clock.after, self._run.setup.round_trip_s),
        ]
        _walk(iter(steps), self._finish)

    def _finish(self) -> None:
        for photo in self._album.photos:
            photo.answered_s = self._run.clock.now_s
        self._store(CONFIRM + SAVE + len(self._album.photos) * DONE)(lambda: None)

    def _work(self, share: float) -> Step:
        return partial(self._bot.submit, self._chat_id, share=share)

    def _store(self, statements: int) -> Step:
        return partial(self._database.submit, self._chat_id, share=statements)

    def _served_by_server(self) -> list[Step]:
        server = self._run.server
        return [] if server is None else [partial(server.submit, self._chat_id, share=1 / 3)]


def _walk(steps: Iterator[Step], done: Done) -> None:
    """Take steps one after another."""
    step = next(steps, None)
    if step is None:
        done()
    else:
        step(lambda: _walk(steps, done))
