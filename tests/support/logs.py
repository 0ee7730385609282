"""Logging for tests that do not configure it as the program does."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import structlog


def reset_logs() -> None:
    """Have whatever is logged printed, and errors without all local variables, which would take seconds each time."""
    structlog.reset_defaults()
    renderer = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], renderer])


@contextmanager
def restored_logging() -> Iterator[None]:
    """Undo what the program does to the logging of the test's process."""
    root = logging.getLogger()
    handlers, level, hook = root.handlers[:], root.level, sys.excepthook
    yield
    root.handlers[:], root.level, sys.excepthook = handlers, level, hook
    reset_logs()
