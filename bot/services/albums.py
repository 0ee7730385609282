"""Collects the photos of albums.

Telegram sends each photo of an album as a separate message, sometimes seconds apart, and does not mark the last photo.
The handler of the first photo answers all photos, after no further photo has arrived for a while.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from telegram import Message

from bot.domain.answers import AnsweredPhoto
from bot.domain.triggers import Trigger

# Seconds without a further photo, and seconds after the first photo, after which an album counts as complete. The parts
# of an album usually arrive within a second. From a slow phone they may be ten seconds apart; late parts are added to
# the answer.
QUIET_S = 1.5
LONGEST_S = 10.0


@dataclass(eq=False, slots=True)
class Part:
    """One photo of an album.

    Attributes:
        message: message with the photo.
        photo: photo as it is in the answer; None if it is not classified yet, or will not be classified.
        finished: event that is set as soon as the photo is classified, or it is certain that it will not be.
    """

    message: Message
    photo: AnsweredPhoto | None = None
    finished: asyncio.Event = field(default_factory=asyncio.Event)


class Album:
    """The photos of an album that arrived together.

    Args:
        earlier: photos of the same album that arrived before, and are not answered yet.

    Attributes:
        parts: photos in the order in which they arrived.
        trigger: reason to label the photos; None as long as there is no reason.
        triggered: event that is set as soon as there is a reason.
        closed: True if no more photos can be added.
        ended: event that is set as soon as the photos are answered, or it is certain that they will not be.
        first_s: time at which the first photo arrived, by the event loop's clock.
        latest_s: time at which the latest photo arrived.
    """

    def __init__(self, earlier: Album | None) -> None:
        self.parts: list[Part] = []
        self.trigger: Trigger | None = None
        self.triggered = asyncio.Event()
        self.closed = False
        self.ended = asyncio.Event()
        self._earlier = earlier
        self.first_s = self.latest_s = asyncio.get_running_loop().time()
        if earlier is not None:
            self.set_trigger(earlier.trigger)

    def add(self, part: Part) -> None:
        """Add a photo that has arrived."""
        self.parts.append(part)
        self.latest_s = asyncio.get_running_loop().time()

    @property
    def earlier(self) -> Album | None:
        """The latest photos of the same album that arrived before these, and are not answered yet."""
        while self._earlier is not None and self._earlier.ended.is_set():
            self._earlier = self._earlier.earlier
        return self._earlier

    def set_trigger(self, trigger: Trigger | None) -> None:
        """Set the reason to label the photos; a request has priority over the chat's settings."""
        if trigger is not None:
            if self.trigger is not Trigger.REQUESTED:
                self.trigger = trigger
            self.triggered.set()


class Albums:
    """The albums that are arriving."""

    def __init__(self, *, quiet_s: float = QUIET_S, longest_s: float = LONGEST_S) -> None:
        """Start without albums.

        Args:
            quiet_s: seconds without a further photo after which an album counts as complete.
            longest_s: seconds after the first photo after which the album counts as complete anyway.
        """
        self._quiet_s = quiet_s
        self._longest_s = longest_s
        self._albums: dict[tuple[int, str], Album] = {}

    @asynccontextmanager
    async def joined(self, part: Part) -> AsyncIterator[Album]:
        """Add a photo to its album. The block of the first photo answers all photos before the block ends."""
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

    async def wait_for_trigger(self, album: Album, part: Part) -> Trigger | None:
        """Wait for a reason to label an album, and return it; None if the album ends without one."""
        over = self._quiet(album) if album.parts[0] is part else album.ended.wait()
        waiting = {asyncio.ensure_future(album.triggered.wait()), asyncio.ensure_future(over)}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        return album.trigger

    async def complete(self, album: Album) -> None:
        """Wait until an album seems complete and all its photos are classified. Later photos form another album."""
        await self._quiet(album)
        for part in album.parts:  # more photos may be added meanwhile
            await part.finished.wait()
        album.closed = True
        while album.earlier is not None:
            await album.earlier.ended.wait()

    def _leave(self, key: tuple[int, str], album: Album) -> None:
        """Remove an album that has ended, unless later photos have taken its place."""
        if self._albums.get(key) is not album:
            return
        if album.earlier is not None:
            self._albums[key] = album.earlier  # further photos wait for the answer to the earlier photos
        else:
            del self._albums[key]

    async def _quiet(self, album: Album) -> None:
        """Wait until no photo has arrived for `quiet_s`, but no longer than until `longest_s` after the first photo."""
        loop = asyncio.get_running_loop()
        wait_s = self._quiet_s
        while wait_s > 0:
            await asyncio.sleep(wait_s)
            wait_s = min(album.latest_s + self._quiet_s, album.first_s + self._longest_s) - loop.time()
