from __future__ import annotations

import struct
import subprocess
import sys
import zlib

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inference.errors import NotAnImage, TooManyBytes, TooManyPixels, TruncatedImage
from inference.images.augmented_views import View
from inference.images.decode import load_pixels, load_views
from inference.images.framing import FITS, Fit, Framing
from tests.support.examples import examples
from tests.support.images import BLUE, FILES, GREEN, RED, YELLOW, corners, encode, png, quadrants, turned

WHITE, BLACK = (255, 255, 255), (0, 0, 0)
# Colours that stay distinct after lossy encoding.
TOLERANCE = 24


def load(data: bytes, *, height: int = 32, width: int = 32, crop: float = 1.0) -> npt.NDArray[np.uint8]:
    return load_pixels(data, height=height, width=width, crop=crop)


def assert_close(pixels: npt.NDArray[np.uint8], expected: object) -> None:
    difference = np.abs(pixels.astype(int) - np.asarray(expected, int))
    assert difference.max() <= TOLERANCE, pixels


@pytest.mark.parametrize("kind", FILES)
def test_every_format_shows_the_picture(kind: str) -> None:
    pixels = load(FILES[kind](quadrants()))
    assert pixels.shape == (32, 32, 3)
    assert pixels.dtype == np.uint8
    assert_close(corners(pixels), [RED, GREEN, BLUE, YELLOW])


# Corners of the stored picture by EXIF orientation; after the rotation, each shows `quadrants`.
STORED = {
    1: lambda image: image,
    2: lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    3: lambda image: image.rotate(180),
    4: lambda image: image.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
    5: lambda image: image.transpose(Image.Transpose.TRANSPOSE),
    6: lambda image: image.rotate(90, expand=True),
    7: lambda image: image.transpose(Image.Transpose.TRANSVERSE),
    8: lambda image: image.rotate(-90, expand=True),
}


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
def test_the_orientation_of_exif_is_respected(kind: str, orientation: int) -> None:
    data = turned(STORED[orientation](quadrants(128, 64)), orientation, kind)
    pixels = load(data, height=16, width=32)
    assert pixels.shape == (16, 32, 3)
    assert_close(corners(pixels), [RED, GREEN, BLUE, YELLOW])


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_is_none_leaves_the_picture_as_it_is(orientation: int) -> None:
    pixels = load(turned(quadrants(), orientation, "JPEG"), height=16, width=32)
    assert pixels.shape == (16, 32, 3)
    assert_close(corners(pixels), [RED, GREEN, BLUE, YELLOW])


def test_broken_metadata_leaves_the_picture_as_it_is() -> None:
    data = encode(quadrants(), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff garbage")
    assert_close(corners(load(data)), [RED, GREEN, BLUE, YELLOW])


def half_transparent() -> Image.Image:
    """Left of the middle red, right of it black that is fully transparent."""
    image = Image.new("RGBA", (64, 64), (*RED, 255))
    image.paste((0, 0, 0, 0), (32, 0, 64, 64))
    return image


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
def test_transparent_parts_are_white(kind: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    assert_close(corners(load(encode(half_transparent(), kind, **options))), [RED, WHITE] * 2)


@pytest.mark.parametrize("kind", ["GIF", "PNG"])
def test_a_transparent_colour_of_a_palette_is_white(kind: str) -> None:
    image = Image.new("P", (64, 64), 1)
    image.putpalette([0, 0, 0, *RED])
    image.paste(0, (32, 0, 64, 64))
    assert_close(corners(load(encode(image, kind, transparency=0))), [RED, WHITE] * 2)


def test_half_transparent_colours_are_mixed_with_white() -> None:
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 64))
    assert_close(load(encode(image, "PNG")), (191, 191, 191))
    assert_close(load(encode(image.convert("LA"), "PNG")), (191, 191, 191))


def test_transparency_survives_in_images_taller_than_a_strip() -> None:
    image = half_transparent().resize((200, 700))
    assert_close(corners(load(encode(image, "PNG"))), [RED, WHITE] * 2)


@pytest.mark.parametrize(
    ("depth", "colour", "transparent"),
    [(8, 0, b"\0\x10"), (16, 0, b"\x10\x20"), (8, 2, b"\0\x10" * 3)],
)
def test_a_transparent_colour_without_palette_is_white(depth: int, colour: int, transparent: bytes) -> None:
    shape = (64, 64) if colour == 0 else (64, 64, 3)
    dark, bright = (0x10, 0x80) if depth == 8 else (0x1020, 0x8080)
    rows = np.full(shape, bright, f">u{depth // 8}")
    rows[:, 32:] = dark
    data = png(rows, depth=depth, colour=colour, chunks=((b"tRNS", transparent),))
    assert_close(corners(load(data)), [(128,) * 3, WHITE] * 2)


