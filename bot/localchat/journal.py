"""The record of the bot's calls to the local Telegram."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Call:
    """One call of a Bot API method, or one download (method "download", parameter "path").

    Attributes:
        method: method name as the bot spelled it, e.g. "sendMessage".
        parameters: parameters of the call; an uploaded file is represented by its size in bytes.
        started_at: time of arrival, a `time.monotonic()` in seconds.
        finished_at: time of the response; None before the response.
        status: HTTP status of the response; 0 before the response, or if the connection was cut.
        description: description of the error; empty for a successful call.
    """

    method: str
    parameters: dict[str, Any] = field(default_factory=dict)
    started_at: float = 0.0
    finished_at: float | None = None
    status: int = 0
    description: str = ""
