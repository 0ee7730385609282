"""The socket in the home folder, at which the running bot says how it is without an open port.

Linux limits the path of a socket to 107 bytes. So the folder is opened, and the socket is reached by its descriptor.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SOCKET_NAME = "labelbot.sock"
# Only the user of the bot may ask.
OWNER_ONLY = 0o600


@contextmanager
def home_socket(home: Path) -> Iterator[socket.socket]:
    """Make the socket, which does not listen yet, and remove it at the end of the block.

    Args:
        home: folder of the socket.

    Yields:
        The socket.

    Raises:
        OSError: the folder cannot hold a socket, or another bot with this home answers there.
    """
    with socket.socket(socket.AF_UNIX) as made:
        if _answers(home):
            raise OSError("another bot with this home answers there")
        with _short_path(home) as path:
            Path(path).unlink(missing_ok=True)
            made.bind(path)
            # Nobody can connect before the socket listens.
            Path(path).chmod(OWNER_ONLY)
        try:
            yield made
        finally:
            with suppress(OSError):
                (home / SOCKET_NAME).unlink()


def connect(home: Path, timeout_s: float) -> socket.socket:
    """Connect to the socket of a running bot.

    Args:
        home: folder of the socket.
        timeout_s: limit on each step of the connection, in seconds.

    Raises:
        OSError: no bot answers there.
    """
    connected = socket.socket(socket.AF_UNIX)
    connected.settimeout(timeout_s)
    try:
        with _short_path(home) as path:
            connected.connect(path)
    except OSError:
        connected.close()
        raise
    return connected


def _answers(home: Path) -> bool:
    try:
        connect(home, timeout_s=1.0).close()
    except OSError:
        return False
    return True


@contextmanager
def _short_path(home: Path) -> Iterator[str]:
    folder = os.open(home, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{SOCKET_NAME}"
    finally:
        os.close(folder)
