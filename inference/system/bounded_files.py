"""Reading files with a limit on their size."""

from __future__ import annotations

from pathlib import Path

from inference.errors import ModelError

# Limit on a network's file: the maximum size of a protocol buffer or a FlatBuffer.
MAX_NETWORK_BYTES = 2**31 - 1


def read_file(path: Path, max_bytes: int = MAX_NETWORK_BYTES) -> bytes:
    """Read a file of at most `max_bytes` bytes.

    Raises:
        ModelError: the file is larger, or is a folder or a device.
        OSError: the file cannot be read.
    """
    if path.exists() and not path.is_file():
        raise ModelError(f"{path}: expected a file. Received: a folder or a device")
    with path.open("rb") as file:
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise ModelError(f"{path}: expected at most {max_bytes:,} bytes. Received: more")
    return content
