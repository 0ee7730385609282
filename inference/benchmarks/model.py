"""One model on this machine: on each engine, and through one worker to many."""

from __future__ import annotations

import asyncio
import os
import platform
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from inference.benchmarks.engines import EngineRow, measure_engines
from inference.benchmarks.variants import Calibration, make_variants, prepare_photos
from inference.benchmarks.workers import WorkersRow, measure_workers, worker_counts
from inference.models.bundle import ModelSpec
from inference.models.network import DEFAULT_OPTIONS, NetworkOptions
from inference.models.store import ModelStore


@dataclass(frozen=True, slots=True)
class Machine:
    """Where was measured: its name in the network, its processor's name, and the cores that this process may use."""

    host: str
    processor: str
    cores: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was measured.

    Attributes:
        machine: on which.
        spec: of the model.
        photo: name of the image file that was labelled again and again.
        decode_ms: median of the time to decode and resize it, which comes on top of every engine's.
        calibration: of int8.
        engines: the reference first.
        workers: in growing number.
    """

    machine: Machine
    spec: ModelSpec
    photo: str
    decode_ms: float
    calibration: Calibration
    engines: tuple[EngineRow, ...]
    workers: tuple[WorkersRow, ...]


async def compare_engines(
    store: ModelStore,
    model: str,
    photo: Path,
    *,
    photos: Path | None = None,
    rounds: int,
    max_workers: int | None = None,
    on_progress: Callable[[str], object],
    options: NetworkOptions = DEFAULT_OPTIONS,
) -> Comparison:
    """Compare the engines that could run a model, and the numbers of workers that could serve it.

    Args:
        store: holds the model.
        model: its name.
        photo: the image file to label.
        photos: folder to calibrate int8 on and to compare answers on; by default parts of `photo`.
        rounds: number of rounds.
        max_workers: by default one a core.
        on_progress: called with a description of each step.
        options: device and batch size of variants that run in a TensorFlow session.

    Raises:
        InferenceError: there is no such model, its files are broken, the photo is none, or the folder has none.
        OSError: a file cannot be read or written; nothing is left behind.
    """
    bundle = store.find(model)
    machine = describe_machine()
    image = await asyncio.to_thread(photo.read_bytes)
    with tempfile.TemporaryDirectory(prefix="labelbot-benchmark-") as folder:
        scratch = Path(folder)
        # Not in a thread, which would go on writing where a cancelled run removes the folder.
        calibration = prepare_photos(photo, photos, bundle.spec, scratch)
        variants = await make_variants(
            bundle, calibration.folder, scratch, on_progress=on_progress, device=options.device
        )
        engines, decode_ms = await measure_engines(
            variants, image, rounds=rounds, on_progress=on_progress, options=options
        )
    counts = worker_counts(max_workers or machine.cores)
    workers = await measure_workers(
        store, model, image, counts=counts, rounds=rounds, on_progress=on_progress, options=options
    )
    return Comparison(machine, bundle.spec, photo.name, decode_ms, calibration, engines, workers)


def describe_machine() -> Machine:
    facts = (line.partition(":") for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines())
    # ARM's kernels report no name.
    processor = next((value.strip() for key, _, value in facts if key.strip() == "model name"), platform.machine())
    return Machine(platform.node(), processor, len(os.sched_getaffinity(0)))
