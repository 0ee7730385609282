"""The endpoints of a .tflite network: the tensors of image, scores, embedding and features.

Converters give tensors arbitrary names, and the scores are the only output of most files. So the embedding and the
features are found by the structure of the graph: the classifier is the last fully connected layer or 1x1 convolution,
perhaps with others before it. If their input is the result of a global average pooling, this result is the embedding,
and the input of the pooling is the feature map ("features").
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema

from inference.compiler.input_ranges import Range, range_of_first_steps
from inference.compiler.network_kinds import refuse_other_kinds, score_count
from inference.errors import ModelError
from inference.litert.file_format import operator_name
from inference.litert.signature import OUTPUTS

INTEGERS = {schema.TensorType.UINT8: np.uint8, schema.TensorType.INT8: np.int8}
NUMBERS = (schema.TensorType.FLOAT32, *INTEGERS)
# Operators that move or rescale numbers without combining them.
RESHAPING = ("RESHAPE", "SQUEEZE", "EXPAND_DIMS", "QUANTIZE", "DEQUANTIZE", "CAST")
CLASSIFIERS = ("FULLY_CONNECTED", "CONV_2D", "BATCH_MATMUL")
POOLINGS = ("MEAN", "AVERAGE_POOL_2D")
# Operators whose results are logits; softmax(LOG_SOFTMAX(x)) equals softmax(x).
LOGITS = (*CLASSIFIERS, *POOLINGS, "ADD", "LOG_SOFTMAX")
# Operators whose results are probabilities; LOGISTIC only of one class against another.
PROBABILITIES = ("SOFTMAX", "LOGISTIC")
# Operators between two dense layers, which change each number by itself.
ACTIVATIONS = (
    *("ADD", "SUB", "MUL", "DIV", "RELU", "RELU6", "RELU_N1_TO_1", "LEAKY_RELU", "PRELU", "ELU", "TANH", "LOGISTIC"),
    *("GELU", "HARD_SWISH", "MAXIMUM", "MINIMUM"),
)
# Operators with a constant with which networks normalise their input.
ARITHMETIC = ("MUL", "DIV", "ADD", "SUB")


class TFLiteGraph:
    """The main subgraph of a file, searched from its end."""

    def __init__(self, model: schema.ModelT, source: str) -> None:
        self._model = model
        self._source = source
        self._subgraph = model.subgraphs[0]
        if len(self._subgraph.inputs) != 1:
            raise ModelError(f"expected a network with one input, an image. Received: {len(self._subgraph.inputs)}")
        self.image = int(self._subgraph.inputs[0])
        self._makers: dict[int, schema.OperatorT] = {}
        for op in reversed(self._subgraph.operators):
            if any(int(tensor) in self._makers for tensor in op.outputs):
                raise ModelError("the .tflite file is damaged: two operators make the same tensor")
            self._makers |= {int(tensor): op for tensor in op.outputs}
            if any(int(tensor) in self._makers for tensor in op.inputs):
                raise ModelError("the .tflite file is damaged: an operator reads what comes after it")
        self._named = {
            output.name.decode(): int(output.tensorIndex)
            for signature in model.signatureDefs or []
            for output in signature.outputs
            if signature.subgraphIndex == 0
        }

    @property
    def channels_first(self) -> bool:
        """Whether the input is (batch, 3, height, width)."""
        shape = self._shape(self.image)
        return len(shape) == 4 and shape[1] == 3 != shape[3]

    def input_size(self) -> tuple[int, int]:
        """Return the height and the width of the input, in pixels."""
        batch, *sides = [*self._shape(self.image), 0, 0, 0, 0][:4]
        height, width, channels = (*sides[1:], sides[0]) if self.channels_first else sides
        kind = self._tensor(self.image).type
        if batch not in (-1, 1) or min(height, width) < 1 or channels != 3 or kind not in NUMBERS:
            types = {value: name for name, value in vars(schema.TensorType).items()}
            raise ModelError(
                "expected an input of (1, height, width, 3) and uint8, int8 or float32. "
                f"Received: {tuple(self._shape(self.image))} and {types.get(kind, kind)}"
            )
        return height, width

    def integer_range(self) -> Range | None:
        """Return the range of an input of integers, from its quantisation; None for an input of floats."""
        tensor = self._tensor(self.image)
        if tensor.type not in INTEGERS:
            return None
        limits = np.iinfo(INTEGERS[tensor.type])
        scale, zero_point = 1.0, 0
        if tensor.quantization is not None and tensor.quantization.scale is not None:
            scale, zero_point = float(tensor.quantization.scale[0]), int(tensor.quantization.zeroPoint[0])
        return (int(limits.min) - zero_point) * scale, (int(limits.max) - zero_point) * scale

    def first_steps_range(self) -> Range | None:
        """Return the input range that the arithmetic at the beginning of the network tells; None if it tells none."""
        scale, offset, tensor, found = np.ones(1), np.zeros(1), self.image, False
        for op in self._subgraph.operators:
            if tensor not in map(int, op.inputs):
                continue
            name = self._name(op)
            if name in ARITHMETIC:
                first, second = map(int, op.inputs)
                constant = self._constant(second if first == tensor else first)
                if constant is None or (first != tensor and name not in ("MUL", "ADD")):
                    break
                factor = {"MUL": constant, "DIV": 1 / constant}.get(name, np.ones(1))
                term = {"ADD": constant, "SUB": -constant}.get(name, np.zeros(1))
                scale, offset, found = scale * factor, offset * factor + term, True
            elif name not in (*RESHAPING, "TRANSPOSE"):
                break
            tensor = int(op.outputs[0])
        return range_of_first_steps(scale, offset) if found else None

    def scores(self, output: str | None = None) -> int:
        """Return the tensor of scores.

        Args:
            output: name of the tensor, or of the output in the file's signature; None for the output `probabilities`,
                else the only output, the only softmax, or the only output that no operator reads.

        Raises:
            ModelError: there is no such tensor, there are several, or the network is no classifier.
        """
        if output is not None:
            return self._named_scores(output)
        outputs = [int(tensor) for tensor in self._subgraph.outputs]
        if OUTPUTS[0] in self._named:
            outputs = [self._named[OUTPUTS[0]]]
        elif len(outputs) > 1:
            read = {int(tensor) for op in self._subgraph.operators for tensor in op.inputs}
            outputs = (
                [tensor for tensor in outputs if self._name(self._producer(tensor)[0]) in PROBABILITIES]
                or [tensor for tensor in outputs if tensor not in read]
                or outputs
            )
        found = [tensor for tensor in outputs if self._scores_at(tensor)]
        if len(found) != 1 or len(outputs) != 1:
            refuse_other_kinds([self._shape(int(tensor)) for tensor in self._subgraph.outputs], self._source)
            raise ModelError(
                "expected one output of scores, of uint8, int8 or float32, or its name (see --output). "
                f"Received: {self._listed(self._subgraph.outputs)}"
            )
        return found[0]

    def activation(self, scores: int) -> str:
        """Return the activation that the scores still need, "none" or "softmax"."""
        name = self._name(self._producer(scores)[0])
        if name == "SOFTMAX" or (name == "LOGISTIC" and self.size(scores) == 1):
            return "none"
        if name in LOGITS:
            return "softmax"
        raise ModelError(f"expected a network that ends in a softmax or in logits. Received: one that ends in {name}")

    def outputs(self, scores: int) -> dict[str, int]:
        """Return the tensors of a bundle's outputs, found by name, else by operators; missing outputs are left out."""
        found = {OUTPUTS[0]: scores}
        pooled = self._pooling(scores)
        for name, rank in (("embedding", 2), ("features", 4)):
            named = self._named.get(name)
            if named is not None and len(self._shape(named)) == rank:
                found[name] = named
            elif name in pooled:
                found[name] = pooled[name]
        return found

    def size(self, tensor: int) -> int:
        """Return the number of values per image."""
        return int(np.prod(self._shape(tensor)[1:]))

    def _named_scores(self, name: str) -> int:
        """Return the tensor of a name from the user, with or without ":0"."""
        tensors = {tensor.name.decode(errors="replace"): index for index, tensor in enumerate(self._subgraph.tensors)}
        known = tensors | self._named
        index = next((known[each] for each in (name, f"{name}:0", name.removesuffix(":0")) if each in known), None)
        if index is None:
            outputs = self._listed(self._subgraph.outputs)
            raise ModelError(f"--output: expected the name of an output, of {outputs}. Received: {name!r}")
        if not self._scores_at(index):
            shape = tuple(self._shape(index))
            raise ModelError(f"--output: expected an output of (batch, classes). Received: {name}, of {shape}")
        return index

    def _scores_at(self, tensor: int) -> int:
        """Return the number of scores in a tensor; 0 if it has other values."""
        return score_count(self._shape(tensor)) if self._tensor(tensor).type in NUMBERS else 0

    def _listed(self, tensors: object) -> str:
        names = {tensor: name for name, tensor in self._named.items()}
        listed = [
            f"{names.get(int(index)) or self._tensor(int(index)).name.decode(errors='replace')} "
            f"{tuple(self._shape(int(index)))}"
            for index in np.asarray(tensors)[:10]
        ]
        return ", ".join(ascii(each)[1:-1][:80] for each in listed) or "no output"

    def _pooling(self, scores: int) -> dict[str, int]:
        """Return the embedding and the features if the scores are dense layers of a global average; else {}."""
        op, _ = self._producer(scores)
        while op is not None and self._name(op) in (*PROBABILITIES, "LOG_SOFTMAX", "ADD"):
            op, _ = self._producer(int(op.inputs[0]))
        if op is None or self._name(op) not in CLASSIFIERS:
            return {}
        op, tensor = self._producer(int(op.inputs[0]))
        while op is not None and self._name(op) in (*CLASSIFIERS, *ACTIVATIONS) and score_count(self._shape(tensor)):
            op, tensor = self._producer(int(op.inputs[0]))
        if op is None or self._name(op) not in POOLINGS:
            return {}
        features = int(op.inputs[0])
        shape = self._shape(features)
        if len(shape) != 4 or self.size(tensor) != shape[3] or self._shape(tensor)[-1] != shape[3]:
            return {}
        return {"embedding": tensor, "features": features}

    def _producer(self, tensor: int) -> tuple[schema.OperatorT | None, int]:
        """Return the operator that makes a tensor before any reshaping, and the output of that operator.

        The operator is None if the tensor is the input of the network, possibly reshaped.
        """
        op = self._makers.get(tensor)
        while op is not None and self._name(op) in RESHAPING:
            tensor = int(op.inputs[0])
            op = self._makers.get(tensor)
        return op, tensor

    def _constant(self, index: int) -> npt.NDArray[np.float64] | None:
        """Return the float32 numbers of a constant with one value, or with one per channel."""
        tensor = self._tensor(index)
        data = self._model.buffers[tensor.buffer].data
        if tensor.type != schema.TensorType.FLOAT32 or data is None or len(data) not in (4, 12):
            return None
        return np.frombuffer(bytes(data), "<f4").astype(np.float64)

    def _name(self, op: schema.OperatorT | None) -> str:
        return "its input" if op is None else operator_name(self._model, op)

    def _tensor(self, index: int) -> schema.TensorT:
        return self._subgraph.tensors[index]

    def _shape(self, index: int) -> list[int]:
        """Return the sides of a tensor; a free side is -1."""
        tensor = self._tensor(index)
        return [int(side) for side in (tensor.shape if tensor.shapeSignature is None else tensor.shapeSignature)]
