from __future__ import annotations

import inspect
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import typer

from inference.commands.train import train
from inference.commands.train_options import OPTION_NAMES, TrainOptions
from inference.training.errors import InvalidSetting
from inference.training.from_scratch.config import Phase, TrainingConfig, fit_batch_size
from inference.training.from_scratch.optimizers import USUAL_RATES

PHASES = (Phase(32, 2), Phase(64, 1))


def test_the_image_side_of_each_epoch() -> None:
    assert TrainingConfig(phases=PHASES).image_sizes == (32, 32, 64)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("phases", ()),
        ("phases", (Phase(64, 1), Phase(32, 1))),
        ("phases", (Phase(64, 0),)),
        ("phases", (Phase(0, 1),)),
        ("batch_size", 0),
        ("checkpoint_every_steps", 0),
        ("optimizer", "lion"),
        ("schedule", "step"),
        ("precision", "float16"),
        ("peak_learning_rate", 0.0),
        ("peak_learning_rate", float("nan")),
        ("peak_learning_rate", float("inf")),
        ("decay_epochs", 0.0),
        ("warmup_epochs", -1.0),
        ("weight_decay", -1e-3),
        ("momentum", 1.0),
        ("label_smoothing", 1.0),
        ("averaging", -0.1),
        ("decay", 1.0),
        ("teacher_share", 1.1),
        ("seed", -1),
        ("seed", 2**31),
    ],
)
def test_a_value_out_of_its_range_is_refused_by_its_name(setting: str, value: Any) -> None:
    with pytest.raises(InvalidSetting, match=rf"^{setting}: expected .*\. Received: ") as refused:
        TrainingConfig(**{"phases": PHASES} | {setting: value})
    assert refused.value.setting == setting


def test_the_command_has_the_defaults_of_the_settings() -> None:
    """An option stands for a setting by its name; others depend on the optimiser or the data."""
    options = {name: parameter.default for name, parameter in inspect.signature(train).parameters.items()}
    names = {"checkpoint_every_steps": "checkpoint_every"}
    compared = [
        setting.name
        for setting in fields(TrainingConfig)
        if setting.name not in ("phases", "augmentation", "peak_learning_rate", "weight_decay", "batch_size")
    ]
    defaults = TrainingConfig(phases=PHASES)
    for setting in compared:
        assert options[names.get(setting, setting)] == getattr(defaults, setting), setting
    assert USUAL_RATES["sgd"] == (defaults.peak_learning_rate, defaults.weight_decay)
    assert set(OPTION_NAMES.values()) == {"--checkpoint-every", "--learning-rate"}


@pytest.mark.parametrize(
    ("images", "size"),
    [(1, 1), (5, 5), (40, 8), (127, 8), (128, 16), (600, 64), (1023, 64), (1024, 128), (90_000, 128)],
)
def test_few_images_get_a_smaller_batch_so_that_there_are_steps(images: int, size: int) -> None:
    assert fit_batch_size(images) == size


def test_batch_and_rate_suit_the_data_unless_options_name_them() -> None:
    def fitted(images: int, **chosen: Any) -> tuple[int, float]:
        settings = TrainingConfig(
            phases=PHASES,
            batch_size=chosen.get("batch_size", 128),
            peak_learning_rate=chosen.get("learning_rate", 0.2),
        )
        config = TrainOptions(data=Path("photos"), name="mine", **chosen).fitted(settings, images)
        return config.batch_size, config.peak_learning_rate

    assert fitted(5000) == (128, 0.2)
    assert fitted(64) == (8, 0.2 * 8 / 128)
    assert fitted(64, learning_rate=0.1) == (8, 0.1)
    assert fitted(64, batch_size=32) == (32, 0.2)
    with pytest.raises(typer.BadParameter, match=r"at most 64, the number of training images\. Received: 65"):
        fitted(64, batch_size=65)
