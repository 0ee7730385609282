"""Makes the first calls to the Bot API.

The calls wait until there is a network, because many machines start programs before their network is up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog
from telegram.error import NetworkError, RetryAfter, TelegramError, TimedOut

from bot.limits.backoff import pauses_s
from bot.transport.bot_client import TelegramBot
from bot.transport.http import ConnectionBroke, NotSent, ServerFailed, UnreadableResponse
from bot.transport.webhook import Webhook

log = structlog.get_logger()

FIRST_PAUSE_S = 0.5
# Errors that go away without any action.
PASSING = (ConnectionBroke, NotSent, RetryAfter, ServerFailed, TimedOut)


async def check_token(bot: TelegramBot) -> None:
    """Ask the Bot API once whether the token is valid. If there is no answer, `connect` asks again.

    Raises:
        InvalidToken: the token is refused.
        TelegramError: the call was refused for another reason.
    """
    with suppress(NetworkError, RetryAfter):
        await bot.initialize()


async def connect(
    bot: TelegramBot, api_url: str, *, keep_webhook: bool = False, first_pause_s: float = FIRST_PAUSE_S
) -> None:
    """Fetch the bot's id and name, and remove a webhook: with a webhook, polling gets no updates.

    Args:
        bot: client of the Bot API.
        api_url: address of the Bot API, for the log.
        keep_webhook: whether a webhook stays.
        first_pause_s: pause in seconds after a failure; it doubles with each further failure.

    Raises:
        InvalidToken: the token is refused.
        UnreadableResponse: the server that answers is not a Bot API server.
        TelegramError: a call was refused for another reason.
    """
    waiting = _Waiting(api_url, first_pause_s)
    await waiting.until_done(bot.initialize)
    if not keep_webhook:
        try:
            await waiting.until_done(bot.delete_webhook)
        except UnreadableResponse as error:  # if the webhook still exists, polling reports it
            log.warning("the webhook may still be there", reason=error.message)
    waiting.end()


async def set_webhook(webhook: Webhook, api_url: str, *, first_pause_s: float = FIRST_PAUSE_S) -> None:
    """Have Telegram deliver updates to a webhook. The arguments are the same as in `connect`.

    Raises:
        TelegramError: Telegram refuses the webhook.
    """
    waiting = _Waiting(api_url, first_pause_s)
    await waiting.until_done(webhook.set)
    waiting.end()


class _Waiting:
    """Repeats calls until there is a network. Logs one line when the waiting begins, and one line when it ends."""

    def __init__(self, api_url: str, first_pause_s: float) -> None:
        self._api_url = api_url
        self._pauses = pauses_s(first_pause_s)
        self._since_s: float | None = None

    async def until_done(self, call: Callable[[], Awaitable[object]]) -> None:
        while True:
            try:
                await call()
                return
            except TelegramError as error:
                if not isinstance(error, PASSING):
                    raise
                if self._since_s is None:
                    self._since_s = asyncio.get_running_loop().time()
                    log.warning("waiting for the Bot API", api_url=self._api_url, reason=error.message)
            await asyncio.sleep(next(self._pauses))

    def end(self) -> None:
        if self._since_s is not None:
            waited_s = asyncio.get_running_loop().time() - self._since_s
            log.info("connected to the Bot API", api_url=self._api_url, waited_s=round(waited_s, 1))
