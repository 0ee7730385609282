"""Files that Telegram keeps, fetched into memory: over HTTP, or from the disk that a local Bot API server writes to.

What getFile says of a file's place is not taken on trust: the library would open a file of that name on this machine.
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

from telegram import File
from telegram.error import TelegramError

from bot.limits.concurrency import ConcurrencyLimit
from bot.transport.http import MAX_BODY_BYTES, AiohttpRequest, TooLarge

# Apart from those of other calls, so that slow files keep no answer from leaving.
CONNECTIONS = 100
# A photo takes a fraction of a second; so many slow files are one person's worry alone.
DOWNLOADS_PER_PERSON = 8
# How long Telegram may be silent: files are tried again.
SILENCE_S = 10.0
# How many reads from the disk are under way at once.
DISK_READS = 4
# They part a path from what follows it, stand for other characters, or part folders elsewhere.
MEANINGFUL = frozenset('\\%?#*<>|"')
# Longer than any that Telegram gives.
MAX_PATH_CHARS = 1024


class PathRefused(TelegramError):
    """Telegram names a place for a file that no Bot API server names."""


class TelegramFiles:
    """Downloads files. `async with TelegramFiles(...)` opens and closes its connections.

    Args:
        proxy: the address of an HTTP proxy, or None.
        local_folder: that a Bot API server in local mode keeps its files below; None if it has no such mode.
    """

    def __init__(self, *, proxy: str | None = None, local_folder: Path | None = None) -> None:
        self._request = AiohttpRequest(connections=CONNECTIONS, read_timeout_s=SILENCE_S, proxy=proxy)
        self._concurrency = ConcurrencyLimit(DOWNLOADS_PER_PERSON)
        self._local_folder = local_folder
        # Of its own: a disk in a network may hang.
        self._disk = ThreadPoolExecutor(DISK_READS, thread_name_prefix="local-files")

    async def __aenter__(self) -> Self:
        await self._request.initialize()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._request.shutdown()
        self._disk.shutdown(wait=False, cancel_futures=True)

    async def download(self, file: File, *, client: int) -> bytes:
        """Fetch a file's content.

        Args:
            file: as getFile returned it.
            client: the person or chat whose file it is; one's slow files hold up no other's.

        Raises:
            PathRefused: its place is none that a Bot API server names, or not to be read.
            TooLarge: it is larger than `MAX_BODY_BYTES`.
            TelegramError: as the request failed.
        """
        path = _path_of(file)
        async with self._concurrency.of(client):
            if path.startswith("/"):
                read = partial(_read_local, self._local_folder, path)
                return await asyncio.get_running_loop().run_in_executor(self._disk, read)
            return await self._request.retrieve(f"{file.get_bot().base_file_url}/{quote(path)}")


def _path_of(file: File) -> str:
    """Tell where Telegram says a file is: its path on the server, or an absolute one on a disk.

    Raises:
        PathRefused: it is neither.
    """
    # The library turns it into an address, but for paths of files that there are on this machine.
    path = (file.file_path or "").removeprefix(f"{file.get_bot().base_file_url}/")
    # As others may read it: some take wide letters for narrow ones.
    plain = normalize("NFKC", path)
    parts = plain.removeprefix("/").split("/")
    if (
        not plain.isprintable()
        or len(path) > MAX_PATH_CHARS
        or MEANINGFUL & set(plain)
        # On the disk, a folder is named after the token.
        or (":" in plain and not path.startswith("/"))
        or any(part.strip() in ("", ".", "..") for part in parts)
    ):
        raise PathRefused("getFile gave a path that is none of a file")
    return path


def _read_local(folder: Path | None, path: str) -> bytes:
    """Read a file below a folder, without following a link on the way.

    Raises:
        PathRefused: it is not below the folder, or no file that can be read.
        TooLarge: it is larger than `MAX_BODY_BYTES`.
    """
    if folder is None or not PurePosixPath(path).is_relative_to(folder):
        raise PathRefused("getFile gave a path on this machine's disk, outside the folder of a local Bot API server")
    try:
        with _opened(folder, PurePosixPath(path).relative_to(folder).parts) as descriptor:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise PathRefused("getFile gave the path of something that is no file")
            with os.fdopen(os.dup(descriptor), "rb") as content:
                data = content.read(MAX_BODY_BYTES + 1)
    except OSError as error:
        raise PathRefused(f"a file of the local Bot API server cannot be read: {error.strerror}") from error
    if len(data) > MAX_BODY_BYTES:
        raise TooLarge
    return data


@contextmanager
def _opened(folder: Path, parts: tuple[str, ...]) -> Iterator[int]:
    """Open a file folder by folder: a link in the place of one would lead elsewhere."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for number, part in enumerate(parts, 1):
            # What is no file may wait for ever for somebody at its other end.
            kind = os.O_NONBLOCK if number == len(parts) else os.O_DIRECTORY
            inner = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | kind, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)
