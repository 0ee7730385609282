"""Retraining: a new last layer, the head, for an installed model."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from inference.models.bundle import CARD_FILE, KERAS_FILE, Bundle
from inference.models.engine import softmax
from inference.models.familiarity import FittedFamiliarity, fit_familiarity
from inference.models.head import Head
from inference.models.spec import HELD_OUT, ModelSpec
from inference.models.store import ModelStore
from inference.models.unrelated import unrelated_embeddings
from inference.system.extras import has_extra
from inference.training.data.photos import FEWEST_OTHERS, PhotoSet
from inference.training.errors import DatasetError, NotGoodEnough
from inference.training.evaluation.calibrate import calibrated
from inference.training.evaluation.evaluate import Evaluation
from inference.training.retraining.cross_validation import Fold, assign_folds, cross_validate
from inference.training.retraining.embeddings import EmbeddedPhotos, LabelledEmbeddings, Photo
from inference.training.retraining.head import HeadConfig, HeadEpoch, TrainedHead, train_head

# Number of folds of the cross-validation that calibrates a familiarity; it divides `cross_validation.MAX_FOLDS`.
FAMILIARITY_FOLDS = 5
CONFUSION_FILE = "confusion.png"
CURVES_FILE = "curves.png"


@dataclass(frozen=True, slots=True)
class Misclassification:
    """A misclassified photo.

    Attributes:
        name: path below the data's folder.
        truth: name of the photo's class.
        guess: name of the class with the best score.
        score: score of the guess, in [0, 1].
    """

    name: str
    truth: str
    guess: str
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class Retrained:
    """A retrained model that is not installed yet.

    Attributes:
        spec: specification, calibrated on the validation photos; it still has the name of the base.
        labels: label of each class.
        network: file of the base's network, or content of the model's own network.
        head: layer that replaces the network's last layer; None if the model has its own network.
        familiarity: what the head's familiarity was measured to do; None if the head has none.
        archive: content of the Keras archive of the model's own network, for further training; None if there is no
            archive.
        history: one row per epoch, for `plot_curves`.
        evaluation: evaluation on the test photos, or on the validation photos if there are no test photos.
        misclassified: misclassified photos of this evaluation.
    """

    spec: ModelSpec
    labels: tuple[str, ...]
    network: Path | bytes
    head: Head | None
    familiarity: FittedFamiliarity | None
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
    others: npt.NDArray[np.float32] | None = None,
) -> Retrained:
    """Train a head, calibrate it on the validation photos, and evaluate it on the test photos, if there are any.

    In a cross-validation, the head learns from all photos. It is calibrated and evaluated by what heads that did not
    learn from a photo say about it.

    Args:
        base: model that computed the embeddings.
        data: photos.
        embedded: photos with their embeddings.
        config: hyperparameters of the head.
        report: called after each epoch with the results and the weights of the best head after this epoch.
        others: embeddings of photos of none of the classes, float32 (photos, channels), beside those that come with the
            base; None if there are none.

    Raises:
        DatasetError: a split, or a class in the training split, has no photos that could be read; or there are fewer
            than `FEWEST_OTHERS` other photos.
        TrainingDiverged: the training diverged with every learning rate.
    """
    check_embedded(data, embedded)
    if others is not None and len(others) < FEWEST_OTHERS:
        raise DatasetError(
            f"expected {FEWEST_OTHERS} or more photos of none of the classes that can be read. Received: {len(others)}"
        )
    trained, validated = _train(data, embedded, config, report)
    spec = replace(
        base.spec,
        classes=len(data.labels),
        activation="softmax",
        temperature=1.0,
        head=True,
        base=f"{base.spec.name} {base.spec.version}",
        source=f"retrained from {base.spec.name}",
        chat=None,  # no class of the base is left
        # The base's figures do not apply to other classes.
        accuracy=None,
        measured_on=None,
        agreement=None,
        score_difference=None,
    )
    spec, evaluation = calibrated(spec, validated)
    if data.measured == "test":
        evaluation = _evaluation(trained.head, embedded.standard("test"), temperature=spec.temperature)
    fitted = _fit_familiarity(base, data, embedded, others)
    return Retrained(
        spec=replace(spec, accuracy=evaluation.top1, measured_on=HELD_OUT),
        labels=data.labels,
        network=base.network,
        head=replace(trained.head, familiarity=None if fitted is None else fitted.familiarity),
        familiarity=fitted,
        archive=None,
        history=tuple(asdict(epoch) for epoch in trained.history),
        evaluation=evaluation,
        misclassified=find_misclassified(evaluation, embedded.of(data.measured), data.labels),
    )


def _train(
    data: PhotoSet, embedded: EmbeddedPhotos, config: HeadConfig, report: Callable[[HeadEpoch, Head], None]
) -> tuple[TrainedHead, Evaluation]:
    """Train a head; return it with its evaluation on photos that it, or a head of a fold, did not learn from."""
    classes, training = len(data.labels), embedded.augmented("train")
    if data.cross_validated:
        folds, truth = _folds(data, embedded), embedded.standard("train").truth
        trained, logits = cross_validate(folds, training, classes=classes, config=config, report=report)
        return trained, Evaluation(softmax(logits), truth)
    validation = embedded.standard("validation")
    trained = train_head(training, validation, classes=classes, config=config, report=report)
    return trained, _evaluation(trained.head, validation, temperature=1.0)


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
        store: store that the model is installed into.
        retrained: model to install.
        name: name of the new model.
        card: model card in Markdown.
        min_accuracy: minimum top-1, in [0, 1].
        replace_installed: whether an installed model of this name is replaced.

    Raises:
        NotGoodEnough: the model's top-1 is below the minimum.
        ModelError: the name is taken or invalid.
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
    """Return the contents of the PNG files for the card, by file name."""
    from inference.training.evaluation.report import plot_confusion, plot_curves

    with tempfile.TemporaryDirectory() as folder:
        confusion, curves = Path(folder, CONFUSION_FILE), Path(folder, CURVES_FILE)
        plot_confusion(retrained.evaluation, retrained.labels, confusion)
        plot_curves(retrained.history, curves)
        return {path.name: path.read_bytes() for path in (confusion, curves)}


def check_embedded(data: PhotoSet, embedded: EmbeddedPhotos) -> None:
    """Raise if too few photos could be read.

    Raises:
        DatasetError: a split, or a class in the training split, has no photo that could be read.
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
    """Return the misclassified photos, in the order of `photos`.

    Args:
        evaluation: evaluation of a model.
        photos: photos of the evaluation, in the same order.
        labels: label of each class.
    """
    wrong = np.flatnonzero(~evaluation.correct).tolist()
    truth, guesses, scores = evaluation.truth, evaluation.guesses, evaluation.scores
    return tuple(
        Misclassification(photos[place].name, labels[truth[place]], labels[guesses[place]], float(scores[place]))
        for place in wrong
    )


