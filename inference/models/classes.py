"""The classes of a loaded model: their labels, ids, names and kinds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from inference.models.bundle import Bundle, read_labels, read_names
from inference.models.labels import imagenet_labels
from inference.models.prediction import Prediction, best_predictions
from inference.naming.class_names import class_names, find_class_ids, name_classes
from inference.naming.headline import Headline, KindScore, find_kind
from inference.naming.kinds import ModelKinds
from inference.naming.tables import ENGLISH


@dataclass(frozen=True, slots=True, eq=False)
class ModelClasses:
    """The meaning of a model's outputs.

    Attributes:
        labels: text of each output; None for an output without a meaning.
        names: names of each output by language code; see `Prediction.names`.
        kinds: ids of the classes, and the kinds of the classes.
    """

    labels: tuple[str | None, ...]
    names: tuple[Mapping[str, str], ...]
    kinds: ModelKinds

    @classmethod
    def read(cls, bundle: Bundle) -> Self:
        """Read the files of a model.

        Raises:
            ModelError: a label file is broken; see `read_labels`.
        """
        labels = read_labels(bundle)
        class_ids = find_class_ids(labels, imagenet_labels())
        known = class_names()
        shown = {ENGLISH: name_classes(class_ids, labels), **read_names(bundle)}
        names: list[dict[str, str]] = [{} for _ in labels]
        for language, column in shown.items():
            for output, name, class_id in zip(names, column, class_ids, strict=True):
                if name is not None and not (language == ENGLISH and known.get(class_id or "") == name):
                    output[language] = name
        return cls(labels, tuple(names), ModelKinds.of(class_ids))

    def answer(self, scores: npt.NDArray[np.float32], top_k: int) -> tuple[tuple[Prediction, ...], KindScore | None]:
        """Return the best classes, and the narrowest kind that is sure; None if no kind is sure.

        Args:
            scores: probabilities, float32 (classes,).
            top_k: number of classes, at least 1.
        """
        class_ids, names = self.kinds.class_ids, self.names
        best = tuple(
            Prediction(each.label, each.score, each.index, class_ids[each.index] or "", names[each.index])
            for each in best_predictions(scores, self.labels, top_k)
        )
        return best, find_kind(scores, self.kinds)

    def agreeing(self, frames: npt.NDArray[np.float32], headline: Headline, best: Prediction) -> int:
        """Return the number of frames whose best class is in the headline; see `Frames`.

        Args:
            frames: probabilities of each frame, float32 (frames, classes).
            headline: headline for all frames together.
            best: best class for all frames together.
        """
        found = [best_predictions(scores, self.labels, 1)[0].index for scores in frames]
        if headline.level == "kind":
            return int(self.kinds.members[self.kinds.kinds.index(headline.key), found].sum())
        return found.count(best.index)
