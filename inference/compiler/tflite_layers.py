"""Operators that are added to the network of a .tflite file, after its outputs or before its input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema

from inference.litert.file_format import add_operator_code, new_buffer, new_operator

# For each operator, its first version that supports every integer type; 1 if the operator is not listed.
VERSIONS = {"DEQUANTIZE": 2, "TRANSPOSE": 2}
TO_NCHW = (0, 3, 1, 2)


class Layers:
    """Adds operators to a network; most methods return the index of the resulting tensor."""

    def __init__(self, model: schema.ModelT) -> None:
        self._model = model
        self._graph = model.subgraphs[0]

    def dequantised(self, tensor: int) -> int:
        if self._graph.tensors[tensor].type == schema.TensorType.FLOAT32:
            return tensor
        return self.apply("DEQUANTIZE", [tensor], schema.DequantizeOptionsT(), like=tensor)

    def fully_connected(self, x: int, weights: npt.NDArray[np.float32], bias: npt.NDArray[np.float32]) -> int:
        inputs = [x, self._constant(weights), self._constant(bias)]
        result = self.apply("FULLY_CONNECTED", inputs, schema.FullyConnectedOptionsT(), like=x)
        tensor = self._graph.tensors[result]
        tensor.shape = [int(tensor.shape[0]), len(bias)]
        if tensor.shapeSignature is not None:
            tensor.shapeSignature = [int(tensor.shapeSignature[0]), len(bias)]
        return result

    def multiply(self, x: int, factor: float) -> int:
        return self.apply("MUL", [x, self._constant(np.array([factor], np.float32))], schema.MulOptionsT(), like=x)

    def two_classes(self, x: int, *, logits: bool) -> int:
        """Append layers from one score per image to two, (batch, 2).

        Args:
            x: tensor of the score, the probability p of the second class or its logit.
            logits: True for a logit x, which becomes (0, x); p becomes (1 - p, p).
        """
        x = self.dequantised(x)
        sides = schema.ReshapeOptionsT()
        sides.newShape = [-1, 1]
        x = self.apply("RESHAPE", [x, self._constant(np.array(sides.newShape, np.int32))], sides, like=x)
        self._reshaped(x, 1)
        factors, terms = ([[0, 1]], [[0, 0]]) if logits else ([[-1, 1]], [[1, 0]])
        x = self.apply("MUL", [x, self._constant(np.array(factors, np.float32))], schema.MulOptionsT(), like=x)
        self._reshaped(x, 2)
        return self.apply("ADD", [x, self._constant(np.array(terms, np.float32))], schema.AddOptionsT(), like=x)

    def take_nhwc(self, image: int) -> int:
        """Put a transposition before an input (batch, 3, height, width); return the new input, with channels last."""
        old = self._graph.tensors[image]
        new = self._input_like(old)
        for field in ("shape", "shapeSignature"):
            if (sides := getattr(old, field)) is not None:
                batch, channels, height, width = map(int, sides)
                setattr(new, field, [batch, height, width, channels])
        index = self._add(new)
        axes = self._constant(np.array(TO_NCHW, np.int32))
        self._prepend("TRANSPOSE", [index, axes], image, schema.TransposeOptionsT())
        return index

    def normalize(self, image: int, scale: npt.NDArray[np.float32], offset: npt.NDArray[np.float32]) -> int:
        """Put `scale * x + offset` before a float32 input (batch, height, width, 3); return the new input.

        Args:
            image: tensor of the input.
            scale: float32 (3,).
            offset: float32 (3,).
        """
        index, between = (self._add(self._input_like(self._graph.tensors[image])) for _ in range(2))
        self._prepend("ADD", [between, self._constant(offset)], image, schema.AddOptionsT())
        self._prepend("MUL", [index, self._constant(scale)], between, schema.MulOptionsT())
        return index

    def _input_like(self, old: schema.TensorT) -> schema.TensorT:
        new = schema.TensorT()
        new.shape, new.shapeSignature = old.shape, old.shapeSignature
        new.type, new.quantization = old.type, old.quantization
        return new

    def _prepend(self, name: str, inputs: Sequence[int], output: int, options: Any) -> None:
        code = add_operator_code(self._model, name, VERSIONS.get(name, 1))
        self._graph.operators.insert(0, new_operator(code, inputs, [output], options))

    def _reshaped(self, tensor: int, size: int) -> None:
        """Set the shape of a result to (batch, size)."""
        result = self._graph.tensors[tensor]
        result.shape = [int(result.shape[0]) if len(result.shape) else 1, size]
        if result.shapeSignature is not None:
            result.shapeSignature = [int(result.shapeSignature[0]) if len(result.shapeSignature) else 1, size]

    def softmax(self, x: int) -> int:
        options = schema.SoftmaxOptionsT()
        options.beta = 1.0
        return self.apply("SOFTMAX", [x], options, like=x)

    def apply(self, name: str, inputs: Sequence[int], options: Any = None, *, like: int) -> int:
        """Append an operator; its result is float32 and has the shape of the tensor `like`."""
        code = add_operator_code(self._model, name, VERSIONS.get(name, 1))
        result = self._result(self._graph.tensors[like])
        self._graph.operators.append(new_operator(code, inputs, [result], options))
        return result

    def _result(self, like: schema.TensorT) -> int:
        tensor = schema.TensorT()
        tensor.shape, tensor.shapeSignature, tensor.type = like.shape, like.shapeSignature, schema.TensorType.FLOAT32
        return self._add(tensor)

    def _constant(self, values: npt.NDArray[np.float32] | npt.NDArray[np.int32]) -> int:
        self._model.buffers.append(new_buffer(values))
        tensor = schema.TensorT()
        tensor.shape, tensor.buffer = list(values.shape), len(self._model.buffers) - 1
        tensor.type = schema.TensorType.INT32 if values.dtype == np.int32 else schema.TensorType.FLOAT32
        return self._add(tensor)

    def _add(self, tensor: schema.TensorT) -> int:
        tensor.name = f"layers/{len(self._graph.tensors)}"
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1
