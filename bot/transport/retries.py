"""Repeats failed calls to the Bot API if that may help."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from telegram.error import BadRequest, InvalidToken, NetworkError, TelegramError

from bot.limits.backoff import pauses_s
from bot.transport.http import ConnectionBroke, NotSent, ServerFailed, TooLarge, TooSlow, UnreadableResult

T = TypeVar("T")
log = structlog.get_logger()

# Number of attempts. The pauses between them take four seconds: somebody is waiting for the download of a photo.
MAX_FAILURES = 5
FIRST_PAUSE_S = 0.25
# Pauses in seconds after sends of unknown fate. Each further send may duplicate the message. Five sends in five minutes
# outlast most periods in which the server is silent, and do not fill a chat.
PAUSES_OF_UNKNOWN_FATE_S = (1.0, 10.0, 60.0, 240.0)


class GivenUp(TelegramError):
    """The call was not made, or not repeated: Telegram was unreachable for too long, or asks to wait for too long."""


async def with_retries(call: Callable[[], Awaitable[T]], *, idempotent: bool = False) -> T:
    """Make a call to the Bot API, and repeat it a limited number of times if that may help.

    A call is repeated if the request never left, if the server failed (5xx), or if the connection broke. A server that
    fell silent is most likely still working on the call, and a server that gave an unreadable response has carried out
    the call. In these two cases, only idempotent calls are repeated.

    Args:
        call: function that makes the call.
        idempotent: whether making the call twice has the same effect as making it once.

    Raises:
        TelegramError: the error of the last attempt.
    """
    pauses = pauses_s(FIRST_PAUSE_S)
    failures = 0
    while True:
        try:
            return await call()
        except NetworkError as error:
            failures += 1
            if failures >= _max_failures(error, idempotent=idempotent):
                raise
            log.info("a call failed and is repeated", reason=error.message, failures=failures)
        await asyncio.sleep(next(pauses))


def _max_failures(error: TelegramError, *, idempotent: bool) -> int:
    # Telegram refuses an expired address of a file like a wrong token. The bot then asks for a new address at once.
    if isinstance(error, BadRequest | InvalidToken | TooLarge | TooSlow):
        return 1
    return MAX_FAILURES if idempotent or isinstance(error, NotSent | ServerFailed | ConnectionBroke) else 1


async def until_sent(
    send: Callable[[], Awaitable[T]],
    *,
    patience_s: Callable[[], float],
    on_unknown_fate: Callable[[], None] = lambda: None,
    on_given_up: Callable[[], None] = lambda: None,
) -> T:
    """Send a message, and repeat the send until Telegram has the message.

    A send that certainly failed is repeated as long as the patience lasts: the request never left, or the server failed
    (5xx) or refused the token for now. A send of unknown fate is repeated after a pause, a few times at most, because
    Telegram cannot recognise a message that it already has.

    Args:
        send: function that sends the message.
        patience_s: function that returns the seconds for which sending still makes sense.
        on_unknown_fate: function that is called for each send of unknown fate.
        on_given_up: function that is called if this function gives up the message; it is not called if the flood
            control does.

    Returns:
        The result of the send that succeeded.

    Raises:
        GivenUp: the patience is over, or too many sends have an unknown fate.
        UnreadableResult: the message was sent, but its id is unknown.
        TelegramError: Telegram refused the message.
    """
    pauses, pauses_of_unknown_fate = pauses_s(FIRST_PAUSE_S), iter(PAUSES_OF_UNKNOWN_FATE_S)
    while True:
        try:
            return await send()
        except (BadRequest, UnreadableResult):
            raise
        except (InvalidToken, NetworkError) as error:
            certain = isinstance(error, InvalidToken | NotSent | ServerFailed)
            if not certain:
                on_unknown_fate()
            pause_s = next(pauses if certain else pauses_of_unknown_fate, None)
            if pause_s is None or pause_s > patience_s():
                on_given_up()
                raise GivenUp(error.message) from error
            log.info("a message is sent again", reason=error.message, maybe_twice=not certain, pause_s=pause_s)
        await asyncio.sleep(pause_s)
