"""Silencing native libraries, which write to standard error without Python."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def silent_stderr() -> Iterator[None]:
    """Discard everything that this process writes to standard error within the block."""
    stderr = os.dup(2)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(null)


@contextmanager
def quiet_tensorflow() -> Iterator[None]:
    """Silence TensorFlow's messages about its build and missing GPUs, for the block that imports it.

    Errors are exceptions, and are not silenced.
    """
    # Messages after the import obey this setting; messages during the import obey none.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with silent_stderr():
        yield
