"""Image bytes -> the pixels that a network takes: limits, decoding, orientation, crop and resize."""

from __future__ import annotations

import io
import math
import struct
import warnings
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile

from inference.errors import NotAnImage, TooManyBytes, TooManyPixels, TruncatedImage
from inference.image_header import START_OF_SCAN, header_parts, image_format, jpeg_scans, webp_size
from inference.variants import AS_LABELLED, Variant

# What Telegram hands out to bots at most.
MAX_BYTES = 20 * 2**20
# Phones take 24 megapixels by default (5712 x 4284). Of that size, the costliest to decode, an AVIF with transparency
# (11 bytes a pixel with all copies), keeps a process within 300 MB; a JPEG takes 40 to 200 MB.
MAX_PIXELS = 24_500_000
# The WebP decoder holds two canvases besides the frame and its copy: 16 bytes a pixel.
MAX_WEBP_SHARE = 0.64
# Each scan of a progressive JPEG costs time for every pixel and may be 40 bytes long; encoders write about ten.
MAX_JPEG_SCANS = 40

# Each part of a header costs Pillow some microseconds of Python; 20 MB of PNG in chunks of 8 KB have 2,500.
MAX_HEADER_PARTS = 20_000
# Rows of an image with transparency that are converted at a time, to save a third copy of it.
STRIP_HEIGHT = 32

# What Pillow's decoders, zlib and libheif raise on damaged data.
DECODING_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    LookupError,
    EOFError,
    ArithmeticError,
    RuntimeError,
    TypeError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)

# Modes of Pillow whose pixels have 8 bits a channel or fewer, and a way to RGB.
CONVERTIBLE_MODES = ("1", "L", "P", "RGB", "RGBX", "RGBA", "RGBa", "LA", "PA", "CMYK", "YCbCr")

EXIF_ORIENTATION = 0x0112
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS = (UPRIGHT[5], UPRIGHT[6], UPRIGHT[7], UPRIGHT[8])


def load_pixels(
    data: bytes,
    *,
    height: int,
    width: int,
    crop: float,
    max_bytes: int = MAX_BYTES,
    max_pixels: int = MAX_PIXELS,
) -> npt.NDArray[np.uint8]:
    """Decode an image, turn it upright, cut out its centre and resize that.

    Args:
        data: a JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC/HEIF or AVIF file; of an animation, the first frame counts.
        height: of the result, in pixels.
        width: of the result, in pixels.
        crop: size of the centre, as a share of the largest central area with the result's aspect ratio, in (0, 1].
        max_bytes: limit on the file.
        max_pixels: limit on width times height, checked before decoding.

    Returns:
        uint8 (height, width, 3), RGB in [0, 255]; transparent parts are white.

    Raises:
        NotAnImage: none of the formats above.
        TruncatedImage: the file ends early or is damaged.
        TooManyBytes: over `max_bytes`.
        TooManyPixels: over `max_pixels`.
    """
    side = max(height, width)
    image = decode_image(data, side=side, share=crop, max_bytes=max_bytes, max_pixels=max_pixels)
    return cut_pixels(image, height=height, width=width, crop=crop)


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """Pixels as they are stored, perhaps reduced.

    Attributes:
        pixels: 8 bits a channel, grey or RGB.
        extent: width and height of the content, which may end within the last column and row.
        turn: what turns it upright.
    """

    pixels: Image.Image
    extent: tuple[float, float]
    turn: Image.Transpose | None


def decode_image(
    data: bytes, *, side: float, share: float = 1.0, max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS
) -> DecodedImage:
    """Decode an image; see `load_pixels`.

    Args:
        data: content of a file.
        side: in pixels, which a part of the image must have: a JPEG may be reduced to what leaves it so many.
            Infinite to have it in full.
        share: of the image's shorter side that the part has.
        max_bytes: limit on the file.
        max_pixels: limit on width times height, checked before decoding.
    """
    if len(data) > max_bytes:
        raise TooManyBytes(len(data), max_bytes)
    with warnings.catch_warnings():
        # Pillow warns of a file's oddities on stderr, which are no news to whoever runs this.
        warnings.simplefilter("ignore")
        try:
            _check_header(data, max_pixels)
            image: Image.Image = _open(data)
            if image.width * image.height > max_pixels:
                raise TooManyPixels(image.width, image.height, max_pixels)
            extent = _draft(image, side, share) if image.format == "JPEG" else None
            image.load()
            turn = _turn(image)
            image = _flatten(image)
        except DECODING_ERRORS as error:
            raise TruncatedImage(str(error)) from error
    return DecodedImage(image, extent or image.size, turn)


def cut_pixels(
    image: DecodedImage, *, height: int, width: int, crop: float, variant: Variant = AS_LABELLED
) -> npt.NDArray[np.uint8]:
    """Cut a part out of an image, turn it upright and resize it; see `load_pixels`."""
    size = (height, width) if image.turn in SIDEWAYS else (width, height)
    box = _box(image.extent, size, crop, variant)
    cut = image.pixels.resize(size, Image.Resampling.BILINEAR, box=box, reducing_gap=3.0)
    if image.turn is not None:
        cut = cut.transpose(image.turn)
    if variant.flip:
        cut = cut.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if variant.brightness != 1:
        cut = cut.point(lambda value: min(value * variant.brightness, 255))
    return np.asarray(cut.convert("RGB"))


