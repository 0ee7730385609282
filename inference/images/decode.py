"""Image bytes -> the pixels that a network takes: limits, decoding, orientation, crop and resize."""

from __future__ import annotations

import logging
import math
import traceback
import warnings
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image

from inference.errors import EmptyFile, ImageError, TooManyBytes, TruncatedImage, UnexpectedImageError
from inference.images.augmented_views import STANDARD_VIEW, Fit, View
from inference.images.cost import MAX_DECODING_BYTES
from inference.images.decoders import DecodedImage, DecodingTarget, decode
from inference.images.pillow_files import DECODING_ERRORS, SIDEWAYS

# What Telegram hands out to bots at most.
MAX_BYTES = 20 * 2**20
# Of what a library says about a damaged file, which may quote the file.
MAX_DETAIL_CHARS = 200
# The innermost ones tell what a decoder did.
LOGGED_FRAMES = 5

T = TypeVar("T")
log = logging.getLogger(__name__)


def load_pixels(
    data: bytes,
    *,
    height: int,
    width: int,
    crop: float,
    fit: Fit = "crop",
    max_bytes: int = MAX_BYTES,
    max_memory_bytes: int = MAX_DECODING_BYTES,
) -> npt.NDArray[np.uint8]:
    """Decode an image, turn it upright, cut out its centre and resize that.

    Args:
        data: a JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC/HEIF or AVIF file; of an animation, the first frame counts.
        height: of the result, in pixels.
        width: of the result, in pixels.
        crop: size of the centre, in (0, 1]: as a share of the largest central area with the result's aspect ratio, or,
            where the image is not cropped to that, of each side of the image.
        fit: how the centre gets the result's aspect ratio: "crop" by its choice, "squash" by resizing each side by
            itself, "pad" with black beside it or above and below.
        max_bytes: limit on the file.
        max_memory_bytes: limit on what decoding takes, estimated before it begins; a JPEG, a WebP and most others are
            decoded at reduced size where they would not fit in full.

    Returns:
        uint8 (height, width, 3), RGB in [0, 255]; transparent parts are white.

    Raises:
        NotAnImage: none of the formats above.
        EmptyFile: there are no bytes.
        TruncatedImage: the file ends early or is damaged.
        TooManyBytes: over `max_bytes`.
        TooManyPixels: decoding would take more than `max_memory_bytes`, or too long.
        UnexpectedImageError: decoding failed in a way that nobody expected.
        MemoryError: this process has not the memory that the image takes; another may.
    """

    def load() -> npt.NDArray[np.uint8]:
        _check_bytes(data, max_bytes)
        image = _decode(data, DecodingTarget(max(height, width), crop, max_memory_bytes))
        return cut_pixels(image, height=height, width=width, crop=crop, fit=fit)

    return _as_image_error(load)


def decode_image(
    data: bytes,
    *,
    side: float,
    share: float = 1.0,
    max_bytes: int = MAX_BYTES,
    max_memory_bytes: int = MAX_DECODING_BYTES,
) -> DecodedImage:
    """Decode an image; see `load_pixels`.

    Args:
        data: content of a file.
        side: in pixels, which a part of the image must have: an image may be reduced to what leaves it so many.
            Infinite to have it in full.
        share: of the image's shorter side that the part has.
        max_bytes: limit on the file.
        max_memory_bytes: limit on what decoding takes.
    """

    def load() -> DecodedImage:
        _check_bytes(data, max_bytes)
        return _decode(data, DecodingTarget(side, share, max_memory_bytes))

    return _as_image_error(load)


