"""The record of what the bot asked of the local Telegram."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Call:
    """One call of a Bot API method, or one download (method "download", parameter "path").

    Attributes:
        method: Its name as the bot wrote it, e.g. "sendMessage".
        parameters: As sent; an uploaded file stands as its size in bytes.
        started_at: When it arrived, by `time.monotonic()`, in seconds.
        finished_at: When it was answered; None while it is under way.
        status: The HTTP status of the answer, 0 while under way or when the connection was cut.
        description: The refusal, empty when the call succeeded.
    """

    method: str
    parameters: dict[str, Any] = field(default_factory=dict)
    started_at: float = 0.0
    finished_at: float | None = None
    status: int = 0
    description: str = ""
