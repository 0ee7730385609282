"""What both servers run for a photo: the decoding and the crop of the pool's workers, the network, and the top five."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from inference.images.decode import load_pixels
from inference.litert.signature import IMAGE, SIGNATURE
from inference.models.bundle import LITERT_FILE, read_bundle

TOP_K = 5
# Environment variables by which the comparison tells a server what to run, and where.
FOLDER, PORT, WORKERS = "LABELBOT_MODEL_FOLDER", "LABELBOT_PORT", "LABELBOT_SERVER_WORKERS"


class Labeller:
    """A loaded network, on one thread."""

    def __init__(self) -> None:
        folder = Path(os.environ[FOLDER])
        self._spec = spec = read_bundle(folder).spec
        low, high = (np.float32(limit) for limit in spec.input_range)
        self._low, self._scale = low, (high - low) / np.float32(255)
        self._interpreter = Interpreter(model_path=str(folder / LITERT_FILE), num_threads=1)
        self._run = self._interpreter.get_signature_runner(SIGNATURE)

    def label(self, image: bytes) -> list[tuple[int, float]]:
        """Return the five best classes with their scores."""
        pixels = load_pixels(image, **self._spec.framing)
        scores = self._run(**{IMAGE: pixels[np.newaxis] * self._scale + self._low})["probabilities"][0]
        best = np.argsort(-scores)[:TOP_K]
        return [(int(index), float(scores[index])) for index in best]
