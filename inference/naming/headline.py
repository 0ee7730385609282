"""The one thing that an answer says first: a class, a kind of things, or that the model is not sure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from inference.naming.kinds import ModelKinds

# A kind is named from this probability on. At 0.8, headlines of the default model that claim to be sure are right for
# 92 to 94 % of the photos, and at 0.9 fewer of its unsure answers get a kind: see its model card.
BAR = 0.8

Level = Literal["class", "kind", "unsure"]


@dataclass(frozen=True, slots=True)
class KindScore:
    """A kind that an image shows.

    Attributes:
        kind: id of the kind.
        probability: sum of the probabilities of its classes, in [0, 1].
    """

    kind: str
    probability: float


@dataclass(frozen=True, slots=True)
class Headline:
    """What an answer says first.

    Attributes:
        key: id of the class or the kind; if unsure, of the best class.
        level: "class" if the best class is sure, "kind" if only a kind is, else "unsure".
        probability: of that class or kind, in [0, 1].
    """

    key: str
    level: Level
    probability: float


def find_kind(probabilities: npt.NDArray[np.float32], kinds: ModelKinds, *, bar: float = BAR) -> KindScore | None:
    """Find the narrowest kind that is sure; None if none is.

    Args:
        probabilities: of all classes, float32 (classes,).
        kinds: the kinds of the model's classes.
        bar: probability from which on a kind is sure, in (0.5, 1]. Above a half, no two kinds reach it unless one is a
            part of the other.

    Raises:
        ValueError: there is not one probability for each class, or the bar is out of its range.
    """
    if probabilities.shape != (len(kinds.class_ids),):
        raise ValueError(f"expected probabilities of {len(kinds.class_ids)} classes. Received: {probabilities.shape}")
    if not 0.5 < bar <= 1:
        raise ValueError(f"expected a bar in (0.5, 1]. Received: {bar}")
    sums = kinds.probabilities(probabilities)
    # The narrowest come first.
    sure = np.flatnonzero(sums >= bar)
    return KindScore(kinds.kinds[sure[0]], float(sums[sure[0]])) if len(sure) else None


def choose_headline(class_id: str, score: float, threshold: float, kind: KindScore | None) -> Headline:
    """Choose the most specific statement that is probable enough.

    Args:
        class_id: the best class.
        score: its probability, in [0, 1].
        threshold: probability from which on it is sure, in [0, 1].
        kind: the narrowest kind that is sure; None for none.
    """
    if score >= threshold:
        return Headline(class_id, "class", score)
    if kind is not None:
        return Headline(kind.kind, "kind", kind.probability)
    return Headline(class_id, "unsure", score)
