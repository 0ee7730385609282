"""What the turns of a measurement say about its goal."""

from __future__ import annotations

import random
from statistics import median
from typing import Literal

import pytest

from inference.benchmarks.figure import CONFIDENCE, Figure, Verdict, median_interval


@pytest.mark.parametrize(
    ("turns", "better", "verdict"),
    [
        ((0.95, 0.96, 0.97, 0.98, 0.99), "higher", "met"),
        ((0.94, 0.96, 0.97, 0.98, 0.99), "higher", "too noisy"),
        ((0.90, 0.91, 0.92, 0.93, 0.94), "higher", "missed"),
        ((0.90, 0.91, 0.92, 0.93, 0.95), "lower", "met"),
        ((0.90, 0.91, 0.92, 0.93, 0.96), "lower", "too noisy"),
        ((0.96, 0.97, 0.98, 0.99, 1.00), "lower", "missed"),
        ((0.5, 0.5, 0.5, 0.5), "lower", "too few turns"),
    ],
)
def test_a_goal_is_met_or_missed_only_if_the_whole_range_is_on_one_side(
    turns: tuple[float, ...], better: Literal["higher", "lower"], verdict: Verdict
) -> None:
    assert Figure("name", turns, "x", 0.95, better).verdict == verdict


def test_one_turn_is_enough_for_what_another_would_repeat() -> None:
    memory = Figure("memory", (120.0,), "MB", 150, "lower", repeatable=True)
    assert (memory.value, memory.interval, memory.verdict) == (120, (120, 120), "met")


def test_a_turn_that_something_disturbed_changes_neither_value_nor_verdict() -> None:
    figure = Figure("name", (1.01, 1.02, 1.00, 1.01, 9.0, 1.02, 1.00, 1.01, 1.02), "x", 1.03, "lower")
    assert (figure.value, figure.verdict) == (1.01, "met")


@pytest.mark.parametrize("count", [5, 8, 9, 11, 20])
def test_the_range_contains_the_true_median_as_often_as_it_says(count: int) -> None:
    chance = random.Random(count)
    ranges = [median_interval(tuple(chance.expovariate(1) for _ in range(count))) for _ in range(4000)]
    true_median = 0.6931
    hits = sum(each is not None and each[0] <= true_median <= each[1] for each in ranges)
    assert hits / len(ranges) >= CONFIDENCE - 0.015


@pytest.mark.parametrize("count", [5, 9, 30])
def test_the_range_contains_the_value_and_narrows_with_more_turns(count: int) -> None:
    values = tuple(float(number) for number in range(count))
    low, high = median_interval(values) or (0.0, 0.0)
    assert low <= median(values) <= high
    assert (high - low) / count <= (0.8 if count < 30 else 0.4)
    assert median_interval(values[:4]) is None