def cut_pixels(
    image: DecodedImage, *, height: int, width: int, crop: float, fit: Fit = "crop", view: View = STANDARD_VIEW
) -> npt.NDArray[np.uint8]:
    """Cut a part out of an image, turn it upright and resize it; see `load_pixels`."""
    size = (height, width) if image.turn in SIDEWAYS else (width, height)
    box = _box(image.extent, size, crop, fit, view)
    inner = _fitting(box, size) if fit == "pad" else size
    cut = image.pixels.resize(inner, Image.Resampling.BILINEAR, box=box, reducing_gap=3.0)
    if inner != size:
        padded = Image.new(cut.mode, size)
        padded.paste(cut, ((size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2))
        cut = padded
    if image.turn is not None:
        cut = cut.transpose(image.turn)
    if view.flip:
        cut = cut.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if view.brightness != 1:
        cut = cut.point(lambda value: min(value * view.brightness, 255))
    return np.asarray(cut.convert("RGB"))


def load_views(
    data: bytes, *, height: int, width: int, crop: float, fit: Fit = "crop", views: Sequence[View]
) -> list[npt.NDArray[np.uint8]]:
    """Decode several views of an image; the pixels of a view do not depend on the other views.

    Args:
        data: content of a file.
        height: of the results, in pixels.
        width: of the results, in pixels.
        crop: size of the centre; see `load_pixels`.
        fit: how it gets the results' aspect ratio; see `load_pixels`.
        views: views of the image.

    Returns:
        uint8 (height, width, 3) for each view, RGB in [0, 255].

    Raises:
        ImageError, MemoryError: see `load_pixels`.
    """

    def load() -> list[npt.NDArray[np.uint8]]:
        _check_bytes(data, MAX_BYTES)
        # A smaller view needs an image that is reduced less. Decoding costs the most, so views of a size share it.
        decoded: dict[float, DecodedImage] = {}
        pixels = []
        for view in views:
            share = crop / 2 ** math.ceil(-math.log2(view.scale))
            if share not in decoded:
                decoded[share] = _decode(data, DecodingTarget(max(height, width), share))
            pixels.append(cut_pixels(decoded[share], height=height, width=width, crop=crop, fit=fit, view=view))
        return pixels

    return _as_image_error(load)


def _check_bytes(data: bytes, max_bytes: int) -> None:
    if not data:
        raise EmptyFile
    if len(data) > max_bytes:
        raise TooManyBytes(len(data), max_bytes)


def _decode(data: bytes, target: DecodingTarget) -> DecodedImage:
    with warnings.catch_warnings():
        # Pillow warns of a file's oddities on stderr, which are no news to whoever runs this.
        warnings.simplefilter("ignore")
        return decode(data, target)


def _as_image_error(work: Callable[[], T]) -> T:
    """Do something with one image: whatever goes wrong is that image's error, or want of memory.

    An error leaves without the frames that it came through, since these hold pixels for as long as it is kept.
    """
    failure: Exception
    try:
        return work()
    except ImageError as error:
        failure = type(error)(*error.args)
    except MemoryError:
        failure = MemoryError()
    except DECODING_ERRORS as error:
        failure = TruncatedImage(str(error)[:MAX_DETAIL_CHARS])
    except Exception as error:  # noqa: BLE001  (a boundary: the images beside this one go on)
        frames = "".join(traceback.format_exception(error, limit=-LOGGED_FRAMES, chain=False))
        log.error("an image failed unexpectedly: %s", frames)
        failure = UnexpectedImageError(type(error).__name__)
    try:
        raise failure
    finally:
        # The frame of this call would hold it, and it the frame.
        del failure


def _box(
    extent: tuple[float, float], target: tuple[int, int], crop: float, fit: Fit, view: View
) -> tuple[float, float, float, float]:
    """Left, upper, right and lower edge of a view, within the image."""
    part = extent
    if fit == "crop":
        scale = min(extent[0] / target[0], extent[1] / target[1])
        part = target[0] * scale, target[1] * scale
    share = view.scale * crop
    left, top = (extent[0] - part[0] * share) / 2, (extent[1] - part[1] * share) / 2
    # Rounding puts edges some 1e-14 beyond, and Pillow refuses that.
    return (
        min(max(left * (1 + view.x), 0.0), extent[0]),
        min(max(top * (1 + view.y), 0.0), extent[1]),
        min(max(extent[0] - left * (1 - view.x), 0.0), extent[0]),
        min(max(extent[1] - top * (1 - view.y), 0.0), extent[1]),
    )


def _fitting(box: tuple[float, float, float, float], size: tuple[int, int]) -> tuple[int, int]:
    """The largest size within another that has the aspect ratio of a box."""
    width, height = box[2] - box[0], box[3] - box[1]
    scale = min(size[0] / width, size[1] / height)
    return min(max(round(width * scale), 1), size[0]), min(max(round(height * scale), 1), size[1])
