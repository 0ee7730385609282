"""Photos of many megapixels, such as those of new phones: they get an answer within the memory limit."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from inference.errors import TooManyPixels
from inference.images.decode import load_pixels
from tests.support.decoding import measure
from tests.support.heifs import heif, property_of, size_property
from tests.support.images import BLUE, GREEN, RED, YELLOW, corners, encode, quadrants, turned, with_alpha

PHONE, PHONE_108 = (8064, 6048), (12_000, 9_000)
# Maximum difference by the rounding of encoder and decoder.
TOLERANCE = 24

# Encoders of small pictures, which count as large under the small limits of these tests.
REDUCED: dict[str, Callable[[Image.Image], bytes]] = {
    "png": lambda image: encode(with_alpha(image), "PNG"),
    "png-palette": lambda image: encode(image.quantize(16), "PNG"),
    "tiff-cmyk": lambda image: encode(image.convert("CMYK"), "TIFF"),
    "tiff-16bit": lambda image: encode(Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257), "TIFF"),
    "gif": lambda image: encode(image, "GIF"),
    "webp": lambda image: encode(image, "WEBP", quality=95),
    "webp-lossless": lambda image: encode(image, "WEBP", lossless=True),
    "webp-turned": lambda image: turned(image.rotate(90, expand=True), 6, "WEBP"),
    "heic": lambda image: encode(image, "HEIF", quality=90),
    "heic-444": lambda image: encode(image, "HEIF", quality=90, chroma=444),
    "heic-alpha": lambda image: encode(with_alpha(image), "HEIF", quality=90),
    "heic-grid": lambda image: encode(image, "HEIF", quality=90, tile_size=256),
    "heic-turned": lambda image: turned(image.rotate(90, expand=True), 6, "HEIF"),
}


def in_memory(data: bytes, max_memory_bytes: int) -> npt.NDArray[np.uint8]:
    return load_pixels(data, height=32, width=32, crop=1.0, max_memory_bytes=max_memory_bytes)


@pytest.mark.parametrize("kind", REDUCED)
@pytest.mark.parametrize("size", [(600, 450), (451, 613)])
def test_what_does_not_fit_in_full_is_reduced_and_looks_the_same(kind: str, size: tuple[int, int]) -> None:
    data = REDUCED[kind](quadrants(*size))
    pixels = size[0] * size[1]
    limits = [pixels * share // 10 for share in range(10, 200, 5)]
    reduced = None
    for limit in limits:
        try:
            reduced = in_memory(data, limit)
        except TooManyPixels:
            continue
        break
    assert reduced is not None
    full = in_memory(data, pixels * 20)
    assert limit < limits[-1]
    difference = np.abs(reduced.astype(int) - full)
    assert difference.mean() < 3
    if "16bit" not in kind:
        assert np.abs(corners(reduced).astype(int) - [RED, GREEN, BLUE, YELLOW]).max() < TOLERANCE
    # The two differ only if the image was reduced.
    assert difference.any() or kind in ("png", "png-palette", "gif", "webp-lossless")


def repeated_tile() -> bytes:
    """A HEIC photo of 48 megapixels in tiles, as phones write them, but all of them the same."""
    tile = encode(quadrants(512, 512), "HEIF", quality=40)
    content = tile[tile.index(b"mdat") + 4 :]
    grid = struct.pack(">BBBBHH", 0, 0, 11, 15, *PHONE)
    properties = [property_of(tile, b"hvcC"), size_property(*PHONE), size_property(512, 512)]
    return heif([(b"grid", grid, [2]), (b"hvc1", content, [1, 3])], properties, [(b"dimg", 1, [2] * 192)])


def large_files() -> dict[str, bytes]:
    ramp = np.add.outer(np.arange(PHONE[1]) % 251, np.arange(PHONE[0]) % 241).astype(np.uint8)
    photo = Image.merge("RGB", [Image.fromarray(ramp), Image.fromarray(ramp[::-1]), Image.fromarray(ramp[:, ::-1])])
    plain = quadrants(*PHONE)
    files = {
        "48.jpg": encode(photo, "JPEG", quality=50),
        "48-progressive.jpg": encode(photo, "JPEG", quality=50, progressive=True),
        "panorama.jpg": encode(photo.resize((16_000, 3_000)), "JPEG", quality=50),
        "48.webp": encode(plain, "WEBP", method=0),
        "48.png": encode(plain, "PNG", compress_level=1),
        "48-palette.png": encode(plain.quantize(16), "PNG", compress_level=1),
        "48.heic": encode(plain, "HEIF", quality=40, enc_params={"preset": "ultrafast"}),
        "48-grid.heic": repeated_tile(),
        "48.tif": encode(plain, "TIFF", compression="tiff_adobe_deflate"),
        "48.gif": encode(plain, "GIF"),
        "108.jpg": encode(photo.resize(PHONE_108), "JPEG", quality=50),
        "200.jpg": encode(Image.new("L", (16_320, 12_240), 90), "JPEG", quality=50),
    }
    plain.putalpha(200)
    return files | {"48-alpha.png": encode(plain, "PNG", compress_level=1)}


@pytest.mark.slow
def test_photos_of_48_to_200_megapixels_are_answered_within_300_mb(tmp_path: Path) -> None:
    for name, data in large_files().items():
        assert len(data) < 20 * 2**20, name
        # Each has a process of its own, since the highest peak would hide the others.
        (tmp_path / name).mkdir()
        (tmp_path / name / name).write_bytes(data)
    for folder in sorted(tmp_path.iterdir()):
        ((error, _, peak_mb),) = measure(folder).values()
        assert error is None, folder.name
        assert peak_mb < 300 - 40, folder.name


@pytest.mark.shared
def test_a_phones_photo_is_answered(shared: Path) -> None:
    data = (shared / "cases/phone_48MP_8064x6048.jpg").read_bytes()
    assert load_pixels(data, height=224, width=224, crop=0.875).std() > 10


def test_an_error_tells_how_many_pixels_would_do() -> None:
    data = encode(Image.new("L", (4000, 4000)), "JPEG", progressive=True)
    with pytest.raises(TooManyPixels) as refused:
        in_memory(data, 10_000_000)
    side = int(refused.value.max_pixels**0.5)
    in_memory(encode(Image.new("L", (side, side)), "JPEG", progressive=True), 10_000_000)
