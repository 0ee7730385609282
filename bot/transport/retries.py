"""Calls to the Bot API that are repeated if that may help."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from telegram.error import BadRequest, InvalidToken, NetworkError, TelegramError

from bot.limits.backoff import pauses_s
from bot.transport.http import ConnectionBroke, NotSent, ServerFailed, TooLarge, TooSlow

T = TypeVar("T")
log = structlog.get_logger()

# Four seconds of pauses: somebody waits for a photo to be downloaded.
MAX_FAILURES = 5
# Ten minutes of pauses: networks come back, and only the message is missing.
MAX_FAILURES_OF_MESSAGES = 26
FIRST_PAUSE_S = 0.25


async def with_retries(
    call: Callable[[], Awaitable[T]], *, idempotent: bool = False, max_failures: int = MAX_FAILURES
) -> T:
    """Make a call to the Bot API, and repeat it a bounded number of times if that may help.

    A call is repeated if the request never left, if the server failed (5xx) or does not know the bot for a moment, and
    if the connection broke. The last may send a message twice, which is better than not at all.

    A server that fell silent most likely still works on the call, and one with an unreadable response has carried it
    out. Only idempotent calls are repeated then.

    Args:
        call: function that makes the call.
        idempotent: whether two calls do the same as one.
        max_failures: number of times that the call may not reach the server, or the server may fail.

    Raises:
        TelegramError: the error of the last attempt.
    """
    pauses = pauses_s(FIRST_PAUSE_S)
    failures = 0
    while True:
        try:
            return await call()
        except (InvalidToken, NetworkError) as error:
            failures += 1
            if failures >= _max_failures(error, idempotent=idempotent, max_failures=max_failures):
                raise
            log.info("a call failed and is repeated", reason=error.message, failures=failures)
        await asyncio.sleep(next(pauses))


def _max_failures(error: TelegramError, *, idempotent: bool, max_failures: int) -> int:
    if isinstance(error, BadRequest | TooLarge | TooSlow):
        return 1
    if isinstance(error, InvalidToken):
        # A proxy may refuse the token for a moment. Only messages wait for that: an expired address of a file is
        # refused alike, and the bot asks for a new address at once.
        return max_failures if max_failures > MAX_FAILURES else 1
    if isinstance(error, NotSent | ServerFailed):
        return max_failures
    return MAX_FAILURES if idempotent or isinstance(error, ConnectionBroke) else 1
