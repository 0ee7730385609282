"""Speed and memory of Labelbot on this machine, as ratios to named references.

Each round runs both sides of a ratio, so that other load on the machine affects both sides. A figure is the median over
the rounds.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Literal

from PIL import Image

from inference.models.bundle import Bundle, ModelSpec
from inference.models.defaults import STARTER
from inference.models.network import DEFAULT_OPTIONS, NetworkOptions
from inference.models.store import ModelStore
from inference.pool.pool import InferencePool

WORKERS = 2
# Size of the measured photo, in pixels: the size of a phone's photo. The pool adds about 0.4 ms per photo. With
# thumbnails, which decode in half a millisecond, this time would have more weight.
PHOTO_SIZE = (3024, 4032)
INCEPTION = "random-inception-v3"
# Duration of a round, in seconds: long enough for its start and end to have little weight, and short enough for many
# rounds.
ROUND_S = 0.5
# Number of rounds of cold starts. A few are enough, since cold starts take seconds and differ little.
COLD_ROUNDS = 3

# Program of a small process that starts the measured process. The peak memory of a child process begins with the peak
# of its parent, so the parent must be small.
LAUNCHER = """
import resource, subprocess, sys, time
start = time.perf_counter()
status = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
sys.exit(status)
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured figure.

    Attributes:
        name: text such as "A / B" or "A - B" that names the measured sides.
        value: value in `unit`.
        unit: "x" for a ratio, "ms", or "MB" of 10^6 bytes.
        goal: value in `unit` that should be reached.
        better: direction of improvement.
        seen: text with the measurements behind the value.
    """

    name: str
    value: float
    unit: Literal["x", "ms", "MB"]
    goal: float
    better: Literal["higher", "lower"]
    seen: str = ""

    @property
    def met(self) -> bool:
        return self.value >= self.goal if self.better == "higher" else self.value < self.goal


@dataclass(frozen=True, slots=True)
class Run:
    """Duration of a program's run, and the peak of its resident memory."""

    seconds: float
    peak_bytes: int


async def measure(home: Path, sample: Path, *, rounds: int) -> AsyncIterator[Figure]:
    """Measure the pool, the command line and a worker's memory.

    Args:
        home: folder of Labelbot's data; Inception-v3 with random weights is kept in this folder.
        sample: image file; the measured photo is an enlarged copy of it.
        rounds: number of rounds.

    Yields:
        The figures, one by one.
    """
    store = ModelStore(home / "benchmark")
    await asyncio.to_thread(build_inception, store)
    with tempfile.TemporaryDirectory(prefix="labelbot-benchmark-") as folder:
        photo = Path(folder) / "photo.jpg"
        await asyncio.to_thread(make_photo, sample, photo)
        for model in (STARTER, INCEPTION):
            for figure in await measure_model(store, model, photo, rounds=rounds):
                yield figure
        yield await measure_worker_memory(store, INCEPTION, photo)
        for figure in await measure_cold_start(photo):
            yield figure


def make_photo(sample: Path, photo: Path) -> None:
    """Write a copy of an image in the size of a phone's photo."""
    with Image.open(sample) as image:
        image.resize(PHOTO_SIZE, Image.Resampling.BICUBIC).save(photo, "JPEG", quality=87)


def build_inception(store: ModelStore) -> Bundle:
    """Install Inception-v3 with random weights, unless it is installed. A separate process builds the network.

    Raises:
        CalledProcessError: the network cannot be built; the process prints the reason to standard error.
    """
    if INCEPTION in store.names():
        return store.find(INCEPTION)
    with tempfile.TemporaryDirectory(prefix="labelbot-benchmark-") as folder:
        file = Path(folder) / "model.tflite"
        subprocess.run([sys.executable, "-m", "inference.benchmarks.inception_v3", str(file)], check=True)  # noqa: S603
        network = file.read_bytes()
    spec = ModelSpec(
        name=INCEPTION,
        version="0" * 12,
        height=299,
        width=299,
        input_range=(-1.0, 1.0),
        crop=0.875,
        classes=1000,
        outputs=("probabilities", "embedding", "features"),
        source="random weights, to measure with",
    )
    return store.add(spec, network=network, labels=[f"class {number}" for number in range(spec.classes)])


async def measure_model(store: ModelStore, model: str, photo: Path, *, rounds: int) -> list[Figure]:
    """Measure how fast the pool labels one photo repeatedly.

    Args:
        store: store with the model.
        model: name of the model.
        photo: image file.
        rounds: number of rounds.

    Returns:
        Two figures: the pool compared with bare loops, and two workers compared with one worker.
    """
    image = await asyncio.to_thread(photo.read_bytes)
    async with (
        _baseline_loops(store.find(model), photo) as loops,
        running_pool(store, model, workers=WORKERS) as pair,
        running_pool(store, model, workers=1) as single,
    ):
        await loops.run(WORKERS)
        count = WORKERS * max(1, round(ROUND_S / await loops.run(WORKERS)))
        rounds_s = [
            (await loops.run(count), await _label(pair, image, model, count), await _label(single, image, model, count))
            for _ in range(rounds)
        ]
    loops_s, pair_s, single_s = (median(side) / count for side in zip(*rounds_s, strict=True))
    return [
        Figure(
            name=f"{model}: pool of {WORKERS} workers / {WORKERS} bare loops",
            value=median(bare / pool for bare, pool, _ in rounds_s),
            unit="x",
            goal=0.95,
            better="higher",
            seen=f"{1 / pair_s:.1f} / {1 / loops_s:.1f} photos/s",
        ),
        Figure(
            name=f"{model}: {WORKERS} workers / 1 worker",
            value=median(alone / pool for _, pool, alone in rounds_s),
            unit="x",
            goal=1.9,
            better="higher",
            seen=f"{1 / pair_s:.1f} / {1 / single_s:.1f} photos/s",
        ),
    ]


