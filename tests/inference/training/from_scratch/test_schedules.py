from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.training.from_scratch.config import Phase, TrainingConfig
from inference.training.from_scratch.schedules import learning_rate

SCHEDULES = ("linear", "cosine", "one-cycle", "exponential")


def rates(steps_per_epoch: int = 10, **settings: Any) -> list[float]:
    """The rate of each step of five epochs, and of one more."""
    config = TrainingConfig(phases=(Phase(8, 2), Phase(16, 3)), **({"peak_learning_rate": 1.0} | settings))
    return [
        learning_rate(step, steps_per_epoch=steps_per_epoch, config=config) for step in range(5 * steps_per_epoch + 1)
    ]


@pytest.mark.parametrize("schedule", ["linear", "cosine"])
def test_the_rate_rises_to_its_peak_and_falls_to_zero(schedule: str) -> None:
    course = rates(schedule=schedule)
    assert course[0] == pytest.approx(0.1)
    assert course[9] == course[10] == max(course) == 1.0
    assert course[50] == pytest.approx(0.0, abs=1e-12)
    assert all(later < earlier for earlier, later in itertools.pairwise(course[10:]))


def test_halfway_down_a_line_is_half_and_a_cosine_is_above_it_before_and_below_it_after() -> None:
    line, cosine = rates(schedule="linear"), rates(schedule="cosine")
    assert line[30] == pytest.approx(0.5)
    assert cosine[30] == pytest.approx(0.5)
    assert all(cosine[step] > line[step] for step in range(11, 30))
    assert all(cosine[step] < line[step] for step in range(31, 50))


def test_one_cycle_begins_at_a_25th_peaks_after_three_tenths_and_ends_at_almost_nothing() -> None:
    course = rates(schedule="one-cycle")
    assert course[0] == pytest.approx(1 / 25)
    assert course.index(max(course)) == 15
    assert course[15] == 1.0
    assert course[50] == pytest.approx(1 / 250_000)


def test_exponential_falls_by_its_factor_in_its_epochs() -> None:
    course = rates(schedule="exponential", decay=0.25, decay_epochs=2.0, warmup_epochs=0.0)
    assert course[0] == 1.0
    assert course[10] == pytest.approx(0.5)
    assert course[20] == pytest.approx(0.25)
    assert course[50] == pytest.approx(0.25**2.5)


@given(
    schedule=st.sampled_from(SCHEDULES),
    steps_per_epoch=st.integers(1, 50),
    warmup_epochs=st.floats(0.0, 10.0),
    peak=st.floats(1e-6, 10.0),
)
def test_rates_lie_between_zero_and_the_peak_even_where_the_warm_up_outlasts_the_run(
    schedule: str, steps_per_epoch: int, warmup_epochs: float, peak: float
) -> None:
    course = rates(steps_per_epoch, schedule=schedule, warmup_epochs=warmup_epochs, peak_learning_rate=peak)
    assert all(math.isfinite(rate) and 0.0 <= rate <= peak for rate in course)
    assert all(rate > 0.0 for rate in course[:-1])
