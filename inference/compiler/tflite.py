"""Conversion of other programs' .tflite files for the LiteRT engine: they get a signature with a bundle's outputs.

Converters give tensors arbitrary names, and the scores are the only output of most files. So the embedding and the
features are found by the structure of the graph: the classifier is the last fully connected layer or 1x1 convolution.
If its input is the result of a global average pooling, this result is the embedding, and the input of the pooling is
the feature map ("features"). These tensors are added to the outputs of the file, and a signature names all outputs.
"""

from __future__ import annotations

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from inference.compiler.model import CompiledModel
from inference.errors import ModelError
from inference.litert.file_format import DAMAGE, IDENTIFIER, operator_name, pack_model, read_model, sign
from inference.litert.signature import OUTPUTS
from inference.safety.refusal import name_some

INTEGERS = {schema.TensorType.UINT8: np.uint8, schema.TensorType.INT8: np.int8}
NUMBERS = (schema.TensorType.FLOAT32, *INTEGERS)
# Operators that move or rescale numbers without combining them.
RESHAPING = ("RESHAPE", "SQUEEZE", "EXPAND_DIMS", "QUANTIZE", "DEQUANTIZE", "CAST")
CLASSIFIERS = ("FULLY_CONNECTED", "CONV_2D", "BATCH_MATMUL")
POOLINGS = ("MEAN", "AVERAGE_POOL_2D")
# Operators whose results are logits; softmax(LOG_SOFTMAX(x)) equals softmax(x).
LOGITS = (*CLASSIFIERS, *POOLINGS, "ADD", "LOG_SOFTMAX")


def compile_tflite(content: bytes, source: str = "the .tflite file") -> CompiledModel:
    """Find the input and the outputs of a .tflite image classifier, and name the outputs.

    Args:
        content: content of a .tflite file; its one input is an image of uint8, int8 or float32 and the shape
            (1 or free, height, width, 3).
        source: name of the file, for error messages.

    Raises:
        ModelError: the file is of another kind, is damaged, or has custom operators.
    """
    if content[4:8] != IDENTIFIER:
        raise ModelError(f"expected a .tflite file, with {IDENTIFIER!r} at byte 4. Received: {content[4:8]!r}")
    try:
        model = read_model(content)
        check_operators(model, source)
        if any(buffer.offset > 1 for buffer in model.buffers):
            raise ModelError("expected weights inside of the .tflite file's tables. Received: some after them")
        graph = _Graph(model)
        height, width = graph.input_size()
        scores = graph.scores()
        outputs = graph.outputs(scores)
        sign(model, graph.image, outputs)
        return CompiledModel(
            content=bytes(pack_model(model)),
            height=height,
            width=width,
            input_range=graph.input_range(),
            classes=graph.size(scores),
            activation=graph.activation(scores),
            outputs=tuple(outputs),
        )
    except DAMAGE as error:
        raise ModelError(f"the .tflite file is damaged: {error}") from error


def check_operators(model: schema.ModelT, source: str) -> None:
    """Raise if a file has operators that are not LiteRT's own.

    Other operators are custom code, or operations of TensorFlow, such as `FlexWriteFile`.

    Raises:
        ModelError: the file has another operator.
    """
    custom = {
        (code.customCode or b"").decode(errors="replace")
        for code in model.operatorCodes
        # Files from before LiteRT had 128 operators store the code in the deprecated field.
        if max(code.builtinCode, code.deprecatedBuiltinCode) == schema.BuiltinOperator.CUSTOM
    }
    if custom:
        names = name_some(custom)
        raise ModelError(f"{source}: expected LiteRT's own operators. Received: {names}, which could do anything here")


class _Graph:
    """The main subgraph of a file, searched from its end."""

    def __init__(self, model: schema.ModelT) -> None:
        self._model = model
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

    def input_size(self) -> tuple[int, int]:
        batch, height, width, channels = ([*self._shape(self.image), 0, 0, 0, 0])[:4]
        kind = self._tensor(self.image).type
        if batch not in (-1, 1) or min(height, width) < 1 or channels != 3 or kind not in NUMBERS:
            types = {value: name for name, value in vars(schema.TensorType).items()}
            raise ModelError(
                "expected an input of (1, height, width, 3) and uint8, int8 or float32. "
                f"Received: {tuple(self._shape(self.image))} and {types.get(kind, kind)}"
            )
        return height, width

    def input_range(self) -> tuple[float, float] | None:
        tensor = self._tensor(self.image)
        if tensor.type not in INTEGERS:
            return None
        limits = np.iinfo(INTEGERS[tensor.type])
        scale, zero_point = 1.0, 0
        if tensor.quantization is not None and tensor.quantization.scale is not None:
            scale, zero_point = float(tensor.quantization.scale[0]), int(tensor.quantization.zeroPoint[0])
        return (int(limits.min) - zero_point) * scale, (int(limits.max) - zero_point) * scale

    def scores(self) -> int:
        """Return the tensor of scores: the output `probabilities`, or the only output, or the only softmax."""
        outputs = [int(tensor) for tensor in self._subgraph.outputs]
        if OUTPUTS[0] in self._named:
            outputs = [self._named[OUTPUTS[0]]]
        elif len(outputs) > 1:
            outputs = [tensor for tensor in outputs if self._name(self._producer(tensor)[0]) == "SOFTMAX"]
        if len(outputs) != 1 or self._tensor(outputs[0]).type not in NUMBERS:
            raise ModelError(
                "expected one output of scores, of uint8, int8 or float32. "
                f"Received: {len(self._subgraph.outputs)} outputs, {len(outputs)} of them from a softmax"
            )
        return outputs[0]

    def activation(self, scores: int) -> str:
        name = self._name(self._producer(scores)[0])
        if name == "SOFTMAX":
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

    def _pooling(self, scores: int) -> dict[str, int]:
        """Return the embedding and the features if the scores are a linear layer of a global average; else {}."""
        op, _ = self._producer(scores)
        while op is not None and self._name(op) in ("SOFTMAX", "LOG_SOFTMAX", "ADD"):
            op, _ = self._producer(int(op.inputs[0]))
        if op is None or self._name(op) not in CLASSIFIERS:
            return {}
        pooling, embedding = self._producer(int(op.inputs[0]))
        if pooling is None or self._name(pooling) not in POOLINGS:
            return {}
        features = int(pooling.inputs[0])
        shape = self._shape(features)
        if len(shape) != 4 or self.size(embedding) != shape[3] or self._shape(embedding)[-1] != shape[3]:
            return {}
        return {"embedding": embedding, "features": features}

    def _producer(self, tensor: int) -> tuple[schema.OperatorT | None, int]:
        """Return the operator that makes a tensor before any reshaping, and the output of that operator.

        The operator is None if the tensor is the input of the network, possibly reshaped.
        """
        op = self._makers.get(tensor)
        while op is not None and self._name(op) in RESHAPING:
            tensor = int(op.inputs[0])
            op = self._makers.get(tensor)
        return op, tensor

    def _name(self, op: schema.OperatorT | None) -> str:
        return "its input" if op is None else operator_name(self._model, op)

    def _tensor(self, index: int) -> schema.TensorT:
        return self._subgraph.tensors[index]

    def _shape(self, index: int) -> list[int]:
        """Return the sides of a tensor; a free side is -1."""
        tensor = self._tensor(index)
        return [int(side) for side in (tensor.shape if tensor.shapeSignature is None else tensor.shapeSignature)]
