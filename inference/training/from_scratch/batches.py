"""The batches of training images, and their order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from inference.training.data.dataset import LabelledImages
from inference.training.errors import DatasetError
from inference.training.from_scratch.config import TrainingConfig


class Batches:
    """A training set in batches. The order of the images depends on the seed and the epoch only."""

    def __init__(
        self,
        data: LabelledImages,
        *,
        classes: int,
        config: TrainingConfig,
        teacher_scores: npt.NDArray[np.float16] | None = None,
    ) -> None:
        """Initialise with a training set.

        Args:
            data: images and their classes.
            classes: number of classes.
            config: settings with the batch size, the seed and the teacher's share in the targets.
            teacher_scores: a teacher's scores, float16 (images, classes) in [0, 1]; None without a teacher.

        Raises:
            DatasetError: there are too few images for one batch, or the teacher's scores have another shape.
        """
        self.steps_per_epoch = len(data) // config.batch_size
        if self.steps_per_epoch == 0:
            raise DatasetError(
                f"expected at least one batch of {config.batch_size} images, or a smaller batch size. "
                f"Received: {len(data)}"
            )
        if teacher_scores is not None and teacher_scores.shape != (len(data), classes):
            raise DatasetError(
                f"expected a teacher's scores of {(len(data), classes)}. Received: {teacher_scores.shape}"
            )
        self._data = data
        self._teacher_scores = teacher_scores
        self._config = config
        self._one_hot = np.eye(classes, dtype=np.float32)

    def epoch(self, epoch: int, *, first: int = 0) -> Iterator[tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]]:
        """Yield the batches of an epoch.

        Args:
            epoch: number of the epoch, from 0.
            first: number of the first batch to yield, from 0.

        Yields:
            Images, uint8 (batch, size, size, 3) in [0, 255], and targets, float32 (batch, classes) with rows that sum
            to 1.
        """
        order = np.random.default_rng([self._config.seed, epoch]).permutation(len(self._data))
        size = self._config.batch_size
        for batch in range(first, self.steps_per_epoch):
            chosen = order[batch * size : (batch + 1) * size]
            targets = self._one_hot[self._data.labels[chosen]]
            if self._teacher_scores is not None:
                targets = blend(targets, self._teacher_scores[chosen].astype(np.float32), self._config.teacher_share)
            yield self._data.images[chosen], targets


def blend(
    targets: npt.NDArray[np.float32], teacher_scores: npt.NDArray[np.float32], share: float
) -> npt.NDArray[np.float32]:
    """Mix a teacher's scores into targets.

    A row of the teacher's scores sums to less than 1 if the teacher gives scores to classes that the student lacks. The
    missing rest is given to the classes of the target, so that each row still sums to 1.

    Args:
        targets: float32 (batch, classes), rows that sum to 1.
        teacher_scores: float32 (batch, classes), rows that sum to 1 at most.
        share: share of the teacher's scores, in [0, 1].
    """
    missing = 1.0 - teacher_scores.sum(axis=1, keepdims=True)
    return np.asarray(share * (teacher_scores + missing * targets) + (1.0 - share) * targets, np.float32)


def content_digest(data: LabelledImages, teacher_scores: npt.NDArray[np.float16] | None = None) -> str:
    """Return a digest of the images, labels, teacher's scores and their order, in 12 hexadecimal digits."""
    digest = hashlib.sha256()
    for array in (data.labels, data.images, *([] if teacher_scores is None else [teacher_scores])):
        digest.update(np.ascontiguousarray(array).data.cast("B"))
    return digest.hexdigest()[:12]
