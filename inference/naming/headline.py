"""The one thing that an answer says first: a class, a kind of things, or that the model is not sure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from inference.naming.kinds import ModelKinds

# A kind is named from this probability on.
BAR = 0.8

Level = Literal["class", "kind", "unsure"]


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


def choose_headline(
    probabilities: npt.NDArray[np.float32], threshold: float, kinds: ModelKinds, *, bar: float = BAR
) -> Headline:
    """Choose the most specific statement that is probable enough.

    Args:
        probabilities: of all classes, float32 (classes,).
        threshold: probability from which on the best class is sure, in [0, 1].
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
    best = int(np.argmax(probabilities))
    if kinds.class_ids[best] is None:
        best = max((i for i, key in enumerate(kinds.class_ids) if key is not None), key=lambda i: probabilities[i])
    key, probability = kinds.class_ids[best], float(probabilities[best])
    assert key is not None, "the best of the classes that have an id"
    if probability >= threshold:
        return Headline(key, "class", probability)
    sums = kinds.probabilities(probabilities)
    # The narrowest come first.
    sure = np.flatnonzero(sums >= bar)
    if len(sure):
        return Headline(kinds.kinds[sure[0]], "kind", float(sums[sure[0]]))
    return Headline(key, "unsure", probability)
