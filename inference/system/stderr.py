"""Silences native libraries, which write to standard error directly instead of through Python."""

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
    # This setting silences messages after the import. No setting silences messages during the import.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with silent_stderr():
        yield
