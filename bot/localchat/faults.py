"""Faults that the local server injects on purpose."""

from __future__ import annotations

import random
from dataclasses import dataclass

from bot.localchat.errors import BotApiError, bad_request, forbidden, too_many_requests
from bot.localchat.flood_limits import FloodLimits

# The "method" under which faults of file downloads go.
DOWNLOAD = "download"
SERVER_ERRORS = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """Refused with 429: the bot is to wait this long."""

    retry_after_s: int


@dataclass(frozen=True, slots=True)
class ServerError:
    """Refused with 500, 502, 503 or 504."""

    code: int = 500


@dataclass(frozen=True, slots=True)
class NotFound:
    """Refused with 404, as a download is whose link has expired."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Refused with 400 or 403, in Telegram's words without the status: "CHAT_RESTRICTED"."""

    description: str
    code: int = 400


@dataclass(frozen=True, slots=True)
class Delay:
    """Answered late: the call takes effect only after this time."""

    delay_s: float


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection breaks instead of an answer: before the call has an effect, or after it ("delivered but cut")."""

    after_effect: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """Answered with this instead, by whatever stands in between: before the call has an effect, or after it."""

    body: bytes
    status: int = 200
    after_effect: bool = False


@dataclass(frozen=True, slots=True)
class SlowFile:
    """A file comes, but hardly.

    Attributes:
        bytes_per_s: How much of it.
        folder: Of which files: the first part of their paths, e.g. "documents"; empty for all.
    """

    bytes_per_s: int
    folder: str = ""


Refusal = RetryAfter | ServerError | NotFound | Refused
Effect = Refusal | Delay | Cut | Answer | SlowFile


@dataclass(slots=True)
class Fault:
    """What goes wrong, and when.

    Attributes:
        effect: What happens.
        method: The Bot API method, or `DOWNLOAD`; None for all.
        chat_id: The chat of the call; None for all.
        probability: How likely it is to happen to a call that fits, from 0 to 1.
        count: How often it may still happen; None for ever.
        hits: How often it happened.
    """

    effect: Effect
    method: str | None = None
    chat_id: int | None = None
    probability: float = 1.0
    count: int | None = None
    hits: int = 0

    def fits(self, method: str, chat_id: int) -> bool:
        return (
            self.count != 0
            and (self.method is None or self.method.lower() == method.lower())
            and (self.chat_id is None or self.chat_id == chat_id)
        )


class Faults:
    """The faults under way. The same seed and the same calls give the same faults."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)
        self._faults: list[Fault] = []
        self._limits: FloodLimits | None = None

    def add(
        self,
        effect: Effect,
        *,
        method: str | None = None,
        chat_id: int | None = None,
        probability: float = 1.0,
        count: int | None = None,
    ) -> Fault:
        """Injects a fault from now on; the returned object counts its hits. See `Fault` for the arguments."""
        fault = Fault(effect, method, chat_id, probability, count)
        self._faults.append(fault)
        return fault

    def enforce_limits(self) -> None:
        """Refuses messages from now on that are more than Telegram takes, as Telegram does."""
        self._limits = FloodLimits()

    def remove(self, fault: Fault) -> None:
        self._faults.remove(fault)

    def clear(self) -> None:
        self._faults.clear()
        self._limits = None

    def strike(self, method: str, chat_id: int) -> list[Effect]:
        """The effects for one call, in the order in which the faults were added."""
        effects: list[Effect] = []
        for fault in self._faults:
            if fault.fits(method, chat_id) and self._random.random() < fault.probability:
                fault.hits += 1
                if fault.count is not None:
                    fault.count -= 1
                effects.append(fault.effect)
        if self._limits is not None and (wait_s := self._limits.retry_after_s(method, chat_id)) is not None:
            effects.append(RetryAfter(wait_s))
        return effects


def refusal(effect: Refusal) -> BotApiError:
    if isinstance(effect, RetryAfter):
        return too_many_requests(effect.retry_after_s)
    if isinstance(effect, Refused):
        return forbidden(effect.description) if effect.code == 403 else bad_request(effect.description)
    if isinstance(effect, NotFound):
        return BotApiError(404, "Not Found")
    return BotApiError(effect.code, SERVER_ERRORS[effect.code])
