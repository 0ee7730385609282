"""JPEGs without their last bytes are read as browsers do; halves are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inference.errors import TruncatedImage
from inference.images.decode import load_pixels
from tests.support.images import encode
from tests.support.pictures import picture

BASELINE = {"quality": 90}
PROGRESSIVE = {"quality": 90, "progressive": True}


def photo(width: int = 640, height: int = 480) -> Image.Image:
    """A picture whose rows all differ."""
    noise = np.random.default_rng(1).integers(0, 60, (height, width, 3))
    slope = np.linspace(60, 190, height)[:, None, None]
    return Image.fromarray((noise + slope).astype(np.uint8))


def load(data: bytes, side: int = 64) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return load_pixels(data, height=side, width=side, crop=0.875)


@pytest.mark.parametrize("side", [24, 64, 224, 448])
@pytest.mark.parametrize("missing", [1, 2, 3, 20])
@pytest.mark.parametrize("options", [BASELINE, PROGRESSIVE, {"quality": 90, "subsampling": 0}])
def test_a_jpeg_without_its_last_bytes_is_read(options: dict[str, object], missing: int, side: int) -> None:
    whole = encode(photo(), "JPEG", **options)
    difference = np.abs(load(whole, side).astype(int) - load(whole[:-missing], side))
    assert difference.mean() < 1


@pytest.mark.parametrize("size", [(9, 7), (40, 30), (64, 64), (33, 200)])
def test_so_is_a_small_one_without_its_end_marker(size: tuple[int, int]) -> None:
    whole = encode(photo(*size), "JPEG", **BASELINE)
    assert np.abs(load(whole, 32).astype(int) - load(whole[:-2], 32)).mean() < 3


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
@pytest.mark.parametrize("options", [BASELINE, {**BASELINE, "subsampling": 0}])
def test_a_part_is_refused(options: dict[str, object], share: float) -> None:
    whole = encode(photo(), "JPEG", **options)
    with pytest.raises(TruncatedImage):
        load(whole[: int(len(whole) * share)])


@pytest.mark.parametrize("share", [0.02, 0.1])
def test_a_progressive_jpeg_of_which_only_the_beginning_is_there_is_refused(share: float) -> None:
    whole = encode(photo(), "JPEG", **PROGRESSIVE)
    with pytest.raises(TruncatedImage):
        load(whole[: int(len(whole) * share)])


def test_a_progressive_jpeg_of_which_refinements_are_missing_is_read() -> None:
    whole = encode(photo(), "JPEG", **PROGRESSIVE)
    last_scan = whole.rindex(b"\xff\xda")
    assert np.abs(load(whole).astype(int) - load(whole[: last_scan + 40])).mean() < 5


def test_what_comes_instead_of_the_end_does_not_count() -> None:
    whole = picture(1)
    with pytest.raises(TruncatedImage):
        load(whole[: len(whole) // 2] + bytes(5000))


@pytest.mark.shared
def test_a_photo_of_the_web_without_its_end_marker_is_read(shared: Path) -> None:
    data = (shared / "cases" / "jpeg_without_EOI_marker.jpg").read_bytes()
    assert load(data).std() > 30
