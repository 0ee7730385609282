"""Downloads of images into memory, from Telegram and from the web."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

from telegram.error import BadRequest, InvalidToken, TelegramError

from bot.domain.media import Media
from bot.limits.concurrency import MemoryBudget
from bot.transport.bot_client import TelegramBot
from bot.transport.files import TelegramFiles
from bot.transport.flood_control import FloodControl
from bot.transport.http import MAX_FILE_BYTES, TooLarge
from bot.transport.retries import with_retries
from inference import errors

# Largest size of a photo. Photos that Telegram's apps have made smaller are always below it.
MAX_PHOTO_BYTES = 2 * 1024 * 1024
# Limits on the memory of images that are being downloaded, wait for a worker, or are being classified. A photo takes
# some 100 kB, a file up to 20 MB. Photos and files have separate limits, so files never delay photos.
PHOTO_BYTES, PHOTO_BYTES_PER_PERSON = 64 * 1024 * 1024, 16 * 1024 * 1024
FILE_BYTES, FILE_BYTES_PER_PERSON = 192 * 1024 * 1024, 48 * 1024 * 1024
# Limits for images from the web. The size of such an image is unknown before its download, so each image counts with
# the maximum size. So at most eight processes download images, and at most two for one person: web servers may be slow
# on purpose.
WEB_BYTES, WEB_BYTES_PER_PERSON = 160 * 1024 * 1024, 40 * 1024 * 1024


class FileUnavailable(Exception):
    """Telegram did not serve a file."""


class FileGone(FileUnavailable):
    """Telegram no longer knows a file, or does not let the bot have it."""


class ImageFetcher:
    """Downloads images within a memory budget. An image counts towards the budget until its block ends.

    Args:
        bot: bot that the files are for.
        flood: flood control of the bot.
        files: downloads Telegram's files.
        download: function that downloads an image from an untrusted URL.
    """

    def __init__(
        self,
        bot: TelegramBot,
        flood: FloodControl,
        files: TelegramFiles,
        download: Callable[[str], Awaitable[bytes]],
    ) -> None:
        self._bot = bot
        self._flood = flood
        self._files = files
        self._download = download
        self._photo_memory = MemoryBudget(PHOTO_BYTES, PHOTO_BYTES_PER_PERSON)
        self._file_memory = MemoryBudget(FILE_BYTES, FILE_BYTES_PER_PERSON)
        self._web_memory = MemoryBudget(WEB_BYTES, WEB_BYTES_PER_PERSON)

    @asynccontextmanager
    async def from_telegram(self, media: Media, *, client: int) -> AsyncIterator[bytes]:
        """Download a file of Telegram.

        Args:
            media: file to download.
            client: id of the person or chat that the file counts for.

        Raises:
            TooManyBytes: the file is larger than the files that Telegram serves to bots.
            FileUnavailable: Telegram did not serve the file.
        """
        size_bytes = min(media.size_bytes or MAX_FILE_BYTES, MAX_FILE_BYTES)
        memory = self._photo_memory if size_bytes <= MAX_PHOTO_BYTES else self._file_memory
        async with memory.reserve(client, size_bytes):
            yield await self._fetch(media, client)

    @asynccontextmanager
    async def from_web(self, url: str, *, client: int) -> AsyncIterator[bytes]:
        """Download the image at a public URL.

        Args:
            url: untrusted URL.
            client: id of the person or chat that the image counts for.

        Raises:
            InferenceError: the image could not be downloaded.
        """
        async with self._web_memory.reserve(client, MAX_FILE_BYTES):
            yield await self._download(url)

    async def _fetch(self, media: Media, client: int) -> bytes:
        if media.size_bytes is not None and media.size_bytes > MAX_FILE_BYTES:
            raise errors.TooManyBytes(media.size_bytes, MAX_FILE_BYTES)
        try:
            try:
                return await self._content(await self._path(media), client)
            except InvalidToken:  # a 404: the file's URL has expired, which takes at least an hour
                return await self._content(await self._path(media), client)
        except TooLarge as error:
            raise errors.TooManyBytes(None, MAX_FILE_BYTES) from error
        except BadRequest as error:
            if "file is too big" in error.message.lower():
                raise errors.TooManyBytes(None, MAX_FILE_BYTES) from error
            raise FileGone(error.message) from error
        except TelegramError as error:
            raise FileUnavailable(error.message) from error

    async def _path(self, media: Media) -> str:
        return await with_retries(partial(self._bot.file_path, media.file_id), idempotent=True)

    async def _content(self, path: str, client: int) -> bytes:
        # The library uses the flood control only for calls of the Bot API, and not for downloads.
        url = self._bot.base_file_url
        fetch = partial(self._files.download, path, server_url=url, client=client)
        return await with_retries(partial(self._flood.unmetered, "download", fetch), idempotent=True)
