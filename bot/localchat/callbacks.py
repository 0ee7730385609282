"""Callback queries of inline buttons, and the bot's answers to them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CallbackAnswer:
    """The bot's answer to a callback query."""

    text: str
    show_alert: bool
    url: str | None


@dataclass(slots=True)
class PendingQuery:
    """A callback query that is not answered yet. `created_at` is a `time.monotonic()` in seconds."""

    chat_id: int
    user_id: int
    created_at: float
    answer: asyncio.Future[CallbackAnswer]