def ramp_of_16_bits() -> npt.NDArray[np.uint16]:
    return np.repeat(np.array([[0x0000, 0x4000, 0x8000, 0xFFFF]], np.uint16), 4, axis=0)


@pytest.mark.parametrize(
    "data",
    [
        png(ramp_of_16_bits().astype(">u2"), depth=16, colour=0),
        encode(Image.fromarray(ramp_of_16_bits()), "TIFF"),
        encode(Image.fromarray(ramp_of_16_bits().astype(">u2")), "TIFF"),
    ],
    ids=["png", "tiff", "tiff-big-endian"],
)
def test_16_bits_are_scaled_to_8(data: bytes) -> None:
    assert load(data, height=4, width=4)[0].tolist() == [[value] * 3 for value in (0, 64, 128, 255)]


def test_black_and_white_have_grey_between_them() -> None:
    board = Image.fromarray(np.indices((64, 64)).sum(axis=0) % 2 == 0)
    assert board.mode == "1"
    for kind in ("PNG", "TIFF", "BMP"):
        assert_close(load(encode(board, kind)), (128, 128, 128))


def test_grey_images_have_three_equal_channels() -> None:
    for kind in ("JPEG", "PNG", "TIFF", "BMP", "WEBP", "AVIF"):
        assert_close(load(encode(Image.new("L", (40, 40), 90), kind)), (90, 90, 90))


def test_the_inks_of_cmyk_are_subtracted() -> None:
    image = Image.new("CMYK", (64, 64), (255, 0, 0, 0))
    image.paste((0, 255, 255, 0), (32, 0, 64, 64))
    for kind in ("JPEG", "TIFF"):
        assert_close(corners(load(encode(image, kind))), [(0, 255, 255), (255, 0, 0)] * 2)


