"""The type of an answer, and the conversion of scores to predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf

import numpy as np
import numpy.typing as npt

from inference.naming.blocklist import Blocklist
from inference.naming.class_names import class_names
from inference.naming.headline import Headline, KindScore, choose_headline, is_unfamiliar
from inference.naming.kinds import KindName, kind_names
from inference.naming.tables import ENGLISH, language_code


# The parts of an answer have no slots. With slots, pickling would take twice as long, and each answer is pickled on its
# way from a worker to the pool.
@dataclass(frozen=True)
class Prediction:
    """One label of an image.

    Attributes:
        label: full text of the label; for ImageNet, the synonyms of a synset, such as "tabby, tabby cat".
        score: the model's probability, in [0, 1].
        index: position in the model's output.
        class_id: stable id of the class: a synset of ImageNet, or the label; "" in answers of earlier program versions.
        names: short names by language code; an English name that ImageNet's class has anyway is left out.
    """

    label: str
    score: float
    index: int
    class_id: str = ""
    names: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def name(self) -> str:
        """Short name in English, such as "tabby cat"."""
        return self.name_in(ENGLISH)

    def name_in(self, language: str) -> str:
        """Return a short name in a language, or in English if there is no name in that language.

        Args:
            language: a language tag.
        """
        code = language_code(language)
        known = class_names(code).get(self.class_id)
        return self.names.get(code) or known or self.names.get(ENGLISH) or self.label.split(",", 1)[0].strip()


@dataclass(frozen=True)
class Timings:
    """Times of the steps for one image, in milliseconds.

    Attributes:
        decode_ms: time for decoding all images of its batch.
        inference_ms: time from then until the network had labelled all images of the batch.
        queue_ms: time until a worker received the image; 0 if there was no queue.
        batch_size: number of images in the batch, including this image.
    """

    decode_ms: float
    inference_ms: float
    queue_ms: float = 0.0
    batch_size: int = 1

    @property
    def total_ms(self) -> float:
        return self.decode_ms + self.inference_ms + self.queue_ms


@dataclass(frozen=True, slots=True)
class Frames:
    """The frames of an animation that were looked at.

    Attributes:
        total: number of frames that were looked at, at least 1.
        agreeing: number of frames whose best class is the headline's class, or belongs to the headline's kind; if the
            headline is not sure, whose best class is the best class of all frames together.
    """

    total: int
    agreeing: int


@dataclass(frozen=True)
class Classification:
    """The answer of one version of a model for one image.

    Attributes:
        model: name of the model.
        version: version of the model's files; another version may answer differently.
        predictions: the top-k predictions, best first; at least one, unless a blocklist left only a kind.
        threshold: score in [0, 1] below which the model's best guess should not be trusted.
        timings: times of the steps.
        kind: narrowest kind of things that is sure; None if no kind is sure.
        frames: frames of an animation, over which the scores are averaged; None for an image that does not move.
        familiarity: probability that the image shows one of the model's classes, in (0, 1); None if the model cannot
            tell. The scores of the predictions presume that it does.
        embedding: input of the network's last layer, float32 (channels,), of an animation the mean over its frames;
            None if nobody asked for it, or if the model exposes none. It is no part of the answer: answers are compared
            and stored without it.
    """

    model: str
    version: str
    predictions: tuple[Prediction, ...]
    threshold: float
    timings: Timings
    kind: KindScore | None = None
    frames: Frames | None = None
    familiarity: float | None = None
    embedding: npt.NDArray[np.float32] | None = field(default=None, compare=False, repr=False)

    @property
    def unfamiliar(self) -> bool:
        """Whether the image probably shows none of the model's classes."""
        return is_unfamiliar(self.familiarity)

    @property
    def headline(self) -> Headline:
        """The statement to show first."""
        if not self.predictions:
            assert self.kind is not None, "without() leaves a class or a kind"
            return Headline(self.kind.kind, "kind", self.kind.probability)
        best = self.predictions[0]
        return choose_headline(best.class_id, best.score, self.threshold, self.kind, self.familiarity)

    def without(self, blocked: Blocklist) -> Classification | None:
        """Leave out classes and kinds that are never said; return None if nothing is left.

        If the best class is left out, no other class is sure. The headline is then a kind or "unsure". No kind is
        sure of an unfamiliar image. The number of frames that agree is known of the former headline only.
        """
        left = tuple(each for each in self.predictions if not blocked.blocks_class(each.class_id or each.label))
        kind = None if self.unfamiliar else blocked.narrowest_allowed(self.kind)
        if not left and kind is None:
            return None
        threshold = self.threshold if left[:1] == self.predictions[:1] else inf
        said = replace(self, predictions=left, kind=kind, threshold=threshold)
        if self.frames is None or said.headline.key == self.headline.key:
            return said
        return replace(said, frames=replace(self.frames, agreeing=0))

    def headline_name(self, language: str = ENGLISH) -> KindName:
        """Return the name of the headline's class or kind, without an article and as a phrase; a class has no article.

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
