"""The log of the web server's library, without what strangers send."""

from __future__ import annotations

import logging

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError


def http_log() -> logging.Logger:
    """Return a logger for aiohttp that leaves out requests that are no HTTP.

    aiohttp logs each of them as an error, with the bytes that came. They are no fault of this program, and anybody who
    reaches the port can send them.
    """
    logger = logging.getLogger("aiohttp.server.labelbot")
    if not logger.filters:
        logger.addFilter(_is_own_fault)
    return logger


def _is_own_fault(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError | web.RequestPayloadError | ConnectionError)
