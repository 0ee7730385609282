"""Image files of every kind that Labelbot reads, and of some that it must refuse."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pillow_heif
from PIL import Image

RED, GREEN, BLUE, YELLOW = (230, 20, 20), (20, 200, 20), (20, 20, 230), (230, 220, 20)

ORIENTATION = 0x0112


def quadrants(width: int = 96, height: int = 96) -> Image.Image:
    """A picture that looks different however it is turned: red and green above, blue and yellow below."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    image.paste(BLUE, (0, height // 2, width // 2, height))
    image.paste(YELLOW, (width // 2, height // 2, width, height))
    return image


def corners(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The colours in the middle of the four quadrants, (4, 3): above left, above right, below left, below right."""
    height, width = pixels.shape[:2]
    return pixels[[height // 4, height // 4, -height // 4, -height // 4], [width // 4, -width // 4] * 2]


def encode(image: Image.Image, kind: str, **options: Any) -> bytes:
    """Write an image as a file of one of Pillow's formats, or HEIF."""
    file = io.BytesIO()
    if kind == "HEIF":
        pillow_heif.from_pillow(image).save(file, **options)
    else:
        image.save(file, kind, **options)
    return file.getvalue()


def turned(image: Image.Image, orientation: int, kind: str) -> bytes:
    """Write an image with an EXIF orientation."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return encode(image, kind, exif=exif.tobytes() if kind == "HEIF" else exif)


def with_alpha(image: Image.Image) -> Image.Image:
    image = image.copy()
    image.putalpha(255)
    return image


# A file of each kind with the same picture, encoded well enough for its colours to stay within 24 of 255.
FILES: dict[str, Callable[[Image.Image], bytes]] = {
    "jpeg": lambda image: encode(image, "JPEG", quality=95),
    "jpeg-progressive": lambda image: encode(image, "JPEG", quality=95, progressive=True),
    "jpeg-444": lambda image: encode(image, "JPEG", quality=95, subsampling=0),
    "jpeg-cmyk": lambda image: encode(image.convert("CMYK"), "JPEG", quality=95),
    "jpeg-mpo": lambda image: encode(image, "MPO", save_all=True, append_images=[Image.new("RGB", image.size)]),
    "png": lambda image: encode(image, "PNG"),
    "png-alpha": lambda image: encode(with_alpha(image), "PNG"),
    "png-palette": lambda image: encode(image.quantize(16), "PNG"),
    "png-animated": lambda image: encode(image, "PNG", save_all=True, append_images=[Image.new("RGB", image.size)]),
    "png-16bit": lambda image: png(np.asarray(image).astype(">u2") * 257, depth=16, colour=2),
    "webp": lambda image: encode(image, "WEBP", quality=95),
    "webp-lossless": lambda image: encode(image, "WEBP", lossless=True),
    "webp-alpha": lambda image: encode(with_alpha(image), "WEBP", lossless=True),
    "webp-animated": lambda image: encode(image, "WEBP", save_all=True, append_images=[Image.new("RGB", image.size)]),
    "gif": lambda image: encode(image, "GIF"),
    "gif-animated": lambda image: encode(image, "GIF", save_all=True, append_images=[Image.new("RGB", image.size)]),
    "bmp": lambda image: encode(image, "BMP"),
    "bmp-palette": lambda image: encode(image.quantize(16), "BMP"),
    "tiff": lambda image: encode(image, "TIFF"),
    "tiff-lzw": lambda image: encode(image, "TIFF", compression="tiff_lzw"),
    "tiff-deflate-alpha": lambda image: encode(with_alpha(image), "TIFF", compression="tiff_adobe_deflate"),
    "tiff-jpeg": lambda image: encode(image, "TIFF", compression="jpeg", quality=95),
    "tiff-cmyk": lambda image: encode(image.convert("CMYK"), "TIFF"),
    "tiff-big": lambda image: encode(image, "TIFF", big_tiff=True),
    "heic": lambda image: encode(image, "HEIF", quality=90),
    "heic-alpha": lambda image: encode(with_alpha(image), "HEIF", quality=90),
    "avif": lambda image: encode(image, "AVIF", quality=90),
    "avif-alpha": lambda image: encode(with_alpha(image), "AVIF", quality=90),
}


def png(rows: npt.NDArray[Any], *, depth: int, colour: int, chunks: tuple[tuple[bytes, bytes], ...] = ()) -> bytes:
    """Write a PNG by hand, for what Pillow does not write.

    Args:
        rows: (height, width) or (height, width, channels), big-endian.
        depth: bits a channel.
        colour: 0 grey, 2 RGB, 4 grey and alpha, 6 RGB and alpha.
        chunks: types and contents, put before the pixels.
    """
    pixels = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    header = struct.pack(">IIBBBBB", rows.shape[1], rows.shape[0], depth, colour, 0, 0, 0)
    return png_of((b"IHDR", header), *chunks, (b"IDAT", pixels), (b"IEND", b""))


def png_of(*chunks: tuple[bytes, bytes]) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )
