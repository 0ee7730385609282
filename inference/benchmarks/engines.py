"""Speed and memory of the variants of a model. Each variant runs in a worker process of its own, on one thread.

In each round, the variants run one after another, so that other load on the machine affects all of them alike.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import chain
from statistics import median

import numpy as np

from inference.benchmarks.processes import bare_python_bytes, resident_bytes
from inference.benchmarks.variants import ModelVariant
from inference.errors import ModelError
from inference.models.bundle import Bundle
from inference.models.network import DEFAULT_OPTIONS, NetworkOptions
from inference.models.prediction import Classification, Timings
from inference.pool.pool import WORKER_MEMORY_BYTES
from inference.pool.process import WorkerDied, WorkerProcess
from inference.pool.protocol import Classify, WorkerOptions

# Duration of a round, in seconds: long enough for the slowest TensorFlow session to label about ten photos with a
# network of Inception's size.
ROUND_S = 1.0
TOP_K = 5


@dataclass(frozen=True, slots=True)
class Speed:
    """Throughput and latency.

    Attributes:
        images_per_s: images per second, the median over the rounds.
        p50_ms, p95_ms: percentiles of the time per image over all rounds, in milliseconds.
    """

    images_per_s: float
    p50_ms: float
    p95_ms: float

    @classmethod
    def of(cls, rates_per_s: Sequence[float], latencies_ms: Sequence[float]) -> Speed:
        p50_ms, p95_ms = np.percentile(latencies_ms, [50, 95]).tolist()
        return cls(median(rates_per_s), p50_ms, p95_ms)


@dataclass(frozen=True, slots=True)
class Cost:
    """Speed, memory and size of a variant.

    Attributes:
        speed: speed of the network alone, from pixels to labels.
        memory_mb: resident memory of the process minus the memory of a bare Python process, in 10^6 bytes.
        load_s: time to load the model in a started process, in seconds, with the import of the engine's library.
        file_mb: size of the network's file, in 10^6 bytes.
    """

    speed: Speed
    memory_mb: float
    load_s: float
    file_mb: float


@dataclass(frozen=True, slots=True)
class EngineRow:
    """A variant and its measurements; if it cannot be made or run, `cost` is None and `reason` says why."""

    variant: ModelVariant
    cost: Cost | None
    reason: str | None = None


@dataclass(eq=False, slots=True)
class _RunningVariant:
    """A variant in its worker process, with the timings of its rounds so far."""

    variant: ModelVariant
    bundle: Bundle
    worker: WorkerProcess
    load_s: float
    rounds: list[list[Timings]] = field(default_factory=list)

    @classmethod
    async def start(
        cls, variant: ModelVariant, bundle: Bundle, stack: AsyncExitStack, options: NetworkOptions
    ) -> _RunningVariant:
        worker = await WorkerProcess.start(
            WorkerOptions(max_models=1, max_memory_bytes=WORKER_MEMORY_BYTES, network=options)
        )
        stack.push_async_callback(worker.end)
        started_s = time.perf_counter()
        await worker.load(bundle)
        return cls(variant, bundle, worker, time.perf_counter() - started_s)

    async def label(self, image: bytes) -> Timings:
        answer: Classification = await self.worker.request(Classify(self.bundle, TOP_K), image)
        return answer.timings

    async def run_round(self, image: bytes) -> None:
        end_s = time.perf_counter() + ROUND_S
        round_timings = [await self.label(image)]
        while time.perf_counter() < end_s:
            round_timings.append(await self.label(image))
        self.rounds.append(round_timings)

    def cost(self, bare_bytes: int) -> Cost:
        rounds_ms = [[timings.inference_ms for timings in round_timings] for round_timings in self.rounds]
        rates_per_s = [1e3 * len(round_timings) / sum(round_timings) for round_timings in rounds_ms]
        return Cost(
            speed=Speed.of(rates_per_s, list(chain(*rounds_ms))),
            memory_mb=(resident_bytes(self.worker.pid) - bare_bytes) / 1e6,
            load_s=self.load_s,
            file_mb=self.bundle.network.stat().st_size / 1e6,
        )


async def measure_engines(
    variants: Sequence[ModelVariant],
    image: bytes,
    *,
    rounds: int,
    on_progress: Callable[[str], object],
    options: NetworkOptions = DEFAULT_OPTIONS,
) -> tuple[tuple[EngineRow, ...], float]:
    """Measure variants in rounds; in each round, every variant labels one image repeatedly.

    Args:
        variants: variants of one model.
        image: content of an image file.
        rounds: number of rounds.
        on_progress: called with a description of each step.
        options: device and batch size, for the variants that run in a TensorFlow session.

    Returns:
        One row per variant, in their order, and the median time to decode and resize the image, in milliseconds.

    Raises:
        ImageError: the image cannot be labelled.
        ModelError: no variant runs.
    """
    reasons = {variant.format: variant.reason for variant in variants}
    async with AsyncExitStack() as stack:
        running: list[_RunningVariant] = []
        for variant in variants:
            if variant.bundle is None:
                continue
            on_progress(f"Loading {variant.name}")
            try:
                one = await _RunningVariant.start(variant, variant.bundle, stack, options)
                await one.label(image)  # fills caches
                running.append(one)
            except (ModelError, WorkerDied) as error:
                reasons[variant.format] = str(error)
        for number in range(rounds):
            for one in tuple(running):
                on_progress(f"Round {number + 1} of {rounds}: {one.variant.name}")
                try:
                    await one.run_round(image)
                except (ModelError, WorkerDied) as error:
                    reasons[one.variant.format] = str(error)
                    running.remove(one)
        if not running:
            raise ModelError(f"expected an engine that runs the model. Received: {reasons}")
        bare_bytes = await bare_python_bytes()
        costs = {one.variant.format: one.cost(bare_bytes) for one in running}
    decode_ms = [timings.decode_ms for one in running for round_timings in one.rounds for timings in round_timings]
    rows = (EngineRow(each, costs.get(each.format), reasons[each.format]) for each in variants)
    return tuple(rows), median(decode_ms)
