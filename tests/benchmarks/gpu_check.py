"""Checks and measures TensorFlow sessions on a GPU: one script of at most six minutes, for a machine that is lent.

    python -m tests.benchmarks.gpu_check [--output FILE]

runs the tests of the TensorFlow engine, and then a network of Inception-v3's size: images per second and latency by
batch size, by number of workers and by the time that an image waits for its batch, memory, and a kill of a worker under
load. It prints a table and writes all figures to FILE as JSON, after each step, so that they outlast a time limit. A
step that fails, for example for lack of memory, is noted, and the others run. The last lines say which values are best.

The status is 0 if the tests passed, no step failed and each image under the kill was answered, and otherwise 1. Where
TensorFlow sees no GPU, it says so and ends with status 2.

`--device CPU:0` runs it without a GPU, to try the script itself; `--quick` takes a tiny network and short steps.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any

from bot.commands.benchmark import make_photos
from bot.sample import sample
from inference.benchmarks.network import build_inception
from inference.benchmarks.processes import joint_bytes
from inference.errors import InferenceError
from inference.models.store import ModelStore
from inference.pool.batching import MAX_WAIT_S
from inference.pool.pool import InferencePool
from inference.system.environment import child_environment

LIMIT_S = 360.0
# Seconds that are kept for the end: workers are stopped, and the table is printed.
END_S = 15.0
# Seconds that are kept for the measurements while the network is made.
MEASURING_S = 90.0
# Seconds that the kill takes, on a slow machine.
KILL_S = 60.0
DEVICES_LIMIT_S = 60.0
TESTS = ("tests/inference/models/test_tensorflow_engine.py", "tests/inference/pool/test_pool_batches.py")
TESTS_LIMIT_S = 90.0
BATCH_SIZES = (1, 4, 8, 16, 32, 64)
WORKERS = (1, 2, 4)
# Seconds that an image waits for its batch at most: the default and its neighbours.
WAITS_S = (0.0, MAX_WAIT_S / 2, MAX_WAIT_S, 2 * MAX_WAIT_S, 4 * MAX_WAIT_S)
# Batch size that TensorFlow sessions have on a GPU by default.
DEFAULT_BATCH_SIZE = 16
# Share of the highest speed at which images arrive when their waits are measured.
LOAD = 0.5
# A larger batch, or one more worker, is worth it from this gain on.
WORTHWHILE = 1.05
NAME = "gpu-check"
FAILED, NO_GPU = 1, 2

# Labels an image for a client, given the client's number.
Label = Callable[[int], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Configuration:
    """A configuration of a pool to measure.

    Attributes:
        batch_size: largest batch, in images.
        workers: number of workers.
        max_wait_s: longest wait of an image for its batch, in seconds.
        sent_per_s: mean rate at which images are sent; None for as many as the pool takes.
    """

    batch_size: int
    workers: int
    max_wait_s: float
    sent_per_s: float | None = None

    def __str__(self) -> str:
        rate = "as many as it takes" if self.sent_per_s is None else f"{self.sent_per_s:.0f} a second"
        return f"batch {self.batch_size}, workers {self.workers}, wait {1e3 * self.max_wait_s:g} ms, {rate}"


@dataclass(frozen=True, slots=True)
class Row:
    """A configuration of a pool and its measurements.

    Attributes:
        batch_size, workers, max_wait_ms: the configuration.
        sent_per_s: mean rate at which images were sent; None for as many as the pool takes.
        images_per_s: images per second.
        p50_ms, p95_ms: percentiles of the time from a call until its answer.
        mean_batch: mean number of images of the batch that an image was in.
        workers_mb: memory of all workers, in 10^6 bytes.
        gpu_mb: memory of the GPU in use, in 10^6 bytes; None if nvidia-smi does not tell.
        start_s: seconds until all workers had loaded the network.
    """

    batch_size: int
    workers: int
    max_wait_ms: float
    sent_per_s: float | None
    images_per_s: float
    p50_ms: float
    p95_ms: float
    mean_batch: float
    workers_mb: float
    gpu_mb: float | None
    start_s: float


@dataclass(slots=True)
class Check:
    """The state of a run.

    Attributes:
        device: name of TensorFlow's device.
        turn_s: duration of a measurement, in seconds.
        output: file for the figures; None for no file.
        figures: figures so far.
        rows: configurations measured so far.
        failures: what failed so far.
    """

    device: str
    turn_s: float
    output: Path | None
    figures: dict[str, object] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    started_s: float = field(default_factory=time.monotonic)

    @property
    def left_s(self) -> float:
        """Seconds left of the limit."""
        return LIMIT_S - (time.monotonic() - self.started_s)

    def note(self, name: str, value: object) -> None:
        """Keep a figure, and write all figures to the file."""
        self.figures[name] = value
        shown = f"{value.images_per_s:.1f} images/s" if isinstance(value, Row) else value
        print(f"[{LIMIT_S - self.left_s:4.0f} s] {name}: {shown}", flush=True)
        if self.output is not None:
            unfinished = self.output.with_suffix(".part")
            unfinished.write_text(json.dumps(self.figures, indent=1, default=asdict))
            unfinished.replace(self.output)

    def fail(self, step: str, reason: object) -> None:
        """Note that a step failed."""
        self.failures.append(step)
        self.note(f"FAILED {step}", str(reason))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="GPU:0", help="TensorFlow's name of the device")
    parser.add_argument("--output", type=Path, help="file for all figures, as JSON")
    parser.add_argument("--quick", action="store_true", help="a tiny network and short steps, to try the script itself")
    options = parser.parse_args()
    # Ends the process if all else hangs; its workers end with it.
    signal.alarm(int(LIMIT_S))
    check = Check(options.device, 0.3 if options.quick else 3.0, options.output)
    devices = seen_devices()
    check.note("devices", devices)
    if options.device not in devices:
        print(f"TensorFlow sees no {options.device} here, so there is nothing to check.")
        return NO_GPU
    if not options.quick:
        run_tests(check)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        limit_s = check.left_s - MEASURING_S
        if options.quick:
            place_tiny(home, limit_s)
        else:
            place_inception(home, options.device, limit_s)
        asyncio.run(measure(check, ModelStore(home)))
    print_table(check.rows)
    note_best(check)
    return FAILED if check.failures else 0


def seen_devices() -> list[str]:
    """Return the devices that TensorFlow sees; another process asks, since TensorFlow keeps hold of a GPU."""
    program = "from inference.models.tensorflow_engine import present_devices as p; print(*(name for name, _ in p()))"
    return output_of("-c", program, limit_s=DEVICES_LIMIT_S).split()


def output_of(*arguments: str, limit_s: float) -> str:
    """Run Python without TensorFlow's log, and return what it prints; end this program with its log if it fails."""
    command = [sys.executable, *arguments]
    environment = child_environment() | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    try:
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=limit_s, check=False)
    except subprocess.TimeoutExpired:
        sys.exit(f"not done within {limit_s:.0f} s: {' '.join(command)}")
    if ended.returncode:
        sys.exit(f"{ended.stderr[-4000:]}\nfailed with status {ended.returncode}: {' '.join(command)}")
    return ended.stdout