@pytest.mark.parametrize(("width", "height"), [(200, 100), (100, 200), (150, 150)])
def test_the_crop_is_the_centre_of_the_shorter_side(width: int, height: int) -> None:
    image = Image.new("RGB", (width, height), RED)
    side = min(width, height)
    left, top = (width - side // 2) // 2, (height - side // 2) // 2
    image.paste(BLUE, (left, top, left + side // 2, top + side // 2))
    inside = load(encode(image, "PNG"), crop=0.5)
    assert_close(inside[1:-1, 1:-1], BLUE)
    outside = load(encode(image, "PNG"), crop=0.6)
    assert_close(outside[[0, 0, -1, -1], [0, -1, 0, -1]], RED)


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (3, 2), (31, 33)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_any_shape_fills_the_input(kind: str, size: tuple[int, int]) -> None:
    assert_close(load(encode(Image.new("RGB", size, BLUE), kind), height=24, width=40, crop=0.875), BLUE)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_fine_patterns_are_averaged(kind: str) -> None:
    stripes = np.zeros((512, 512, 3), np.uint8)
    stripes[:, ::2] = 255
    pixels = load(encode(Image.fromarray(stripes), kind), height=64, width=64)
    assert_close(pixels, (128, 128, 128))


@pytest.mark.parametrize(("side", "crop"), [(64, 1.0), (64, 0.5), (224, 0.875), (299, 0.875), (400, 1.0)])
@pytest.mark.parametrize("size", [(900, 700), (640, 1000), (401, 400)])
def test_a_jpeg_decoded_at_reduced_size_looks_as_in_full(size: tuple[int, int], side: int, crop: float) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (size[1] // 8, size[0] // 8, 3), dtype=np.uint8)
    image = Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC)
    jpeg = encode(image, "JPEG", quality=95, subsampling=0)
    reduced = load(jpeg, height=side, width=side, crop=crop).astype(int)
    full = load(encode(image, "PNG"), height=side, width=side, crop=crop).astype(int)
    assert np.abs(reduced - full).mean() < 5


def test_too_many_bytes_are_refused() -> None:
    data = encode(quadrants(), "PNG")
    with pytest.raises(TooManyBytes) as refused:
        load_pixels(data, height=8, width=8, crop=1.0, max_bytes=len(data) - 1)
    assert (refused.value.size_bytes, refused.value.max_bytes) == (len(data), len(data) - 1)
    load_pixels(data, height=8, width=8, crop=1.0, max_bytes=len(data))


@pytest.mark.parametrize("kind", FILES)
def test_too_many_pixels_for_the_memory_are_refused(kind: str) -> None:
    data = FILES[kind](quadrants(128, 64))
    with pytest.raises(TooManyPixels) as refused:
        load_pixels(data, height=8, width=8, crop=1.0, max_memory_bytes=100)
    assert (refused.value.width, refused.value.height) == (128, 64)
    assert refused.value.max_pixels < 128 * 64
    load_pixels(data, height=8, width=8, crop=1.0, max_memory_bytes=128 * 64 * 16)


@pytest.mark.parametrize("kind", FILES)
def test_half_a_file_is_an_error(kind: str) -> None:
    data = FILES[kind](Image.effect_noise((200, 200), 64).convert("RGB"))
    with pytest.raises(TruncatedImage):
        load(data[: len(data) // 2])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 100,
        b"just a text, long enough for any signature",
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        b'<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>',
        encode(quadrants(), "ICO"),
        encode(quadrants(), "TGA"),
        encode(quadrants(), "PPM"),
        encode(quadrants(), "JPEG2000"),
        b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0" * 100,
    ],
    ids=["empty", "zeros", "text", "pdf", "eps", "svg", "ico", "tga", "ppm", "jpeg2000", "mp4"],
)
def test_other_content_is_no_image(data: bytes) -> None:
    with pytest.raises(NotAnImage):
        load(data)


@pytest.mark.parametrize("mode", ["I", "F", "LAB"])
def test_pixels_whose_meaning_is_not_known_are_refused(mode: str) -> None:
    with pytest.raises(NotAnImage, match=mode):
        load(encode(Image.new(mode, (20, 20)), "TIFF"))


def test_the_video_after_a_motion_photo_does_not_count_as_scans() -> None:
    assert_close(corners(load(encode(quadrants(), "JPEG") + b"\xff\xda\0\x04" * 500)), [RED, GREEN, BLUE, YELLOW])


def test_only_the_decoder_of_the_format_is_imported() -> None:
    program = """
import sys
import zlib
from inference.images.decode import load_pixels
plugins = lambda: {name for name in sys.modules if name.endswith("ImagePlugin") or name == "pillow_heif"}
assert plugins() == set(), plugins()
load_pixels(sys.stdin.buffer.read(), height=8, width=8, crop=1.0)
print(*plugins())
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, input=encode(quadrants(), "WEBP"), capture_output=True, check=True, timeout=60)
    assert done.stdout.split() == [b"PIL.WebPImagePlugin"]


def stripes(lengths: dict[tuple[int, int, int], int], *, wide: bool) -> Image.Image:
    """Stripes across the longer side of an image, whose shorter side has 100 pixels."""
    side = sum(lengths.values())
    image, start = Image.new("RGB", (side, 100) if wide else (100, side)), 0
    for colour, length in lengths.items():
        end = start + length
        image.paste(colour, (start, 0, end, 100) if wide else (0, start, 100, end))
        start = end
    return image


THREE = {RED: 150, GREEN: 100, BLUE: 150}


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("wide", [True, False])
def test_an_image_is_cropped_squashed_or_padded(wide: bool, orientation: int) -> None:
    stored = stripes(THREE, wide=wide)
    data = turned(stored, orientation, "PNG")
    shown = stored if orientation == 1 else stored.rotate(-90, expand=True)
    look = {fit: load_pixels(data, height=40, width=40, crop=1.0, fit=fit).astype(int) for fit in FITS}
    if shown.width < shown.height:
        look = {fit: pixels.swapaxes(0, 1) for fit, pixels in look.items()}
    first, last = (RED, BLUE) if shown.getpixel((0, 0)) == RED else (BLUE, RED)
    # Pixels away from the seams, where colours mix.
    assert_close(look["crop"][:, 1:-1], np.full((40, 38, 3), GREEN))
    seen: dict[Fit, slice] = {"squash": slice(0, 40), "pad": slice(15, 25)}
    for fit, rows in seen.items():
        for columns, colour in ((slice(0, 14), first), (slice(16, 24), GREEN), (slice(26, 40), last)):
            part = look[fit][rows, columns]
            assert_close(part, np.broadcast_to(colour, part.shape))
    assert not look["pad"][:15].any()
    assert not look["pad"][25:].any()


def test_a_part_of_each_side_is_squashed() -> None:
    data = encode(stripes({RED: 50, GREEN: 300, BLUE: 50}, wide=True), "PNG")
    pixels = load_pixels(data, height=40, width=40, crop=0.75, fit="squash")
    # Pixels away from the edges, where the neighbouring area mixes in.
    assert_close(pixels[:, 1:-1], np.full((40, 38, 3), GREEN))


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("wide", [True, False])
def test_the_central_part_of_a_long_image_is_squashed(wide: bool, orientation: int) -> None:
    # The central 4:3 of 200 x 100 pixels begins after 33 pixels.
    image = stripes({RED: 33, GREEN: 67, BLUE: 67, (200, 200, 0): 33}, wide=wide)
    data = turned(image, orientation, "PNG")
    pixels = load_pixels(data, height=40, width=40, crop=0.875, squash_from=1.6).astype(int)
    if (orientation == 1) != wide:
        pixels = pixels.swapaxes(0, 1)
    first, last = (GREEN, BLUE) if np.abs(pixels[20, 5] - GREEN).max() < 3 else (BLUE, GREEN)
    # Pixels away from the seams, where colours mix.
    assert_close(pixels[:, 1:19], np.broadcast_to(first, (40, 18, 3)))
    assert_close(pixels[:, 21:39], np.broadcast_to(last, (40, 18, 3)))


@pytest.mark.parametrize(("width", "height", "long"), [(159, 100, False), (160, 100, True), (100, 160, True)])
def test_only_a_long_image_is_looked_at_differently(width: int, height: int, long: bool) -> None:
    data = encode(quadrants(width, height), "PNG")
    plain, squashed = (load_pixels(data, height=64, width=64, crop=0.875, squash_from=ratio) for ratio in (None, 1.6))
    assert np.array_equal(plain, squashed) != long


def test_whether_an_image_is_long_depends_on_the_shape_of_the_input() -> None:
    data = encode(quadrants(200, 100), "PNG")
    plain, squashed = (load_pixels(data, height=32, width=64, crop=0.875, squash_from=ratio) for ratio in (None, 1.6))
    np.testing.assert_array_equal(plain, squashed)


@pytest.mark.parametrize("fit", FITS)
def test_a_jpeg_that_is_decoded_smaller_looks_the_same(fit: Fit) -> None:
    image = quadrants(1700, 600)
    drafted, whole = (
        load_pixels(encode(image, kind), height=64, width=64, crop=1.0, fit=fit).astype(int) for kind in ("JPEG", "PNG")
    )
    assert np.abs(drafted - whole).mean() < 2


@settings(deadline=None, max_examples=examples(150))
@given(
    width=st.integers(1, 700),
    height=st.integers(1, 700),
    target=st.tuples(st.integers(1, 320), st.integers(1, 320)),
    crop=st.floats(0.05, 1),
    fit=st.sampled_from(FITS),
    orientation=st.sampled_from([1, 3, 6, 8]),
    kind=st.sampled_from(["JPEG", "PNG"]),
    view=st.builds(View, scale=st.floats(0.3, 1), x=st.floats(-1, 1), y=st.floats(-1, 1)),
    squash_from=st.none() | st.floats(4 / 3, 3),
)
def test_any_image_gets_the_shape_that_was_asked_for(
    width: int,
    height: int,
    target: tuple[int, int],
    crop: float,
    fit: Fit,
    orientation: int,
    kind: str,
    view: View,
    squash_from: float | None,
) -> None:
    data = turned(Image.new("RGB", (width, height), (90, 90, 90)), orientation, kind)
    framing = Framing(height=target[0], width=target[1], crop=crop, fit=fit, squash_from=squash_from)
    for pixels in load_views(data, **framing, views=[View(), view]):
        assert pixels.shape == (*target, 3)
        values = {*np.unique(pixels)}
        assert values & {89, 90, 91}
        assert values <= ({0, 89, 90, 91} if fit == "pad" else {89, 90, 91})


def test_large_texts_and_profiles_of_a_png_are_left_out() -> None:
    texts = [
        b"iTXt" + b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(bytes(3_000_000)),
        b"zTXt" + b"workflow\0\0" + zlib.compress(bytes(70_000_000)),
        b"iCCP" + b"profile\0\0" + zlib.compress(bytes(3_000_000)),
        b"tEXt" + b"prompt\0" + bytes(2_000_000),
    ]
    chunks = [struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text)) for text in texts]
    plain = encode(quadrants(), "PNG")
    after_header, before_end = 33, len(plain) - 12
    for chunk in chunks:
        early = plain[:after_header] + chunk + plain[after_header:]
        late = plain[:before_end] + chunk + plain[before_end:]
        for data in (early, late):
            assert_close(corners(load(data)), [RED, GREEN, BLUE, YELLOW])
