"""TensorBoard summaries of a training run."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

from inference.training.data.dataset import LabelledImages
from inference.training.evaluation.evaluate import Evaluation
from inference.training.evaluation.summaries import Summaries
from inference.training.from_scratch.history import EpochReport, StepReport

# Maximum number of misclassified images per epoch.
MISTAKES_SHOWN = 32


class TensorBoard:
    """A writer of scalars, histograms of the weights, and misclassified validation images."""

    def __init__(self, summaries: Summaries, validation: LabelledImages, labels: Sequence[str]) -> None:
        """Initialise with an open writer of summaries.

        Args:
            summaries: writer of summaries.
            validation: validation images.
            labels: label of each class.
        """
        self._summaries = summaries
        self._validation = validation
        self._labels = labels

    def after_steps(self, report: StepReport) -> None:
        values = {"loss": report.loss, "learning_rate": report.learning_rate, "images_per_s": report.images_per_s}
        self._summaries.scalars(report.step, {f"training/{name}": value for name, value in values.items()})

    def after_epoch(self, report: EpochReport, step: int, model: keras.Model, outcome: Evaluation) -> None:
        """Write the results of an epoch.

        Args:
            report: figures of the epoch.
            step: number of steps done.
            model: model with the weights that were evaluated.
            outcome: evaluation on the validation images.
        """
        values = {"loss": report.validation_loss, "top1": report.top1, "top5": report.top5}
        self._summaries.scalars(step, {f"validation/{name}": value for name, value in values.items()})
        self._summaries.histograms(
            step, {f"weights/{weight.path}": weight.numpy() for weight in model.trainable_variables}
        )
        wrong = np.flatnonzero(~outcome.correct)[:MISTAKES_SHOWN]
        guesses, scores, truth = (values[wrong] for values in (outcome.guesses, outcome.scores, outcome.truth))
        captions = [
            f"{self._labels[guess]} ({score:.2f}), not {self._labels[own]}"
            for guess, score, own in zip(guesses, scores, truth, strict=True)
        ]
        self._summaries.images(step, "misclassified", self._validation.images[wrong], captions)