def run_tests(check: Check) -> None:
    """Run the tests of the engine."""
    command = (sys.executable, "-m", "pytest", "-q", "-n", "0", "-m", "not benchmark", *TESTS)
    try:
        finished = subprocess.run(command, capture_output=True, text=True, timeout=TESTS_LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        check.fail("tests", f"not done within {TESTS_LIMIT_S:g} s")
        return
    summary = finished.stdout.strip().rpartition("\n")[2]
    if finished.returncode:
        print(finished.stdout[-4000:] + finished.stderr[-1000:])
        check.fail("tests", summary)
    else:
        check.note("tests", summary)


def place_inception(home: Path, device: str, limit_s: float) -> None:
    """Install Inception-v3 with random weights as a graph for TensorFlow sessions."""
    bundle = build_inception(ModelStore(home / "litert"))
    photos, folder = home / "photos", home / "models" / f".{NAME}"
    for each in (photos, folder):
        each.mkdir(parents=True)
    shutil.copy(sample(), photos)
    program = ("-m", "inference.benchmarks.recompile", "reference")
    output_of(*program, str(bundle.directory), str(folder), str(photos), device, limit_s=limit_s)
    (folder.parent / NAME).symlink_to(folder.name, target_is_directory=True)


def place_tiny(home: Path, limit_s: float) -> None:
    """Install the network of the tests, which is quick on a CPU, too."""
    program = (
        "import pathlib, sys; from tests.support.graphs import place_session as place; "
        "place(pathlib.Path(sys.argv[1]), sys.argv[2])"
    )
    output_of("-c", program, str(home), NAME, limit_s=limit_s)


async def measure(check: Check, store: ModelStore) -> None:
    """Measure all configurations for which there is time, the most important ones first."""
    try:
        async with asyncio.timeout(check.left_s - END_S):
            await measure_all(check, store, make_photos(sample(), 16))
    except TimeoutError:
        check.fail("measurements", "they were not done in time")


async def measure_all(check: Check, store: ModelStore, images: list[bytes]) -> None:
    for batch_size in BATCH_SIZES:
        await step(check, store, images, Configuration(batch_size, 1, MAX_WAIT_S))
    await kill_under_load(check, store, images)
    for workers in WORKERS[1:]:
        await step(check, store, images, Configuration(DEFAULT_BATCH_SIZE, workers, MAX_WAIT_S))
    default = next((row for row in check.rows if (row.batch_size, row.workers) == (DEFAULT_BATCH_SIZE, 1)), None)
    if default is not None:
        for wait_s in WAITS_S:
            rate_per_s = LOAD * default.images_per_s
            await step(check, store, images, Configuration(DEFAULT_BATCH_SIZE, 1, wait_s, rate_per_s))


async def step(check: Check, store: ModelStore, images: list[bytes], tried: Configuration) -> None:
    """Measure a configuration if there is time; note if it fails."""
    # A start takes about as long as the last one.
    last_start_s = check.rows[-1].start_s if check.rows else 0.0
    if check.left_s < END_S + 10 + last_start_s + check.turn_s:
        check.note(f"no time for {tried}", None)
        return
    try:
        async with started_pool(check, store, tried) as (pool, start_s):
            row = await measure_pool(check, pool, images, tried, start_s)
    except (InferenceError, OSError) as error:
        check.fail(str(tried), error)
        return
    check.rows.append(row)
    check.note(str(tried), row)


def note_best(check: Check) -> None:
    """Note the values that are best by the rows."""
    saturated = [row for row in check.rows if row.sent_per_s is None]
    by_batch = {row.batch_size: row.images_per_s for row in saturated if row.workers == 1}
    by_workers = {row.workers: row.images_per_s for row in saturated if row.batch_size == DEFAULT_BATCH_SIZE}
    latencies_ms = {row.max_wait_ms: row.p95_ms for row in check.rows if row.sent_per_s is not None}
    check.note("best batch size", smallest_worthwhile(by_batch))
    check.note("best number of workers", smallest_worthwhile(by_workers))
    if latencies_ms:
        best_ms = min(latencies_ms, key=lambda wait_ms: latencies_ms[wait_ms])
        check.note("wait with the lowest 95th percentile, ms", best_ms)


def smallest_worthwhile(speeds: dict[int, float]) -> int | None:
    """Return the number from which on no larger one makes the speed a twentieth higher."""
    return next(
        (
            number
            for number in sorted(speeds)
            if all(speeds[larger] < WORTHWHILE * speeds[number] for larger in speeds if larger > number)
        ),
        None,
    )


@asynccontextmanager
async def started_pool(
    check: Check, store: ModelStore, tried: Configuration
) -> AsyncIterator[tuple[InferencePool, float]]:
    started_s = time.monotonic()
    pool = InferencePool(
        store,
        workers=tried.workers,
        device=check.device,
        max_batch_size=tried.batch_size,
        max_wait_s=tried.max_wait_s,
        capacity=100_000,
    )
    await pool.start(models=[NAME])
    try:
        yield pool, time.monotonic() - started_s
    finally:
        await pool.close()


async def measure_pool(
    check: Check,
    pool: InferencePool,
    images: list[bytes],
    tried: Configuration,
    start_s: float,
) -> Row:
    """Label images for a turn: as many as the pool takes, or at random times with a mean rate."""
    latencies_ms: list[float] = []
    batches: list[int] = []

    async def label(number: int) -> None:
        started_s = time.perf_counter()
        answer = await pool.classify(images[number % len(images)], model=NAME, top_k=5, client=number % 64)
        latencies_ms.append(1e3 * (time.perf_counter() - started_s))
        batches.append(answer.timings.batch_size)

    at_once = max(4 * tried.batch_size * tried.workers, 8)
    await asyncio.gather(*map(label, range(at_once)))  # fills caches
    latencies_ms.clear()
    batches.clear()
    begun_s = time.perf_counter()
    if tried.sent_per_s is None:
        await keep_busy(label, at_once, check.turn_s)
    else:
        await at_random(label, tried.sent_per_s, check.turn_s)
    seconds = time.perf_counter() - begun_s
    percentiles_ms = quantiles(latencies_ms, n=20)
    return Row(
        tried.batch_size,
        tried.workers,
        1e3 * tried.max_wait_s,
        tried.sent_per_s,
        images_per_s=len(latencies_ms) / seconds,
        p50_ms=percentiles_ms[9],
        p95_ms=percentiles_ms[18],
        mean_batch=sum(batches) / len(batches),
        workers_mb=joint_bytes(pool.worker_pids()) / 1e6,
        gpu_mb=gpu_mb(),
        start_s=start_s,
    )


async def keep_busy(label: Label, open_images: int, seconds: float) -> None:
    """Keep a number of images in the pool."""
    end_s = time.perf_counter() + seconds

    async def keep_asking(client: int) -> None:
        while time.perf_counter() < end_s:
            await label(client)

    await asyncio.gather(*map(keep_asking, range(open_images)))


async def at_random(label: Label, rate_per_s: float, seconds: float) -> None:
    """Send images at the times of a Poisson process, whether or not the previous ones were answered."""
    chance = random.Random(1)
    loop = asyncio.get_running_loop()
    due_s = begun_s = loop.time()
    tasks: list[asyncio.Task[None]] = []
    while (due_s := due_s + chance.expovariate(rate_per_s)) < begun_s + seconds or len(tasks) < 40:
        await asyncio.sleep(max(0.0, due_s - loop.time()))
        tasks.append(asyncio.create_task(label(len(tasks))))
    await asyncio.gather(*tasks)


async def kill_under_load(check: Check, store: ModelStore, images: list[bytes]) -> None:
    """Kill one of two workers while both are busy: each image is answered all the same."""
    if check.left_s < END_S + KILL_S:
        check.fail("kill", "no time is left for it")
        return
    try:
        async with started_pool(check, store, Configuration(DEFAULT_BATCH_SIZE, 2, MAX_WAIT_S)) as (pool, _):
            await kill_worker(check, pool, images)
    except (InferenceError, OSError) as error:
        check.fail("kill", error)


async def kill_worker(check: Check, pool: InferencePool, images: list[bytes]) -> None:
    count = 8 * DEFAULT_BATCH_SIZE
    tasks = [
        asyncio.create_task(pool.classify(images[n % len(images)], model=NAME, top_k=1, client=n % 8))
        for n in range(count)
    ]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    victim, killed_s = pool.worker_pids()[0], time.monotonic()
    os.kill(victim, signal.SIGKILL)
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    errors = sorted({repr(answer) for answer in answers if isinstance(answer, BaseException)})
    check.note("kill: images sent", count)
    check.note("kill: images answered", sum(not isinstance(answer, BaseException) for answer in answers))
    if errors:
        check.fail("kill", errors)
    while victim in pool.worker_pids() or len(pool.worker_pids()) < 2:
        if time.monotonic() > killed_s + KILL_S:
            check.fail("kill", f"no other worker was ready within {KILL_S:g} s")
            return
        await asyncio.sleep(0.05)
    check.note("kill: seconds until both workers are ready", round(time.monotonic() - killed_s, 1))


def gpu_mb() -> float | None:
    """Return the memory in use on the first GPU, in 10^6 bytes; None if nvidia-smi does not tell."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    query = (program, "--query-gpu=memory.used", "--format=csv,noheader,nounits", "--id=0")
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=10, check=True)
        return float(answer.stdout) * 2**20 / 1e6
    except (subprocess.SubprocessError, ValueError):  # of a part of a GPU, it prints "[N/A]"
        return None


def print_table(rows: list[Row]) -> None:
    print("BATCH  WORKERS  WAIT MS  SENT/S  IMG/S   P50 MS  P95 MS  MEAN BATCH  WORKERS MB  GPU MB")
    for row in rows:
        gpu = "-" if row.gpu_mb is None else f"{row.gpu_mb:.0f}"
        sent = "all" if row.sent_per_s is None else f"{row.sent_per_s:.0f}"
        print(
            f"{row.batch_size:5}  {row.workers:7}  {row.max_wait_ms:7.1f}  {sent:>6}  {row.images_per_s:6.1f}  "
            f"{row.p50_ms:6.1f}  {row.p95_ms:6.1f}  {row.mean_batch:10.1f}  {row.workers_mb:10.0f}  {gpu:>6}"
        )


if __name__ == "__main__":
    sys.exit(main())
