from __future__ import annotations

from pathlib import Path

from bot.commands.doctor.answer import assess_answer, check_answers
from bot.commands.doctor.findings import Status
from inference import Classification, Prediction, Timings
from inference.errors import WorkerCrashed
from inference.models.store import ModelStore
from tests.support.colour_models import install_colours

TEAPOT = Classification("starter", "0" * 12, (Prediction("teapot, pot", 0.5, 1),), 0.3, Timings(1.0, 2.0))


def test_a_worker_knows_the_sample_photo_and_a_model_of_ones_own_answers_too(tmp_path: Path) -> None:
    install_colours(ModelStore(tmp_path), tmp_path)
    starter, colours = check_answers(tmp_path, "colours")
    assert (starter.status, colours.status) == (Status.OK, Status.OK)
    assert starter.detail.startswith("starter sees espresso (")
    assert " ms, inference " in starter.detail
    assert colours.detail.startswith("colours sees ")


def test_a_model_that_does_not_run_leaves_the_known_answer(tmp_path: Path) -> None:
    starter, birds = check_answers(tmp_path, "birds")
    assert (starter.status, birds.status) == (Status.OK, Status.FAILED)
    assert "'birds'" in birds.detail


def test_the_default_model_is_tried_and_left_unbuilt_in_a_home_that_has_it_not(tmp_path: Path) -> None:
    home = tmp_path / "home"
    _, default = check_answers(home, "efficientnet_lite0")
    assert default.status is Status.OK
    assert default.detail.startswith("efficientnet_lite0 sees espresso (")
    assert not home.exists(), "a diagnosis changes nothing"


def test_another_answer_than_the_known_one_is_a_failure() -> None:
    finding = assess_answer("starter", TEAPOT, expected="espresso")
    assert finding.status is Status.FAILED
    assert "sees teapot (50.0%)" in finding.detail
    assert finding.detail.endswith("expected espresso")
    assert assess_answer("mine", TEAPOT, expected=None).status is Status.OK


def test_workers_that_die_are_a_failure() -> None:
    assert assess_answer("starter", WorkerCrashed(2), expected="espresso").status is Status.FAILED
