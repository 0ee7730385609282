"""LiteRT files in an interpreter, with or without XNNPACK."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from inference.litert.signature import IMAGE, SIGNATURE
from inference.models.litert_engine import dequantise, input_table

PLAIN = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES


class LiteRTFile:
    """A network that is loaded in one thread."""

    def __init__(self, content: bytes | memoryview, *, xnnpack: bool = True) -> None:
        resolver = OpResolverType.AUTO if xnnpack else PLAIN
        self._interpreter = Interpreter(
            model_content=bytes(content), num_threads=1, experimental_op_resolver_type=resolver
        )
        self._interpreter.allocate_tensors()
        self._network = self._interpreter.get_signature_runner(SIGNATURE)

    @property
    def delegates(self) -> int:
        """Parts of the network that XNNPACK runs."""
        return len(self._delegates())

    @property
    def is_all_delegated(self) -> bool:
        """Whether one part leads from the input to all outputs: XNNPACK then runs every operator."""
        inputs = {detail["index"] for detail in self._interpreter.get_input_details()}
        outputs = {detail["index"] for detail in self._interpreter.get_output_details()}
        return any(inputs <= {*part["inputs"]} and outputs <= {*part["outputs"]} for part in self._delegates())

    def _delegates(self) -> list[dict[str, Any]]:
        return [detail for detail in self._interpreter._get_ops_details() if detail["op_name"] == "DELEGATE"]

    def run(self, pixels: npt.NDArray[np.uint8], input_range: tuple[float, float]) -> dict[str, npt.NDArray[Any]]:
        """Label uint8 images (count, height, width, 3); the outputs by their names, as real numbers."""
        table = input_table(input_range, self._network.get_input_details()[IMAGE])
        details = self._network.get_output_details()
        results = self._network(**{IMAGE: table.take(pixels)})
        return {name: dequantise(values, details[name]) for name, values in results.items()}
