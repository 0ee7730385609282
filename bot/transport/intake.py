"""How updates come into the inbox: fetched by polling, or delivered by Telegram to a webhook."""

from __future__ import annotations

from typing import Protocol


class Intake(Protocol):
    """A source of updates.

    Attributes:
        source: name of one exchange with Telegram, for the operator.
    """

    source: str

    @property
    def silent_s(self) -> float:
        """Seconds since Telegram last showed that it delivers; 0 before `run` and while the inbox is full."""

    @property
    def conflict(self) -> str:
        """What another program does to the updates of this bot, if that lasts; "" for nothing."""

    async def run(self) -> None:
        """Take updates until cancelled.

        Raises:
            InvalidToken: the token was revoked, so no more updates will come.
        """

    async def confirm(self) -> None:
        """Confirm the updates that `run` has put into the inbox.

        Raises:
            TelegramError: the updates could not be confirmed, so Telegram will send the last ones again.
        """
