"""The quota of requests for each person and each group."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from enum import Enum, auto
from math import inf

from bot.limits.token_bucket import TokenBucket

# Burst after a pause, in minutes of quota: several albums of ten, or a few dozen forwarded photos.
BURST_MIN = 2.0
# Burst in a private chat, in minutes of quota: some hundreds of photos. There, requests wait for their answers and
# disturb nobody.
QUEUE_MIN = 10.0
# Number of alerts a minute for one person. One alert is usually enough, and each alert is a call to Telegram.
ALERTS_PER_MIN = 2.0
# Seconds between two clean-ups of accounts whose quota has refilled. Such accounts are kept for an hour, so that no
# queued request is older than its account.
CLEANUP_INTERVAL_S = 60.0
KEEP_REFILLED_S = 3600.0


class Decision(Enum):
    """The decision on a request."""

    ADMITTED = auto()
    """The request is answered."""
    NOTIFY_PERSON = auto()
    """The person is over their quota and gets a notice."""
    NOTIFY_GROUP = auto()
    """The group is over its quota and gets a notice."""
    IGNORED = auto()
    """The quota is used up, and a notice was sent before."""


@dataclass(slots=True)
class _Account:
    bucket: TokenBucket
    notified: bool = False


class RequestQuota:
    """Counts the requests of each person and of each group, in memory.

    A request is anything that the bot would answer: a photo, a link, a command, a callback query.

    Args:
        per_min_per_person: requests per minute of a person, in the long run.
        per_min_per_group: requests per minute in a group, in the long run.
        clock: clock in seconds since 1970.
    """

    def __init__(
        self, *, per_min_per_person: float, per_min_per_group: float, clock: Callable[[], float] = time.time
    ) -> None:
        self._per_min_per_person = per_min_per_person
        self._per_min_per_group = per_min_per_group
        self._clock = clock
        self._accounts: dict[Hashable, _Account] = {}
        self._cleanup_at_s = -inf

    def request(
        self,
        person_id: int | None,
        group_id: int | None,
        *,
        asked_at_s: float = inf,
        silently: bool = False,
        queued: bool = False,
        cost: int = 1,
    ) -> Decision:
        """Count a request, if it is within the quota.

        Args:
            person_id: id of the person, or of the chat in whose name the person writes; None if the request was counted
                for the person before.
            group_id: id of the group; None in a private chat, or if the request does not count for the group.
            asked_at_s: time of the request in seconds since 1970; infinity means now. Queued requests were sent at
                different times, even if they are counted at the same time.
            silently: whether to refuse without a notice.
            queued: whether the request comes from a private chat and may wait for its answer. Such requests have a
                separate quota.
            cost: number of requests that this request counts as.
        """
        self._clean_up(self._clock())
        now_s = min(self._clock(), asked_at_s)
        accounts = []
        if person_id is not None:
            key, burst_min = (("queue", person_id), QUEUE_MIN) if queued else (("person", person_id), BURST_MIN)
            account = self._account(key, self._per_min_per_person, now_s, burst_min)
            accounts.append((account, Decision.NOTIFY_PERSON))
        if group_id is not None:
            account = self._account(("group", group_id), self._per_min_per_group, now_s)
            accounts.append((account, Decision.NOTIFY_GROUP))
        for account, refusal in accounts:
            if account.bucket.wait_s(now_s) > 0:
                if account.notified or silently:
                    return Decision.IGNORED
                account.notified = True
                return refusal
        for account, _ in accounts:
            for _ in range(cost):
                account.bucket.take(now_s)
        return Decision.ADMITTED

    def may_alert(self, person_id: int) -> bool:
        """Count an alert to a person over their quota; return whether it may be shown."""
        now_s = self._clock()
        account = self._account(("alerts", person_id), ALERTS_PER_MIN, now_s)
        if account.bucket.wait_s(now_s) > 0:
            return False
        account.bucket.take(now_s)
        return True

    def _account(self, key: Hashable, per_min: float, now_s: float, burst_min: float = BURST_MIN) -> _Account:
        account = self._accounts.get(key)
        if account is None or account.bucket.is_full(now_s):
            bucket = TokenBucket(per_s=per_min / 60, burst=max(1.0, per_min * burst_min))
            account = self._accounts[key] = _Account(bucket)
        return account

    def _clean_up(self, now_s: float) -> None:
        if now_s >= self._cleanup_at_s:
            kept_since_s = now_s - KEEP_REFILLED_S
            self._accounts = {
                key: account for key, account in self._accounts.items() if not account.bucket.is_full(kept_since_s)
            }
            self._cleanup_at_s = now_s + CLEANUP_INTERVAL_S
