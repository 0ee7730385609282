"""Distillation: a larger model's scores as targets beside the labels.

Hinton et al., "Distilling the Knowledge in a Neural Network", arXiv:1503.02531.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from inference.bundle import Bundle, read_labels
from inference.pool import InferencePool
from inference.prediction import Classification
from inference.store import ModelStore
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
    images: Iterable[bytes],
    labels: Sequence[str],
    *,
    cache: Path,
    report: Callable[[int], None],
) -> npt.NDArray[np.float16]:
    """Have an installed model score images, or read what it said of them before.

    Args:
        store: where the teacher is installed.
        teacher: its name; it must know at least one of the labels, under the same text.
        images: contents of image files, in the order of the training images.
        labels: the student's.
        cache: existing folder, where the scores are kept; one file for each version of a teacher.
        report: called with the number of images after each.

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
    if not file.exists():
        scores = asyncio.run(_score(store, bundle, images, labels, report))
        partial = file.with_suffix(".partial")
        with partial.open("wb") as stream:
            np.save(stream, scores)
        partial.replace(file)
    scores = np.load(file).astype(np.float32)
    return np.asarray(scores / np.maximum(scores.sum(axis=1, keepdims=True), MIN_MASS), np.float16)


async def _score(
    store: ModelStore,
    teacher: Bundle,
    images: Iterable[bytes],
    labels: Sequence[str],
    report: Callable[[int], None],
) -> npt.NDArray[np.float16]:
    columns = {label: column for column, label in enumerate(labels)}
    if not columns.keys() & set(read_labels(teacher)):
        raise DatasetError(
            f"expected a teacher that knows at least one of the labels ({labels[0]!r}, ...). "
            f"Received: {teacher.spec.name!r}, which knows none"
        )
    rows: list[npt.NDArray[np.float16]] = []
    async with InferencePool(store) as pool:
        remaining = iter(images)
        running: deque[asyncio.Task[Classification]] = deque()
        while True:
            for image in islice(remaining, IN_FLIGHT - len(running)):
                running.append(
                    asyncio.create_task(pool.classify(image, model=teacher.spec.name, top_k=TOP_K, client="teacher"))
                )
            if not running:
                return np.stack(rows)
            answer = await running.popleft()
            row = np.zeros(len(labels), np.float16)
            for prediction in answer.predictions:
                if prediction.label in columns:
                    row[columns[prediction.label]] = prediction.score
            rows.append(row)
            report(len(rows))
