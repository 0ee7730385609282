"""Speed and memory of Labelbot on this machine, as ratios to named references.

The sides of a ratio take short turns one after the other, so that other load on the machine affects all of them. Ratios
of CPU time hold on a busy machine, ratios of speeds only on a calm one.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from inference.benchmarks.figure import Figure
from inference.benchmarks.instructions import instructions_of, worker_command
from inference.benchmarks.network import INCEPTION, build_inception, make_photo
from inference.benchmarks.processes import bare_python_bytes, joint_bytes, launch, resident_bytes
from inference.benchmarks.running import Turn, run_pool, running_loops, running_pool
from inference.models.defaults import STARTER
from inference.models.store import ModelStore

WORKERS = 2
# Number of workers whose shared memory is measured.
SHARING_WORKERS = 4
# Duration of a turn, in seconds: long enough for its start and end to have little weight, and short enough for many
# turns.
TURN_S = 0.5
# Lowest number of photos per worker in a turn.
MIN_PHOTOS = 8
# Highest number of cold starts. A few are enough, since cold starts take seconds and differ little.
COLD_STARTS = 5
# Number of photos of a run under callgrind, which is fifty times slower; and of a longer run. The difference leaves out
# the start.
SHORT_RUN, LONG_RUN = 2, 6


async def measure(home: Path, sample: Path, *, rounds: int, instructions: bool) -> AsyncIterator[Figure]:
    """Measure the pool, the command line and a worker's memory.

    Args:
        home: folder of Labelbot's data; Inception-v3 with random weights is kept in this folder.
        sample: image file; the measured photo is an enlarged copy of it.
        rounds: number of turns of each side.
        instructions: whether to count instructions, too, which takes minutes.

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
            if instructions:
                yield await measure_instructions(store, model, photo)
        for figure in await measure_worker_memory(store, INCEPTION, photo):
            yield figure
        for figure in await measure_cold_start(photo, starts=min(rounds, COLD_STARTS)):
            yield figure


@dataclass(frozen=True, slots=True)
class Turns:
    """Turns of the sides that label one photo repeatedly. The turns of one place took place one after the other.

    Attributes:
        count: number of photos of each turn.
        loops: wall time and CPU time of `WORKERS` bare loops, in seconds.
        pairs: turns of a pool of `WORKERS` workers.
        singles: turns of a pool of one worker.
    """

    count: int
    loops: tuple[tuple[float, float], ...]
    pairs: tuple[Turn, ...]
    singles: tuple[Turn, ...]


async def measure_model(store: ModelStore, model: str, photo: Path, *, rounds: int) -> list[Figure]:
    """Measure how fast the pool labels one photo repeatedly, and what it costs.

    Args:
        store: store with the model.
        model: name of the model.
        photo: image file.
        rounds: number of turns of each side.

    Returns:
        The CPU time of a worker compared with a bare loop, the idle share of workers, and the speed of two workers
        compared with two bare loops and with one worker.
    """
    return _figures(model, await _take_turns(store, model, photo, rounds))


async def _take_turns(store: ModelStore, model: str, photo: Path, rounds: int) -> Turns:
    image = await asyncio.to_thread(photo.read_bytes)
    async with (
        running_loops(store.find(model), photo, count=WORKERS) as loops,
        running_pool(store, model, workers=WORKERS) as pair,
        running_pool(store, model, workers=1) as single,
    ):
        await loops.run(WORKERS)
        for pool in (pair, single):
            await run_pool(pool, image, model, WORKERS * MIN_PHOTOS)
        seconds, _ = await loops.run(WORKERS)
        count = WORKERS * max(MIN_PHOTOS, round(TURN_S / seconds))
        taken = [
            (
                await loops.run(count),
                await run_pool(pair, image, model, count),
                await run_pool(single, image, model, count),
            )
            for _ in range(rounds)
        ]
    return Turns(count, *zip(*taken, strict=True))


