"""Presses of inline buttons, and the bot's answers to them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CallbackAnswer:
    """What the bot answered to the press of a button."""

    text: str
    show_alert: bool
    url: str | None


@dataclass(slots=True)
class PendingQuery:
    """A press that waits for its answer. `pressed_at` is by `time.monotonic()`, in seconds."""

    chat_id: int
    user_id: int
    pressed_at: float
    answer: asyncio.Future[CallbackAnswer]
