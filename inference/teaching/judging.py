"""Judges two ways to name a chat's classes on photos that neither of them learned from.

The photos that judge are held out by `is_held_out`. Every other unrelated embedding judges, too. The remaining ones set
the thresholds of taught classes, and `retrain --taught` learns from them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from inference.errors import ModelError, describe_os_error
from inference.models.bundle import Bundle, network_digest, read_head
from inference.models.classes import ModelClasses
from inference.models.engine import softmax
from inference.models.head import Head
from inference.models.prediction import Classification, Timings
from inference.teaching.reference import Reference
from inference.teaching.taught_classes import TaughtClasses

NO_TIME = Timings(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Numbers of right names and of mistakes.

    Attributes:
        right: number of held-out photos that were named with their class.
        photos: number of held-out photos.
        mistaken: number of unrelated photos that were taken for one of the classes.
        unrelated: number of unrelated photos.
    """

    right: int
    photos: int
    mistaken: int
    unrelated: int

    def is_better_than(self, other: Judgement) -> bool:
        """Return whether more photos are right, and no more unrelated photos are mistaken."""
        return self.right > other.right and self.mistaken <= other.mistaken


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddingReader:
    """What a model says about embeddings of its network.

    Attributes:
        bundle: the model.
        network: SHA-256 of the network's file. Models with the same network have the same embeddings.
        head: head of the model; None for a network with its own last layer, which says nothing about embeddings.
        classes: classes of the model.
    """

    bundle: Bundle
    network: bytes
    head: Head | None
    classes: ModelClasses

    @classmethod
    def read(cls, bundle: Bundle) -> Self:
        """Read the files of a model.

        Raises:
            ModelError: a file is absent or damaged.
        """
        try:
            return cls(bundle, network_digest(bundle), read_head(bundle), ModelClasses.read(bundle))
        except OSError as error:
            raise ModelError(describe_os_error(error)) from error

    def names(self, embeddings: npt.NDArray[np.float32]) -> list[str | None]:
        """Return the label that the model is sure of, for each embedding (photos, channels); None if it is not sure.

        Raises:
            ModelError: the embeddings have a wrong number of channels.
        """
        if self.head is None or not len(embeddings):
            return [None] * len(embeddings)
        spec = self.bundle.spec
        probabilities = softmax(self.head.logits(embeddings) / spec.temperature)
        familiar = None if self.head.familiarity is None else self.head.familiarity.of(embeddings)
        return [
            self._name(row, None if familiar is None else float(familiar[place]))
            for place, row in enumerate(probabilities)
        ]

    def _name(self, probabilities: npt.NDArray[np.float32], familiarity: float | None) -> str | None:
        spec = self.bundle.spec
        best, kind = self.classes.answer(probabilities, 1)
        answer = Classification(spec.name, spec.version, best, spec.threshold, NO_TIME, kind, familiarity=familiarity)
        return best[0].label if answer.headline.level == "class" else None


def judge_taught(
    learnt: Mapping[str, npt.NDArray[np.float32]],
    held_out: Mapping[str, npt.NDArray[np.float32]],
    reference: Reference,
    model: EmbeddingReader,
) -> Judgement:
    """Judge taught classes beside the labels of their model. A photo is named by its taught class, else by the model.

    Args:
        learnt: embeddings of the photos to learn from, float32 (photos, channels), by class.
        held_out: embeddings of the photos that judge, by class.
        reference: reference of the model.
        model: model of the chat.
    """
    setting, judging = reference.halves()
    taught = TaughtClasses.fit(learnt, setting)

    def names(embeddings: npt.NDArray[np.float32]) -> list[str | None]:
        found = [taught.recognise(embedding) for embedding in embeddings]
        said = model.names(embeddings)
        return [scores[0].name if scores else label for scores, label in zip(found, said, strict=True)]

    return _judge({name: names(rows) for name, rows in held_out.items()}, names(judging), learnt)


def judge_model(
    model: EmbeddingReader,
    learnt: Mapping[str, npt.NDArray[np.float32]],
    held_out: Mapping[str, npt.NDArray[np.float32]],
    reference: Reference,
) -> Judgement:
    """Judge the labels of a model. The arguments are those of `judge_taught`."""
    _, judging = reference.halves()
    said = {name: model.names(rows) for name, rows in held_out.items()}
    return _judge(said, model.names(judging), learnt)


def _judge(
    said: Mapping[str, Sequence[str | None]], of_unrelated: Sequence[str | None], learnt: Mapping[str, object]
) -> Judgement:
    names = {*learnt, *said}
    return Judgement(
        right=sum(name == label for name, labels in said.items() for label in labels),
        photos=sum(map(len, said.values())),
        mistaken=sum(label in names for label in of_unrelated),
        unrelated=len(of_unrelated),
    )
