"""The bot's queue of unconfirmed updates."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from itertools import islice
from typing import Any, Literal

from bot.localchat.errors import conflict

UpdateKind = Literal[
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "callback_query",
    "my_chat_member",
    "chat_member",
    "message_reaction",
]
# Update kinds that a bot must request by name.
ON_REQUEST_ONLY = frozenset({"chat_member", "message_reaction"})
MAX_BATCH = 100
# Telegram's limit on the duration of a long poll.
MAX_TIMEOUT_S = 50
FIRST_UPDATE_ID = 700_000_001


class UpdateQueue:
    """Updates in order, until getUpdates confirms them or a webhook receives them.

    Attributes:
        pending: unconfirmed updates, oldest first.
        allowed: requested kinds of updates; empty for Telegram's default.
    """

    def __init__(self) -> None:
        self.pending: deque[dict[str, Any]] = deque()
        self.allowed: frozenset[str] = frozenset()
        self._next_id = FIRST_UPDATE_ID
        self._arrived = asyncio.Event()
        self._poll: asyncio.Future[None] | None = None

    def add(self, kind: UpdateKind, content: dict[str, Any]) -> None:
        """Queue an update if the bot requested updates of its kind."""
        if kind not in self.allowed if self.allowed else kind in ON_REQUEST_ONLY:
            return
        self.put({kind: content})

    def put(self, update: dict[str, Any]) -> int:
        """Queue an update with any content under the next id; return the id."""
        update_id = self._next_id
        self._next_id += 1
        self.pending.append({"update_id": update_id, **update})
        self._arrived.set()
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(None)
        return update_id

    def allow(self, kinds: Iterable[str]) -> None:
        """Set which kinds of updates are queued from now on (`allowed_updates`)."""
        self.allowed = frozenset(kinds)

    def confirm(self, offset: int) -> None:
        """Remove the updates before `offset`. A negative offset -n keeps only the n newest updates."""
        if offset < 0:
            while len(self.pending) > -offset:
                self.pending.popleft()
        while self.pending and self.pending[0]["update_id"] < offset:
            self.pending.popleft()

    async def poll(self, *, offset: int, limit: int, timeout_s: int) -> list[dict[str, Any]]:
        """Handle a getUpdates call: confirm earlier updates, then wait for an update or the timeout.

        Raises:
            BotApiError: another long poll or a webhook took over meanwhile.
        """
        self.confirm(offset)
        if not self.pending and timeout_s > 0:
            self.interrupt("terminated by other getUpdates request; make sure that only one bot instance is running")
            poll = self._poll = asyncio.get_running_loop().create_future()
            done, _ = await asyncio.wait({poll}, timeout=timeout_s)
            if done:
                poll.result()
            else:
                poll.cancel()
        return list(islice(self.pending, limit))

    async def after(self, update_id: int) -> list[dict[str, Any]]:
        """Wait until there are unconfirmed updates with higher ids, and return them."""
        while not (found := [update for update in self.pending if update["update_id"] > update_id]):
            self._arrived.clear()
            await self._arrived.wait()
        return found

    def forget(self, update: dict[str, Any]) -> None:
        """Remove an update that the webhook has accepted."""
        with suppress(ValueError):  # the bot asked to drop the pending updates
            self.pending.remove(update)

    def interrupt(self, reason: str) -> None:
        """End an open long poll with a conflict."""
        if self._poll is not None and not self._poll.done():
            self._poll.set_exception(conflict(reason))
