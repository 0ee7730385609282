"""Handles polls that Telegram refuses with status 409: another program or a webhook fetches this bot's updates."""

from __future__ import annotations

import structlog

log = structlog.get_logger()

# Seconds and number of refused polls until conflicts are logged. A restart elsewhere is over within this time. If two
# programs keep polling, each interrupts the other every few seconds.
TOLD_AFTER_S = 10.0
TOLD_AFTER_TIMES = 3
# Seconds without a conflict after which the conflicts are over. This is the time of two long polls; another program
# that still polls would cause a conflict within this time.
OVER_AFTER_S = 60.0


class Conflicts:
    """Logs one line if conflicts last and one line when they are over, even if many polls are refused in between.

    Args:
        told_after_s: seconds from the first conflict until the conflicts are logged.
        over_after_s: seconds without a conflict after which the conflicts are over.
    """

    def __init__(self, *, told_after_s: float = TOLD_AFTER_S, over_after_s: float = OVER_AFTER_S) -> None:
        self._told_after_s = told_after_s
        self._over_after_s = over_after_s
        self._first_s: float | None = None
        self._last_s = 0.0
        self._count = 0
        self._told = False

    @property
    def lasting(self) -> bool:
        """Whether polls keep being refused."""
        return self._told

    def refused(self, reason: str, now_s: float) -> None:
        """Note that a poll was refused.

        Args:
            reason: the Bot API's description of the refusal.
            now_s: time of the event loop in seconds.
        """
        if self._first_s is None:
            self._first_s = now_s
        self._last_s = now_s
        self._count += 1
        if not self._told and self._count >= TOLD_AFTER_TIMES and now_s - self._first_s >= self._told_after_s:
            self._told = True
            webhook = "webhook" in reason
            log.error(
                "a webhook keeps updates from this bot" if webhook else "another program polls with this bot's token",
                meaning="updates go there" if webhook else "each of the two programs gets some of the updates",
                advice="stop the program that set it, then restart this one, which removes the webhook"
                if webhook
                else "stop it, or give it a bot of its own; if you do not know it, have @BotFather revoke the token",
                reason=reason,
            )

    def succeeded(self, now_s: float) -> None:
        """Note that a poll was answered."""
        if self._first_s is None or now_s - self._last_s < self._over_after_s:
            return
        if self._told:
            log.info("no other program takes this bot's updates any more", after_s=round(self._last_s - self._first_s))
        self._first_s, self._count, self._told = None, 0, False