async def measure_worker_memory(store: ModelStore, model: str, photo: Path) -> Figure:
    """Measure the memory of a worker after it labelled photos, minus the memory of a bare Python interpreter."""
    image = await asyncio.to_thread(photo.read_bytes)
    async with running_pool(store, model, workers=1) as pool:
        await _label(pool, image, model, 10)
        worker_bytes = resident_bytes(pool.worker_pids()[0])
    bare_bytes = await bare_python_bytes()
    return Figure(
        name=f"{model}: memory of a worker - of a bare Python",
        value=(worker_bytes - bare_bytes) / 1e6,
        unit="MB",
        goal=150,
        better="lower",
        seen=f"{worker_bytes / 1e6:.0f} - {bare_bytes / 1e6:.0f} MB resident",
    )


async def measure_cold_start(photo: Path) -> list[Figure]:
    """Measure a whole run of `labelbot label` on one photo, and compare it with the import of TensorFlow."""
    labelbot = str(Path(sys.executable).with_name("labelbot"))
    # A first run builds the model, so that the measured runs do not.
    await launch(labelbot, "label", str(photo))
    rounds_s = [
        (await launch(labelbot, "label", str(photo)), await launch(sys.executable, "-c", "import tensorflow"))
        for _ in range(COLD_ROUNDS)
    ]
    label_s, tensorflow_s = (median(run.seconds for run in side) for side in zip(*rounds_s, strict=True))
    return [
        Figure(
            name="labelbot label / python -c 'import tensorflow'",
            value=median(label.seconds / tensorflow.seconds for label, tensorflow in rounds_s),
            unit="x",
            goal=0.15,
            better="lower",
            seen=f"{label_s:.2f} / {tensorflow_s:.2f} s",
        ),
        Figure(
            name="labelbot label: peak of memory",
            value=median(label.peak_bytes for label, _ in rounds_s) / 1e6,
            unit="MB",
            goal=160,
            better="lower",
        ),
    ]


async def launch(*command: str) -> Run:
    """Run a program to its end, and measure it.

    Raises:
        CalledProcessError: the program failed.
    """
    seconds, peak_bytes = (await _output(sys.executable, "-S", "-c", LAUNCHER, *command)).split()
    return Run(float(seconds), int(peak_bytes))


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process, in bytes."""
    return _resident(Path(f"/proc/{pid}/status").read_text(encoding="utf-8"))


async def bare_python_bytes() -> int:
    """Return the resident memory of an idle Python interpreter, in bytes."""
    return _resident(await _output(sys.executable, "-c", "print(open('/proc/self/status').read())"))


class _BaselineLoops:
    """Processes that run `inference.benchmarks.bare_loop`."""

    def __init__(self, processes: Iterable[asyncio.subprocess.Process]) -> None:
        self._processes = tuple(processes)

    async def run(self, count: int) -> float:
        """Label the photo `count` times in all loops together; return the seconds until the last loop is done."""
        start_s = time.perf_counter()
        for process in self._processes:
            assert process.stdin
            process.stdin.write(f"{count // len(self._processes)}\n".encode())
        for process in self._processes:
            assert process.stdout
            await process.stdout.readuntil()
        return time.perf_counter() - start_s


@asynccontextmanager
async def _baseline_loops(bundle: Bundle, photo: Path) -> AsyncIterator[_BaselineLoops]:
    command = (sys.executable, "-m", "inference.benchmarks.bare_loop", str(bundle.directory), str(photo))
    processes = [
        await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL) for _ in range(WORKERS)
    ]
    try:
        yield _BaselineLoops(processes)
    finally:
        for process in processes:
            assert process.stdin
            process.stdin.close()
            await process.wait()


@asynccontextmanager
async def running_pool(
    store: ModelStore, model: str, *, workers: int, options: NetworkOptions = DEFAULT_OPTIONS
) -> AsyncIterator[InferencePool]:
    """Start a pool whose workers have loaded a model; close it at the end."""
    # The capacity is high, since a round queues all its photos at once.
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


async def _label(pool: InferencePool, image: bytes, model: str, count: int) -> float:
    """Label an image `count` times; return the duration in seconds."""
    start_s = time.perf_counter()
    await asyncio.gather(*(pool.classify(image, model=model, top_k=5, client=number % 8) for number in range(count)))
    return time.perf_counter() - start_s


async def _output(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE)
    output, _ = await process.communicate()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return output.decode()


def _resident(status: str) -> int:
    """Return the resident memory, in bytes, from the text of /proc/PID/status."""
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024
