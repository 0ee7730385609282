"""The head of a retrained model: its own last layer. A head reads the embedding of a network that models can share."""

from __future__ import annotations

import io
import math
import re
import zipfile
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from inference.errors import ModelError
from inference.models.familiarity import Familiarity

# Exceptions for damaged files. zipfile raises RuntimeError if the damage looks like encryption, and its subclass
# NotImplementedError if the damage looks like an unknown method or version.
DAMAGE = (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile)
# Limit on a head's file. A head with NASNetLarge's 4,032 channels and the 21,841 classes of ImageNet-21k takes 352 MB.
MAX_HEAD_BYTES = 400_000_000
# Prefix of the names of a familiarity's arrays in a head's file, and the arrays. Earlier versions of the program ignore
# these arrays.
FAMILIARITY = "familiarity_"
FAMILIARITY_ARRAYS = ("centre", "weights", "bias")
# Limit on zipfile's message, which quotes the file.
REASON_CHARACTERS = 200
# The beginning of an array in NumPy's format: version, length of the header, and the header, a Python dictionary.
# A side with ten digits would make the file larger than its limit.
NPY = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '<f4', 'fortran_order': (False|True), "
    rb"'shape': \((\d{1,9}),(?: (\d{1,9}))?\), \} *\n",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """A dense layer from an embedding to logits.

    Attributes:
        weights: float32 (channels, classes).
        bias: float32 (classes,).
        familiarity: tells whether an embedding is of one of the classes at all; None if that is unknown.

    Raises:
        ModelError: the arrays have wrong shapes or dtypes, or contain NaN or infinity.
    """

    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]
    familiarity: Familiarity | None = None

    def __post_init__(self) -> None:
        weights, bias = self.weights, self.bias
        if (
            weights.ndim != 2
            or bias.shape != weights.shape[1:]
            or {weights.dtype, bias.dtype} != {np.dtype(np.float32)}
        ):
            raise ModelError(
                "expected a head of float32 weights (channels, classes) and bias (classes,). "
                f"Received: {weights.dtype} {weights.shape} and {bias.dtype} {bias.shape}"
            )
        if not (np.isfinite(weights).all() and np.isfinite(bias).all()):
            raise ModelError("expected a head of numbers. Received: values that are none")
        if self.familiarity is not None and self.familiarity.weights.shape != weights.shape:
            raise ModelError(
                f"expected a familiarity of {weights.shape}, as the head. Received: {self.familiarity.weights.shape}"
            )

    @property
    def channels(self) -> int:
        return int(self.weights.shape[0])

    @property
    def classes(self) -> int:
        return int(self.weights.shape[1])

    def logits(self, embedding: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the logits (batch, classes) for embeddings (batch, channels).

        Raises:
            ModelError: the embeddings have a wrong number of channels.
        """
        if embedding.shape[1:] != (self.channels,):
            raise ModelError(
                f"expected an embedding of {self.channels} channels, which the head reads. "
                f"Received: {embedding.shape[1:]}"
            )
        return embedding @ self.weights + self.bias


def encode_head(head: Head) -> bytes:
    """Return the content of a head's file; equal heads have equal files."""
    file = io.BytesIO()
    arrays: dict[str, Any] = {"weights": head.weights, "bias": head.bias}
    if head.familiarity is not None:
        arrays |= {f"{FAMILIARITY}{name}": getattr(head.familiarity, name) for name in FAMILIARITY_ARRAYS}
    np.savez(file, **arrays)
    return file.getvalue()


def decode_head(content: bytes) -> Head:
    """Read the content of a head's file.

    This function reads only the format that `encode_head` writes. `np.load` would trust the header, and unpack content
    of any size.

    Raises:
        ModelError: the file is damaged, or does not contain a head.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            familiarity = None
            if any(name.startswith(FAMILIARITY) for name in archive.namelist()):
                familiarity = Familiarity(
                    *(_read_array(archive, f"{FAMILIARITY}{name}") for name in FAMILIARITY_ARRAYS)
                )
            return Head(_read_array(archive, "weights"), _read_array(archive, "bias"), familiarity)
    except DAMAGE as error:
        reason = str(error)[:REASON_CHARACTERS]
        raise ModelError(f"the file of a head is damaged: {reason}") from error


def _read_array(archive: zipfile.ZipFile, name: str) -> npt.NDArray[np.float32]:
    """Read an array from an archive in NumPy's format (.npz).

    Raises:
        ValueError: the array is compressed, is not float32 with one or two axes, or does not match its header.
    """
    info = archive.getinfo(f"{name}.npy")
    if info.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"expected {name} without compression")
    content = archive.read(info)
    header = NPY.match(content)
    if header is None:
        raise ValueError(f"expected an array of float32 named {name}")
    shape = [int(side) for side in header.groups()[1:] if side is not None]
    numbers = np.frombuffer(content, np.dtype("<f4"), offset=header.end())
    if numbers.size != math.prod(shape):
        raise ValueError(f"expected {math.prod(shape):,} numbers of {name}. Received: {numbers.size:,}")
    return numbers.astype(np.float32).reshape(shape, order="F" if header[1] == b"True" else "C")
