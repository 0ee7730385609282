"""A new last layer for an installed model: from embedded photos to a model that answers."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from inference.models.bundle import CARD_FILE, KERAS_FILE, Bundle, ModelSpec
from inference.models.engine import softmax
from inference.models.head import Head
from inference.models.store import ModelStore
from inference.system.extras import has_extra
from inference.training.data.photos import PhotoSet
from inference.training.errors import DatasetError, NotGoodEnough
from inference.training.evaluation.calibrate import calibrated
from inference.training.evaluation.evaluate import Evaluation
from inference.training.retraining.embeddings import EmbeddedPhotos, LabelledEmbeddings, Photo
from inference.training.retraining.head import HeadConfig, HeadEpoch, train_head

CONFUSION_FILE = "confusion.png"
CURVES_FILE = "curves.png"


@dataclass(frozen=True, slots=True)
class Misclassification:
    """A photo that is taken for something else; `score` is that of the guess, in [0, 1]."""

    name: str
    truth: str
    guess: str
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class Retrained:
    """A model that is not installed yet.

    Attributes:
        spec: its specification, calibrated on the validation photos; its name is still that of the base.
        labels: of its classes.
        network: the file of its network, or the content of one of its own.
        head: what takes the place of the network's last layer, if anything does.
        archive: of a network of its own, in Keras's format, from which training can go on.
        history: a row for each epoch, as `plot_curves` takes them.
        evaluation: its scores of the photos that its figures come from.
        misclassified: those of them that are taken for something else.
    """

    spec: ModelSpec
    labels: tuple[str, ...]
    network: Path | bytes
    head: Head | None
    archive: bytes | None
    history: tuple[Mapping[str, float], ...]
    evaluation: Evaluation
    misclassified: tuple[Misclassification, ...]


def retrain(
    base: Bundle,
    data: PhotoSet,
    embedded: EmbeddedPhotos,
    *,
    config: HeadConfig,
    report: Callable[[HeadEpoch, Head], None],
) -> Retrained:
    """Train a head, calibrate it on the validation photos, and measure it on those that were kept for the end.

    Args:
        base: the model that computed the embeddings.
        data: the photos.
        embedded: their embeddings.
        config: hyperparameters of the head.
        report: called after each epoch.

    Raises:
        DatasetError: a split or a class of training has no photos that could be read.
        TrainingDiverged: no learning rate led to numbers.
    """
    check_embedded(data, embedded)
    classes = len(data.labels)
    training, validation = embedded.augmented("train"), embedded.standard("validation")
    trained = train_head(training, validation, classes=classes, config=config, report=report)
    spec = replace(
        base.spec,
        classes=classes,
        activation="softmax",
        temperature=1.0,
        head=True,
        base=f"{base.spec.name} {base.spec.version}",
        source=f"retrained from {base.spec.name}",
        # Those of the base say nothing of other classes.
        accuracy=None,
        agreement=None,
        score_difference=None,
    )
    spec, _ = calibrated(spec, _evaluation(trained.head, validation, temperature=1.0))
    evaluation = _evaluation(trained.head, embedded.standard(data.measured), temperature=spec.temperature)
    return Retrained(
        spec=replace(spec, accuracy=evaluation.top1),
        labels=data.labels,
        network=base.network,
        head=trained.head,
        archive=None,
        history=tuple(asdict(epoch) for epoch in trained.history),
        evaluation=evaluation,
        misclassified=find_misclassified(evaluation, embedded.of(data.measured), data.labels),
    )


def install_retrained(
    store: ModelStore,
    retrained: Retrained,
    *,
    name: str,
    card: str,
    min_accuracy: float = 0.0,
    replace_installed: bool = False,
) -> Bundle:
    """Install a model with its card and, if the extra [plots] is installed, pictures.

    Args:
        store: where to.
        retrained: the model.
        name: that it gets.
        card: in Markdown.
        min_accuracy: top-1 under which it is not installed, in [0, 1].
        replace_installed: whether it takes the place of a model of that name.

    Raises:
        NotGoodEnough: its top-1 is lower.
        ModelError: the name is taken, or none.
        OSError: a file cannot be written; nothing is left behind.
    """
    if retrained.evaluation.top1 < min_accuracy:
        raise NotGoodEnough(retrained.evaluation.top1, min_accuracy)
    extras = {CARD_FILE: card.encode()}
    if has_extra("plots"):
        extras |= _draw(retrained)
    if retrained.archive is not None:
        extras[KERAS_FILE] = retrained.archive
    return store.add(
        replace(retrained.spec, name=name),
        network=retrained.network,
        labels=retrained.labels,
        head=retrained.head,
        extras=extras,
        replace=replace_installed,
    )


def _draw(retrained: Retrained) -> dict[str, bytes]:
    """Pictures for the card, by their files' names."""
    from inference.training.evaluation.report import plot_confusion, plot_curves

    with tempfile.TemporaryDirectory() as folder:
        confusion, curves = Path(folder, CONFUSION_FILE), Path(folder, CURVES_FILE)
        plot_confusion(retrained.evaluation, retrained.labels, confusion)
        plot_curves(retrained.history, curves)
        return {path.name: path.read_bytes() for path in (confusion, curves)}


def check_embedded(data: PhotoSet, embedded: EmbeddedPhotos) -> None:
    """Refuse photos of which too many could not be read.

    Raises:
        DatasetError: a split or a class of training has none left.
    """
    for split in data.splits:
        if not embedded.of(split):
            raise DatasetError(f"expected photos for {split} that can be read. Received: none")
    learnt = {photo.label for photo in embedded.of("train")}
    if unlearnt := [name for label, name in enumerate(data.labels) if label not in learnt]:
        raise DatasetError(f"expected photos of each class that can be read. Received none of: {unlearnt[0]}")


def find_misclassified(
    evaluation: Evaluation, photos: Sequence[Photo], labels: Sequence[str]
) -> tuple[Misclassification, ...]:
    """The photos that are taken for something else, in their order."""
    wrong = np.flatnonzero(~evaluation.correct).tolist()
    truth, guesses, scores = evaluation.truth, evaluation.guesses, evaluation.scores
    return tuple(
        Misclassification(photos[place].name, labels[truth[place]], labels[guesses[place]], float(scores[place]))
        for place in wrong
    )


def _evaluation(head: Head, data: LabelledEmbeddings, *, temperature: float) -> Evaluation:
    return Evaluation(softmax(head.logits(data.embeddings) / temperature), data.truth)
