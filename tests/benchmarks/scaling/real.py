"""The real bot under a load that is known to the millisecond: what its photos wait, and what it costs.

The program `labelbot run` talks to a local Bot API server in this process. Telegram's limits are off, unless a run sets
them.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from bot.commands.benchmark import make_photos
from bot.config import PREFIX, UNLIMITED
from bot.localchat.chats import Chat, User
from bot.localchat.server import LocalChatServer
from bot.localchat.simulation import Simulation
from bot.localchat.threads import Message
from bot.sample import sample
from inference import ModelStore
from inference.benchmarks.network import build_inception
from inference.benchmarks.processes import cpu_s
from inference.models.defaults import DEFAULT_MODEL
from inference.system.home import default_home
from tests.support.service import Service

ANSWER_TIMEOUT_S = 300.0
# Requests of different chats take turns everywhere, so their number hardly matters if it is not tiny.
CHATS = 40
# Photos that are sent before a run counts: they open connections and start the workers.
FIRST_PHOTOS = 8
WATCH_PERIOD_S = 0.1


def models_home() -> Path:
    """Return the folder of the measured models, as of `labelbot benchmark`; what is missing is built."""
    home = Path(os.environ.get("LABELBOT_HOME") or default_home()).absolute() / "benchmark"
    build_inception(ModelStore(home))
    ModelStore(home).find(DEFAULT_MODEL)
    return home


@dataclass(frozen=True, slots=True)
class Run:
    """What a run showed.

    Attributes:
        arrivals_s, latencies_s: when each photo was sent, from the start of the run, and how long its answer took.
        seconds: time from the first photo to the last answer.
        bot_s, workers_s, server_s: CPU time of the bot's process, of its workers, and of the local server with the
            people, in seconds.
        others: number of threads of other programs that wanted a core, with the seconds from the start of the run.
    """

    arrivals_s: tuple[float, ...]
    latencies_s: tuple[float, ...]
    seconds: float
    bot_s: float
    workers_s: float
    server_s: float
    others: tuple[tuple[float, float], ...]


class People:
    """The local server, and people who have prepared photos."""

    def __init__(self, server: LocalChatServer, photos: Sequence[bytes]) -> None:
        self.server = server
        self.photos = photos
        simulation = server.simulation
        people = [simulation.add_user(f"Guest {number}") for number in range(CHATS)]
        self._places: list[tuple[Chat, User]] = [(simulation.add_private_chat(person), person) for person in people]

    @classmethod
    @asynccontextmanager
    async def gather(cls, count: int) -> AsyncIterator[Self]:
        """Start the server, and make photos, all of them different."""
        photos = await asyncio.to_thread(make_photos, sample(), count + FIRST_PHOTOS)
        async with LocalChatServer() as server:
            yield cls(server, photos)

    async def prepare(self, numbers: range) -> None:
        """Make the sizes of photos, so that to send them takes no time."""
        for number in numbers:
            await self.simulation.prepare_photo(self.photos[number])

    @property
    def simulation(self) -> Simulation:
        return self.server.simulation

    def send(self, number: int) -> Message:
        chat, person = self._places[number % CHATS]
        return self.simulation.send_photo(chat, person, self.photos[number])

    async def answered(self, message: Message) -> float:
        """Wait for the labels of a photo; return the time then, by the clock `time.perf_counter`."""
        reply = await self.simulation.wait_for_reply(message, ANSWER_TIMEOUT_S)
        now_s = time.perf_counter()
        if "%" not in reply["text"]:
            raise RuntimeError(f"expected labels. Received: {reply['text']}")
        return now_s


@asynccontextmanager
async def running(
    people: People, home: Path, models: Path, model: str, workers: int, **limits: str
) -> AsyncIterator[Service]:
    """Start the bot with an empty database, and have it label a few photos.

    Args:
        people: the people, with photos.
        home: empty folder for the bot's data.
        models: folder with the installed models, as an absolute path.
        model: name of the model.
        workers: number of worker processes.
        limits: settings that differ, by their names in the environment.
    """
    (home / "models").symlink_to(models, target_is_directory=True)
    settings = {f"{PREFIX}{name.upper()}": str(value) for name, value in UNLIMITED.items()}
    settings |= {f"{PREFIX}MODEL": model, f"{PREFIX}WORKERS": str(workers), **limits}
    await people.prepare(range(FIRST_PHOTOS))
    async with Service.running(people.server, home, **settings) as service:
        await asyncio.gather(*(people.answered(people.send(number)) for number in range(FIRST_PHOTOS)))
        yield service
        await service.stop()


async def run(people: People, service: Service, arrivals_s: Sequence[float], *, first: int = FIRST_PHOTOS) -> Run:
    """Send photos at given moments, and wait for all answers.

    Args:
        people: the people, with photos.
        service: the bot.
        arrivals_s: seconds from the start of the run, in order.
        first: number of the first photo; photos that were sent before would be answered from the cache.
    """
    await people.prepare(range(first, first + len(arrivals_s)))
    bot, workers = [service.process.pid], service.workers()
    before_s = cpu_s(bot), cpu_s(workers), time.process_time()
    others: list[tuple[float, float]] = []
    started_s = time.perf_counter()
    watching = asyncio.create_task(_watch_others({*bot, *workers}, started_s, others))

    async def follow(message: Message, sent_s: float) -> float:
        return await people.answered(message) - sent_s

    waiting = []
    for number, arrival_s in enumerate(arrivals_s, first):
        await asyncio.sleep(max(0.0, started_s + arrival_s - time.perf_counter()))
        # A photo counts from its planned moment, also if this process was late.
        waiting.append(asyncio.create_task(follow(people.send(number), started_s + arrival_s)))
    latencies_s = await asyncio.gather(*waiting)
    seconds = time.perf_counter() - started_s
    after_s = cpu_s(bot), cpu_s(workers), time.process_time()
    watching.cancel()
    bot_s, workers_s, server_s = (now - then for now, then in zip(after_s, before_s, strict=True))
    return Run(tuple(arrivals_s), tuple(latencies_s), seconds, bot_s, workers_s, server_s, tuple(others))


async def _watch_others(ours: set[int], started_s: float, others: list[tuple[float, float]]) -> None:
    """Count the threads of other programs that want a core, a few times a second, until cancelled."""
    while True:
        others.append((time.perf_counter() - started_s, _other_jobs(ours)))
        await asyncio.sleep(WATCH_PERIOD_S)


def _other_jobs(ours: set[int]) -> int:
    running = int(Path("/proc/stat").read_text(encoding="ascii").partition("procs_running ")[2].split()[0])
    states = [_state(stat) for pid in ours for stat in Path(f"/proc/{pid}/task").glob("*/stat")]
    # This process runs as it counts.
    return max(0, running - states.count("R") - 1)


def _state(stat: Path) -> str:
    """Return the state of a thread; an empty text if it has just ended."""
    try:
        return stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def pss_mb(pid: int) -> float:
    """Return the proportional set size of a process."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
    return int(rollup.partition("\nPss:")[2].split()[0]) * 1024 / 1e6
