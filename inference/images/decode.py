"""Conversion of image files to the pixels of a network's input: limits, decoding, orientation, crop and resize."""

from __future__ import annotations

import logging
import math
import traceback
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image

from inference.errors import EmptyFile, ImageError, TooManyBytes, TruncatedImage, UnexpectedImageError
from inference.images.animation import frame_count, later_frames
from inference.images.augmented_views import STANDARD_VIEW, View
from inference.images.cost import MAX_DECODING_BYTES
from inference.images.decoders import DecodedImage, DecodingTarget, decode
from inference.images.framing import SQUASHED_RATIO, Fit, Framing
from inference.images.pillow_files import DECODING_ERRORS, SIDEWAYS

# Maximum size of an image file: the largest file that Telegram lets bots download.
MAX_BYTES = 20 * 2**20
# Maximum length of a library's message about a damaged file, since the message may quote the file.
MAX_DETAIL_CHARS = 200
# Number of logged frames of a traceback: the innermost frames show what the decoder did.
LOGGED_FRAMES = 5

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class LoadedFrames:
    """An image, or frames of an animation.

    Attributes:
        pixels: the image or one to three frames, each uint8 (height, width, 3), RGB in [0, 255]. There are fewer than
            three frames if the animation is shorter, is damaged, or would take too much memory or time.
        animated: whether the file is an animation.
    """

    pixels: tuple[npt.NDArray[np.uint8], ...]
    animated: bool


log = logging.getLogger(__name__)


def load_pixels(
    data: bytes,
    *,
    height: int,
    width: int,
    crop: float,
    fit: Fit = "crop",
    squash_from: float | None = None,
    max_bytes: int = MAX_BYTES,
    max_memory_bytes: int = MAX_DECODING_BYTES,
) -> npt.NDArray[np.uint8]:
    """Decode an image, turn it upright, cut out its centre and resize the centre.

    Args:
        data: content of a JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC/HEIF or AVIF file. An animation gives its first frame.
        height: height of the result, in pixels.
        width: width of the result, in pixels.
        crop: size of the centre, in (0, 1]. With `fit="crop"`, it is a share of the largest central area with the
            result's aspect ratio; otherwise, it is a share of each side of the image.
        fit: how the centre gets the result's aspect ratio: "crop" cuts it to that ratio, "squash" resizes each side
            independently, "pad" adds black borders.
        squash_from: side ratio from which an image is long, at least 4/3; None if no image is. With `fit="crop"`, the
            centre of a long image has the image's full shorter side and 4/3 of its length, and is squashed to the
            result's shape. For a result that is not square, the ratios are relative to the result's.
        max_bytes: maximum size of the file, in bytes.
        max_memory_bytes: maximum memory for decoding, in bytes; the memory is estimated before decoding begins. Most
            formats are decoded at reduced size if the full size would need more memory.

    Returns:
        Pixels: uint8 (height, width, 3), RGB in [0, 255]; transparent parts are white.

    Raises:
        NotAnImage: the file has none of the formats above.
        EmptyFile: the file has no bytes.
        TruncatedImage: the file ends early or is damaged.
        TooManyBytes: the file is larger than `max_bytes`.
        TooManyPixels: decoding would take more than `max_memory_bytes`, or too long.
        UnexpectedImageError: decoding raised an unexpected exception.
        MemoryError: this process has too little memory left for the image; another process may have enough.
    """

    def load() -> npt.NDArray[np.uint8]:
        _check_bytes(data, max_bytes)
        image = _decode(data, DecodingTarget(max(height, width), crop, max_memory_bytes))
        return cut_pixels(image, height=height, width=width, crop=crop, fit=fit, squash_from=squash_from)

    return _as_image_error(load)


def load_frames(
    data: bytes, *, height: int, width: int, crop: float, fit: Fit = "crop", squash_from: float | None = None
) -> LoadedFrames:
    """Decode an image as `load_pixels` does, and of an animation also the frames in the middle and at the end.

    Args:
        data: content of the file; a GIF, an APNG and an animated WebP may have several frames.
        height: height of each result, in pixels.
        width: width of each result, in pixels.
        crop: size of the centre of a frame; see `load_pixels`.
        fit: how the centre gets the results' aspect ratio; see `load_pixels`.
        squash_from: side ratio from which a frame is long; see `load_pixels`.

    Raises:
        ImageError, MemoryError: the first frame cannot be decoded; see `load_pixels`.
    """
    framing = Framing(height=height, width=width, crop=crop, fit=fit, squash_from=squash_from)

    def load_later() -> list[npt.NDArray[np.uint8]]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return [cut_pixels(frame, **framing) for frame in later_frames(data, count)]

    first = load_pixels(data, **framing)
    if (count := frame_count(data)) == 1:
        return LoadedFrames((first,), animated=False)
    return LoadedFrames((first, *_as_image_error(load_later)), animated=True)


def decode_image(data: bytes) -> DecodedImage:
    """Decode an image at its full size; for the errors, see `load_pixels`.

    Args:
        data: content of the file.
    """

    def load() -> DecodedImage:
        _check_bytes(data, MAX_BYTES)
        return _decode(data, DecodingTarget(math.inf, 1.0, MAX_DECODING_BYTES))

    return _as_image_error(load)