def _figures(model: str, turns: Turns) -> list[Figure]:
    def ms(values: list[float]) -> str:
        return f"{1e3 * median(values) / turns.count:.2f}"

    def per_s(values: list[float]) -> str:
        return f"{turns.count / median(values):.1f}"

    loop_wall_s, loop_cpu_s = (list(side) for side in zip(*turns.loops, strict=True))
    pair_s, single_s = [turn.seconds for turn in turns.pairs], [turn.seconds for turn in turns.singles]
    worker_cpu_s = [turn.workers_cpu_s for turn in turns.pairs]
    parent_cpu_s = [turn.parent_cpu_s for turn in turns.pairs]
    return [
        Figure(
            name=f"{model}: CPU time a photo, a worker / a bare loop",
            turns=tuple(worker / loop for worker, loop in zip(worker_cpu_s, loop_cpu_s, strict=True)),
            unit="x",
            goal=1.03,
            better="lower",
            seen=f"{ms(worker_cpu_s)} / {ms(loop_cpu_s)} ms; pool's own process {ms(parent_cpu_s)} ms",
        ),
        Figure(
            name=f"{model}: time that busy workers wait",
            turns=tuple(100 * turn.idle_share for turn in turns.pairs),
            unit="%",
            goal=3,
            better="lower",
        ),
        Figure(
            name=f"{model}: photos a second, pool of {WORKERS} workers / {WORKERS} bare loops",
            turns=tuple(loop / pool for loop, pool in zip(loop_wall_s, pair_s, strict=True)),
            unit="x",
            goal=0.95,
            better="higher",
            seen=f"{per_s(pair_s)} / {per_s(loop_wall_s)} photos/s",
        ),
        Figure(
            name=f"{model}: photos a second, {WORKERS} workers / 1 worker",
            turns=tuple(alone / two for alone, two in zip(single_s, pair_s, strict=True)),
            unit="x",
            goal=1.9,
            better="higher",
            seen=f"{per_s(pair_s)} / {per_s(single_s)} photos/s",
        ),
    ]


async def measure_instructions(store: ModelStore, model: str, photo: Path) -> Figure:
    """Count the processor's instructions for a photo in a worker and in a bare loop.

    Raises:
        InferenceError: valgrind is not installed, or a side failed.
    """
    bundle = store.find(model)
    loop = (sys.executable, "-m", "inference.benchmarks.bare_loop", str(bundle.directory), str(photo))
    worker, bare = [
        [await instructions_of(command, photos) for photos in (SHORT_RUN, LONG_RUN)]
        for command in (worker_command(bundle, photo), loop)
    ]
    per_photo = [(long - short) / (LONG_RUN - SHORT_RUN) for short, long in (worker, bare)]
    return Figure(
        name=f"{model}: instructions a photo, a worker / a bare loop",
        turns=(per_photo[0] / per_photo[1],),
        unit="x",
        goal=1.03,
        better="lower",
        seen=f"{per_photo[0] / 1e6:.1f} / {per_photo[1] / 1e6:.1f} million",
        repeatable=True,
    )


async def measure_worker_memory(store: ModelStore, model: str, photo: Path) -> list[Figure]:
    """Measure the memory of a worker that has labelled photos, and of several workers that share what they can."""
    image = await asyncio.to_thread(photo.read_bytes)
    shared_bytes = {}
    for count in (1, SHARING_WORKERS):
        async with running_pool(store, model, workers=count) as pool:
            await run_pool(pool, image, model, count * MIN_PHOTOS)
            shared_bytes[count] = joint_bytes(pool.worker_pids())
            worker_bytes = resident_bytes(pool.worker_pids()[0])
    bare_bytes = await bare_python_bytes()
    one, several = shared_bytes[1], shared_bytes[SHARING_WORKERS]
    return [
        Figure(
            name=f"{model}: memory of a worker - of a bare Python",
            turns=((worker_bytes - bare_bytes) / 1e6,),
            unit="MB",
            goal=150,
            better="lower",
            seen=f"{worker_bytes / 1e6:.0f} - {bare_bytes / 1e6:.0f} MB resident",
            repeatable=True,
        ),
        Figure(
            name=f"{model}: memory of {SHARING_WORKERS} workers / of 1 worker",
            turns=(several / one,),
            unit="x",
            goal=3,
            better="lower",
            seen=(
                f"{several / 1e6:.0f} / {one / 1e6:.0f} MB, shared memory counted once; "
                f"{(several - one) / (SHARING_WORKERS - 1) / 1e6:.0f} MB a further worker"
            ),
            repeatable=True,
        ),
    ]


async def measure_cold_start(photo: Path, *, starts: int) -> list[Figure]:
    """Measure a whole run of `labelbot label` on one photo, and compare it with the import of TensorFlow."""
    labelbot = str(Path(sys.executable).with_name("labelbot"))
    # A first run builds the model, so that the measured runs do not.
    await launch(labelbot, "label", str(photo))
    runs = [
        (await launch(labelbot, "label", str(photo)), await launch(sys.executable, "-c", "import tensorflow"))
        for _ in range(starts)
    ]
    label_s, tensorflow_s = (median(run.seconds for run in side) for side in zip(*runs, strict=True))
    return [
        Figure(
            name="duration, labelbot label / python -c 'import tensorflow'",
            turns=tuple(label.seconds / tensorflow.seconds for label, tensorflow in runs),
            unit="x",
            goal=0.15,
            better="lower",
            seen=f"{label_s:.2f} / {tensorflow_s:.2f} s",
        ),
        Figure(
            name="labelbot label: peak of memory",
            turns=tuple(label.peak_bytes / 1e6 for label, _ in runs),
            unit="MB",
            goal=160,
            better="lower",
        ),
    ]
