"""What TensorBoard shows of a training run."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

from inference.training.data.dataset import LabelledImages
from inference.training.evaluation.evaluate import Evaluation
from inference.training.evaluation.summaries import Summaries
from inference.training.from_scratch.history import EpochReport, StepReport

# As many as people look at.
MISTAKES_SHOWN = 32


class TensorBoard:
    """Writes scalars, histograms of the weights, and validation images that were taken for something else."""

    def __init__(self, summaries: Summaries, validation: LabelledImages, labels: Sequence[str]) -> None:
        """Write to an open folder of summaries.

        Args:
            summaries: where to.
            validation: the images that are taken for something.
            labels: of the classes.
        """
        self._summaries = summaries
        self._validation = validation
        self._labels = labels

    def after_steps(self, report: StepReport) -> None:
        values = {"loss": report.loss, "learning_rate": report.learning_rate, "images_per_s": report.images_per_s}
        self._summaries.scalars(report.step, {f"training/{name}": value for name, value in values.items()})

    def after_epoch(self, report: EpochReport, step: int, model: keras.Model, outcome: Evaluation) -> None:
        """Write what an epoch brought.

        Args:
            report: its figures.
            step: number of steps done.
            model: as it was validated.
            outcome: its scores of the validation images.
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
