"""Networks in LiteRT's file format on the CPU."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter

from inference.bundle import LITERT_FILE, Bundle
from inference.engine import EngineOutput
from inference.errors import ModelError

SIGNATURE = "serving_default"
IMAGE = "image"


class LiteRTEngine:
    """A LiteRT interpreter whose file has one signature, from `image` to the outputs that the specification names."""

    def __init__(self, bundle: Bundle, *, threads: int) -> None:
        """Map the file and prepare the network.

        Raises:
            ModelError: the file is no network, or not the one that the specification describes.
        """
        path = bundle.directory / LITERT_FILE
        try:
            interpreter = Interpreter(model_path=str(path), num_threads=threads)
            self._signature = interpreter.get_signature_runner(SIGNATURE)
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"{path}: {error}") from error
        self._spec = spec = bundle.spec
        inputs, outputs = self._signature.get_input_details(), self._signature.get_output_details()
        if list(inputs) != [IMAGE] or not set(spec.outputs) <= set(outputs):
            raise ModelError(
                f"{path}: expected the input image and the outputs {spec.outputs}. "
                f"Received: {list(inputs)} and {list(outputs)}"
            )
        image = inputs[IMAGE]
        self._shape = (spec.height, spec.width, 3)
        if tuple(image["shape"][1:]) != self._shape:
            raise ModelError(f"{path}: expected an input of (batch, *{self._shape}). Received: {tuple(image['shape'])}")
        self._table = input_table(spec.input_range, image)
        self._outputs = {name: outputs[name] for name in spec.outputs}
        self._batches = all(detail["shape_signature"][0] == -1 for detail in (image, *self._outputs.values()))

    def run(self, pixels: npt.NDArray[np.uint8]) -> EngineOutput:
        """Run uint8 RGB pixels (batch, height, width, 3).

        Raises:
            ModelError: another shape or dtype, or the network failed.
        """
        if pixels.dtype != np.uint8 or pixels.shape[1:] != self._shape or pixels.shape[0] == 0:
            raise ModelError(
                f"expected pixels of uint8 (batch, {', '.join(map(str, self._shape))}). "
                f"Received: {pixels.dtype} {pixels.shape}"
            )
        images = self._table[pixels]
        try:
            if self._batches or len(images) == 1:
                results = [self._signature(image=images)]
            else:
                results = [self._signature(image=images[i : i + 1]) for i in range(len(images))]
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"the network {self._spec.name} failed: {error}") from error
        values = {
            name: np.concatenate([dequantise(result[name], detail) for result in results])
            for name, detail in self._outputs.items()
        }
        return EngineOutput(
            probabilities=self._probabilities(values["probabilities"].reshape(len(images), -1)),
            embedding=values["embedding"].reshape(len(images), -1) if "embedding" in values else None,
            features=values.get("features"),
        )

    def _probabilities(self, scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        if not np.isfinite(scores).all():
            raise ModelError(
                f"expected scores from the network {self._spec.name}. Received: values that are no numbers"
            )
        temperature = np.float32(self._spec.temperature)
        if self._spec.activation == "softmax":
            return softmax(scores / temperature)
        if temperature != 1:
            return softmax(np.log(np.maximum(scores, np.finfo(np.float32).tiny)) / temperature)
        return scores


def input_table(input_range: tuple[float, float], detail: Mapping[str, Any]) -> npt.NDArray[Any]:
    """What each of the 256 pixel values is as an input of the network: (256,), in the input's dtype."""
    values = np.linspace(*input_range, 256)
    dtype = np.dtype(detail["dtype"])
    if dtype == np.float32:
        return values.astype(dtype)
    scale, zero_point = _quantisation(detail)
    limits = np.iinfo(dtype)
    return np.clip(np.round(values / scale + zero_point), limits.min, limits.max).astype(dtype)


def dequantise(values: npt.NDArray[Any], detail: Mapping[str, Any]) -> npt.NDArray[np.float32]:
    """The real numbers that an output stands for, float32."""
    if values.dtype == np.float32:
        return values
    scale, zero_point = _quantisation(detail)
    return (values.astype(np.float32) - zero_point) * scale


def softmax(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Over the last axis, float32."""
    powers: npt.NDArray[np.float32] = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def _quantisation(detail: Mapping[str, Any]) -> tuple[np.float32, np.float32]:
    """Scale and zero point of a tensor of integers; a scale of 0 says that it has none."""
    scale, zero_point = detail["quantization"]
    return np.float32(scale or 1.0), np.float32(zero_point)
