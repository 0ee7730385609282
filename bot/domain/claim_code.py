"""The one-time code that makes the first admin."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable

# Prefix of the link's payload. Telegram allows 64 characters in a payload.
CLAIM_PREFIX = "claim-"
CODE_BYTES = 24
# Seconds for which the link is valid: enough to open it after the start. The program's output may be stored for long,
# but then the link is no longer valid.
VALID_S = 600.0


class ClaimCode:
    """A code that can be used once, within VALID_S seconds.

    Args:
        clock: monotonic clock, in seconds.

    Attributes:
        text: the code, 192 random bits.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.text = secrets.token_urlsafe(CODE_BYTES)
        self._clock = clock
        self._expires_s = clock() + VALID_S
        self._used = False

    def redeem(self, text: str) -> bool:
        """Use the code; return False if the text is wrong, or the code was used or has expired."""
        # The comparison takes constant time: its duration must not show how much of a guess is right.
        is_it = hmac.compare_digest(text.encode(errors="replace"), self.text.encode())
        if not is_it or self._used or self._clock() >= self._expires_s:
            return False
        self._used = True
        return True

    def give_back(self) -> None:
        """Make a used code valid again."""
        self._used = False


def claim_link(username: str, code: ClaimCode) -> str:
    """Return the link that sends a code to the bot with this username."""
    return f"https://t.me/{username}?start={CLAIM_PREFIX}{code.text}"
