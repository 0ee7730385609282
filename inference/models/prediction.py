"""The one type for an answer, and how scores become it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from inference.naming.class_names import class_names
from inference.naming.headline import Headline, KindScore, choose_headline
from inference.naming.kinds import KindName, kind_names
from inference.naming.tables import ENGLISH, language_code


@dataclass(frozen=True, slots=True)
class Prediction:
    """One label of an image.

    Attributes:
        label: the full text of the label, for ImageNet a synset's synonyms: "tabby, tabby cat".
        score: the model's probability, in [0, 1].
        index: the position in the model's output.
        class_id: stable id of the class, a synset of ImageNet or the label; "" in answers of earlier versions.
        names: short names by the code of their language, if they are others than those of ImageNet's class.
    """

    label: str
    score: float
    index: int
    class_id: str = ""
    names: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def name(self) -> str:
        """A short name in English: "tabby cat"."""
        return self.name_in(ENGLISH)

    def name_in(self, language: str) -> str:
        """A short name, in English if there is none in the language.

        Args:
            language: a language tag.
        """
        code = language_code(language)
        known = class_names(code).get(self.class_id)
        return self.names.get(code) or known or self.names.get(ENGLISH) or self.label.split(",", 1)[0].strip()


@dataclass(frozen=True, slots=True)
class Timings:
    """Where the time of one image went, in milliseconds.

    Attributes:
        decode_ms: until it was decoded, and the images that it was labelled with, too.
        inference_ms: until the network had run for all of them.
        queue_ms: until a worker had it; 0 where there was no queue.
        batch_size: number of images that were labelled together, itself among them.
    """

    decode_ms: float
    inference_ms: float
    queue_ms: float = 0.0
    batch_size: int = 1

    @property
    def total_ms(self) -> float:
        return self.decode_ms + self.inference_ms + self.queue_ms


@dataclass(frozen=True, slots=True)
class Classification:
    """What is in an image, as one version of one model sees it.

    Attributes:
        model: the model's name.
        version: identifies the model's files; another version may answer differently.
        predictions: the top-k, best first; at least one.
        threshold: the score in [0, 1] under which the model's best guess is not to be trusted.
        timings: where the time went.
        kind: the narrowest kind of things that is sure; None if none is.
    """

    model: str
    version: str
    predictions: tuple[Prediction, ...]
    threshold: float
    timings: Timings
    kind: KindScore | None = None

    @property
    def headline(self) -> Headline:
        """What to say first."""
        best = self.predictions[0]
        return choose_headline(best.class_id, best.score, self.threshold, self.kind)

    def headline_name(self, language: str = ENGLISH) -> KindName:
        """What the headline names, without an article and as a phrase; a class has no article.

        Args:
            language: a language tag.
        """
        headline = self.headline
        if headline.level == "kind":
            return kind_names(language).get(headline.key, KindName(headline.key, headline.key))
        name = self.predictions[0].name_in(language)
        return KindName(name, name)


def best_predictions(
    scores: npt.NDArray[np.float32], labels: Sequence[str | None], top_k: int
) -> tuple[Prediction, ...]:
    """Return the labelled outputs with the highest scores, best first; equal scores keep the order of the outputs.

    Args:
        scores: probabilities, float32 (classes,).
        labels: text of each output; None for an output without a meaning ("background", unused outputs).
        top_k: number of predictions, at least 1; fewer are returned if there are fewer labels.

    Raises:
        ValueError: `top_k` is below 1, or the numbers of labels and scores differ.
    """
    if top_k < 1:
        raise ValueError(f"expected top_k of at least 1. Received: {top_k}")
    if scores.shape != (len(labels),):
        raise ValueError(f"expected scores of shape ({len(labels)},), one for each label. Received: {scores.shape}")
    best: list[Prediction] = []
    for index in np.argsort(-scores, kind="stable").tolist():
        label = labels[index]
        if label is not None:
            best.append(Prediction(label, float(scores[index]), index))
            if len(best) == top_k:
                break
    return tuple(best)
