from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from bot.localchat.photos import PhotoRefused, make_sizes
from tests.support.pictures import picture


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((40, 30), [("s", 40, 30)]),
        ((100, 100), [("s", 100, 100)]),
        ((101, 50), [("s", 100, 50), ("m", 101, 50)]),
        ((640, 480), [("s", 100, 75), ("m", 320, 240), ("x", 640, 480)]),
        ((960, 1280), [("s", 75, 100), ("m", 240, 320), ("x", 600, 800), ("y", 960, 1280)]),
        ((4000, 3000), [("s", 100, 75), ("m", 320, 240), ("x", 800, 600), ("y", 1280, 960), ("w", 2560, 1920)]),
    ],
)
def test_sizes_fit_telegrams_boxes_and_never_grow(size: tuple[int, int], expected: list[tuple[str, int, int]]) -> None:
    sizes = make_sizes(picture(1, width=size[0], height=size[1]))
    assert [(size.kind, size.width, size.height) for size in sizes] == expected
    for made in sizes:
        with Image.open(io.BytesIO(made.data)) as image:
            assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (made.width, made.height))


def test_a_photo_stands_upright() -> None:
    image = Image.open(io.BytesIO(picture(1, width=200, height=100)))
    exif = image.getexif()
    exif[0x0112] = 6
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    assert [(size.width, size.height) for size in make_sizes(out.getvalue())] == [(50, 100), (100, 200)]


def test_transparency_becomes_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(out, "PNG")
    (size,) = make_sizes(out.getvalue())
    assert Image.open(io.BytesIO(size.data)).getpixel((25, 25)) == (255, 255, 255)


@pytest.mark.parametrize("format_", ["PNG", "TIFF"])
def test_a_photo_with_16_bits_keeps_its_greys(format_: str) -> None:
    out = io.BytesIO()
    Image.fromarray(np.full((50, 50), 0x4000, np.uint16)).save(out, format_)
    (size,) = make_sizes(out.getvalue())
    assert Image.open(io.BytesIO(size.data)).getpixel((25, 25)) == (0x40, 0x40, 0x40)


def test_a_photo_whose_range_of_greys_is_unknown_is_refused() -> None:
    out = io.BytesIO()
    Image.fromarray(np.full((50, 50), 0.5, np.float32)).save(out, "TIFF")
    with pytest.raises(PhotoRefused, match="IMAGE_PROCESS_FAILED"):
        make_sizes(out.getvalue())


def test_a_huge_photo_is_refused_without_a_warning() -> None:
    out = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(out, "PNG")
    with pytest.raises(PhotoRefused, match="PHOTO_INVALID_DIMENSIONS"):
        make_sizes(out.getvalue())


def png_with_long_text() -> bytes:
    """A small PNG whose compressed text is larger than Pillow reads."""
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", " " * (PngImagePlugin.MAX_TEXT_CHUNK + 1), zip=True)
    out = io.BytesIO()
    Image.new("RGB", (50, 50)).save(out, "PNG", pnginfo=text)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"no image", "IMAGE_PROCESS_FAILED"),
        (picture(1)[:500], "IMAGE_PROCESS_FAILED"),
        (png_with_long_text(), "IMAGE_PROCESS_FAILED"),
        (picture(1, "PNG")[:45], "IMAGE_PROCESS_FAILED"),
        (picture(1, "PNG", width=9990, height=20), "PHOTO_INVALID_DIMENSIONS"),
        (picture(1, width=210, height=10), "PHOTO_INVALID_DIMENSIONS"),
    ],
)
def test_what_telegram_takes_for_no_photo(data: bytes, reason: str) -> None:
    with pytest.raises(PhotoRefused, match=reason):
        make_sizes(data)
