"""Distillation: a larger model's scores as targets beside the labels.

Hinton et al., "Distilling the Knowledge in a Neural Network", arXiv:1503.02531.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import numpy as np
import numpy.typing as npt

from inference.models.bundle import Bundle, read_labels
from inference.models.network import DEFAULT_OPTIONS, NetworkOptions
from inference.models.prediction import Classification
from inference.models.store import ModelStore
from inference.pool.in_order import in_order
from inference.pool.pool import InferencePool
from inference.training.data.examples import Example, Examples
from inference.training.errors import DatasetError

# What lies below the twenty best of a thousand classes is a few hundredths of a score in all.
TOP_K = 20
# A teacher that gives less than this to all of the student's classes together sees something else, and guesses.
MIN_MASS = 0.05
# Enough to keep every worker busy, and little to hold in memory.
IN_FLIGHT = 64


def teacher_targets(
    store: ModelStore,
    teacher: str,
    examples: Examples,
    *,
    cache: Path,
    report: Callable[[int], None],
    options: NetworkOptions = DEFAULT_OPTIONS,
) -> npt.NDArray[np.float16]:
    """Have an installed model score images, or read what it said of them before.

    Args:
        store: where the teacher is installed.
        teacher: its name; it must know at least one of the labels, under the same text.
        examples: the training images, and the student's labels.
        cache: existing folder, where the scores are kept; one file for each version of a teacher.
        report: called with the number of images after each.
        options: device and batch size of a teacher that runs in a TensorFlow session.

    Returns:
        float16 (images, classes), in [0, 1]: the teacher's score of each of the student's classes, given that it is one
        of them. A row sums to less than 1 where the teacher sees something that the student has no class for.

    Raises:
        ModelNotFound: the teacher is not installed.
        DatasetError: the teacher knows none of the labels.
        ImageError: an image cannot be decoded.
    """
    bundle = store.find(teacher)
    file = cache / f"teacher-{teacher}-{bundle.spec.version}.npy"
    shape = (len(examples), len(examples.labels))
    if not file.exists() or np.load(file, mmap_mode="r").shape != shape:
        scores = asyncio.run(_score(store, bundle, examples, report, options))
        partial = file.with_suffix(".partial")
        with partial.open("wb") as stream:
            np.save(stream, scores)
        partial.replace(file)
    scores = np.load(file).astype(np.float32)
    return np.asarray(scores / np.maximum(scores.sum(axis=1, keepdims=True), MIN_MASS), np.float16)


async def _score(
    store: ModelStore,
    teacher: Bundle,
    examples: Examples,
    report: Callable[[int], None],
    options: NetworkOptions,
) -> npt.NDArray[np.float16]:
    columns = {label: column for column, label in enumerate(examples.labels)}
    if not columns.keys() & set(read_labels(teacher)):
        raise DatasetError(
            f"expected a teacher that knows at least one of the labels ({examples.labels[0]!r}, ...). "
            f"Received: {teacher.spec.name!r}, which knows none"
        )
    rows = np.zeros((len(examples), len(columns)), np.float16)

    async with InferencePool(store, device=options.device, max_batch_size=options.max_batch_size) as pool:

        async def score(example: Example) -> Classification:
            return await pool.classify(example.encoded, model=teacher.spec.name, top_k=TOP_K, client="teacher")

        done = 0
        async with aclosing(in_order(score, examples, in_flight=IN_FLIGHT)) as answers:
            async for _, answer in answers:
                for prediction in answer.result().predictions:
                    if prediction.label in columns:
                        rows[done, columns[prediction.label]] = prediction.score
                done += 1
                report(done)
    return rows
