"""Logging for tests that do not configure it as the program does."""

from __future__ import annotations

import structlog


def reset_logs() -> None:
    """Have whatever is logged printed, and errors without all local variables, which would take seconds each time."""
    structlog.reset_defaults()
    renderer = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], renderer])
