"""Cross-validation of a head on few photos: each photo is measured by heads that did not learn from it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from inference.models.head import Head
from inference.training.data.splits import position_of
from inference.training.retraining.embeddings import LabelledEmbeddings
from inference.training.retraining.head import (
    NOTABLE,
    NOTABLE_NATS,
    HeadConfig,
    HeadEpoch,
    TrainedHead,
    diverged,
    measure,
    train_epochs,
)

# Maximum number of folds. Up to this number of photos, each photo is a fold: leave-one-out.
MAX_FOLDS = 20


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """Training embeddings, and the embeddings that they are validated with.

    Attributes:
        training: embeddings of all views of the other photos.
        validation: embeddings of the standard view of the photos of the fold.
        places: int64 (count,), position of each validation embedding among the standard views of all photos.
    """

    training: LabelledEmbeddings
    validation: LabelledEmbeddings
    places: npt.NDArray[np.int64]


def assign_folds(groups: Sequence[str], truth: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Distribute photos over folds so that each class is in as many folds as possible.

    Args:
        groups: name of each photo's group; a group stays in one fold.
        truth: int64 (photos,), class of each photo.

    Returns:
        int64 (photos,), the fold of each photo, from 0. The fold of a class with two groups never has both.
    """
    classes = dict(zip(groups, truth.tolist(), strict=True))
    ordered = sorted(classes, key=lambda group: (classes[group], position_of(group)))
    folds = {group: place % MAX_FOLDS for place, group in enumerate(ordered)}
    return np.array([folds[group] for group in groups])


def cross_validate(
    folds: Sequence[Fold],
    everything: LabelledEmbeddings,
    *,
    classes: int,
    config: HeadConfig,
    report: Callable[[HeadEpoch, Head], None],
) -> tuple[TrainedHead, npt.NDArray[np.float32]]:
    """Choose the learning rate and the number of epochs by cross-validation, then train a head on all photos.

    Args:
        folds: the photos in at least two folds.
        everything: training embeddings of all photos.
        classes: number of classes.
        config: hyperparameters.
        report: called after each epoch of the head on all photos; its validation figures are of the folds.

    Returns:
        The head, and the logits of each photo by the head of the folds that it is not in, float32 (photos, classes).

    Raises:
        TrainingDiverged: the training diverged with every learning rate.
    """
    logits = _validation_logits(folds, classes, config)
    truth = np.concatenate([fold.validation.truth for fold in folds])[
        np.argsort(np.concatenate([fold.places for fold in folds]))
    ]
    with np.errstate(over="ignore", invalid="ignore"):
        figures = np.array([[measure(each, truth) for each in rates] for rates in logits])
    losses = np.where(np.isfinite(logits).all(axis=(2, 3)), figures[:, :, 0], math.inf)
    if not np.isfinite(losses).any():
        raise diverged(config.max_epochs)
    last, rate = _choose(losses)
    chosen = replace(config, learning_rates=(config.learning_rates[rate],), max_epochs=last + 1)
    history: list[HeadEpoch] = []
    head: Head | None = None
    for epoch, heads in enumerate(train_epochs(everything, classes=classes, config=chosen)):
        head = heads.get(chosen.learning_rates[0])
        if head is None:
            raise diverged(epoch + 1)
        loss, accuracy = measure(head.logits(everything.embeddings), everything.truth)
        row = HeadEpoch(epoch + 1, chosen.learning_rates[0], loss, accuracy, *figures[epoch, rate].tolist())
        history.append(row)
        report(row, head)
    assert head is not None, "there is at least one epoch"
    return TrainedHead(head, chosen.learning_rates[0], last + 1, tuple(history)), logits[last, rate]


def _validation_logits(folds: Sequence[Fold], classes: int, config: HeadConfig) -> npt.NDArray[np.float32]:
    """Return the logits of each photo by epoch and learning rate, float32 (epochs, rates, photos, classes).

    NaN stands for the logits of a head that diverged.
    """
    photos = sum(len(fold.validation) for fold in folds)
    shape = (config.max_epochs, len(config.learning_rates), photos, classes)
    logits = np.full(shape, np.nan, np.float32)
    for fold in folds:
        for epoch, heads in enumerate(train_epochs(fold.training, classes=classes, config=config)):
            for place, rate in enumerate(config.learning_rates):
                if rate in heads:
                    logits[epoch, place, fold.places] = heads[rate].logits(fold.validation.embeddings)
    return logits


def _choose(losses: npt.NDArray[np.float64]) -> tuple[int, int]:
    """Return the first epoch and learning rate after which the loss falls no more to speak of.

    Args:
        losses: float64 (epochs, rates), infinite for a head that diverged.
    """
    best, last = math.inf, 0
    for epoch, loss in enumerate(losses.min(axis=1).tolist()):
        if loss < min(best * NOTABLE, best - NOTABLE_NATS):
            best, last = loss, epoch
    return last, int(losses[last].argmin())
