"""How much people may ask of the bot."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from enum import Enum, auto
from math import inf

from bot.limits.token_bucket import TokenBucket

# What may come at once after a rest, in minutes' worth: several albums of ten, or a few dozen forwarded photos.
BURST_MIN = 2.0
# Whoever reads them understands the first; each is a call to Telegram.
ALERTS_PER_MIN = 2.0
# How often those are forgotten who have rested, for so long that nothing waits any more that they asked before that.
TIDY_PERIOD_S = 60.0
REMEMBERED_S = 3600.0


class Verdict(Enum):
    """What becomes of a request."""

    ADMITTED = auto()
    """It is answered."""
    PERSON_TOLD = auto()
    """It is one too many of the person's, who is told so."""
    GROUP_TOLD = auto()
    """It is one too many of the group's, which is told so."""
    IGNORED = auto()
    """It is one too many again, and nothing is said."""


@dataclass(slots=True)
class _Account:
    bucket: TokenBucket
    told: bool = False


class RequestQuota:
    """Counts the requests of each person and of each group, whoever asks there; in memory, until they have rested.

    A request is whatever the bot would answer: a photo, an address, a command, the press of a button.

    Args:
        per_min_per_person: in the long run.
        per_min_per_group: in the long run.
        clock: seconds since 1970.
    """

    def __init__(
        self, *, per_min_per_person: float, per_min_per_group: float, clock: Callable[[], float] = time.time
    ) -> None:
        self._per_min_per_person = per_min_per_person
        self._per_min_per_group = per_min_per_group
        self._clock = clock
        self._accounts: dict[Hashable, _Account] = {}
        self._tidy_at_s = -inf

    def ask(
        self,
        person_id: int | None,
        group_id: int | None,
        *,
        asked_at_s: float = inf,
        silently: bool = False,
        cost: int = 1,
    ) -> Verdict:
        """Count a request that would be answered.

        Args:
            person_id: of the person, or of the group or channel in whose name they ask; None if they were counted.
            group_id: of the group; None in a private chat, and where it is not to be counted.
            asked_at_s: when they asked, in seconds since 1970, where that is known: requests that waited, for others of
                the same chat or while the program did not run, did not come all at once.
            silently: nobody is to be told of a refusal, nor counts as told.
            cost: how many requests it counts for.
        """
        self._tidy(self._clock())
        now_s = min(self._clock(), asked_at_s)
        asked_by = []
        if person_id is not None:
            asked_by.append(
                (self._account(("person", person_id), self._per_min_per_person, now_s), Verdict.PERSON_TOLD)
            )
        if group_id is not None:
            asked_by.append((self._account(("group", group_id), self._per_min_per_group, now_s), Verdict.GROUP_TOLD))
        for asker, refusal in asked_by:
            if asker.bucket.wait_s(now_s) > 0:
                if asker.told or silently:
                    return Verdict.IGNORED
                asker.told = True
                return refusal
        for asker, _ in asked_by:
            for _ in range(cost):
                asker.bucket.take(now_s)
        return Verdict.ADMITTED

    def may_alert(self, person_id: int) -> bool:
        """Count an alert to somebody who presses too much; tell whether it may be shown."""
        now_s = self._clock()
        asker = self._account(("alerts", person_id), ALERTS_PER_MIN, now_s)
        if asker.bucket.wait_s(now_s) > 0:
            return False
        asker.bucket.take(now_s)
        return True

    def _account(self, key: Hashable, per_min: float, now_s: float) -> _Account:
        asker = self._accounts.get(key)
        if asker is None or asker.bucket.is_full(now_s):
            asker = self._accounts[key] = _Account(TokenBucket(per_s=per_min / 60, burst=max(1.0, per_min * BURST_MIN)))
        return asker

    def _tidy(self, now_s: float) -> None:
        if now_s >= self._tidy_at_s:
            rested_s = now_s - REMEMBERED_S
            self._accounts = {key: asker for key, asker in self._accounts.items() if not asker.bucket.is_full(rested_s)}
            self._tidy_at_s = now_s + TIDY_PERIOD_S
