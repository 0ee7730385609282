"""Opening of image files with the Pillow plugin of their format, and reading of their orientation from EXIF data."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image, ImageFile

from inference.errors import NotAnImage
from inference.images.header import image_format, png_chunks

# Exceptions that Pillow's decoders, zlib and libheif raise for damaged data.
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

# Chunks of a PNG that are not used: texts, and the colour profile. Image editors write megabytes of them, compressed,
# and Pillow refuses a file if they are too large.
UNUSED_CHUNKS = frozenset({b"tEXt", b"zTXt", b"iTXt", b"iCCP"})

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


def open_image(data: bytes) -> ImageFile.ImageFile:
    """Read the header of an image with the Pillow plugin of its format, which the first bytes show.

    No other plugin is tried, since some of Pillow's plugins run programs.

    Raises:
        NotAnImage: the image has none of the supported formats.
    """
    file = io.BytesIO(data)
    match image_format(data):
        case "JPEG":
            from PIL.JpegImagePlugin import JpegImageFile

            return JpegImageFile(file)
        case "PNG":
            from PIL.PngImagePlugin import PngImageFile

            return PngImageFile(io.BytesIO(without_texts(data)))
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


def without_texts(data: bytes) -> bytes:
    """Return a PNG without its texts and its colour profile."""
    chunks = list(png_chunks(data))
    if all(kind not in UNUSED_CHUNKS for kind, _, _ in chunks):
        return data
    return data[:8] + b"".join(data[start:end] for kind, start, end in chunks if kind not in UNUSED_CHUNKS)


def turn_of(image: Image.Image) -> Image.Transpose | None:
    """Return the transposition that turns the stored pixels upright by EXIF; None if they are upright."""
    try:
        return UPRIGHT.get(image.getexif().get(EXIF_ORIENTATION, 1))
    except DECODING_ERRORS:
        # If the metadata is broken, image viewers also show the pixels as they are stored.
        return None
