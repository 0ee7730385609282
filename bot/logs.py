"""Logging of the running bot: readable lines on a terminal, else one JSON object per line.

The log never contains the token, or people's messages or names, not even in the text of an error.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor

from inference.system.terminal import mask, printable, raw_stream

# The update that is being handled. Its private texts are removed from errors.
current_update: ContextVar[Mapping[str, Any] | None] = ContextVar("update_at_hand", default=None)
# Keys of Bot API objects whose values are the Bot API's own words; other values may be people's words.
PUBLIC_KEYS = frozenset({"currency", "language_code", "source", "state", "status", "type"})

# Keys of log events whose values come from this program itself.
OWN_KEYS = frozenset({"chat", "level", "timestamp"})
# Keys of log events whose values contain the text of an error.
FREE_TEXTS = frozenset({"exception", "reason"})

# These libraries log addresses of requests, or contents of updates, below the level WARNING.
VERBOSE = ("httpx", "httpcore", "telegram", "aiohttp", "aiosqlite", "alembic", "asyncio", "sqlalchemy")


class RedactingFormatter(structlog.stdlib.ProcessorFormatter):
    """Formats a complete record, with arguments and traceback, then removes secrets from the result."""

    def __init__(self, secret: str | None, processors: list[Processor]) -> None:
        super().__init__(processors=processors, foreign_pre_chain=_shared_processors())
        # The part after the colon is secret; the part before it is the bot's public id.
        self._secret = None if secret is None else secret.partition(":")[2] or secret

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        return mask(line if self._secret is None else line.replace(self._secret, "[token]"))


def configure(token: str | None, stream: TextIO | None = None, *, level: int = logging.INFO) -> None:
    """Write all log records of the process to `stream`, and also an uncaught error.

    Args:
        token: bot token; None if there is none. The log has "[token]" in its place, and in place of any
            text that looks like a token.
        stream: stream to write to; None for standard error. A terminal gets lines in colour, other streams get JSON.
        level: minimum level of the records.
    """
    stream = stream or sys.stderr
    if stream.isatty():
        # The default formatter shows the values of local variables, such as texts and names of users.
        plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        rendering: list[Processor] = [make_printable, plain]
    else:
        # JSONRenderer escapes non-ASCII characters.
        rendering = [structlog.processors.JSONRenderer()]
    handler = logging.StreamHandler(raw_stream(stream))
    remove_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    finishing: list[Processor] = [
        hide_lost,
        remove_meta,
        structlog.processors.format_exc_info,
        hide_private,
        *rendering,
    ]
    handler.setFormatter(RedactingFormatter(token, finishing))
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.captureWarnings(True)
    for name in VERBOSE:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*_shared_processors(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    sys.excepthook = _log_uncaught


def hide_private(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Remove people's words and names from the texts of an event."""
    update = current_update.get()
    # Most events are about labelled photos and have only metrics, so they are skipped.
    if update is not None and (event.keys() & FREE_TEXTS or event.get("level") != "info"):
        words = sorted(_private_words(update), key=len, reverse=True)
        if words:
            pattern = re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in words))
            for key, value in event.items():
                if isinstance(value, str) and key not in OWN_KEYS:
                    event[key] = pattern.sub("[private]", value)
    return event


def hide_lost(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Reduce asyncio's reports of lost errors to the type and place of the error, as its text may be private."""
    record = event.get("_record")
    if isinstance(record, logging.LogRecord) and record.name == "asyncio":
        # The text is cut at the first bracket, as arguments of calls follow a bracket.
        event["event"] = re.split(r"[\n(<]", str(event["event"]))[0].strip()
        kind, _, trace = event.pop("exc_info", None) or (None, None, None)
        if kind is not None:
            event["exception"] = "".join((*traceback.format_tb(trace), kind.__name__))
    return event


def _private_words(update: Mapping[str, Any]) -> set[str]:
    """Return the private texts of an update, and also these texts as Python and JSON quote them."""
    return {
        shown.strip()
        for text in _private_texts(update)
        for shown in (text, repr(text)[1:-1], json.dumps(text)[1:-1])
        if shown.strip()
    }


def _private_texts(update: Mapping[str, Any]) -> Iterator[str]:
    left: list[tuple[str, object]] = [("", update)]
    while left:
        key, value = left.pop()
        if isinstance(value, Mapping):
            left.extend((str(name), inner) for name, inner in value.items())
        elif isinstance(value, list):
            left.extend((key, inner) for inner in value)
        elif isinstance(value, str) and key not in PUBLIC_KEYS:
            yield value


def make_printable(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Remove control characters from an event's texts. This runs before the lines are coloured."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = printable(value)
    return event


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    logging.getLogger(__name__).critical("uncaught error", exc_info=(kind, error, trace))


def _shared_processors() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
