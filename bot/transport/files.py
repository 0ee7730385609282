"""Downloads Telegram's files into memory: over HTTP, or from the disk of a local Bot API server.

The path that getFile returns is not trusted: the library would open a file with that path on this machine.
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self
from unicodedata import normalize
from urllib.parse import quote

from telegram.error import TelegramError

from bot.limits.concurrency import ConcurrencyLimit
from bot.transport.http import MAX_FILE_BYTES, AiohttpRequest, TooLarge
from inference.system.proxy import Proxy

# Number of connections for downloads. Other calls have their own connections, so slow downloads delay no message.
CONNECTIONS = 100
# Number of downloads at once for one person. A photo takes a fraction of a second, and slow files of one person delay
# only that person.
DOWNLOADS_PER_PERSON = 8
# Seconds for which Telegram may be silent. A short time is enough, because failed downloads are repeated.
SILENCE_S = 10.0
# Number of concurrent reads from the disk.
DISK_READS = 4
# Characters with a meaning in URLs, or in paths of other systems.
MEANINGFUL = frozenset('\\%?#*<>|"')
# Limit on the length of a path. Telegram's paths are shorter.
MAX_PATH_CHARS = 1024


class PathRefused(TelegramError):
    """getFile returned a path that no Bot API server returns."""


class TelegramFiles:
    """Downloads files. `async with TelegramFiles(...)` opens and closes its connections.

    Args:
        proxy: HTTP proxy, or None.
        local_folder: folder with the files of a Bot API server in local mode; None for other servers.
    """

    def __init__(self, *, proxy: Proxy | None = None, local_folder: Path | None = None) -> None:
        self._request = AiohttpRequest(connections=CONNECTIONS, read_timeout_s=SILENCE_S, proxy=proxy)
        self._concurrency = ConcurrencyLimit(DOWNLOADS_PER_PERSON)
        self._local_folder = local_folder
        # Reads from the disk have their own threads, because a network disk may hang.
        self._disk = ThreadPoolExecutor(DISK_READS, thread_name_prefix="local-files")

    async def __aenter__(self) -> Self:
        await self._request.initialize()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._request.shutdown()
        self._disk.shutdown(wait=False, cancel_futures=True)

    async def download(self, path: str, *, server_url: str, client: int) -> bytes:
        """Download a file's content.

        Args:
            path: path that getFile returned.
            server_url: address of the bot's files on the server.
            client: id of the person or chat that the download counts for.

        Raises:
            PathRefused: the file's path is not one that a Bot API server returns, or the file cannot be read.
            TooLarge: the file is larger than `MAX_FILE_BYTES`.
            TelegramError: the request failed.
        """
        _check_path(path)
        async with self._concurrency.slot(client):
            if path.startswith("/"):
                read = partial(_read_local, self._local_folder, path)
                return await asyncio.get_running_loop().run_in_executor(self._disk, read)
            return await self._request.retrieve(f"{server_url}/{quote(path)}")


def _check_path(path: str) -> None:
    """Check the path of a file: relative on the server, or absolute on a disk.

    Raises:
        PathRefused: the path is not a valid path of either kind.
    """
    # Some systems treat full-width characters like the ordinary characters.
    plain = normalize("NFKC", path)
    parts = plain.removeprefix("/").split("/")
    if (
        not plain.isprintable()
        or len(path) > MAX_PATH_CHARS
        or MEANINGFUL & set(plain)
        # On the disk, the name of one folder is the token, which contains a colon.
        or (":" in plain and not path.startswith("/"))
        or any(part.strip() in ("", ".", "..") for part in parts)
    ):
        raise PathRefused("getFile gave a path that no file has")


def _read_local(folder: Path | None, path: str) -> bytes:
    """Read a file below a folder, without following a link on the way.

    Raises:
        PathRefused: the file is not below the folder, or cannot be read.
        TooLarge: the file is larger than `MAX_FILE_BYTES`.
    """
    if folder is None or not PurePosixPath(path).is_relative_to(folder):
        raise PathRefused("getFile gave a path on this machine's disk, outside the folder of a local Bot API server")
    try:
        with _opened(folder, PurePosixPath(path).relative_to(folder).parts) as descriptor:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise PathRefused("getFile gave the path of something that is no file")
            with os.fdopen(os.dup(descriptor), "rb") as content:
                data = content.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise PathRefused(f"a file of the local Bot API server cannot be read: {error.strerror}") from error
    if len(data) > MAX_FILE_BYTES:
        raise TooLarge
    return data


@contextmanager
def _opened(folder: Path, parts: tuple[str, ...]) -> Iterator[int]:
    """Open a file folder by folder, so that no link in its path is followed."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for number, part in enumerate(parts, 1):
            # Without O_NONBLOCK, opening a pipe would wait for ever for the pipe's other end.
            kind = os.O_NONBLOCK if number == len(parts) else os.O_DIRECTORY
            inner = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | kind, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)
