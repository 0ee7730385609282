"""Reading and writing LiteRT files by the tables of their schema."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import flatbuffers
import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema

from inference.litert.signature import IMAGE, SIGNATURE

IDENTIFIER = b"TFL3"
# Interpreters refuse other versions of the schema.
SCHEMA_VERSION = 3
# Exceptions for damaged files: offsets outside the file, tables without their fields, names that are no text.
DAMAGE = (struct.error, LookupError, TypeError, ValueError, AttributeError, ArithmeticError)
# The largest operator code that is stored in the deprecated field of one byte; larger codes have only the newer field.
MAX_DEPRECATED_CODE = 127

OPERATOR_NAMES: Mapping[int, str] = {
    value: name for name, value in vars(schema.BuiltinOperator).items() if not name.startswith("_")
}


def operator_name(model: schema.ModelT, operator: schema.OperatorT) -> str:
    """Return the name of an operator in LiteRT's schema, such as "CONV_2D"."""
    code = model.operatorCodes[operator.opcodeIndex]
    # Older files have the code in the deprecated field only.
    return OPERATOR_NAMES[max(code.builtinCode, code.deprecatedBuiltinCode)]


def read_model(content: bytes) -> schema.ModelT:
    """Read the tables of a file.

    Raises:
        DAMAGE: the file is damaged.
    """
    return schema.ModelT.InitFromPackedBuf(content, 0)


def pack_model(model: schema.ModelT) -> memoryview:
    """Write the tables of a file.

    Returns:
        The content of the file, as a view of the builder's memory.
    """
    weights = sum(len(buffer.data) for buffer in model.buffers if buffer.data is not None)
    # If a builder has too little memory, it copies its content. The tables take some kilobytes beside the weights.
    builder = flatbuffers.Builder(weights + 2**20)
    builder.Finish(model.Pack(builder), file_identifier=IDENTIFIER)
    return memoryview(builder.Bytes)[builder.Head() :]


def add_operator_code(model: schema.ModelT, name: str, version: int) -> int:
    """Return the index of an operator code in a file; add the code if the file lacks it.

    Args:
        model: tables of the file.
        name: name of the operator in LiteRT's schema, such as "CONV_2D".
        version: the first version of the operator that supports its options and types.
    """
    builtin = getattr(schema.BuiltinOperator, name)
    for number, code in enumerate(model.operatorCodes):
        if (code.builtinCode, code.version) == (builtin, version):
            return number
    code = schema.OperatorCodeT()
    code.builtinCode, code.version = builtin, version
    code.deprecatedBuiltinCode = min(builtin, MAX_DEPRECATED_CODE)
    model.operatorCodes.append(code)
    return len(model.operatorCodes) - 1


def new_operator(code: int, inputs: Sequence[int], outputs: Sequence[int], options: Any = None) -> schema.OperatorT:
    """Return a new operator.

    Args:
        code: index of the operator code in the file.
        inputs: indices of the input tensors.
        outputs: indices of the output tensors.
        options: table of the schema, such as `Conv2DOptionsT`; None for an operator without options.
    """
    operator = schema.OperatorT()
    operator.opcodeIndex, operator.inputs, operator.outputs = code, list(inputs), list(outputs)
    if options is not None:
        operator.builtinOptionsType = getattr(schema.BuiltinOptions, type(options).__name__.removesuffix("T"))
        operator.builtinOptions = options
    return operator


def new_buffer(values: npt.NDArray[Any]) -> schema.BufferT:
    """Return a buffer with the numbers of an array; a contiguous array is not copied."""
    buffer = schema.BufferT()
    buffer.data = np.ascontiguousarray(values).reshape(-1).view(np.uint8)
    return buffer


def sign(model: schema.ModelT, image: int, outputs: Mapping[str, int]) -> None:
    """Set the outputs of a network, and the names of its input and outputs in its only signature.

    Args:
        model: tables of the file.
        image: index of the input tensor.
        outputs: indices of the output tensors, by the names of the outputs.
    """
    signature = schema.SignatureDefT()
    signature.signatureKey = SIGNATURE
    signature.inputs = [_named(IMAGE, image)]
    signature.outputs = [_named(name, tensor) for name, tensor in outputs.items()]
    model.signatureDefs = [signature]
    model.subgraphs[0].outputs = list(outputs.values())


def _named(name: str, tensor: int) -> schema.TensorMapT:
    entry = schema.TensorMapT()
    entry.name = name
    entry.tensorIndex = tensor
    return entry
