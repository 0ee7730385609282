"""Decoders for each image format; they decode at full size if memory allows, and at reduced size otherwise."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from PIL import Image, ImageFile

from inference.errors import NotAnImage, TruncatedImage
from inference.images import cost
from inference.images.camera_raw import Preview, raw_preview, tiff_preview
from inference.images.flattening import check_mode, flatten, reduce
from inference.images.header import (
    APPLICATION_DATA,
    END_OF_IMAGE,
    MAX_HEADER_PARTS,
    START_OF_SCAN,
    bmp_has_runs,
    count_markers,
    header_parts,
    image_format,
    jpeg_frame,
    jpeg_scans,
    webp_chunks,
    webp_size,
)
from inference.images.heif_header import check_heif
from inference.images.incomplete_jpeg import is_nearly_whole
from inference.images.native_library import silence_libtiff
from inference.images.pillow_files import DECODING_ERRORS, UPRIGHT, open_image, turn_of
from inference.images.tiff_header import check_tiff

# Maximum number of scans in a JPEG. A scan of a progressive JPEG may have only 40 bytes, but costs time for every
# pixel. Encoders write about ten scans.
MAX_JPEG_SCANS = 40
# Maximum number of Exif segments in a JPEG, since Pillow copies all previous segments with each new segment. Cameras
# write one segment, and some editors write a few.
MAX_EXIF_SEGMENTS = 100
EXIF_START = b"Exif\0\0"
# Maximum size of a BMP with runs: bytes per pixel, and spare bytes. Runs take at most two bytes per pixel; Pillow would
# read any further bytes in Python, too.
MAX_RUN_BYTES = 3
RUNS_SPARE_BYTES = 2**18


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """The stored pixels of an image, possibly reduced.

    Attributes:
        pixels: the image, 8 bits per channel, grey or RGB.
        extent: width and height of the content in pixels; fractions, if it covers a part of the last row or column.
        turn: transposition that turns the image upright; None if it is upright.
    """

    pixels: Image.Image
    extent: tuple[float, float]
    turn: Image.Transpose | None


@dataclass(frozen=True, slots=True)
class DecodingTarget:
    """The size in which a caller needs an image.

    Attributes:
        side: minimum number of pixels on each side of the needed part of the image; infinite for the full size.
        share: side of the needed part as a share of the image's shorter side, in (0, 1].
        max_memory_bytes: maximum memory for decoding, in bytes.
    """

    side: float
    share: float = 1.0
    max_memory_bytes: int = cost.MAX_DECODING_BYTES

    def factor(self, size: tuple[int, int]) -> int:
        """Return the factor by which an image may be reduced; 0 if the image is too small even at full size."""
        return int(min(size) * self.share / self.side)


def decode(data: bytes, target: DecodingTarget) -> DecodedImage:
    """Decode an image, at reduced size if the target allows it.

    Raises:
        ImageError, MemoryError: see `decode.load_pixels`.
        DECODING_ERRORS: the file is damaged.
    """
    if header_parts(data, MAX_HEADER_PARTS) > MAX_HEADER_PARTS:
        raise TruncatedImage(f"expected at most {MAX_HEADER_PARTS:,} parts in its header. Received: more")
    match image_format(data):
        case "JPEG":
            return _decode_jpeg(data, target)
        case "WebP":
            return _decode_webp(data, target)
        case "HEIF":
            return _decode_heif(data, target)
        case "AVIF":
            return _decode_avif(data, target)
        case "TIFF":
            return _decode_tiff(data, target)
        case "camera raw":
            return _decode_preview(raw_preview(data), target)
        case "PNG" | "GIF" | "BMP" as kind:
            return _decode_whole(data, kind, target)
        case _:
            raise NotAnImage("none of JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC, AVIF")


def _decode_jpeg(data: bytes, target: DecodingTarget) -> DecodedImage:
    """Decode a JPEG at 1/2, 1/4 or 1/8 of its size if that is enough, to save most of the memory and time."""
    scans, segments = count_markers(data, START_OF_SCAN, APPLICATION_DATA)
    if scans > MAX_JPEG_SCANS:
        counted = jpeg_scans(data, MAX_HEADER_PARTS)
        if counted is None:
            raise TruncatedImage(f"expected at most {MAX_HEADER_PARTS:,} segments. Received: more")
        if counted > MAX_JPEG_SCANS:
            raise TruncatedImage(f"expected at most {MAX_JPEG_SCANS} scans. Received: {counted:,}")
        scans = counted
    if segments > MAX_EXIF_SEGMENTS and (segments := data.count(EXIF_START)) > MAX_EXIF_SEGMENTS:
        raise TruncatedImage(f"expected at most {MAX_EXIF_SEGMENTS} segments of Exif. Received: {segments:,}")
    image = open_image(data)
    size = image.size
    extent = _draft(image, target)
    frame = jpeg_frame(data)
    buffered = frame.samples if frame and frame.several_scans else 0.0
    reduced = round(size[0] / extent[0]) if extent else 1
    needs = cost.jpeg(image.mode, reduced=reduced, scans=scans, buffered=buffered)
    cost.check(needs, *size, target.max_memory_bytes)
    image = _load_jpeg(data, image, target, needs.memory_bytes * size[0] * size[1])
    turn = turn_of(image)
    pixels = flatten(image)
    return DecodedImage(pixels, extent or pixels.size, turn)


def _load_jpeg(
    data: bytes, image: ImageFile.ImageFile, target: DecodingTarget, needed_bytes: float
) -> ImageFile.ImageFile:
    """Decode an opened JPEG. If only its last bytes are missing, the decoder makes up the end of the last rows."""

    def opened(content: bytes) -> ImageFile.ImageFile:
        image = open_image(content)
        _draft(image, target)
        return image

    try:
        _load(image, needed_bytes)
        return image
    except OSError as error:
        reason = str(error)
    # The traceback, which held the decoder and so the pixels, is gone: no two images are in memory.
    image.close()
    if not is_nearly_whole(data, opened):
        raise OSError(reason)
    image = opened(data + END_OF_IMAGE)
    _load(image, needed_bytes)
    return image


def _decode_tiff(data: bytes, target: DecodingTarget) -> DecodedImage:
    if (preview := tiff_preview(data)) is not None:
        return _decode_preview(preview, target)
    layout = check_tiff(data)
    silence_libtiff()
    return _decode_whole(data, "TIFF", target, turned=layout.turned, segment_bytes=layout.segment_bytes)


def _decode_preview(preview: Preview, target: DecodingTarget) -> DecodedImage:
    """Decode the JPEG that a camera stores in a raw file."""
    decoded = _decode_jpeg(preview.jpeg, target)
    return decoded if decoded.turn is not None else replace(decoded, turn=UPRIGHT.get(preview.orientation))


def _decode_whole(
    data: bytes, kind: str, target: DecodingTarget, *, turned: bool = False, segment_bytes: int = 0
) -> DecodedImage:
    """Decode an image in one piece; convert it strip by strip if a second copy would need too much memory."""
    image = open_image(data)
    size, mode = image.size, image.mode
    check_mode(mode)
    runs = kind == "BMP" and bmp_has_runs(data)
    if runs and len(data) > MAX_RUN_BYTES * size[0] * size[1] + RUNS_SPARE_BYTES:
        raise TruncatedImage(f"expected runs for {size[0]} x {size[1]} pixels. Received: {len(data):,} bytes")
    needs = cost.whole(kind, mode, transparent=image.has_transparency_data, runs=runs, turned=turned)
    needs = cost.with_buffer(needs, segment_bytes, *size)
    factor = target.factor(size)
    in_strips = factor > 1 and not cost.fits(needs, *size, target.max_memory_bytes)
    if in_strips:
        needs = cost.with_buffer(cost.in_strips(kind, mode, runs=runs, turned=turned), segment_bytes, *size)
    cost.check(needs, *size, target.max_memory_bytes)
    _load(image, needs.memory_bytes * size[0] * size[1])
    turn = turn_of(image)
    if in_strips:
        width, height = image.size
        pixels = reduce(image.size, lambda top, end: image.crop((0, top, width, end)), factor)
        return DecodedImage(pixels, (width / factor, height / factor), turn)
    pixels = flatten(image)
    return DecodedImage(pixels, pixels.size, turn)


def _decode_webp(data: bytes, target: DecodingTarget) -> DecodedImage:
    # Check the size first: Pillow's decoder allocates its canvases when it opens the file.
    size = webp_size(data)
    factor = target.factor(size)
    if factor > 1 and not cost.fits(cost.WEBP, *size, target.max_memory_bytes):
        from inference.images.reduced_webp import can_reduce, decode_reduced

        chunks = dict(webp_chunks(data))
        if b"ANMF" not in chunks and can_reduce():
            needs = cost.WEBP_LOSSLESS_REDUCED if b"VP8L" in chunks else cost.WEBP_REDUCED
            cost.check(needs, *size, target.max_memory_bytes)
            pixels = decode_reduced(data, math.ceil(size[0] / factor), math.ceil(size[1] / factor))
            return DecodedImage(flatten(pixels), pixels.size, _webp_turn(data, chunks))
    cost.check(cost.WEBP, *size, target.max_memory_bytes)
    return _decode_opened(data, cost.WEBP.memory_bytes * size[0] * size[1])


def _decode_avif(data: bytes, target: DecodingTarget) -> DecodedImage:
    picture = check_heif(data)
    if picture is None:
        raise TruncatedImage("expected a picture. Received: none")
    needs = cost.with_planes(cost.AVIF_ALPHA if picture.alpha else cost.AVIF, picture.plane_bytes)
    cost.check(needs, picture.width, picture.height, target.max_memory_bytes)
    return _decode_opened(data, needs.memory_bytes * picture.width * picture.height)


def _decode_heif(data: bytes, target: DecodingTarget) -> DecodedImage:
    picture = check_heif(data)
    if picture is None:
        raise TruncatedImage("expected a picture. Received: none")
    size = picture.width, picture.height
    needs = cost.with_planes(cost.HEIF_ALPHA if picture.alpha else cost.HEIF, picture.plane_bytes)
    factor = target.factor(size)
    if factor < 2 or cost.fits(needs, *size, target.max_memory_bytes):
        cost.check(needs, *size, target.max_memory_bytes)
        return _decode_opened(data, needs.memory_bytes * picture.width * picture.height)
    planes = cost.HEIF_PLANES.memory_bytes * picture.width * picture.height
    if picture.plain and cost.fits(cost.HEIF_PLANES, *size, target.max_memory_bytes):
        decoded = _decode_heif_planes(data, factor - factor % 2, planes)
        if decoded is not None:
            return decoded
    needs = cost.HEIF_ALPHA_IN_STRIPS if picture.alpha else cost.HEIF_IN_STRIPS
    needs = cost.with_planes(needs, picture.plane_bytes)
    cost.check(needs, *size, target.max_memory_bytes)
    return _decode_heif_in_strips(data, factor, needs.memory_bytes * picture.width * picture.height)


def _decode_heif_planes(data: bytes, factor: int, needed_bytes: float) -> DecodedImage | None:
    """Reduce luma and chroma before the conversion to RGB; return None if libheif or the colours do not allow that."""
    from inference.images.reduced_heif import open_planes

    with open_planes(data) as picture:
        if picture is None or not picture.plain:
            return None
        with _enough_memory(needed_bytes):
            pixels, (width, height) = picture.decode_reduced(factor)
    # libheif has already turned the picture upright.
    return DecodedImage(pixels, (width / factor, height / factor), None)


def _decode_heif_in_strips(data: bytes, factor: int, needed_bytes: float) -> DecodedImage:
    """Convert the pixels in libheif's memory a few rows at a time, so that Pillow never has a copy of all pixels."""
    import pillow_heif

    file = pillow_heif.open_heif(data, convert_hdr_to_8bit=True, remove_stride=False)
    picture = file[file.primary_index]
    with _enough_memory(needed_bytes):
        content = picture.data
    mode, stride, (width, height) = picture.mode, picture.stride, picture.size
    check_mode(mode)

    def strip(top: int, end: int) -> Image.Image:
        rows = content[top * stride : end * stride]
        return Image.frombytes(mode, (width, end - top), rows, "raw", mode, stride)

    # libheif has already turned the picture upright.
    return DecodedImage(reduce((width, height), strip, factor), (width / factor, height / factor), None)


