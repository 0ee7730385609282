"""The headline of an answer: a class, a kind of things, or the statement that the model is not sure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from inference.naming.kinds import ModelKinds

# Minimum probability of a kind in a headline. At 0.8, the default model's headlines that claim to be sure are right for
# 92 to 94 % of the photos. At 0.9, fewer of its unsure answers would get a kind. See its model card.
BAR = 0.8
# Minimum probability that an image shows one of the classes, for a headline that claims one.
FAMILIAR = 0.5

Level = Literal["class", "kind", "unsure"]


@dataclass(frozen=True, slots=True)
class KindScore:
    """A kind that an image shows.

    Attributes:
        kind: id of the kind.
        probability: sum of the probabilities of the kind's classes, in [0, 1].
    """

    kind: str
    probability: float


@dataclass(frozen=True, slots=True)
class Headline:
    """The statement at the beginning of an answer.

    Attributes:
        key: id of the class or the kind; id of the best class if the level is "unsure".
        level: "class" if the best class is sure, "kind" if only a kind is sure, otherwise "unsure".
        probability: probability of that class or kind, in [0, 1].
    """

    key: str
    level: Level
    probability: float


def find_kind(probabilities: npt.NDArray[np.float32], kinds: ModelKinds, *, bar: float = BAR) -> KindScore | None:
    """Find the narrowest kind that is sure; None if no kind is sure.

    Args:
        probabilities: probabilities of all classes, float32 (classes,).
        kinds: kinds of the model's classes.
        bar: minimum probability of a sure kind, in (0.5, 1]. Since the bar is above a half, two kinds can only reach it
            if one kind is a part of the other kind.

    Raises:
        ValueError: the numbers of probabilities and classes differ, or the bar is out of its range.
    """
    if probabilities.shape != (len(kinds.class_ids),):
        raise ValueError(f"expected probabilities of {len(kinds.class_ids)} classes. Received: {probabilities.shape}")
    if not 0.5 < bar <= 1:
        raise ValueError(f"expected a bar in (0.5, 1]. Received: {bar}")
    sums = kinds.probabilities(probabilities)
    # The narrowest kinds come first.
    sure = np.flatnonzero(sums >= bar)
    return KindScore(kinds.kinds[sure[0]], float(sums[sure[0]])) if len(sure) else None


def is_unfamiliar(familiarity: float | None) -> bool:
    """Return whether an image probably shows none of a model's classes.

    Args:
        familiarity: probability that the image shows one of the classes, in [0, 1]; None if it is unknown.
    """
    return familiarity is not None and familiarity < FAMILIAR


def choose_headline(
    class_id: str, score: float, threshold: float, kind: KindScore | None, familiarity: float | None = None
) -> Headline:
    """Choose the most specific statement that is probable enough; of an unfamiliar image, nothing is sure.

    Args:
        class_id: id of the best class.
        score: probability of the best class, in [0, 1].
        threshold: minimum probability of a sure class, in [0, 1].
        kind: narrowest kind that is sure; None if no kind is sure.
        familiarity: probability that the image shows one of the classes, in [0, 1]; None if it is unknown.
    """
    if familiarity is not None and is_unfamiliar(familiarity):
        # The scores presume that the image shows one of the classes.
        return Headline(class_id, "unsure", score * familiarity)
    if score >= threshold:
        return Headline(class_id, "class", score)
    if kind is not None:
        return Headline(kind.kind, "kind", kind.probability)
    return Headline(class_id, "unsure", score)
