"""Image bytes -> the pixels that a network takes: limits, decoding, orientation, crop and resize."""

from __future__ import annotations

import io
import math
import struct
import warnings
import zlib

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile

from inference.errors import NotAnImage, TooManyBytes, TooManyPixels, TruncatedImage

# What Telegram hands out to bots at most.
MAX_BYTES = 20 * 2**20
# Photos of 24 megapixels, the default of today's phones, in the costliest way to decode (an animated WebP with alpha: two
# canvases, the frame and the flattened copy, 4 bytes a pixel each) stay within 400 MB; a JPEG of that size takes 100 MB.
MAX_PIXELS = 25_000_000

# Whatever Pillow's decoders, zlib and libheif raise on damaged data.
DECODING_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    LookupError,
    EOFError,
    ArithmeticError,
    RuntimeError,
    TypeError,
    AttributeError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)

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
    if len(data) > max_bytes:
        raise TooManyBytes(len(data), max_bytes)
    with warnings.catch_warnings():
        # Pillow warns of a file's oddities on stderr, which are no news to whoever runs this.
        warnings.simplefilter("ignore")
        try:
            image: Image.Image = _open(data)
            if image.width * image.height > max_pixels:
                raise TooManyPixels(image.width, image.height, max_pixels)
            _draft(image, max(height, width), crop)
            image.load()
            orientation = _orientation(image)
            image = _flatten(image)
        except DECODING_ERRORS as error:
            raise TruncatedImage(str(error)) from error
    swapped = orientation >= 5
    size = (height, width) if swapped else (width, height)
    image = image.resize(size, Image.Resampling.BILINEAR, box=_central_box(image.size, size, crop), reducing_gap=3.0)
    if orientation in UPRIGHT:
        image = image.transpose(UPRIGHT[orientation])
    return np.asarray(image.convert("RGB"))


def _open(data: bytes) -> ImageFile.ImageFile:
    """Read the header with the plugin that the first bytes call for, and no other: they are many, and some run programs."""
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


def image_format(data: bytes) -> str | None:
    """Name the format that the first bytes announce, or None."""
    for signature, name in (
        (b"\xff\xd8\xff", "JPEG"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"GIF8", "GIF"),
        (b"BM", "BMP"),
        (b"II*\0", "TIFF"),
        (b"MM\0*", "TIFF"),
        (b"II+\0", "TIFF"),
        (b"MM\0+", "TIFF"),
    ):
        if data.startswith(signature):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    if data[4:8] == b"ftyp":
        brands = data[8 : int.from_bytes(data[:4], "big")][:256]
        if b"avif" in brands or b"avis" in brands:
            return "AVIF"
        if any(brand in brands for brand in (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")):
            return "HEIF"
    return None


def _draft(image: Image.Image, side: int, crop: float) -> None:
    """Let a JPEG decode at 1/2, 1/4 or 1/8 where the centre still covers a square of `side` pixels."""
    factor = int(min(image.size) * crop / side)
    if factor >= 2:
        image.draft("RGB", (math.ceil(image.width / factor), math.ceil(image.height / factor)))


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(EXIF_ORIENTATION, 1))
    except DECODING_ERRORS:
        # Broken metadata does not keep a viewer from showing the pixels as they are stored.
        return 1


def _flatten(image: Image.Image) -> Image.Image:
    """To 8 bits a channel, grey or RGB, on white."""
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in ("I", "F"):
        raise NotAnImage(f"pixels of 32 bits (mode {image.mode}) have no defined white")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        flat = Image.new("RGB", image.size, "white")
        flat.paste(layer, mask=layer)
        return flat
    return image if image.mode in ("L", "RGB") else image.convert("RGB")


def _central_box(size: tuple[int, int], target: tuple[int, int], crop: float) -> tuple[float, float, float, float]:
    scale = crop * min(size[0] / target[0], size[1] / target[1])
    left, top = (size[0] - target[0] * scale) / 2, (size[1] - target[1] * scale) / 2
    return left, top, size[0] - left, size[1] - top
