"""Collecting the photos of albums.

Telegram sends each photo of an album as a message of its own, seconds apart at times, and does not say which one is the
last. Whoever handles the first of them answers for all, once no further one came for a while.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from telegram import Message

from bot.domain.answers import AnsweredPhoto
from bot.domain.triggers import Trigger

# The parts of an album mostly come within a second. Those of one that a slow phone uploads may be ten seconds apart:
# they are late then, and are added to the answer.
QUIET_S = 1.5
LONGEST_S = 10.0


@dataclass(eq=False, slots=True)
class Part:
    """One photo of an album.

    Attributes:
        message: that shows it.
        photo: what the answer says of it; None before it was looked at, and where it never was.
        finished: set when it was looked at, or will not be.
    """

    message: Message
    photo: AnsweredPhoto | None = None
    finished: asyncio.Event = field(default_factory=asyncio.Event)


class Album:
    """Those photos of an album that came together.

    Attributes:
        parts: in the order in which they came.
        asked_for: why they are looked at; None as long as nothing asks for labels.
        asked: set once something does.
        closed: takes no more of them.
        ended: set once it was answered, or will not be.
        first_s: when the first of them came, by the event loop's clock.
        latest_s: when the latest of them came.

    Args:
        earlier: photos of the same album that came before these, and were not answered yet when these came.
    """

    def __init__(self, earlier: Album | None) -> None:
        self.parts: list[Part] = []
        self.asked_for: Trigger | None = None
        self.asked = asyncio.Event()
        self.closed = False
        self.ended = asyncio.Event()
        self._earlier = earlier
        self.first_s = self.latest_s = asyncio.get_running_loop().time()
        if earlier is not None:
            self.ask(earlier.asked_for)

    def add(self, part: Part) -> None:
        self.parts.append(part)
        self.latest_s = asyncio.get_running_loop().time()

    @property
    def earlier(self) -> Album | None:
        """Photos of the same album that came before these, and are not answered yet; the latest of them."""
        while self._earlier is not None and self._earlier.ended.is_set():
            self._earlier = self._earlier.earlier
        return self._earlier

    def ask(self, trigger: Trigger | None) -> None:
        """Say why one of the photos is to be looked at; somebody's asking counts for more than the chat's settings."""
        if trigger is not None:
            if self.asked_for is not Trigger.REQUESTED:
                self.asked_for = trigger
            self.asked.set()


class Albums:
    """The albums of which photos are coming in."""

    def __init__(self, *, quiet_s: float = QUIET_S, longest_s: float = LONGEST_S) -> None:
        """Collect albums.

        Args:
            quiet_s: after the latest photo of an album, in which no further one comes.
            longest_s: after the first photo, whatever comes.
        """
        self._quiet_s = quiet_s
        self._longest_s = longest_s
        self._albums: dict[tuple[int, str], Album] = {}

    @asynccontextmanager
    async def joined(self, part: Part) -> AsyncIterator[Album]:
        """Have a photo take part in its album. Whoever brings the first one answers for all before leaving."""
        message = part.message
        assert message.media_group_id is not None, "only photos of albums come here"
        key = message.chat_id, message.media_group_id
        album = self._albums.get(key)
        if album is None or album.closed:
            album = self._albums[key] = Album(earlier=album)
        album.add(part)
        try:
            yield album
        finally:
            part.finished.set()
            if album.parts[0] is part:
                album.closed = True
                album.ended.set()
                self._leave(key, album)

    async def trigger(self, album: Album, part: Part) -> Trigger | None:
        """Wait until something asks for labels, and tell what; None where the album is over without that."""
        over = self._quiet(album) if album.parts[0] is part else album.ended.wait()
        waiting = {asyncio.ensure_future(album.asked.wait()), asyncio.ensure_future(over)}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        return album.asked_for

    async def complete(self, album: Album) -> None:
        """Wait until an album seems to be complete and all its photos were looked at; later ones make another."""
        await self._quiet(album)
        for part in album.parts:  # more may join meanwhile
            await part.finished.wait()
        album.closed = True
        while album.earlier is not None:
            await album.earlier.ended.wait()

    def _leave(self, key: tuple[int, str], album: Album) -> None:
        """Let go of photos that are over, unless later ones took their place."""
        if self._albums.get(key) is not album:
            return
        if album.earlier is not None:
            self._albums[key] = album.earlier  # whose answer further ones wait for, also where these failed
        else:
            del self._albums[key]

    async def _quiet(self, album: Album) -> None:
        """Wait until no photo came for a while."""
        loop = asyncio.get_running_loop()
        wait_s = self._quiet_s
        while wait_s > 0:
            await asyncio.sleep(wait_s)
            wait_s = min(album.latest_s + self._quiet_s, album.first_s + self._longest_s) - loop.time()
