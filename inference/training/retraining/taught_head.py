"""A head that adds taught classes to the classes of their base, from embeddings alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from inference.errors import ModelError
from inference.models.bundle import Bundle, read_head, read_labels
from inference.models.engine import softmax
from inference.models.head import Head
from inference.models.labels import check_labels
from inference.models.last_layer import last_layer
from inference.models.spec import ModelSpec
from inference.teaching.reference import Reference
from inference.teaching.taught_classes import TaughtClasses

Photos = Mapping[str, npt.NDArray[np.float32]]

# Slopes and offsets of the taught classes' logits that are compared, in logits.
SLOPES = (2.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0)
OFFSETS = tuple(np.arange(-10.0, 30.5, 0.5).tolist())


@dataclass(frozen=True, slots=True, eq=False)
class TaughtHead:
    """A model with the classes of its base and taught classes, which is not installed yet.

    Attributes:
        spec: specification; it still has the name of the base.
        labels: label of each class: the base's, then the taught ones.
        head: layer that replaces the network's last layer.
        right, photos: number of held-out photos that are named rightly, and their number.
        mistaken, unrelated: number of unrelated photos that are taken for a taught class, and their number.
    """

    spec: ModelSpec
    labels: tuple[str | None, ...]
    head: Head
    right: int
    photos: int
    mistaken: int
    unrelated: int


def build_taught_head(base: Bundle, learnt: Photos, held_out: Photos, reference: Reference) -> TaughtHead:
    """Add taught classes to a base.

    The logits of the taught classes are their detectors, made linear in the embedding. One slope and one offset for all
    of them are chosen so that the photos to learn from get their names, and the unrelated photos keep the base's.

    Args:
        base: model that computed the embeddings.
        learnt: photos to learn from, float32 (photos, channels) of each class.
        held_out: photos that judge, of some of the classes.
        reference: reference of the base. One half of its photos sets the head, the other half judges it.

    Raises:
        ModelError: the base's last layer cannot be read, a name is one of the base's labels, or the photos are not of
            this base.
    """
    own = _base_head(base)
    labels = (*read_labels(base), *learnt)
    check_labels(labels)
    if taken := next((name for name in learnt if name in labels[: own.classes]), None):
        raise ModelError(f"expected names that {base.spec.name} does not have. Received: {taken}, which it has")
    setting, judging = reference.halves()
    taught = TaughtClasses.fit(learnt, setting)
    weights, bias = _linear(taught, setting)
    photos, truth = _labelled(learnt, own.classes, learnt)
    added = photos @ weights + bias
    held_out_scores = np.concatenate(taught.held_out)
    known = np.flatnonzero(np.isfinite(held_out_scores))
    added[known, truth[known] - own.classes] = held_out_scores[known]
    others = (own.logits(setting.unrelated), setting.unrelated @ weights + bias)
    slope, offset = _choose((own.logits(photos), added), truth, others, base.spec.temperature)
    head = Head(
        np.concatenate([own.weights, weights * slope], axis=1), np.concatenate([own.bias, bias * slope + offset])
    )
    spec = replace(
        base.spec,
        classes=head.classes,
        activation="softmax",
        head=True,
        base=base.spec.base if base.spec.head else f"{base.spec.name} {base.spec.version}",
        source=f"{base.spec.name} with {len(learnt)} taught classes",
        accuracy=None,
        agreement=None,
        score_difference=None,
    )
    judged, answers = _labelled(held_out, own.classes, learnt) if held_out else (photos[:0], truth[:0])
    guesses = head.logits(judged).argmax(axis=1)
    mistaken = head.logits(judging).argmax(axis=1) >= own.classes
    return TaughtHead(
        spec, labels, head, int((guesses == answers).sum()), len(answers), int(mistaken.sum()), len(mistaken)
    )


def _base_head(base: Bundle) -> Head:
    if (head := read_head(base)) is not None:
        return Head(head.weights, head.bias)
    layer = last_layer(base)
    if layer is None:
        raise ModelError(
            f"expected a base whose last layer can be read. Received: {base.spec.name}; retrain it on photos instead"
        )
    return Head(np.ascontiguousarray(layer.weights.T), layer.bias)


def _linear(taught: TaughtClasses, reference: Reference) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return the detectors as weights (channels, classes) and bias (classes,) for embeddings of the mean length."""
    count = len(taught.names)
    length = float(np.linalg.norm(reference.unrelated - reference.centre, axis=1).mean()) or 1.0
    weights = taught.weights[:, :count] / np.float32(length)
    bias = taught.bias[:count] - taught.thresholds - reference.centre @ weights
    return np.asarray(weights, np.float32), np.asarray(bias, np.float32)


def _labelled(photos: Photos, first: int, order: Photos) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    places = {name: first + place for place, name in enumerate(order)}
    truth = np.repeat([places[name] for name in photos], [len(rows) for rows in photos.values()])
    return np.concatenate(list(photos.values())), np.asarray(truth, np.int64)


def _choose(
    taught: tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]],
    truth: npt.NDArray[np.int64],
    others: tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]],
    temperature: float,
) -> tuple[np.float32, np.float32]:
    """Return the slope and the offset with the least mean loss, of taught and of unrelated photos in equal parts.

    Args:
        taught: logits of the base's classes and detectors of the taught classes, of the taught photos.
        truth: class of each of these photos.
        others: the same of the unrelated photos, whose classes are any of the base's.
        temperature: divisor of the logits.
    """
    classes = others[0].shape[1]
    best = (np.inf, SLOPES[0], 0.0)
    for slope in SLOPES:
        for offset in OFFSETS:
            ours, theirs = (
                softmax(np.concatenate([base, added * slope + offset], axis=1) / temperature)
                for base, added in (taught, others)
            )
            right, kept = ours[np.arange(len(truth)), truth], theirs[:, :classes].sum(axis=1)
            loss = float(-np.log(np.maximum(right, 1e-7)).mean() - np.log(np.maximum(kept, 1e-7)).mean())
            best = min(best, (loss, slope, offset))
    return np.float32(best[1]), np.float32(best[2])
