"""Conditions of the running bot that need attention. Each is reported once when it begins and once when it ends.

This module keeps the state of the conditions. `health_checks` defines the conditions, and `health_watch` runs the
checks.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

# Numbers and names by key. They are fields of the log line and arguments of the text for admins.
Facts: TypeAlias = Mapping[str, str | float]

# Number of good checks in a row after which a condition is over. So a value that changes often around its limit is
# reported only once.
OVER_AFTER_LOOKS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """A fault to look for.

    Attributes:
        sentence: sentence for the log; no other condition has the same sentence.
        text: key of the text for admins when the condition begins; its arguments are the facts.
        text_over: key of the text for admins when the condition is over; its arguments are the facts and `lasted_min`.
        check: function that returns the facts if the fault is found, else None.
    """

    sentence: str
    text: str
    text_over: str
    check: Callable[[], Awaitable[Facts | None]]

    @property
    def name(self) -> str:
        """A short name, such as "disk"."""
        return self.text.removeprefix("health-")


@dataclass(frozen=True, slots=True)
class Change:
    """The beginning or the end of a condition.

    Attributes:
        condition: condition that begins or ends.
        facts: facts of the beginning; at the end also `lasted_min`, in minutes.
        over: True at the end.
    """

    condition: Condition
    facts: Facts
    over: bool = False

    @property
    def text(self) -> str:
        """The key of the text for admins."""
        return self.condition.text_over if self.over else self.condition.text


@dataclass(slots=True)
class _Lasting:
    began: Change
    since_s: float
    good_looks: int = 0


class Health:
    """Keeps the conditions that have begun and are not over."""

    def __init__(self) -> None:
        self._lasting: dict[str, _Lasting] = {}

    @property
    def current(self) -> list[Change]:
        """The beginning of each lasting condition; the oldest comes first."""
        return [lasting.began for lasting in self._lasting.values()]

    def note(self, condition: Condition, facts: Facts | None, now_s: float) -> Change | None:
        """Note the result of a check.

        Args:
            condition: condition that was checked.
            facts: result of the check.
            now_s: time of the check in seconds, by a monotonic clock.

        Returns:
            The change to report; None if nothing has changed.
        """
        lasting = self._lasting.get(condition.sentence)
        if facts is not None:
            if lasting is not None:
                lasting.good_looks = 0
                return None
            began = Change(condition, facts)
            self._lasting[condition.sentence] = _Lasting(began, now_s)
            return began
        if lasting is None:
            return None
        lasting.good_looks += 1
        if lasting.good_looks < OVER_AFTER_LOOKS:
            return None
        del self._lasting[condition.sentence]
        lasted_min = max(1, round((now_s - lasting.since_s) / 60))
        return Change(condition, {**lasting.began.facts, "lasted_min": lasted_min}, over=True)
