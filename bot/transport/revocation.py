"""Finds out whether the token was revoked. A proxy, or a server that is being set up, may refuse a valid token."""

from __future__ import annotations

import asyncio

import structlog
from telegram.error import InvalidToken, TelegramError

from bot.transport.bot_client import TelegramBot

log = structlog.get_logger()

# Seconds and number of refusals after which Telegram is asked whether the token was revoked.
REVOKED_AFTER_S = 60.0
REVOKED_AFTER_TIMES = 3


class Revocation:
    """Counts the refusals of a token since the last call that worked.

    Args:
        bot: client with the token.
        after_s: seconds of refusals after which Telegram is asked whether the token was revoked.
    """

    def __init__(self, bot: TelegramBot, *, after_s: float = REVOKED_AFTER_S) -> None:
        self._bot = bot
        self._after_s = after_s
        self._refused_s: list[float] = []

    def clear(self) -> None:
        """Note a call that worked."""
        self._refused_s.clear()

    async def is_certain(self) -> bool:
        """Note a refusal; return whether the token was refused for long enough, and is refused for getMe, too."""
        now_s = asyncio.get_running_loop().time()
        self._refused_s.append(now_s)
        if len(self._refused_s) < REVOKED_AFTER_TIMES or now_s - self._refused_s[0] < self._after_s:
            return False
        try:
            await self._bot.get_me()
        except InvalidToken:
            return True
        except TelegramError as error:
            log.warning("whether the token was revoked is unknown", reason=error.message)
        return False
