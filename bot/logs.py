"""Logging of the running bot: for people on a terminal, one JSON object a line otherwise, and the token in neither."""

from __future__ import annotations

import logging
import sys
from types import TracebackType
from typing import TextIO

import structlog
from structlog.typing import Processor

# These tell the address of every request, or the content of every update, at the level they are muted below.
TALKATIVE = ("httpx", "httpcore", "telegram", "aiohttp", "aiosqlite", "alembic", "asyncio", "sqlalchemy")


class RedactingFormatter(structlog.stdlib.ProcessorFormatter):
    """Formats a record whole, with its arguments and traceback, then takes the secret out of what came of it."""

    def __init__(self, secret: str, processors: list[Processor]) -> None:
        super().__init__(processors=processors, foreign_pre_chain=_shared_processors())
        # The part behind the colon is the secret; the one before it is the bot's public id.
        self._secret = secret.partition(":")[2] or secret

    def format(self, record: logging.LogRecord) -> str:
        return super().format(record).replace(self._secret, "[token]")


def configure(token: str, stream: TextIO = sys.stderr, *, level: int = logging.INFO) -> None:
    """Send every log record of the process, and the error that ends it, to `stream`.

    Args:
        token: the bot's token; wherever it would show, "[token]" does.
        stream: written to in colour where it is a terminal, as JSON where it is not.
        level: what is less important than this is left out.
    """
    if stream.isatty():
        # The default shows the values of local variables: texts and names of users among them.
        plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        rendering: list[Processor] = [plain]
    else:
        rendering = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    handler = logging.StreamHandler(stream)
    remove_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(RedactingFormatter(token, [remove_meta, *rendering]))
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*_shared_processors(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    sys.excepthook = _log_uncaught


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    logging.getLogger(__name__).critical("uncaught error", exc_info=(kind, error, trace))


def _shared_processors() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