def cut_pixels(
    image: DecodedImage,
    *,
    height: int,
    width: int,
    crop: float,
    fit: Fit = "crop",
    squash_from: float | None = None,
    view: View = STANDARD_VIEW,
) -> npt.NDArray[np.uint8]:
    """Cut a part out of a decoded image, turn it upright and resize it; see `load_pixels`."""
    size = (height, width) if image.turn in SIDEWAYS else (width, height)
    box = _box(image.extent, *_part(image.extent, size, crop, fit, squash_from), view)
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
    data: bytes,
    *,
    height: int,
    width: int,
    crop: float,
    fit: Fit = "crop",
    squash_from: float | None = None,
    views: Sequence[View],
) -> list[npt.NDArray[np.uint8]]:
    """Decode several views of an image; the pixels of a view do not depend on the other views.

    Args:
        data: content of the file.
        height: height of each result, in pixels.
        width: width of each result, in pixels.
        crop: size of the centre; see `load_pixels`.
        fit: how the centre gets the results' aspect ratio; see `load_pixels`.
        squash_from: side ratio from which an image is long; see `load_pixels`.
        views: views to decode.

    Returns:
        The pixels of each view: uint8 (height, width, 3), RGB in [0, 255].

    Raises:
        ImageError, MemoryError: see `load_pixels`.
    """

    def load() -> list[npt.NDArray[np.uint8]]:
        _check_bytes(data, MAX_BYTES)
        # A smaller view needs an image that is reduced less. Decoding costs the most, so views of similar size share
        # the same decoded image.
        decoded: dict[float, DecodedImage] = {}
        pixels = []
        for view in views:
            share = crop / 2 ** math.ceil(-math.log2(view.scale))
            if share not in decoded:
                decoded[share] = _decode(data, DecodingTarget(max(height, width), share))
            framing = Framing(height=height, width=width, crop=crop, fit=fit, squash_from=squash_from)
            pixels.append(cut_pixels(decoded[share], **framing, view=view))
        return pixels

    return _as_image_error(load)


def _check_bytes(data: bytes, max_bytes: int) -> None:
    if not data:
        raise EmptyFile
    if len(data) > max_bytes:
        raise TooManyBytes(len(data), max_bytes)


def _decode(data: bytes, target: DecodingTarget) -> DecodedImage:
    with warnings.catch_warnings():
        # Pillow's warnings about odd files would fill standard error.
        warnings.simplefilter("ignore")
        return decode(data, target)


def _as_image_error(work: Callable[[], T]) -> T:
    """Call `work`, and turn any exception into an ImageError or a MemoryError.

    The error is raised without the frames of the original traceback, since those frames would keep the pixels in
    memory.
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
    except Exception as error:  # noqa: BLE001  (a boundary: an error must not affect other images)
        frames = "".join(traceback.format_exception(error, limit=-LOGGED_FRAMES, chain=False))
        log.error("an image failed unexpectedly: %s", frames)
        failure = UnexpectedImageError(type(error).__name__)
    try:
        raise failure
    finally:
        # Break the reference cycle between this frame and the error's traceback.
        del failure


def _part(
    extent: tuple[float, float], target: tuple[int, int], crop: float, fit: Fit, squash_from: float | None
) -> tuple[tuple[float, float], float]:
    """Return the width and height of the central part that is looked at, and the share of its sides."""
    if fit != "crop":
        return extent, crop
    scale = min(extent[0] / target[0], extent[1] / target[1])
    part = target[0] * scale, target[1] * scale
    if squash_from is None or max(extent[0] / part[0], extent[1] / part[1]) < squash_from:
        return part, crop
    return (min(part[0] * SQUASHED_RATIO, extent[0]), min(part[1] * SQUASHED_RATIO, extent[1])), 1.0


def _box(
    extent: tuple[float, float], part: tuple[float, float], crop: float, view: View
) -> tuple[float, float, float, float]:
    """Return the left, upper, right and lower edge of a view in the image."""
    share = view.scale * crop
    left, top = (extent[0] - part[0] * share) / 2, (extent[1] - part[1] * share) / 2
    # Rounding can put edges about 1e-14 outside the image, and Pillow refuses such edges.
    return (
        min(max(left * (1 + view.x), 0.0), extent[0]),
        min(max(top * (1 + view.y), 0.0), extent[1]),
        min(max(extent[0] - left * (1 - view.x), 0.0), extent[0]),
        min(max(extent[1] - top * (1 - view.y), 0.0), extent[1]),
    )


def _fitting(box: tuple[float, float, float, float], size: tuple[int, int]) -> tuple[int, int]:
    """Return the largest width and height within `size` that have the box's aspect ratio."""
    width, height = box[2] - box[0], box[3] - box[1]
    scale = min(size[0] / width, size[1] / height)
    return min(max(round(width * scale), 1), size[0]), min(max(round(height * scale), 1), size[1])
