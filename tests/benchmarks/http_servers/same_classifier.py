"""The classifier that all servers run: one thread, one image at a time."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path += os.environ["EXTRA_PATH"].split(os.pathsep)

from inference.models.bundle import Bundle, read_bundle
from inference.models.classifier import Classifier


class SameClassifier:
    """Labels images with the model of the environment variable BUNDLE."""

    def __init__(self) -> None:
        self._bundle: Bundle = read_bundle(Path(os.environ["BUNDLE"]))
        self._classifier = Classifier()
        self._classifier.load(self._bundle)

    def label(self, image: bytes) -> list[dict[str, object]]:
        answer = self._classifier.classify(image, self._bundle, 5)
        return [{"label": each.label, "score": each.score} for each in answer.predictions]
