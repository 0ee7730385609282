"""LiteRT's file format: the tables of its schema, read from bytes and written to bytes."""

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
# Of the schema; interpreters refuse others.
SCHEMA_VERSION = 3
# What reading a damaged file raises: offsets out of it, tables without their fields, names that are no text.
DAMAGE = (struct.error, LookupError, TypeError, ValueError, AttributeError, ArithmeticError)
# Codes of operators that readers from before 2020 know; the newer codes stand in a field of their own.
MAX_DEPRECATED_CODE = 127

OPERATOR_NAMES: Mapping[int, str] = {
    value: name for name, value in vars(schema.BuiltinOperator).items() if not name.startswith("_")
}


def operator_name(model: schema.ModelT, operator: schema.OperatorT) -> str:
    """The name of an operator in LiteRT's schema, such as "CONV_2D"."""
    code = model.operatorCodes[operator.opcodeIndex]
    # Files from before there were 128 operators have the code in the field that is now deprecated.
    return OPERATOR_NAMES[max(code.builtinCode, code.deprecatedBuiltinCode)]


def read_model(content: bytes) -> schema.ModelT:
    """Read the tables of a file.

    Raises:
        struct.error, LookupError, TypeError, ValueError, AttributeError, ArithmeticError: it is damaged; see `DAMAGE`.
    """
    return schema.ModelT.InitFromPackedBuf(content, 0)


def pack_model(model: schema.ModelT) -> memoryview:
    """Write the tables of a file.

    Returns:
        The file's content, without a copy of it.
    """
    weights = sum(len(buffer.data) for buffer in model.buffers if buffer.data is not None)
    # A builder that is too small doubles and copies; tables take some kilobytes beside the weights.
    builder = flatbuffers.Builder(weights + 2**20)
    builder.Finish(model.Pack(builder), file_identifier=IDENTIFIER)
    return memoryview(builder.Bytes)[builder.Head() :]


def add_operator_code(model: schema.ModelT, name: str, version: int) -> int:
    """The number of an operator code in a file, which is added if the file lacks it.

    Args:
        model: the file.
        name: of the operator in LiteRT's schema, such as "CONV_2D".
        version: the first whose readers know its options and types of numbers.
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
    """An operator of a file.

    Args:
        code: number of its operator code.
        inputs: numbers of tensors.
        outputs: likewise.
        options: a table of the schema such as `Conv2DOptionsT`, or None.
    """
    operator = schema.OperatorT()
    operator.opcodeIndex, operator.inputs, operator.outputs = code, list(inputs), list(outputs)
    if options is not None:
        operator.builtinOptionsType = getattr(schema.BuiltinOptions, type(options).__name__.removesuffix("T"))
        operator.builtinOptions = options
    return operator


def new_buffer(values: npt.NDArray[Any]) -> schema.BufferT:
    """A buffer with the numbers of an array, which is not copied if it is contiguous."""
    buffer = schema.BufferT()
    buffer.data = np.ascontiguousarray(values).reshape(-1).view(np.uint8)
    return buffer


def sign(model: schema.ModelT, image: int, outputs: Mapping[str, int]) -> None:
    """Make tensors the outputs of a network, and give input and outputs their names in its one signature."""
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
