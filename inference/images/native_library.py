"""Shared libraries that Pillow and NumPy brought along, for what their own interfaces leave out."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path


@cache
def loaded_library(name: str) -> ctypes.CDLL | None:
    """Find a library that this process has loaded; None if it is linked in otherwise.

    Args:
        name: such as "libwebp", without version.
    """
    pattern = re.compile(rf"/{re.escape(name)}[-.][^/]*\.so[^/]*$|/{re.escape(name)}\.so[^/]*$")
    for line in Path("/proc/self/maps").read_text().splitlines():
        path = line.partition("/")[1] + line.partition("/")[2]
        if pattern.search(path):
            return ctypes.CDLL(path)
    return None


@cache
def silence_libtiff() -> None:
    """Keep libtiff from writing to standard error, where it says a line about each row of a damaged image."""
    library = loaded_library("libtiff")
    if library is not None:
        library.TIFFSetErrorHandler.argtypes = library.TIFFSetWarningHandler.argtypes = [ctypes.c_void_p]
        library.TIFFSetErrorHandler(None)
        library.TIFFSetWarningHandler(None)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Have NumPy multiply matrices in the calling thread alone, if it came with its own OpenBLAS."""
    library = loaded_library("libscipy_openblas64_")
    if library is None:
        yield
        return
    threads = library.scipy_openblas_get_num_threads64_()
    library.scipy_openblas_set_num_threads64_(1)
    try:
        yield
    finally:
        library.scipy_openblas_set_num_threads64_(threads)
