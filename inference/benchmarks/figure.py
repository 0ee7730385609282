"""A measured figure with its goal, and what its turns say about the goal."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from statistics import median
from typing import Literal

Unit = Literal["x", "%", "ms", "MB"]
Verdict = Literal["met", "missed", "too noisy", "too few turns"]

# Least probability that the range of a figure contains the median of endlessly many turns.
CONFIDENCE = 0.9


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that was measured in turns.

    The sides of a ratio take short turns one after the other, so that other load on the machine affects both. The
    figure is the median over the turns.

    Attributes:
        name: plain text that names what was measured, and of a ratio both sides.
        turns: value of each turn in `unit`, at least one.
        unit: "x" for a ratio, "%", "ms", or "MB" of 10^6 bytes.
        goal: value in `unit` that should be reached.
        better: direction of improvement.
        seen: text with the measurements behind the value.
        repeatable: whether another turn would give the same value, so that one is enough. This is so for memory and
            for numbers of instructions.
    """

    name: str
    turns: tuple[float, ...]
    unit: Unit
    goal: float
    better: Literal["higher", "lower"]
    seen: str = ""
    repeatable: bool = False

    @property
    def value(self) -> float:
        """Median over the turns."""
        return median(self.turns)

    @property
    def interval(self) -> tuple[float, float] | None:
        """Range that contains the true median with a probability of at least 90 %; None with fewer than five turns."""
        return (self.value, self.value) if self.repeatable else median_interval(self.turns)

    @property
    def verdict(self) -> Verdict:
        """Whether the goal is met; no answer if the range reaches to both sides of the goal."""
        if self.interval is None:
            return "too few turns"
        reached = [value >= self.goal if self.better == "higher" else value <= self.goal for value in self.interval]
        if any(reached) != all(reached):
            return "too noisy"
        return "met" if all(reached) else "missed"


def median_interval(values: tuple[float, ...]) -> tuple[float, float] | None:
    """Return a confidence interval of the median, without assumptions about the distribution.

    Of n independent values, the number below the true median has the binomial distribution (n, 1/2). So the interval
    from the k-th lowest to the k-th highest value misses the median with the probability that fewer than k values, or
    more than n - k, are below it. The highest k is taken for which this probability is at most 1 - CONFIDENCE.

    Args:
        values: independent values, in any order.

    Returns:
        The lower and the upper limit; None if even the interval of all values misses the median too often.
    """
    count, ordered = len(values), sorted(values)
    below, left_out = 0.0, 0
    while left_out < count and 2 * (below + comb(count, left_out) / 2**count) <= 1 - CONFIDENCE:
        below += comb(count, left_out) / 2**count
        left_out += 1
    return (ordered[left_out - 1], ordered[count - left_out]) if left_out else None
