"""What a pixel costs by format, beside what `inference.images.cost` says: `pytest -m benchmark -s`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inference.images import cost as image_cost
from inference.images.cost import Cost
from tests.support.decoding import measure
from tests.support.images import bombs, encode, quadrants, with_alpha

SIDE = 4000
# What an interpreter grows to by itself, and by a format's libraries.
SPARE_MB = 25
# A machine that is as slow, or as busy, still does.
SLOWER = 4

FAST_HEIC = {"preset": "ultrafast"}
FORMATS: dict[str, tuple[Callable[[Image.Image], bytes], Cost]] = {
    "jpeg": (lambda image: encode(image, "JPEG"), image_cost.jpeg("RGB", reduced=8, scans=1, buffered=0)),
    "jpeg-progressive": (
        lambda image: encode(image, "JPEG", progressive=True),
        image_cost.jpeg("RGB", reduced=8, scans=10, buffered=1.5),
    ),
    "png": (lambda image: encode(image, "PNG", compress_level=1), image_cost.whole("PNG", "RGB", transparent=False)),
    "png-alpha": (
        lambda image: encode(transparent(image), "PNG", compress_level=1),
        image_cost.whole("PNG", "RGBA", transparent=True),
    ),
    "png-palette": (lambda image: encode(image.quantize(16), "PNG"), image_cost.whole("PNG", "P", transparent=False)),
    "gif": (lambda image: encode(image, "GIF"), image_cost.whole("GIF", "P", transparent=False)),
    "bmp-palette": (lambda image: encode(image.quantize(16), "BMP"), image_cost.whole("BMP", "P", transparent=False)),
    "tiff": (
        lambda image: encode(image, "TIFF", compression="tiff_lzw"),
        image_cost.whole("TIFF", "RGB", transparent=False),
    ),
    "tiff-16bit": (
        lambda image: encode(Image.fromarray(np.asarray(image.convert("L")).astype("u2")), "TIFF", compression="zstd"),
        image_cost.whole("TIFF", "I;16", transparent=False),
    ),
    "webp": (lambda image: encode(image.crop((0, 0, SIDE, 3500)), "WEBP", method=0), image_cost.WEBP),
    "webp-reduced": (lambda image: encode(image, "WEBP", method=0), image_cost.WEBP_REDUCED),
    "webp-lossless-reduced": (
        lambda image: encode(image, "WEBP", method=0, lossless=True),
        image_cost.WEBP_LOSSLESS_REDUCED,
    ),
    "avif": (lambda image: encode(image, "AVIF", speed=10), image_cost.AVIF),
    "avif-alpha": (lambda image: encode(transparent(image), "AVIF", speed=10), image_cost.AVIF_ALPHA),
    "heic": (lambda image: encode(image, "HEIF", enc_params=FAST_HEIC), image_cost.HEIF),
    "heic-alpha": (lambda image: encode(transparent(image), "HEIF", enc_params=FAST_HEIC), image_cost.HEIF_ALPHA),
    "heic-reduced": (
        lambda image: encode(image.resize((8000, 6000)), "HEIF", enc_params=FAST_HEIC),
        image_cost.HEIF_PLANES,
    ),
}


def transparent(image: Image.Image) -> Image.Image:
    image = with_alpha(image)
    image.paste((0, 0, 0, 0), (SIDE // 4, SIDE // 4, SIDE // 2, SIDE // 2))
    return image


@pytest.mark.benchmark
@pytest.mark.parametrize("name", FORMATS)
def test_a_pixel_costs_no_more_than_the_limits_are_made_of(name: str, tmp_path: Path) -> None:
    make, expected = FORMATS[name]
    (tmp_path / "1-small").write_bytes(b"none")
    (tmp_path / "2-large").write_bytes(make(quadrants(SIDE, SIDE)))
    pixels = 48e6 if name == "heic-reduced" else SIDE * 3500 if name == "webp" else SIDE * SIDE
    (_, _, base_mb), (error, used_s, peak_mb) = measure(tmp_path).values()
    memory_bytes, time_ns = (peak_mb - base_mb) * 2**20 / pixels, used_s * 1e9 / pixels
    print(
        f"{name}: {memory_bytes:.1f} bytes and {time_ns:.1f} ns a pixel, "
        f"taken for {expected.memory_bytes:.1f} and {expected.time_ns:.1f}"
    )
    assert error is None
    assert (peak_mb - base_mb - SPARE_MB) * 2**20 / pixels <= expected.memory_bytes
    assert time_ns <= SLOWER * expected.time_ns


@pytest.mark.benchmark
def test_bombs_are_refused_within_a_second(tmp_path: Path) -> None:
    for name, data in bombs().items():
        (tmp_path / name).write_bytes(data)
    for name, (error, used_s, _) in measure(tmp_path).items():
        print(f"{name}: {error} after {used_s:.3f} s")
        assert error is not None
        assert used_s < 1
