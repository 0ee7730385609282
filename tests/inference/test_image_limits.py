"""What must not take long, nor much memory, nor anything else down."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from inference.errors import ImageError
from inference.image import load_pixels
from tests.support.images import FILES, bombs, encode, png, quadrants, turned

# Loads each file of a folder and tells of each the error, the seconds of CPU, and the peak memory of the process in MB.
# Linux counts the parent's memory into a child's ru_maxrss, but not into its VmHWM.
MEASURE = """
import json, pathlib, re, sys, time
from inference.errors import ImageError
from inference.image import load_pixels
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    data = path.read_bytes()
    started = time.process_time()
    try:
        load_pixels(data, height=224, width=224, crop=0.875)
        error = None
    except ImageError as refusal:
        error = type(refusal).__name__
    used_s = time.process_time() - started
    peak_kb = int(re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1])
    print(json.dumps([path.name, error, used_s, peak_kb / 1024]), flush=True)
"""


def measure(folder: Path) -> dict[str, tuple[str | None, float, float]]:
    command = [sys.executable, "-c", MEASURE, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    lines = (json.loads(line) for line in done.stdout.splitlines())
    return {name: (error, used_s, peak_mb) for name, error, used_s, peak_mb in lines}


def test_bombs_are_refused_within_a_second_and_300_mb(tmp_path: Path) -> None:
    for name, data in bombs().items():
        assert len(data) < 2**20
        (tmp_path / name).write_bytes(data)
    outcomes = measure(tmp_path)
    assert list(outcomes) == sorted(path.name for path in tmp_path.iterdir())
    for name, (error, used_s, peak_mb) in outcomes.items():
        too_large = name.endswith(("-pixels", "-screen", "-canvas"))
        assert error == ("TooManyPixels" if too_large else "TruncatedImage"), name
        assert used_s < 1, name
        assert peak_mb < 300, name


def test_the_largest_images_that_are_read_fit_into_300_mb(tmp_path: Path) -> None:
    width = 5700
    shape = (4300, width)
    for name, data in {
        "alpha.png": png(np.zeros((*shape, 4), np.uint8), depth=8, colour=6),
        "transparent.png": png(np.zeros((*shape, 3), np.uint8), depth=8, colour=2, chunks=((b"tRNS", bytes(6)),)),
        "progressive.jpg": encode(Image.new("RGB", shape), "JPEG", progressive=True, subsampling=0),
        "alpha.webp": encode(Image.new("RGBA", (3900, 4000)), "WEBP", lossless=True, method=0),
    }.items():
        (tmp_path / name).write_bytes(data)
    for name, (error, _, peak_mb) in measure(tmp_path).items():
        assert error is None, name
        assert peak_mb < 300, name


def damaged(data: bytes) -> st.SearchStrategy[bytes]:
    """The file cut off, or with some of its bytes changed, mostly in the header, or with a piece taken out."""
    place = st.integers(0, len(data) - 1) | st.integers(0, min(len(data), 200) - 1)

    def change(edits: list[tuple[int, int]]) -> bytes:
        copy = bytearray(data)
        for position, value in edits:
            copy[position] = value
        return bytes(copy)

    return (
        place.map(lambda end: data[:end])
        | st.lists(st.tuples(place, st.integers(0, 255)), min_size=1, max_size=8).map(change)
        | st.tuples(place, st.integers(1, 64)).map(lambda cut: data[: cut[0]] + data[sum(cut) :])
    )


@cache
def whole_files() -> dict[str, bytes]:
    image = Image.effect_noise((40, 30), 90).convert("RGB")
    image.paste(quadrants(20, 20))
    with_metadata = {f"exif-{kind}": turned(image, 6, kind) for kind in ("JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF")}
    return {name: make(image) for name, make in FILES.items()} | with_metadata


@pytest.mark.parametrize("name", whole_files())
@settings(max_examples=40, deadline=5000, suppress_health_check=[HealthCheck.too_slow])
@given(choice=st.data())
def test_damage_anywhere_is_an_image_error_or_harmless(name: str, choice: st.DataObject) -> None:
    damaged_file = choice.draw(damaged(whole_files()[name]))
    try:
        pixels = load_pixels(damaged_file, height=9, width=7, crop=0.9)
    except ImageError:
        return
    assert pixels.shape == (9, 7, 3)


@settings(deadline=5000)
@given(st.binary(max_size=300), st.sampled_from(list(whole_files())))
def test_random_bytes_after_any_signature_are_an_image_error(noise: bytes, name: str) -> None:
    for data in (noise, whole_files()[name][:16] + noise):
        with pytest.raises(ImageError):
            load_pixels(data, height=9, width=7, crop=0.9)
