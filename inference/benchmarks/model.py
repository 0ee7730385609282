"""A comparison of the engines and the numbers of workers for one model on this machine."""

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
from inference.models.network import DEFAULT_OPTIONS, NetworkOptions
from inference.models.spec import ModelSpec
from inference.models.store import ModelStore


@dataclass(frozen=True, slots=True)
class Machine:
    """This machine: its host name, its processor, and the number of cores that this process may use."""

    host: str
    processor: str
    cores: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Results of a comparison.

    Attributes:
        machine: machine on which the comparison ran.
        spec: specification of the model.
        photo: name of the image file that was labelled.
        decode_ms: median time to decode and resize the photo, in milliseconds; the engines' times do not
            include it.
        calibration: photos for the calibration of int8.
        engines: one row per variant, the reference first.
        workers: one row per number of workers, in ascending order.
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
    """Compare the engines that can run a model, and different numbers of workers for the model.

    Args:
        store: store with the model.
        model: name of the model.
        photo: image file to label.
        photos: folder of photos for calibrating int8 and comparing answers; None to use parts of `photo`.
        rounds: number of rounds.
        max_workers: maximum number of workers; None for one per core.
        on_progress: called with a description of each step.
        options: device and batch size, for the variants that run in a TensorFlow session.

    Raises:
        InferenceError: the model is absent or damaged, the photo cannot be decoded, or the folder has no photos.
        OSError: a file cannot be read or written; nothing is left behind.
    """
    bundle = store.find(model)
    machine = describe_machine()
    image = await asyncio.to_thread(photo.read_bytes)
    with tempfile.TemporaryDirectory(prefix="labelbot-benchmark-") as folder:
        scratch = Path(folder)
        # This does not run in a thread: after a cancellation, the thread would still write into the removed folder.
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
    # Linux on ARM reports no model name.
    processor = next((value.strip() for key, _, value in facts if key.strip() == "model name"), platform.machine())
    return Machine(platform.node(), processor, len(os.sched_getaffinity(0)))
