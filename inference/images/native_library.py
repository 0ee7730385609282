"""Direct calls to the shared libraries of Pillow and NumPy, for functions that Pillow and NumPy do not offer."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path


@cache
def loaded_library(name: str) -> ctypes.CDLL | None:
    """Return a shared library that this process has loaded; None if no loaded library has that name.

    Args:
        name: name of the library without its version, such as "libwebp".
    """
    pattern = re.compile(rf"/{re.escape(name)}[-.][^/]*\.so[^/]*$|/{re.escape(name)}\.so[^/]*$")
    for line in Path("/proc/self/maps").read_text().splitlines():
        path = line.partition("/")[1] + line.partition("/")[2]
        if pattern.search(path):
            return ctypes.CDLL(path)
    return None


@cache
def silence_libtiff() -> None:
    """Stop libtiff from writing to standard error; it writes a line for each row of a damaged image."""
    library = loaded_library("libtiff")
    if library is not None:
        library.TIFFSetErrorHandler.argtypes = library.TIFFSetWarningHandler.argtypes = [ctypes.c_void_p]
        library.TIFFSetErrorHandler(None)
        library.TIFFSetWarningHandler(None)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Run NumPy's matrix products only in the calling thread, if NumPy was installed with its own OpenBLAS."""
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
