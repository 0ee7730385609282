"""A TensorFlow session that runs a network's original graph, for comparison with the compiled network."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from inference.errors import ModelError
from inference.models.engine import softmax
from inference.models.tensorflow_engine import open_session


class SessionReference:
    """A session that runs an original graph image by image, since some graphs take only one image at a time.

    Attributes:
        input_range: input values for the pixel values 0 and 255, as (low, high).
    """

    def __init__(
        self, graph: Any, *, image: str, scores: str, activation: str, input_range: tuple[float, float]
    ) -> None:
        self._session = open_session(graph, threads=0)
        self._image = self._session.graph.get_tensor_by_name(image)
        self._scores = self._session.graph.get_tensor_by_name(scores if ":" in scores else f"{scores}:0")
        self._activation = activation
        self.input_range = input_range

    def __enter__(self) -> SessionReference:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def probabilities(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Label images; see `comparison.Reference`.

        Raises:
            ModelError: the graph failed.
        """
        dtype = self._image.dtype.as_numpy_dtype
        table = np.linspace(*self.input_range, 256, dtype=np.float32)
        try:
            rows = [
                self._session.run(self._scores, {self._image: table.take(image[np.newaxis]).astype(dtype)})
                for image in images
            ]
        except tf.errors.OpError as error:
            reason = " ".join(error.message.split())
            raise ModelError(f"the network failed as its file has it: {reason}") from error
        scores = np.stack(rows).reshape(len(images), -1).astype(np.float32)
        if scores.shape[1] == 1:
            # The score of the second of two classes.
            scores = np.hstack([np.zeros_like(scores) if self._activation == "softmax" else 1 - scores, scores])
        return softmax(scores) if self._activation == "softmax" else scores
