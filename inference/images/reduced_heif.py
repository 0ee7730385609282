"""Decoding of large HEIC photos at reduced size, from the luma and chroma planes that libheif decodes.

The full image in RGB would take three times the memory of these planes. Only photos with the usual colours of
cameras are read this way: 8 bits, 4:2:0 chroma, the matrix of ITU-R BT.601 in full range, as in JPEG.
https://github.com/strukturag/libheif, `libheif/api/libheif/heif_decoding.h` and the other headers in that folder.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

from inference.images.flattening import reduce_plane
from inference.images.native_library import loaded_library

COLORSPACE_YCBCR = 0
CHROMA_420 = 1
# Channels of libheif for luma and chroma, in the order of Pillow's YCbCr.
PLANES = (0, 1, 2)
# Numbers of ITU-T H.273 for the matrix coefficients of BT.470 and BT.601, which are the same.
BT_601 = (5, 6)
# Number of decoding threads, the default of pillow-heif.
THREADS = 4


class _Error(ctypes.Structure):
    _fields_ = (("code", ctypes.c_int), ("subcode", ctypes.c_int), ("message", ctypes.c_char_p))


class _Nclx(ctypes.Structure):
    _fields_ = (
        ("version", ctypes.c_uint8),
        *((name, ctypes.c_int) for name in ("primaries", "transfer", "matrix")),
        ("full_range", ctypes.c_uint8),
    )


class HeifPlanes:
    """The primary picture of a HEIC file; it can be decoded into planes only if it is `plain`."""

    def __init__(self, library: ctypes.CDLL, handle: ctypes.c_void_p) -> None:
        self._library = library
        self._handle = handle

    @property
    def plain(self) -> bool:
        """True if the picture has the usual colours of camera photos, and no transparency."""
        library, handle = self._library, self._handle
        if library.heif_image_handle_has_alpha_channel(handle):
            return False
        if library.heif_image_handle_get_luma_bits_per_pixel(handle) != 8:
            return False
        space, chroma = ctypes.c_int(), ctypes.c_int()
        _check(
            library.heif_image_handle_get_preferred_decoding_colorspace(
                handle, ctypes.byref(space), ctypes.byref(chroma)
            )
        )
        if (space.value, chroma.value) != (COLORSPACE_YCBCR, CHROMA_420):
            return False
        nclx = ctypes.POINTER(_Nclx)()
        if library.heif_image_handle_get_nclx_color_profile(handle, ctypes.byref(nclx)).code:
            return False
        try:
            return nclx.contents.matrix in BT_601 and bool(nclx.contents.full_range)
        finally:
            library.heif_nclx_color_profile_free(nclx)

    def decode_reduced(self, factor: int) -> tuple[Image.Image, tuple[int, int]]:
        """Decode the picture and reduce it: each square of pixels becomes one pixel, its average.

        Args:
            factor: side of the squares, an even number of pixels.

        Returns:
            An RGB image, and the width and height of the full picture in pixels.

        Raises:
            RuntimeError: the picture is damaged, or there is not enough memory.
        """
        library = self._library
        image = ctypes.c_void_p()
        _check(library.heif_decode_image(self._handle, ctypes.byref(image), COLORSPACE_YCBCR, CHROMA_420, None))
        try:
            reduced = [self._plane(image, plane, factor // 2 if plane else factor) for plane in PLANES]
            size = library.heif_image_get_width(image, 0), library.heif_image_get_height(image, 0)
        finally:
            library.heif_image_release(image)
        return Image.merge("YCbCr", reduced).convert("RGB"), size

    def _plane(self, image: ctypes.c_void_p, plane: int, factor: int) -> Image.Image:
        library = self._library
        stride = ctypes.c_size_t()
        address = library.heif_image_get_plane_readonly2(image, plane, ctypes.byref(stride))
        width, height = library.heif_image_get_width(image, plane), library.heif_image_get_height(image, plane)
        if not address or width < 1 or height < 1 or stride.value < width:
            raise RuntimeError("expected planes of luma and chroma")

        def strip(top: int, end: int) -> Image.Image:
            rows = ctypes.string_at(address + top * stride.value, (end - top) * stride.value)
            return Image.frombytes("L", (width, end - top), rows, "raw", "L", stride.value)

        return reduce_plane((width, height), strip, factor)


@contextmanager
def open_planes(data: bytes) -> Iterator[HeifPlanes | None]:
    """Open a HEIC file with the libheif of pillow-heif; yield None if that library cannot be called directly.

    Raises:
        RuntimeError: the file is damaged.
    """
    import pillow_heif  # noqa: F401  (loads libheif)

    library = loaded_library("libheif")
    if library is None or not hasattr(library, "heif_image_get_plane_readonly2"):
        yield None
        return
    _declare(library)
    context = ctypes.c_void_p(library.heif_context_alloc())
    handle = ctypes.c_void_p()
    try:
        library.heif_context_set_max_decoding_threads(context, THREADS)
        _check(library.heif_context_read_from_memory_without_copy(context, data, len(data), None))
        _check(library.heif_context_get_primary_image_handle(context, ctypes.byref(handle)))
        yield HeifPlanes(library, handle)
    finally:
        if handle:
            library.heif_image_handle_release(handle)
        library.heif_context_free(context)


def _declare(library: ctypes.CDLL) -> None:
    pointer, integer = ctypes.c_void_p, ctypes.c_int
    library.heif_context_alloc.restype = pointer
    library.heif_context_read_from_memory_without_copy.argtypes = [pointer, ctypes.c_char_p, ctypes.c_size_t, pointer]
    library.heif_image_get_plane_readonly2.argtypes = [pointer, integer, pointer]
    library.heif_image_get_plane_readonly2.restype = pointer
    library.heif_decode_image.argtypes = [pointer, pointer, integer, integer, pointer]
    for name in (
        "heif_context_read_from_memory_without_copy",
        "heif_context_get_primary_image_handle",
        "heif_image_handle_get_preferred_decoding_colorspace",
        "heif_image_handle_get_nclx_color_profile",
        "heif_decode_image",
    ):
        getattr(library, name).restype = _Error


def _check(error: _Error) -> None:
    if error.code:
        raise RuntimeError((error.message or b"").decode("utf-8", "replace"))
