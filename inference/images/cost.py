"""Memory and time that decoding an image takes, by format and decoder.

The figures were measured on one core at 3 GHz with photos of 12 to 200 megapixels, and include copies and conversions.
`pytest -m benchmark -s tests/benchmarks/test_decoding_cost.py` measures them again.
"""

from __future__ import annotations

import os
import resource
from dataclasses import dataclass

from inference.errors import TooManyPixels

# Maximum memory for decoding an image. The interpreter and a model take another 70 MB, so a decoding process stays
# within 300 MB.
MAX_DECODING_BYTES = 231_000_000
# Maximum time for decoding an image, since other images wait meanwhile. An ordinary photo takes hundredths of a second.
MAX_DECODING_S = 3.0
# Maximum time for decoding the frames of an animation up to the last one that is looked at. It is enough for eight
# seconds of a GIF of 480 x 270 pixels with 20 frames a second.
MAX_ANIMATION_S = 0.25
# Maximum side of an image: the longest side that a JPEG header can state. Without this limit, a narrow image could have
# millions of rows, and each row costs time.
MAX_SIDE = 65_535


@dataclass(frozen=True, slots=True)
class Cost:
    """Memory and time that decoding takes per pixel.

    Attributes:
        memory_bytes: peak memory of all copies, in bytes per pixel.
        time_ns: time of one core, in nanoseconds per pixel.
    """

    memory_bytes: float
    time_ns: float


# Costs of decoding at full size. Pillow's RGB takes four bytes per pixel, and the decoder holds copies of the pixels.
WEBP = Cost(16.0, 18.0)
AVIF = Cost(9.4, 16.0)
AVIF_ALPHA = Cost(11.0, 18.0)
HEIF = Cost(8.6, 28.0)
HEIF_ALPHA = Cost(11.0, 35.0)
# Cost of decoding into planes: the decoder and libheif each have a copy of luma and subsampled chroma.
HEIF_PLANES = Cost(3.7, 15.0)
# If a picture is converted strip by strip, Pillow holds no copy of the whole picture.
HEIF_IN_STRIPS = Cost(4.7, 17.0)
HEIF_ALPHA_IN_STRIPS = Cost(7.0, 25.0)
# libwebp's lossy decoder works row by row; its lossless decoder holds the whole image once.
WEBP_REDUCED = Cost(0.5, 8.0)
WEBP_LOSSLESS_REDUCED = Cost(4.5, 20.0)

# Costs of decoding a frame of an animation over the frames before it. Pillow holds the image, the frame and the pixels
# that the next frame restores.
ANIMATION = {"GIF": Cost(22.0, 12.0), "PNG": Cost(22.0, 31.0), "WebP": Cost(22.0, 18.0)}

# Number of copies of the plane bytes above 1.5 bytes per pixel; planes are larger with more bits or less subsampling.
# HEIC of 10 bits was measured at 7.8 bytes per pixel, and HEIC of 10 bits with 4:2:2 chroma at 13.4 bytes. The estimate
# for 4:2:2 is lower on purpose, so that photos of 24 megapixels (330 MB) from cameras that write 4:2:2 are accepted.
PLANE_COPIES = 1.85

PIXEL_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16L": 2, "I;16B": 2, "I;16N": 2}
RGB_BYTES = 4
# Memory of the pixels together with the decoder's own buffers, as a multiple of the memory of the pixels.
DECODER_SHARE = 1.08
# Bytes for copies of a 16-bit value beside the decoded pixel: the value, the shifted value and the 8-bit result.
SHIFTED_BYTES = 6
# Decoding time by format, in nanoseconds per pixel.
DECODED_NS = {"PNG": 27.0, "GIF": 12.0, "TIFF": 20.0, "BMP": 8.0}
# Decoding time of a BMP with runs of equal pixels. It is long, since Pillow unpacks the runs in Python.
BMP_RUNS_NS = 250.0

# Time that each frame of an animation takes in addition, in nanoseconds; a frame of a pixel was measured at 20,000.
FRAME_NS = 40_000.0


def pixel_bytes(mode: str) -> int:
    """Return the bytes per pixel of a Pillow mode."""
    return PIXEL_BYTES.get(mode, RGB_BYTES)


