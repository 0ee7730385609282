from __future__ import annotations

import io
import zipfile

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inference.errors import ModelError
from inference.models.head import Head, decode_head, encode_head

HEAD = Head(np.arange(6, dtype=np.float32).reshape(2, 3), np.array([1, -2, 3], np.float32))


def test_logits_are_those_of_a_dense_layer() -> None:
    logits = HEAD.logits(np.array([[1, 0], [2, -1]], np.float32))
    np.testing.assert_array_equal(logits, [[1, -1, 5], [-2, -4, 2]])
    assert (HEAD.channels, HEAD.classes) == (2, 3)


def test_a_file_holds_the_head_and_is_the_same_for_the_same_numbers() -> None:
    content = encode_head(HEAD)
    read = decode_head(content)
    np.testing.assert_array_equal(read.weights, HEAD.weights)
    np.testing.assert_array_equal(read.bias, HEAD.bias)
    assert encode_head(read) == content


@pytest.mark.parametrize(
    ("weights", "bias"),
    [
        (np.zeros((2, 3)), np.zeros(3, np.float32)),
        (np.zeros((2, 3), np.float32), np.zeros(3, np.float16)),
        (np.zeros((2, 3), np.float32), np.zeros(2, np.float32)),
        (np.zeros((2, 3), np.float32), np.zeros((1, 3), np.float32)),
        (np.zeros(3, np.float32), np.zeros((), np.float32)),
    ],
)
def test_arrays_that_are_no_head_are_refused(weights: npt.NDArray[np.float32], bias: npt.NDArray[np.float32]) -> None:
    with pytest.raises(ModelError, match=r"expected a head of float32 weights .* Received: "):
        Head(weights, bias)


def test_values_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ModelError, match="expected a head of numbers"):
        Head(np.full((2, 3), np.nan, np.float32), np.zeros(3, np.float32))


def test_an_embedding_of_another_network_is_refused() -> None:
    with pytest.raises(ModelError, match=r"embedding of 2 channels.* Received: \(3,\)"):
        HEAD.logits(np.zeros((1, 3), np.float32))


def other_files() -> list[bytes]:
    files = []
    for arrays in ({"weights": HEAD.weights}, {"weights": np.array([object()]), "bias": HEAD.bias}):
        file = io.BytesIO()
        np.savez(file, **arrays)
        files.append(file.getvalue())
    return [b"", b"no archive", *files]


@pytest.mark.parametrize("content", other_files())
def test_a_file_that_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(ModelError, match="damaged"):
        decode_head(content)


def archive_of(weights: bytes, *, method: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("weights.npy", weights)
        archive.writestr("bias.npy", array_file(HEAD.bias))
    return file.getvalue()


def array_file(array: npt.NDArray[np.float32]) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def announced(header: str) -> bytes:
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()


def shaped(shape: str) -> bytes:
    return announced(f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n")


@pytest.mark.parametrize(
    "content",
    [
        array_file(HEAD.weights),
        archive_of(b"no array"),
        archive_of(shaped("(10000000, 8000000)")),
        archive_of(shaped(f"({10**30}, 3)")),
        archive_of(shaped("(-1, 3)")),
        archive_of(announced("(" * 5000)),
        archive_of(announced('"""')),
        archive_of(announced("  1\n 2\n")),
        archive_of(announced("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 3), }\n")),
        archive_of(array_file(HEAD.weights)[:-1]),
        archive_of(array_file(HEAD.weights) + bytes(4)),
        *(archive_of(array_file(HEAD.weights), method=method) for method in (8, 12, 14)),
    ],
)
def test_a_file_of_numpys_that_is_none_of_ours_is_refused_in_a_sentence(content: bytes) -> None:
    with pytest.raises(ModelError, match="damaged") as refused:
        decode_head(content)
    assert len(str(refused.value)) < 300


def test_a_head_of_columns_is_read_as_it_was_written() -> None:
    head = Head(np.asfortranarray(HEAD.weights), HEAD.bias)
    np.testing.assert_array_equal(decode_head(encode_head(head)).weights, HEAD.weights)


# The entry of weights.npy in the archive's directory: its flags, and how it is compressed.
FLAGS = encode_head(HEAD).index(b"PK\x01\x02") + 8
METHOD = FLAGS + 2


@given(st.integers(0, len(encode_head(HEAD)) - 1), st.integers(1, 255))
@example(FLAGS, 1).via("looks encrypted")
@example(FLAGS, 32).via("looks patched")
@example(METHOD, 99).via("looks compressed by an unknown method")
def test_a_damaged_file_is_refused_or_harmless(place: int, change: int) -> None:
    content = bytearray(encode_head(HEAD))
    content[place] ^= change
    try:
        read = decode_head(bytes(content))
    except ModelError:
        return
    np.testing.assert_array_equal(read.weights, HEAD.weights)
    np.testing.assert_array_equal(read.bias, HEAD.bias)


@given(st.integers(0, len(encode_head(HEAD)) - 1))
def test_a_file_that_is_cut_is_refused(size: int) -> None:
    with pytest.raises(ModelError):
        decode_head(encode_head(HEAD)[:size])