def _decode_opened(data: bytes, needed_bytes: float) -> DecodedImage:
    with _enough_memory(needed_bytes):
        image = open_image(data)
        image.load()
    turn = turn_of(image)
    pixels = flatten(image)
    return DecodedImage(pixels, pixels.size, turn)


@contextmanager
def _enough_memory(needed_bytes: float) -> Iterator[None]:
    """Distinguish a lack of memory from a damaged file, since decoders raise the same exceptions for both.

    Raises:
        MemoryError: decoding failed, and the process had less memory left than decoding needs.
    """
    # Measure the free memory before decoding: afterwards, the pixels of a damaged image are still in memory.
    free_bytes = cost.free_memory_bytes()
    try:
        yield
    except DECODING_ERRORS:
        if free_bytes < needed_bytes:
            raise MemoryError from None
        raise


def _load(image: ImageFile.ImageFile, needed_bytes: float) -> None:
    with _enough_memory(needed_bytes):
        image.load()


def _draft(image: Image.Image, target: DecodingTarget) -> tuple[float, float] | None:
    """Set a JPEG to decode at 1/2, 1/4 or 1/8 of the size if the needed part stays large enough.

    Returns:
        Width and height of the reduced content, which may be a fraction of a pixel smaller than the decoded image; None
        if the JPEG decodes at full size.
    """
    factor = target.factor(image.size)
    drafted = (
        image.draft("RGB", (math.ceil(image.width / factor), math.ceil(image.height / factor))) if factor else None
    )
    return drafted[1][2:] if drafted else None


def _webp_turn(data: bytes, chunks: dict[bytes, int]) -> Image.Transpose | None:
    """Return the transposition that turns a WebP upright, without opening the file with Pillow."""
    start = chunks.get(b"EXIF")
    image = Image.new("L", (1, 1))
    if start is not None:
        image.info["exif"] = data[start : start + int.from_bytes(data[start - 4 : start], "little")]
    return turn_of(image)
