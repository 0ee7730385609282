"""What it takes to decode an image, in memory and time, by the way in which its format is decoded.

Figures were measured on one core at 3 GHz with a photo of 12 to 200 megapixels, copies and conversions included;
`pytest -m benchmark -s tests/benchmarks/test_decoding_cost.py` measures them anew.
"""

from __future__ import annotations

import resource
from dataclasses import dataclass
from pathlib import Path

from inference.errors import TooManyPixels

# With the interpreter and a model, which take 70 MB, a process that decodes stays within 300 MB.
MAX_DECODING_BYTES = 231_000_000
# A worker that decodes longer keeps others waiting; an ordinary photo takes hundredths of a second.
MAX_DECODING_S = 3.0
# What JPEG can announce; a few columns of many millions of rows cost time for each row.
MAX_SIDE = 65_535


@dataclass(frozen=True, slots=True)
class Cost:
    """What a pixel takes while it is decoded.

    Attributes:
        memory_bytes: at most at the same time, in all copies.
        time_ns: of one core.
    """

    memory_bytes: float
    time_ns: float


# Four bytes a pixel of Pillow's RGB and their copies in the decoder.
WEBP = Cost(16.0, 18.0)
AVIF = Cost(9.4, 16.0)
AVIF_ALPHA = Cost(11.0, 18.0)
HEIF = Cost(8.6, 28.0)
HEIF_ALPHA = Cost(11.0, 35.0)
# Luma and halved chroma, in the decoder and in libheif.
HEIF_PLANES = Cost(3.7, 15.0)
# Without a copy of Pillow's.
HEIF_IN_STRIPS = Cost(4.7, 17.0)
HEIF_ALPHA_IN_STRIPS = Cost(7.0, 25.0)
# The lossy decoder works row by row; the lossless one holds the image once.
WEBP_REDUCED = Cost(0.5, 8.0)
WEBP_LOSSLESS_REDUCED = Cost(4.5, 20.0)

# Of unusual planes. HEIC of 10 bits was measured at 7.8 bytes a pixel, with 4:2:2 at 13.4, which is more than this
# says, so that the 24 megapixels of cameras that write it are let through: 330 MB.
PLANE_COPIES = 1.85

PIXEL_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16L": 2, "I;16B": 2, "I;16N": 2}
RGB_BYTES = 4
# Pixels, and the decoder's own buffers.
DECODER_SHARE = 1.08
# Values of 16 bits, shifted, and their 8 bits, beside what was decoded.
SHIFTED_BYTES = 6
DECODED_NS = {"PNG": 27.0, "GIF": 12.0, "TIFF": 20.0, "BMP": 8.0}
# Pillow unpacks it in Python.
BMP_RUNS_NS = 250.0


def pixel_bytes(mode: str) -> int:
    """What a pixel of one of Pillow's modes takes."""
    return PIXEL_BYTES.get(mode, RGB_BYTES)


def whole(kind: str, mode: str, *, transparent: bool, runs: bool = False, turned: bool = False) -> Cost:
    """Say what an image costs that Pillow decodes as a whole, and that is then converted as a whole.

    Args:
        kind: PNG, GIF, BMP or TIFF.
        mode: Pillow's.
        transparent: whether parts of it are, so that white is put behind it.
        runs: whether a BMP stores runs of equal pixels.
        turned: whether Pillow turns it upright by itself, into a copy.
    """
    copies = 0
    if mode.startswith("I;16"):
        copies = SHIFTED_BYTES
    elif transparent or mode not in ("L", "RGB"):
        copies = RGB_BYTES
    once = in_strips(kind, mode, runs=runs, turned=turned)
    return Cost(max(once.memory_bytes, pixel_bytes(mode) * DECODER_SHARE + copies), once.time_ns)


def in_strips(kind: str, mode: str, *, runs: bool = False, turned: bool = False) -> Cost:
    """Say what an image costs that is decoded as in `whole`, and then converted strip by strip."""
    memory_bytes = pixel_bytes(mode) * (DECODER_SHARE + turned) + runs
    return Cost(memory_bytes, BMP_RUNS_NS if runs else DECODED_NS[kind])


def jpeg(mode: str, *, reduced: int, scans: int, buffered: float) -> Cost:
    """Say what a pixel of a JPEG costs.

    Args:
        mode: Pillow's, of the result.
        reduced: factor at which it is decoded: 1, 2, 4 or 8.
        scans: that it is made up of.
        buffered: coefficients a pixel that are held until the last scan; 0 of a JPEG of one scan.
    """
    converted = RGB_BYTES if mode not in ("L", "RGB") else 0
    memory_bytes = (pixel_bytes(mode) * DECODER_SHARE + converted) / reduced**2 + 2 * buffered
    return Cost(memory_bytes, 0.7 + 8 / reduced**2 + (scans * buffered * 0.6 if buffered else 0))


def with_planes(cost: Cost, plane_bytes: float) -> Cost:
    """Add what unusual luma and chroma take, which a decoder and a library around it hold at the same time."""
    extra = PLANE_COPIES * max(plane_bytes - 1.5, 0)
    return Cost(cost.memory_bytes + extra, cost.time_ns)


def with_buffer(cost: Cost, buffer_bytes: int, width: int, height: int) -> Cost:
    """Add what a decoder holds beside an image of this size."""
    return Cost(cost.memory_bytes + buffer_bytes / (width * height), cost.time_ns)


def fits(cost: Cost, width: int, height: int, max_bytes: float = MAX_DECODING_BYTES) -> bool:
    """Tell whether an image can be decoded within the limits."""
    return width * height <= _max_pixels(cost, max_bytes) and max(width, height) <= MAX_SIDE


def check(cost: Cost, width: int, height: int, max_bytes: float = MAX_DECODING_BYTES) -> None:
    """Refuse an image that cannot be decoded within the limits.

    Raises:
        TooManyPixels: it has more pixels than can be decoded in its format.
    """
    if not fits(cost, width, height, max_bytes):
        raise TooManyPixels(width, height, min(_max_pixels(cost, max_bytes), MAX_SIDE * min(width, height)))


def free_memory_bytes() -> float:
    """What this process may still allocate of private memory; infinite if it has no limit."""
    limit, _ = resource.getrlimit(resource.RLIMIT_DATA)
    if limit == resource.RLIM_INFINITY:
        return float("inf")
    pages = int(Path("/proc/self/statm").read_text().split()[5])
    return limit - pages * resource.getpagesize()


def _max_pixels(cost: Cost, max_bytes: float) -> int:
    return int(min(max_bytes / cost.memory_bytes, MAX_DECODING_S * 1e9 / cost.time_ns))
