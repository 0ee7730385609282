"""Decoding of large WebP images at reduced size.

libwebp decodes an image row by row, whereas Pillow holds four copies of the image.
https://developers.google.com/speed/webp/docs/api, "Advanced Decoding API".
"""

from __future__ import annotations

import ctypes

from PIL import Image

from inference.errors import TruncatedImage
from inference.images.native_library import loaded_library

ABI_VERSION = 0x0209
MODE_RGBA = 1
OUT_OF_MEMORY = 1


class _Features(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_int) for name in ("width", "height", "has_alpha", "has_animation", "format")),
        ("pad", ctypes.c_uint32 * 5),
    )


class _Buffer(ctypes.Structure):
    # In C, the fields for RGBA share a union with the larger fields for YUVA. `yuva` is the rest of that union.
    _fields_ = (
        *((name, ctypes.c_int) for name in ("colorspace", "width", "height", "is_external_memory")),
        ("rgba", ctypes.c_void_p),
        ("stride", ctypes.c_int),
        ("size", ctypes.c_size_t),
        ("yuva", ctypes.c_uint8 * 56),
        ("pad", ctypes.c_uint32 * 4),
        ("private_memory", ctypes.c_void_p),
    )


class _Options(ctypes.Structure):
    _fields_ = (
        *(
            (name, ctypes.c_int)
            for name in (
                *("bypass_filtering", "no_fancy_upsampling", "use_cropping"),
                *("crop_left", "crop_top", "crop_width", "crop_height"),
                *("use_scaling", "scaled_width", "scaled_height"),
                *("use_threads", "dithering_strength", "flip", "alpha_dithering_strength"),
            )
        ),
        ("pad", ctypes.c_uint32 * 5),
    )


class _Config(ctypes.Structure):
    _fields_ = (("input", _Features), ("output", _Buffer), ("options", _Options))


def can_reduce() -> bool:
    """Return True if libwebp can be called directly."""
    from PIL import _webp  # noqa: F401  (loads libwebp)

    return loaded_library("libwebp") is not None


def decode_reduced(data: bytes, width: int, height: int) -> Image.Image:
    """Decode a WebP image at another size; the image must not be animated.

    Args:
        data: content of the file.
        width: width of the result, in pixels.
        height: height of the result, in pixels.

    Returns:
        An image of mode RGBA.

    Raises:
        MemoryError: libwebp has too little memory.
        TruncatedImage: the file is damaged.
    """
    library = loaded_library("libwebp")
    assert library is not None, "see `can_reduce`"
    config = _Config()
    if not library.WebPInitDecoderConfigInternal(ctypes.byref(config), ABI_VERSION):
        raise TruncatedImage("expected another version of libwebp")
    pixels = bytearray(width * height * 4)
    config.options.use_scaling = 1
    config.options.scaled_width, config.options.scaled_height = width, height
    config.output.colorspace = MODE_RGBA
    config.output.is_external_memory = 1
    config.output.rgba = ctypes.addressof(ctypes.c_char.from_buffer(pixels))
    config.output.stride, config.output.size = width * 4, len(pixels)
    library.WebPDecode.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p]
    status = library.WebPDecode(data, len(data), ctypes.byref(config))
    if status == OUT_OF_MEMORY:
        raise MemoryError
    if status:
        raise TruncatedImage(f"libwebp gave up with status {status}")
    return Image.frombytes("RGBA", (width, height), pixels)
