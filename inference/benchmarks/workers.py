"""Speed and memory of a pool by its number of workers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain

from inference.benchmarks.engines import ROUND_S, TOP_K, Speed
from inference.benchmarks.processes import bare_python_bytes, resident_bytes
from inference.benchmarks.running import running_pool
from inference.models.network import DEFAULT_OPTIONS, NetworkOptions
from inference.models.store import ModelStore
from inference.pool.pool import InferencePool

# Maximum number of workers up to which every number is measured. Above, only powers of 2 and the highest number are
# measured, to keep the chart short.
MAX_CONSECUTIVE_WORKERS = 8


@dataclass(frozen=True, slots=True)
class WorkersRow:
    """Measurements of a pool whose workers are all busy.

    Attributes:
        workers: number of worker processes.
        speed: speed from a photo's bytes to its labels, as seen by the pool's caller.
        memory_mb: resident memory of all workers together, in 10^6 bytes; the memory of a bare Python process is
            subtracted for each worker.
    """

    workers: int
    speed: Speed
    memory_mb: float


@dataclass(slots=True)
class _Measured:
    """Measurements of the pools with one number of workers."""

    rates_per_s: list[float] = field(default_factory=list)
    latencies_ms: list[float] = field(default_factory=list)
    resident_bytes: int = 0


def worker_counts(most: int) -> list[int]:
    """Return the numbers of workers to measure: each up to 8, then powers of 2, and `most`."""
    return [
        count
        for count in range(1, most + 1)
        if count <= MAX_CONSECUTIVE_WORKERS or count.bit_count() == 1 or count == most
    ]


async def measure_workers(
    store: ModelStore,
    model: str,
    image: bytes,
    *,
    counts: Sequence[int],
    rounds: int,
    on_progress: Callable[[str], object],
    options: NetworkOptions = DEFAULT_OPTIONS,
) -> tuple[WorkersRow, ...]:
    """Measure pools in rounds; in each round, a pool of each size labels one image repeatedly.

    Args:
        store: store with the model.
        model: name of the model.
        image: content of an image file.
        counts: numbers of workers.
        rounds: number of rounds.
        on_progress: called with a description of each step.
        options: device and batch size, if the model runs in a TensorFlow session.

    Raises:
        InferenceError: a pool cannot start, or cannot label the image.
    """
    measured = {count: _Measured() for count in counts}
    for number in range(rounds):
        for count, done in measured.items():
            on_progress(f"Round {number + 1} of {rounds}: {count} worker{'s' if count > 1 else ''}")
            async with running_pool(store, model, workers=count, options=options) as pool:
                latencies_ms = await asyncio.gather(
                    *(_keep_busy(pool, model, image, client) for client in range(count))
                )
                done.resident_bytes = sum(map(resident_bytes, pool.worker_pids()))
            # The rate of a round is the sum of the clients' rates. So the time in which a client that is done waits for
            # the other clients does not count.
            done.rates_per_s.append(sum(1e3 * len(each) / sum(each) for each in latencies_ms))
            done.latencies_ms.extend(chain(*latencies_ms))
    bare_bytes = await bare_python_bytes()
    return tuple(
        WorkersRow(
            count,
            Speed.of(done.rates_per_s, done.latencies_ms),
            (done.resident_bytes - count * bare_bytes) / 1e6,
        )
        for count, done in measured.items()
    )


async def _keep_busy(pool: InferencePool, model: str, image: bytes, client: int) -> list[float]:
    """Label an image repeatedly for a round; return the latency of each run in milliseconds."""
    await pool.classify(image, model=model, top_k=TOP_K, client=client)  # fills caches
    latencies_ms: list[float] = []
    end_s = time.perf_counter() + ROUND_S
    while not latencies_ms or time.perf_counter() < end_s:
        started_s = time.perf_counter()
        await pool.classify(image, model=model, top_k=TOP_K, client=client)
        latencies_ms.append(1e3 * (time.perf_counter() - started_s))
    return latencies_ms
