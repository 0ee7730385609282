"""What native libraries write to stderr, past Python."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def silent_stderr() -> Iterator[None]:
    """Let nothing through that this process writes to stderr meanwhile."""
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
    """Keep TensorFlow's notes on its build and on absent GPUs to itself, for the block in which it is imported.

    Its errors are exceptions, which are no quieter.
    """
    # Later notes obey this setting; those of the import obey none.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with silent_stderr():
        yield
