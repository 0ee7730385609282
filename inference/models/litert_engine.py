"""Networks in LiteRT files, run on the CPU."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter

from inference.errors import ModelError
from inference.litert.signature import IMAGE, SIGNATURE
from inference.models.bundle import Bundle
from inference.models.network import NetworkOutput, check_pixels
from inference.system.stderr import silent_stderr


class LiteRTNetwork:
    """A LiteRT interpreter for a file with one signature, from `image` to the outputs in the specification."""

    def __init__(self, bundle: Bundle, *, threads: int) -> None:
        """Map the file into memory and prepare the network.

        Args:
            bundle: model on disk.
            threads: number of threads per operator.

        Raises:
            ModelError: the file has no network, or the network differs from the specification.
        """
        self._spec = spec = bundle.spec
        path = bundle.network
        try:
            interpreter = Interpreter(model_path=str(path), num_threads=threads)
            # LiteRT has no setting that silences its message about the CPU delegate. Errors of LiteRT are exceptions.
            with silent_stderr():
                interpreter.allocate_tensors()
            signature = interpreter.get_signature_runner(SIGNATURE)
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"{path}: {error}") from error
        inputs, outputs = signature.get_input_details(), signature.get_output_details()
        if list(inputs) != [IMAGE] or not set(spec.outputs) <= set(outputs):
            raise ModelError(
                f"{path}: expected the input {IMAGE} and the outputs {', '.join(spec.outputs)}. "
                f"Received: {', '.join(inputs)} and {', '.join(outputs)}"
            )
        image = inputs[IMAGE]
        self._outputs = {name: outputs[name] for name in spec.outputs}
        self._shape = (spec.height, spec.width, 3)
        self._classes = int(np.prod(outputs["probabilities"]["shape"]))
        shape = tuple(image["shape"].tolist())
        if shape != (1, *self._shape):
            raise ModelError(f"{path}: expected an input of {(1, *self._shape)}. Received: {shape}")
        self._table = input_table(spec.input_range, image)
        self._interpreter = interpreter
        self._image = image["index"]
        # A function that returns a view of the input's memory. The view is invalid after a change of the batch size,
        # and must be gone before the network runs.
        self._input_view = interpreter.tensor(self._image)
        self._batch = 1
        self._takes_batches = all(detail["shape_signature"][0] == -1 for detail in (image, *self._outputs.values()))

    @property
    def classes(self) -> int:
        return self._classes

    @property
    def batch_size(self) -> int:
        """Always 1, since larger batches are slower.

        Measured on one core with Inception-v3 and int8 weights, the best of twelve runs: 63, 61, 50 and 50 images/s in
        batches of 1, 2, 4 and 8.
        """
        return 1

    def run(self, pixels: npt.NDArray[np.uint8], *, features: bool = False) -> NetworkOutput:
        """Run the network on a batch; image by image if the network accepts only batches of one image.

        Args:
            pixels: uint8 (batch, height, width, 3), RGB.
            features: whether the output has the features, too.

        Raises:
            ModelError: the pixels have a wrong shape or dtype, or the network failed.
        """
        check_pixels(pixels, self._shape)
        wanted = {name: detail for name, detail in self._outputs.items() if features or name != "features"}
        batches = [pixels] if self._takes_batches or len(pixels) == 1 else np.split(pixels, len(pixels))
        try:
            results = [self._run_batch(batch, wanted) for batch in batches]
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"the network {self._spec.name} failed: {error}") from error
        values = results[0] if len(results) == 1 else {n: np.concatenate([each[n] for each in results]) for n in wanted}
        return NetworkOutput(
            scores=values["probabilities"].reshape(len(pixels), -1),
            embedding=values["embedding"].reshape(len(pixels), -1) if "embedding" in values else None,
            features=values.get("features"),
        )

    def _write_input(self, pixels: npt.NDArray[np.uint8]) -> None:
        """Write the input that the table has for the pixels."""
        if self._table.dtype == np.float32:
            # The same values, three times as fast.
            linear_values(pixels, self._spec.input_range, self._input_view())
        else:
            # All values of uint8 are in the table, so clipping only saves a check and a copy.
            self._table.take(pixels, out=self._input_view(), mode="clip")

    def _run_batch(
        self, pixels: npt.NDArray[np.uint8], wanted: Mapping[str, Mapping[str, Any]]
    ) -> dict[str, npt.NDArray[np.float32]]:
        """Run the network on pixels of its own batch size, and return copies of some outputs."""
        if len(pixels) != self._batch:
            self._interpreter.resize_tensor_input(self._image, pixels.shape)
            self._interpreter.allocate_tensors()
            self._batch = len(pixels)
        self._write_input(pixels)
        self._interpreter.invoke()
        return {
            name: dequantise(self._interpreter.get_tensor(detail["index"]), detail) for name, detail in wanted.items()
        }


def linear_values(
    pixels: npt.NDArray[np.uint8], input_range: tuple[float, float], out: npt.NDArray[np.float32]
) -> None:
    """Write the float32 input of a network for some pixels: the range's low end for 0, its high end for 255.

    Args:
        pixels: uint8, of any shape.
        input_range: input values for the pixel values 0 and 255, (low, high).
        out: float32, of the same shape.
    """
    low, high = (np.float32(limit) for limit in input_range)
    np.multiply(pixels, (high - low) / np.float32(255), out=out, dtype=np.float32)
    out += low


def input_table(input_range: tuple[float, float], detail: Mapping[str, Any]) -> npt.NDArray[Any]:
    """Return the network's input for each of the 256 pixel values: (256,), in the input's dtype.

    Args:
        input_range: input values for the pixel values 0 and 255, (low, high).
        detail: LiteRT's details of the input tensor.
    """
    dtype = np.dtype(detail["dtype"])
    if dtype == np.float32:
        floats = np.empty(256, np.float32)
        linear_values(np.arange(256, dtype=np.uint8), input_range, floats)
        return floats
    values = np.linspace(*input_range, 256)
    scale, zero_point = _quantisation(detail)
    limits = np.iinfo(dtype)
    return np.clip(np.round(values / scale + zero_point), limits.min, limits.max).astype(dtype)


def dequantise(values: npt.NDArray[Any], detail: Mapping[str, Any]) -> npt.NDArray[np.float32]:
    """Return the real numbers of an output as float32."""
    if values.dtype == np.float32:
        return values
    scale, zero_point = _quantisation(detail)
    return (values.astype(np.float32) - zero_point) * scale


def _quantisation(detail: Mapping[str, Any]) -> tuple[np.float32, np.float32]:
    """Return the scale and the zero point of an integer tensor. LiteRT reports a missing scale as 0; then return 1."""
    scale, zero_point = detail["quantization"]
    return np.float32(scale or 1.0), np.float32(zero_point)
