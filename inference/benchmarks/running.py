"""The measured sides while they run: a pool, and bare loops beside it."""

from __future__ import annotations

import asyncio
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from inference.benchmarks.processes import cpu_s
from inference.models.bundle import Bundle
from inference.models.network import DEFAULT_OPTIONS, NetworkOptions
from inference.models.store import ModelStore
from inference.pool.pool import InferencePool
from inference.pool.process import Usage

# Number of simulated clients of a pool.
CLIENTS = 8
# Number of images per worker at the start and at the end of a turn that do not count for the idle time: workers wait
# for the first image and after the last one.
UNCOUNTED_IMAGES = 2


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn of a pool whose workers always have an image to label.

    Attributes:
        seconds: duration.
        workers_cpu_s: CPU time of the workers.
        parent_cpu_s: CPU time of the process that the pool runs in.
        usage: time of the workers without the turn's start and end.
    """

    seconds: float
    workers_cpu_s: float
    parent_cpu_s: float
    usage: Usage

    @property
    def idle_share(self) -> float:
        """Share of the workers' time in which they wait for an image."""
        return self.usage.idle_s / (self.usage.idle_s + self.usage.work_s)


async def run_pool(pool: InferencePool, image: bytes, model: str, count: int) -> Turn:
    """Label an image `count` times, all at once; `count` exceeds four per worker."""
    pids = pool.worker_pids()
    usages: dict[int, Usage] = {}
    done = 0

    async def label(number: int) -> None:
        nonlocal done
        await pool.classify(image, model=model, top_k=5, client=number % CLIENTS)
        done += 1
        usages[done] = pool.usage()

    start_s, workers_cpu_s, parent_cpu_s = time.perf_counter(), cpu_s(pids), time.process_time()
    await asyncio.gather(*map(label, range(count)))
    return Turn(
        seconds=time.perf_counter() - start_s,
        workers_cpu_s=cpu_s(pids) - workers_cpu_s,
        parent_cpu_s=time.process_time() - parent_cpu_s,
        usage=usages[count - UNCOUNTED_IMAGES * len(pids)] - usages[UNCOUNTED_IMAGES * len(pids)],
    )


@asynccontextmanager
async def running_pool(
    store: ModelStore, model: str, *, workers: int, options: NetworkOptions = DEFAULT_OPTIONS
) -> AsyncIterator[InferencePool]:
    """Start a pool whose workers have loaded a model; close it at the end."""
    # The capacity is high, since a turn queues all its photos at once.
    pool = InferencePool(
        store,
        workers=workers,
        device=options.device,
        max_batch_size=options.max_batch_size,
        capacity=1_000_000,
    )
    await pool.start(models=[model])
    try:
        yield pool
    finally:
        await pool.close()


class BareLoops:
    """Processes that run `inference.benchmarks.bare_loop`."""

    def __init__(self, processes: Iterable[asyncio.subprocess.Process]) -> None:
        self._processes = tuple(processes)

    async def run(self, count: int) -> tuple[float, float]:
        """Label the photo `count` times in all loops together.

        Returns:
            The seconds until the last loop is done, and the CPU time of all loops in seconds.
        """
        pids = [process.pid for process in self._processes]
        start_s, start_cpu_s = time.perf_counter(), cpu_s(pids)
        for process in self._processes:
            assert process.stdin
            process.stdin.write(f"{count // len(self._processes)}\n".encode())
        for process in self._processes:
            assert process.stdout
            await process.stdout.readuntil()
        return time.perf_counter() - start_s, cpu_s(pids) - start_cpu_s


@asynccontextmanager
async def running_loops(bundle: Bundle, photo: Path, *, count: int) -> AsyncIterator[BareLoops]:
    """Start bare loops, each in a process of its own; end them at the end."""
    command = (sys.executable, "-m", "inference.benchmarks.bare_loop", str(bundle.directory), str(photo))
    processes = [
        await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL) for _ in range(count)
    ]
    try:
        yield BareLoops(processes)
    finally:
        for process in processes:
            assert process.stdin
            process.stdin.close()
            await process.wait()