def _fit_familiarity(
    base: Bundle, data: PhotoSet, embedded: EmbeddedPhotos, others: npt.NDArray[np.float32] | None
) -> FittedFamiliarity | None:
    """Fit what tells photos of the classes from others; None without other photos, or with one photo of a class."""
    photos, own = embedded.of("train"), embedded.standard("train")
    groups = [data.groups.get(photo.name, photo.name) for photo in photos]
    different = Counter(label for label, _ in set(zip(own.truth.tolist(), groups, strict=True)))
    shipped = unrelated_embeddings(base)
    parts = [part for part in (shipped, others) if part is not None and part.shape[1:] == own.embeddings.shape[1:]]
    if not parts or min(different.values()) < 2:
        return None
    # Photos that the person chose count as much as all that come with the base.
    shares = np.concatenate([np.full(len(part), 1 / len(part) / len(parts), np.float32) for part in parts])
    folds = assign_folds(groups, own.truth) % FAMILIARITY_FOLDS
    return fit_familiarity(own.embeddings, own.truth, folds, np.concatenate(parts), shares)


def _folds(data: PhotoSet, embedded: EmbeddedPhotos) -> list[Fold]:
    photos = embedded.of("train")
    standard = embedded.standard("train")
    assigned = assign_folds([data.groups.get(photo.name, photo.name) for photo in photos], standard.truth)
    folds = []
    for fold in np.unique(assigned):
        places = np.flatnonzero(assigned == fold)
        held_out = LabelledEmbeddings(standard.embeddings[places], standard.truth[places])
        learnt = replace(embedded, photos=tuple(photos[place] for place in np.flatnonzero(assigned != fold).tolist()))
        folds.append(Fold(learnt.augmented("train"), held_out, places))
    return folds


def _evaluation(head: Head, data: LabelledEmbeddings, *, temperature: float) -> Evaluation:
    return Evaluation(softmax(head.logits(data.embeddings) / temperature), data.truth)
