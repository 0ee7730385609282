"""Merged answers: while answers to a chat wait for Telegram's limits, one message answers several photos."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from bot.transport.flood_control import MAX_COOL_DOWN_S, FloodControl

T = TypeVar("T")

# Number of photos that one message answers: as many as in an album.
MAX_PHOTOS = 10


@dataclass(eq=False, slots=True)
class Batch(Generic[T]):
    """Photos that are answered together.

    Attributes:
        photos: photos of the batch; the handler of the first photo answers all of them.
        full: event that is set as soon as no more photos may join.
        ended: event that is set as soon as the photos are answered, or it is certain that they will not be.
        answered: whether the photos were answered.
    """

    photos: list[T]
    full: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    answered: bool = False


class MergedAnswers(Generic[T]):
    """Answers a photo at once if a message may be sent to the chat now; otherwise answers several photos together.

    Args:
        flood: flood control of the bot.
        answer: function that answers photos of one chat with one message.
    """

    def __init__(self, flood: FloodControl, answer: Callable[[Sequence[T]], Awaitable[None]]) -> None:
        self._flood = flood
        self._answer = answer
        # For each chat, the batch that further photos join.
        self._open: dict[int, Batch[T]] = {}

    async def answer(self, chat_id: int, photo: T) -> None:
        """Answer a photo, alone or together with other photos of its chat."""
        batch = self._open.get(chat_id)
        if batch is None and self._flood.wait_s(chat_id) <= 0:
            await self._answer([photo])
        elif batch is None:
            await self._lead(chat_id, Batch([photo]))
        else:
            batch.photos.append(photo)
            if len(batch.photos) == MAX_PHOTOS:
                self._close(chat_id, batch)
            await batch.ended.wait()
            if not batch.answered:
                await self._answer([photo])

    async def _lead(self, chat_id: int, batch: Batch[T]) -> None:
        self._open[chat_id] = batch
        try:
            # The flood control knows how long a message may wait; a long cool-down is left to it.
            while not batch.full.is_set() and 0 < (wait_s := self._flood.wait_s(chat_id)) <= MAX_COOL_DOWN_S:
                try:
                    await asyncio.wait_for(batch.full.wait(), wait_s)
                except TimeoutError:
                    continue
            self._close(chat_id, batch)
            await self._answer(batch.photos)
            batch.answered = True
        finally:
            self._close(chat_id, batch)
            batch.ended.set()

    def _close(self, chat_id: int, batch: Batch[T]) -> None:
        batch.full.set()
        if self._open.get(chat_id) is batch:
            del self._open[chat_id]