def load_variants(
    data: bytes, *, height: int, width: int, crop: float, variants: Sequence[Variant]
) -> list[npt.NDArray[np.uint8]]:
    """Look at an image in several ways, each of which gives the same pixels whatever the others are.

    Args:
        data: content of a file.
        height: of the results, in pixels.
        width: of the results, in pixels.
        crop: size of the centre; see `load_pixels`.
        variants: what to cut out, and how.

    Returns:
        uint8 (height, width, 3) for each variant, RGB in [0, 255].

    Raises:
        ImageError: see `load_pixels`.
    """
    # A smaller part needs an image that is reduced less. Decoding costs the most, so that parts of a size share one.
    decoded: dict[float, DecodedImage] = {}
    pixels = []
    for variant in variants:
        share = crop / 2 ** math.ceil(-math.log2(variant.scale))
        if share not in decoded:
            decoded[share] = decode_image(data, side=max(height, width), share=share)
        pixels.append(cut_pixels(decoded[share], height=height, width=width, crop=crop, variant=variant))
    return pixels


def _check_header(data: bytes, max_pixels: int) -> None:
    """Refuse what costs too much before or beyond the count of its pixels."""
    if header_parts(data, MAX_HEADER_PARTS) > MAX_HEADER_PARTS:
        raise TruncatedImage(f"expected at most {MAX_HEADER_PARTS:,} parts in its header. Received: more")
    kind = image_format(data)
    if kind == "WebP":
        # Its decoder allocates the canvases when it opens the file.
        width, height = webp_size(data)
        if width * height > max_pixels * MAX_WEBP_SHARE:
            raise TooManyPixels(width, height, int(max_pixels * MAX_WEBP_SHARE))
    elif kind == "JPEG" and data.count(START_OF_SCAN) > MAX_JPEG_SCANS and (scans := jpeg_scans(data)) > MAX_JPEG_SCANS:
        raise TruncatedImage(f"expected at most {MAX_JPEG_SCANS} scans. Received: {scans:,}")


def _open(data: bytes) -> ImageFile.ImageFile:
    """Read the header with the plugin that the first bytes call for, and no other: some of the many run programs."""
    file = io.BytesIO(data)
    match image_format(data):
        case "JPEG":
            from PIL.JpegImagePlugin import JpegImageFile

            return JpegImageFile(file)
        case "PNG":
            from PIL.PngImagePlugin import PngImageFile

            return PngImageFile(file)
        case "GIF":
            from PIL.GifImagePlugin import GifImageFile

            return GifImageFile(file)
        case "BMP":
            from PIL.BmpImagePlugin import BmpImageFile

            return BmpImageFile(file)
        case "TIFF":
            from PIL.TiffImagePlugin import TiffImageFile

            return TiffImageFile(file)
        case "WebP":
            from PIL.WebPImagePlugin import WebPImageFile

            return WebPImageFile(file)
        case "AVIF":
            from PIL.AvifImagePlugin import AvifImageFile

            return AvifImageFile(file)
        case "HEIF":
            from pillow_heif import HeifImageFile

            heif: ImageFile.ImageFile = HeifImageFile(file)
            return heif
        case _:
            raise NotAnImage("none of JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC, AVIF")


def _draft(image: Image.Image, side: float, share: float) -> tuple[float, float] | None:
    """Let a JPEG decode at 1/2, 1/4 or 1/8 where the part still covers a square of `side` pixels.

    Returns:
        The width and height that the image's content has then, a fraction of a pixel less than the decoded image;
        None where it decodes in full.
    """
    factor = int(min(image.size) * share / side)
    drafted = (
        image.draft("RGB", (math.ceil(image.width / factor), math.ceil(image.height / factor))) if factor else None
    )
    return drafted[1][2:] if drafted else None


def _turn(image: Image.Image) -> Image.Transpose | None:
    """What turns the stored pixels upright, as EXIF has it."""
    try:
        return UPRIGHT.get(image.getexif().get(EXIF_ORIENTATION, 1))
    except DECODING_ERRORS:
        # Broken metadata does not keep a viewer from showing the pixels as they are stored.
        return None


def _flatten(image: Image.Image) -> Image.Image:
    """To 8 bits a channel, grey or RGB, on white."""
    if image.mode.startswith("I;16"):
        values = np.array(image)
        if "transparency" in image.info:
            values[values == image.info["transparency"]] = 0xFFFF
        return Image.fromarray((values >> 8).astype(np.uint8))
    if image.mode not in CONVERTIBLE_MODES:
        raise NotAnImage(f"the meaning of its pixels is not known (mode {image.mode})")
    if image.has_transparency_data:
        flat = Image.new("RGB", image.size, "white")
        for top in range(0, image.height, STRIP_HEIGHT):
            strip = image.crop((0, top, image.width, min(top + STRIP_HEIGHT, image.height))).convert("RGBA")
            flat.paste(strip, (0, top), mask=strip)
        return flat
    return image if image.mode in ("L", "RGB") else image.convert("RGB")


def _box(
    extent: tuple[float, float], target: tuple[int, int], crop: float, variant: Variant
) -> tuple[float, float, float, float]:
    """Left, upper, right and lower edge of what a variant cuts out."""
    scale = variant.scale * crop * min(extent[0] / target[0], extent[1] / target[1])
    beside, above = (extent[0] - target[0] * scale) / 2, (extent[1] - target[1] * scale) / 2
    return (
        beside * (1 + variant.x),
        above * (1 + variant.y),
        extent[0] - beside * (1 - variant.x),
        extent[1] - above * (1 - variant.y),
    )
