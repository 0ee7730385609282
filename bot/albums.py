"""Collecting the photos of albums.

Telegram sends each photo of an album as a message of its own, seconds apart at times, and does not say which one is the
last. Whoever handles the first of them answers for all, once no further one came for a while.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from telegram import Message

from bot.answers import AnsweredPhoto

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

    def finish(self, photo: AnsweredPhoto | None) -> None:
        self.photo = photo
        self.finished.set()


class Album:
    """Those photos of an album that came together.

    Attributes:
        parts: in the order in which they came.
        asked: set once one of them asks for labels.
        closed: takes no more of them.
        ended: set once it was answered, or will not be.
        first_s: when the first of them came, by the event loop's clock.
        latest_s: when the latest of them came.
        earlier: photos of the same album that came before these, and were not answered yet when these came.
    """

    def __init__(self, earlier: Album | None) -> None:
        self.parts: list[Part] = []
        self.asked = asyncio.Event()
        self.closed = False
        self.ended = asyncio.Event()
        self.earlier = earlier
        self.first_s = self.latest_s = asyncio.get_running_loop().time()

    def add(self, part: Part) -> None:
        self.parts.append(part)
        self.latest_s = asyncio.get_running_loop().time()


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
                if self._albums[key] is album:
                    del self._albums[key]

    async def is_asked(self, album: Album, part: Part) -> bool:
        """Wait until an album asks for labels; False where it is over without that."""
        over = self._quiet(album) if album.parts[0] is part else album.ended.wait()
        waiting = {asyncio.ensure_future(album.asked.wait()), asyncio.ensure_future(over)}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        return album.asked.is_set()

    async def complete(self, album: Album) -> Sequence[AnsweredPhoto]:
        """Wait until an album seems to be complete and all its photos were looked at; later ones make another.

        Returns:
            What is to be said of its photos, in the order of their messages.
        """
        await self._quiet(album)
        for part in album.parts:  # more may join meanwhile
            await part.finished.wait()
        album.closed = True
        if album.earlier is not None:
            await album.earlier.ended.wait()
        looked_at = [part.photo for part in album.parts if part.photo is not None]
        return sorted(looked_at, key=lambda photo: photo.message_id)

    async def _quiet(self, album: Album) -> None:
        loop = asyncio.get_running_loop()
        while (wait_s := min(album.latest_s + self._quiet_s, album.first_s + self._longest_s) - loop.time()) > 0:
            await asyncio.sleep(wait_s)
