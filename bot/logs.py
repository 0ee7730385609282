"""Logging of the running bot: for people on a terminal, one JSON object a line otherwise.

Neither holds the token, nor what people wrote or are called, also where an error tells it.
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

# The update that is being handled, as it came, of which an error may tell what is nobody's business.
current_update: ContextVar[Mapping[str, Any] | None] = ContextVar("update_at_hand", default=None)
# Keys of the Bot API's objects under which there is a word of the Bot API's; all else may be what people wrote.
PUBLIC_KEYS = frozenset({"currency", "language_code", "source", "state", "status", "type"})

# What we write into an event without anybody's help.
OURS = frozenset({"chat", "level", "timestamp"})
# What an error tells.
FREE_TEXTS = frozenset({"exception", "reason"})

# These tell the address of every request, or the content of every update, at the level they are muted below.
TALKATIVE = ("httpx", "httpcore", "telegram", "aiohttp", "aiosqlite", "alembic", "asyncio", "sqlalchemy")


class RedactingFormatter(structlog.stdlib.ProcessorFormatter):
    """Formats a record whole, with its arguments and traceback, then takes secrets out of what came of it."""

    def __init__(self, secret: str, processors: list[Processor]) -> None:
        super().__init__(processors=processors, foreign_pre_chain=_shared_processors())
        # The part behind the colon is the secret; the one before it is the bot's public id.
        self._secret = secret.partition(":")[2] or secret

    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record).replace(self._secret, "[token]"))


def configure(token: str, stream: TextIO = sys.stderr, *, level: int = logging.INFO) -> None:
    """Send every log record of the process, and the error that ends it, to `stream`.

    Args:
        token: the bot's token; wherever it would show, "[token]" does, as for all that looks like one.
        stream: written to in colour where it is a terminal, as JSON where it is not.
        level: what is less important than this is left out.
    """
    if stream.isatty():
        # The default shows the values of local variables: texts and names of users among them.
        plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        rendering: list[Processor] = [make_printable, plain]
    else:
        # Which escapes whatever is not ASCII.
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
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*_shared_processors(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    sys.excepthook = _log_uncaught


def hide_private(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Take what people wrote, or are called, out of the texts of an event, whoever wrote those."""
    update = current_update.get()
    # Most events are those of photos that were labelled, which tell nothing but figures.
    if update is not None and (event.keys() & FREE_TEXTS or event.get("level") != "info"):
        words = sorted(_private_words(update), key=len, reverse=True)
        if words:
            pattern = re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in words))
            for key, value in event.items():
                if isinstance(value, str) and key not in OURS:
                    event[key] = pattern.sub("[private]", value)
    return event


def hide_lost(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Keep of what asyncio tells of lost errors their kind and place: what they say may be anybody's words."""
    record = event.get("_record")
    if isinstance(record, logging.LogRecord) and record.name == "asyncio":
        # Behind a bracket stands what a call was given.
        event["event"] = re.split(r"[\n(<]", str(event["event"]))[0].strip()
        kind, _, trace = event.pop("exc_info", None) or (None, None, None)
        if kind is not None:
            event["exception"] = "".join((*traceback.format_tb(trace), kind.__name__))
    return event


def _private_words(update: Mapping[str, Any]) -> set[str]:
    """Collect the texts of an update, also as they look where Python or JSON quotes them."""
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
    """Leave a terminal no control characters but those that colour the lines."""
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