def whole(kind: str, mode: str, *, transparent: bool, runs: bool = False, turned: bool = False) -> Cost:
    """Return the cost of decoding an image with Pillow and converting it in one piece.

    Args:
        kind: "PNG", "GIF", "BMP" or "TIFF".
        mode: Pillow mode of the decoded image.
        transparent: True if the image has transparency; a copy of it is then put on a white background.
        runs: True for a BMP that stores runs of equal pixels.
        turned: True if Pillow itself turns the image upright, which makes a copy.
    """
    copies = 0
    if mode.startswith("I;16"):
        copies = SHIFTED_BYTES
    elif transparent or mode not in ("L", "RGB"):
        copies = RGB_BYTES
    once = in_strips(kind, mode, runs=runs, turned=turned)
    return Cost(max(once.memory_bytes, pixel_bytes(mode) * DECODER_SHARE + copies), once.time_ns)


def in_strips(kind: str, mode: str, *, runs: bool = False, turned: bool = False) -> Cost:
    """Return the cost of decoding an image with Pillow and converting it strip by strip; see `whole`."""
    memory_bytes = pixel_bytes(mode) * (DECODER_SHARE + turned) + runs
    return Cost(memory_bytes, BMP_RUNS_NS if runs else DECODED_NS[kind])


def jpeg(mode: str, *, reduced: int, scans: int, buffered: float) -> Cost:
    """Return the cost of decoding a JPEG.

    Args:
        mode: Pillow mode of the decoded image.
        reduced: factor by which decoding reduces each side: 1, 2, 4 or 8.
        scans: number of scans in the file.
        buffered: number of coefficients per pixel that the decoder holds until the last scan; 0 for a single scan.
    """
    converted = RGB_BYTES if mode not in ("L", "RGB") else 0
    memory_bytes = (pixel_bytes(mode) * DECODER_SHARE + converted) / reduced**2 + 2 * buffered
    return Cost(memory_bytes, 0.7 + 8 / reduced**2 + (scans * buffered * 0.6 if buffered else 0))


def with_planes(cost: Cost, plane_bytes: float) -> Cost:
    """Add the memory for planes above 1.5 bytes per pixel; the decoder and its calling library both hold them."""
    extra = PLANE_COPIES * max(plane_bytes - 1.5, 0)
    return Cost(cost.memory_bytes + extra, cost.time_ns)


def with_buffer(cost: Cost, buffer_bytes: int, width: int, height: int) -> Cost:
    """Add the memory for a buffer that a decoder holds in addition to an image of the given size."""
    return Cost(cost.memory_bytes + buffer_bytes / (width * height), cost.time_ns)


def fits(cost: Cost, width: int, height: int, max_bytes: float = MAX_DECODING_BYTES) -> bool:
    """Return True if an image can be decoded within the limits."""
    return width * height <= _max_pixels(cost, max_bytes) and max(width, height) <= MAX_SIDE


def check(cost: Cost, width: int, height: int, max_bytes: float = MAX_DECODING_BYTES) -> None:
    """Check that an image can be decoded within the limits.

    Raises:
        TooManyPixels: the image has more pixels than the limits allow in its format.
    """
    if not fits(cost, width, height, max_bytes):
        raise TooManyPixels(width, height, min(_max_pixels(cost, max_bytes), MAX_SIDE * min(width, height)))


def max_frames(kind: str, width: int, height: int) -> int:
    """Return the number of frames of an animation that can be decoded in the time for it; at least 1.

    Args:
        kind: "GIF", "PNG" or "WebP".
        width: width of the animation, in pixels.
        height: height of the animation, in pixels.
    """
    return max(int(MAX_ANIMATION_S * 1e9 / (ANIMATION[kind].time_ns * width * height + FRAME_NS)), 1)


def free_memory_bytes() -> float:
    """Return the private memory that this process may still allocate, in bytes; infinite if it has no limit."""
    limit, _ = resource.getrlimit(resource.RLIMIT_DATA)
    if limit == resource.RLIM_INFINITY:
        return float("inf")
    # Python's files would take ten times as long, and this is done for each image.
    statm = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
    try:
        pages = int(os.read(statm, 200).split()[5])
    finally:
        os.close(statm)
    return limit - pages * resource.getpagesize()


def _max_pixels(cost: Cost, max_bytes: float) -> int:
    return int(min(max_bytes / cost.memory_bytes, MAX_DECODING_S * 1e9 / cost.time_ns))
