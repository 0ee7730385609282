"""Image files of all kinds that Labelbot reads, and of some that it must refuse."""

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


# One file of each kind with the same picture; encoding changes its colours by at most 24 of 255.
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
    pixels = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows), 1)
    header = struct.pack(">IIBBBBB", rows.shape[1], rows.shape[0], depth, colour, 0, 0, 0)
    return png_of((b"IHDR", header), *chunks, (b"IDAT", pixels), (b"IEND", b""))


def bombs() -> dict[str, bytes]:
    """Small files that promise to become large, by what they do."""
    huge = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    small = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    pixels = (b"IDAT", zlib.compress(bytes(8 * 25)))
    zeros = zeros_compressed(2**28)
    tiff = encode(Image.new("L", (16, 16)), "TIFF")
    bmp = encode(Image.new("RGB", (16, 16)), "BMP")
    jpeg = encode(Image.new("L", (4900, 4900), 128), "JPEG", progressive=True)
    count = 250_000
    scan = jpeg[jpeg.rindex(b"\xff\xda") : -2]
    baseline = encode(Image.new("L", (16, 16)), "JPEG")
    size = baseline.index(b"\xff\xc0") + 5
    gif = encode(Image.new("L", (16, 16)), "GIF")
    frame = gif.index(b",\0\0\0\0\x10\0\x10\0") + 5
    return {
        "png-pixels": png_of((b"IHDR", huge), (b"IDAT", zeros), (b"IEND", b"")),
        "png-ztxt": png_of((b"IHDR", small), (b"zTXt", b"Comment\0\0" + zeros), pixels, (b"IEND", b"")),
        "png-itxt": png_of((b"IHDR", small), (b"iTXt", b"Comment\0\1\0\0\0" + zeros), pixels, (b"IEND", b"")),
        "png-iccp": png_of((b"IHDR", small), (b"iCCP", b"profile\0\0" + zeros), pixels, (b"IEND", b"")),
        "png-ztxt-at-the-end": png_of(
            (b"IHDR", small), pixels, *[(b"zTXt", b"a\0\0" + zeros_compressed(2**20 - 1))] * 100, (b"IEND", b"")
        ),
        "jpeg-pixels": baseline[:size] + struct.pack(">HH", 65_500, 65_500) + baseline[size + 4 :],
        "jpeg-segments": baseline[:2] + b"\xff\xe5\0\2" * count + baseline[2:],
        "jpeg-padding": baseline[:2] + b"\xff" * count + baseline[2:],
        "jpeg-scans": jpeg[:-2] + scan * 5000 + jpeg[-2:],
        "png-chunks": png_of((b"IHDR", small), *[(b"aaAa", b"")] * (count // 3), pixels, (b"IEND", b"")),
        "gif-blocks": gif[: frame - 5] + b"!\xfe" + b"\1a" * count + b"\0" + gif[frame - 5 :],
        "gif-extensions": gif[: frame - 5] + b"!\xfe\1a\0" * (count // 2) + gif[frame - 5 :],
        "gif-screen": gif[:6] + struct.pack("<HH", 65_535, 65_535) + gif[10:],
        "gif-frame": gif[:frame] + struct.pack("<HH", 65_535, 65_535) + gif[frame + 4 :],
        "bmp-pixels": bmp[:18] + struct.pack("<ii", 60_000, 60_000) + bmp[26:],
        "tiff-pixels": tiff.replace(
            struct.pack("<HHII", 256, 4, 1, 16), struct.pack("<HHII", 256, 4, 1, 900_000)
        ).replace(struct.pack("<HHII", 257, 4, 1, 16), struct.pack("<HHII", 257, 4, 1, 900_000)),
        "webp-canvas": b"RIFF\xff\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\xfe\x3f\0" * 2 + b"VP8L" + bytes(200),
        "webp-lossless-pixels": b"RIFF\xff\0\0\0WEBPVP8L\x40\0\0\0\x2f"
        + struct.pack("<I", (16_382 << 14) + 16_382)
        + bytes(99),
        "avif-pixels": with_item_size(encode(Image.new("L", (16, 16)), "AVIF"), 30_000),
        "heic-pixels": with_item_size(encode(Image.new("RGB", (64, 64)), "HEIF"), 30_000),
    }


def with_item_size(data: bytes, side: int) -> bytes:
    """Let the `ispe` box of an AVIF or HEIC file tell another size."""
    start = data.index(b"ispe") + 8
    return data[:start] + struct.pack(">II", side, side) + data[start + 8 :]


def zeros_compressed(size: int) -> bytes:
    """Zeros by zlib, a thousandth of their size."""
    compressor = zlib.compressobj(9)
    block = bytes(2**20)
    parts = [compressor.compress(block) for _ in range(size // len(block))]
    return b"".join((*parts, compressor.compress(bytes(size % len(block))), compressor.flush()))


def png_of(*chunks: tuple[bytes, bytes]) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )
