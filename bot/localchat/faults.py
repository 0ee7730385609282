"""Fault injection for the local server."""

from __future__ import annotations

import random
from dataclasses import dataclass

from bot.localchat.errors import BotApiError, bad_request, forbidden, too_many_requests
from bot.localchat.flood_limits import FloodLimits

# The method name that stands for file downloads.
DOWNLOAD = "download"
SERVER_ERRORS = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """Status 429: the bot has to wait for this time."""

    retry_after_s: int


@dataclass(frozen=True, slots=True)
class ServerError:
    """Status 500, 502, 503 or 504."""

    code: int = 500


@dataclass(frozen=True, slots=True)
class NotFound:
    """Status 404, as for a download with an expired link."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Status 400 or 403, with Telegram's description without the status: "CHAT_RESTRICTED"."""

    description: str
    code: int = 400


@dataclass(frozen=True, slots=True)
class Delay:
    """A delayed call: it takes effect, and is answered, only after this time."""

    delay_s: float


@dataclass(frozen=True, slots=True)
class Cut:
    """A broken connection instead of a response, before or after the call takes effect."""

    after_effect: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """A different response, as a proxy may send it, before or after the call takes effect."""

    body: bytes
    status: int = 200
    after_effect: bool = False


@dataclass(frozen=True, slots=True)
class SlowFile:
    """A slow download.

    Attributes:
        bytes_per_s: speed in bytes per second.
        folder: first part of the files' paths, e.g. "documents"; empty for all files.
    """

    bytes_per_s: int
    folder: str = ""


@dataclass(frozen=True, slots=True)
class WrongClock:
    """Answers with a Date header that is later than this machine's clock; earlier if `later_s` is negative."""

    later_s: float


Refusal = RetryAfter | ServerError | NotFound | Refused
Effect = Refusal | Delay | Cut | Answer | SlowFile | WrongClock


@dataclass(slots=True)
class Fault:
    """A fault and the calls that it hits.

    Attributes:
        effect: effect on a call.
        method: Bot API method, or `DOWNLOAD`; None for all methods.
        chat_id: id of the call's chat; None for all chats.
        probability: probability of hitting a matching call, from 0 to 1.
        count: number of hits left; None for no limit.
        hits: number of hits so far.
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
    """The injected faults. The same seed and the same calls give the same hits."""

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
        """Inject a fault. The arguments are those of `Fault`; the returned object counts the hits."""
        fault = Fault(effect, method, chat_id, probability, count)
        self._faults.append(fault)
        return fault

    def enforce_limits(self) -> None:
        """Enforce Telegram's limits on the bot's messages from now on."""
        self._limits = FloodLimits()

    def remove(self, fault: Fault) -> None:
        self._faults.remove(fault)

    def clear(self) -> None:
        self._faults.clear()
        self._limits = None

    def effects_on(self, method: str, chat_id: int) -> list[Effect]:
        """Return the effects on one call, in the order in which the faults were added."""
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
