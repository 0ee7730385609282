"""Failed images: each leaves an error with the reason, and no memory or output."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from traceback import walk_tb
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inference.errors import ImageError, TruncatedImage, UnexpectedImageError
from inference.images.decode import MAX_DETAIL_CHARS, _as_image_error, load_pixels
from inference.pool.launch import ENVIRONMENT
from tests.support.images import FILES, quadrants
from tests.support.tiffs import plain_entries, tiff

# Side of the decoded pictures, in pixels: large enough that the heap returns their memory.
SIDE = 1600
KINDS = [kind for kind in FILES if "animated" not in kind and kind != "jpeg-mpo"]

# A program that decodes the files of a folder as a worker does, one by one and together, without garbage collection.
# After a first pass over all files, it prints the growth of the process's memory after each.
LEFT = """
import gc, json, pathlib, resource, sys
from functools import partial
from inference.images.decode import load_pixels
from inference.models.classifier import _decode_all
gc.disable()
decode = partial(load_pixels, height=64, width=64, crop=0.875)
files = {path.name: path.read_bytes() for path in sorted(pathlib.Path(sys.argv[1]).iterdir())}
memory = lambda: int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
for data in files.values():
    _decode_all([data], decode), _decode_all([data, data], decode)
for name, data in files.items():
    before = memory()
    for _ in range(3):
        (result,) = _decode_all([data], decode)
    _decode_all([data, data], decode)
    print(json.dumps([name, type(result).__name__, (memory() - before) / 1e6]), flush=True)
"""

# A program that decodes the files of a folder with a few free megabytes of memory.
SHORT = """
import json, pathlib, resource, sys
from inference.images.decode import load_pixels
from inference.errors import ImageError
files = {path.name: path.read_bytes() for path in sorted(pathlib.Path(sys.argv[1]).iterdir())}
small = {path.name: path.read_bytes() for path in sorted(pathlib.Path(sys.argv[2]).iterdir())}
for data in small.values():
    load_pixels(data, height=64, width=64, crop=0.875)
for name, data in files.items():
    used = int(pathlib.Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_DATA, (used + int(sys.argv[3]), -1))
    try:
        load_pixels(data, height=64, width=64, crop=0.875)
        outcome = "labelled"
    except (ImageError, MemoryError) as error:
        outcome = type(error).__name__
    resource.setrlimit(resource.RLIMIT_DATA, (-1, -1))
    print(json.dumps([name, outcome]), flush=True)
"""


def run(program: str, *arguments: str | Path) -> list[Any]:
    command = [sys.executable, "-c", program, *map(str, arguments)]
    environment = os.environ | ENVIRONMENT
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120, env=environment)
    assert done.stderr == ""
    return [json.loads(line) for line in done.stdout.splitlines()]


def write_all(folder: Path, image: Image.Image, change: Callable[[bytes], bytes] = bytes) -> Path:
    folder.mkdir()
    for kind in KINDS:
        (folder / kind).write_bytes(change(FILES[kind](image)))
    return folder


@pytest.mark.slow
def test_a_failed_image_keeps_no_memory_without_a_garbage_collector(tmp_path: Path) -> None:
    folder = write_all(tmp_path / "cut", quadrants(SIDE, SIDE), lambda data: data[: len(data) // 2])
    for name, outcome, left_mb in run(LEFT, folder):
        assert outcome == "TruncatedImage", name
        assert left_mb < 5, name


@pytest.mark.slow
def test_a_labelled_image_keeps_no_memory(tmp_path: Path) -> None:
    for name, outcome, left_mb in run(LEFT, write_all(tmp_path / "whole", quadrants(SIDE, SIDE))):
        assert outcome == "ndarray", name
        assert left_mb < 5, name


@pytest.mark.slow
def test_want_of_memory_is_never_the_images_fault(tmp_path: Path) -> None:
    folder, small = (
        write_all(tmp_path / "whole", quadrants(SIDE, SIDE)),
        write_all(tmp_path / "small", quadrants(32, 32)),
    )
    outcomes = dict(run(SHORT, folder, small, str(2 * 2**20)))
    assert set(outcomes.values()) <= {"labelled", "MemoryError"}, outcomes
    # Images that fit into the existing heap may be decoded; most do not fit.
    assert list(outcomes.values()).count("MemoryError") > len(KINDS) // 2, outcomes


def test_an_error_holds_neither_pixels_nor_another_error() -> None:
    data = FILES["png"](Image.effect_noise((200, 200), 40))
    with pytest.raises(TruncatedImage) as refused:
        load_pixels(data[:-2000], height=64, width=64, crop=1.0)
    error = refused.value
    assert (error.__cause__, error.__context__) == (None, None)
    for frame, _ in walk_tb(error.__traceback__):
        assert not any(isinstance(value, Image.Image | np.ndarray) for value in frame.f_locals.values()), frame


def test_what_nobody_expected_is_the_images_error_and_logged_in_brief(caplog: pytest.LogCaptureFixture) -> None:
    def deep(left: int) -> None:
        if left:
            deep(left - 1)
        raise AssertionError("a decoder's own")

    with caplog.at_level(logging.ERROR), pytest.raises(UnexpectedImageError) as failed:
        _as_image_error(lambda: deep(50))
    assert failed.value.kind == "AssertionError"
    assert "a decoder's own" in caplog.text
    assert len(caplog.text) < 1500


def test_want_of_memory_passes_as_it_is() -> None:
    def hungry() -> None:
        raise MemoryError

    with pytest.raises(MemoryError):
        _as_image_error(hungry)


def test_what_a_library_says_is_cut_short() -> None:
    def talk() -> None:
        raise ValueError("a" * 10_000)

    with pytest.raises(TruncatedImage) as refused:
        _as_image_error(talk)
    assert len(refused.value.detail) == MAX_DETAIL_CHARS


@pytest.mark.parametrize("compression", [2, 3, 4, 5, 7, 8, 32_773])
def test_a_damaged_tiff_writes_no_line_a_row(capfd: pytest.CaptureFixture[str], compression: int) -> None:
    height = 10_000
    entries = plain_entries(
        64, height, bits=[1], compression=[compression], rows=[10], offsets=[16] * 1000, counts=[200] * 1000
    )
    # Fax compression decodes any bytes to pixels.
    with suppress(ImageError):
        load_pixels(tiff(entries, pixels=bytes(range(1, 201))), height=8, width=8, crop=1.0)
    assert capfd.readouterr().err == ""
