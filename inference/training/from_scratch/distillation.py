"""Distillation: a network learns from the labels, and from the scores of a larger model, its teacher.

Hinton et al., "Distilling the Knowledge in a Neural Network", arXiv:1503.02531.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import numpy as np
import numpy.typing as npt

from inference.errors import naming
from inference.models.bundle import Bundle, read_labels
from inference.models.network import DEFAULT_OPTIONS, NetworkOptions
from inference.models.prediction import Classification
from inference.models.store import ModelStore
from inference.pool.in_order import in_order
from inference.pool.pool import InferencePool
from inference.training.data.examples import Example, Examples
from inference.training.errors import DatasetError

# Number of the teacher's best classes whose scores are kept. The other classes of a thousand have only a few hundredths
# of the score together.
TOP_K = 20
# Minimum sum of the teacher's scores over the student's classes. If the sum is lower, the teacher sees something else
# in the image, and the scores are not scaled up to a sum of 1.
MIN_MASS = 0.05
# Number of images in flight: enough to keep all workers busy, and few enough to fit into memory.
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
    """Return a teacher's scores of images: from the cache, or else computed.

    Args:
        store: store with the teacher.
        teacher: name of the teacher; at least one of its labels must be a label of the student.
        examples: training images with the student's labels.
        cache: existing folder of cached scores, with one file per version of a teacher.
        report: called after each image with the number of images so far.
        options: device and batch size, if the teacher runs in a TensorFlow session.

    Returns:
        Scores of the student's classes, float16 (images, classes) in [0, 1]. Each row is scaled to a sum of 1, or to
        less if the teacher sees something that is none of the student's classes.

    Raises:
        ModelNotFound: the teacher is not installed.
        DatasetError: the teacher has none of the student's labels.
        ImageError: an image cannot be decoded.
    """
    bundle = store.find(teacher)
    file = cache / f"teacher-{teacher}-{bundle.spec.version}.npy"
    shape = (len(examples), len(examples.labels))
    if not file.exists() or np.load(file, mmap_mode="r").shape != shape:
        scores = asyncio.run(_score(store, bundle, examples, report, options))
        partial = file.with_suffix(".partial")
        with naming(file), partial.open("wb") as stream:
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
