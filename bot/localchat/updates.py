"""The bot's queue of updates: what happened that it has not confirmed yet."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Any, Literal

from bot.localchat.errors import conflict

UpdateKind = Literal[
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "message_reaction",
    "callback_query",
    "my_chat_member",
    "chat_member",
]
# What a bot must ask for by name; all else comes by default.
ON_REQUEST_ONLY = frozenset({"chat_member", "message_reaction"})
MAX_BATCH = 100
# Telegram caps a long poll at this.
MAX_TIMEOUT_S = 50
FIRST_UPDATE_ID = 700_000_001


class UpdateQueue:
    """Updates in order, until a getUpdates confirms them or a webhook takes them.

    Attributes:
        pending: The unconfirmed updates, oldest first.
        allowed: The kinds that the bot asked for; None is Telegram's default.
    """

    def __init__(self) -> None:
        self.pending: deque[dict[str, Any]] = deque()
        self.allowed: frozenset[str] | None = None
        self._next_id = FIRST_UPDATE_ID
        self._arrived = asyncio.Event()
        self._poll: asyncio.Future[None] | None = None

    def add(self, kind: UpdateKind, content: dict[str, Any]) -> None:
        """Queues an update, unless the bot does not take its kind."""
        if kind not in self.allowed if self.allowed is not None else kind in ON_REQUEST_ONLY:
            return
        self.pending.append({"update_id": self._next_id, kind: content})
        self._next_id += 1
        self._arrived.set()

    def allow(self, kinds: Iterable[str]) -> None:
        """Takes an `allowed_updates` list; an empty one is Telegram's default."""
        self.allowed = frozenset(kinds) or None

    def confirm(self, offset: int) -> None:
        """Forgets what lies before `offset`; a negative one keeps only that many of the newest."""
        if offset < 0:
            while len(self.pending) > -offset:
                self.pending.popleft()
        while self.pending and 0 < offset > self.pending[0]["update_id"]:
            self.pending.popleft()

    async def poll(self, *, offset: int, limit: int, timeout_s: int) -> list[dict[str, Any]]:
        """One getUpdates: confirms, then waits until there is something to hand out or time is up.

        Raises:
            BotApiError: Another poll took over meanwhile.
        """
        self.interrupt("terminated by other getUpdates request; make sure that only one bot instance is running")
        self.confirm(offset)
        if not self.pending and timeout_s > 0:
            await self._wait(timeout_s)
        return [update for update, _ in zip(self.pending, range(limit), strict=False)]

    async def arrival(self) -> None:
        """Waits until there is an unconfirmed update."""
        while not self.pending:
            self._arrived.clear()
            await self._arrived.wait()

    def interrupt(self, reason: str) -> None:
        """Ends the long poll under way, if any, with a conflict."""
        if self._poll is not None and not self._poll.done():
            self._poll.set_exception(conflict(reason))

    async def _wait(self, timeout_s: int) -> None:
        poll = self._poll = asyncio.get_running_loop().create_future()
        arrival = asyncio.ensure_future(self.arrival())
        try:
            await asyncio.wait({poll, arrival}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
            if poll.done():
                poll.result()
        finally:
            arrival.cancel()
            poll.cancel()
