from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from typer.testing import CliRunner

from bot.cli import build_app
from inference.store import ModelStore
from inference.training.errors import DatasetError
from inference.training.recipe import find_records
from tests.inference.training.test_train import coloured_squares
from tests.support.tfrecords import example, write_tfrecord


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """Records of three classes that even a short training tells apart."""
    folder = tmp_path / "data"
    folder.mkdir()
    for split, count in (("train", 64), ("validation", 24)):
        squares = coloured_squares(count, seed=count)
        encoded = [tf.io.encode_png(image).numpy() for image in np.repeat(np.repeat(squares.images, 2, 1), 2, 2)]
        write_tfrecord(
            folder / f"{split}-00000-of-00001.tfrecord",
            [example(content, label) for content, label in zip(encoded, squares.labels.tolist(), strict=True)],
        )
    (folder / "labels.txt").write_text("n00000001\tred, crimson\nn00000002\tgreen\nn00000003\tblue\n")
    return folder


@pytest.mark.slow
def test_training_ends_with_an_installed_model_that_goes_on_from_its_checkpoints(records: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    arguments = ["train", str(records), "--name", "colours", "--work", str(tmp_path / "work"), "--batch-size", "16"]
    arguments += ["--phases", "16:1,32:1", "--licence", "CC0-1.0", "--home", str(home)]
    trained = CliRunner().invoke(build_app(), arguments)
    assert trained.exit_code == 0, trained.output
    assert "epoch   1 at 16 px" in trained.output
    assert "epoch   2 at 32 px" in trained.output
    assert "on 24 validation images" in trained.output

    spec = ModelStore(home).find("colours").spec
    assert (spec.width, spec.height, spec.classes, spec.licence) == (32, 32, 3, "CC0-1.0")
    assert spec.outputs == ("probabilities", "embedding", "features")

    again = CliRunner().invoke(build_app(), [*arguments[:-1], str(tmp_path / "other")])
    assert again.exit_code == 0, again.output
    assert "epoch" not in again.output, "nothing is left to train"
    assert ModelStore(tmp_path / "other").find("colours").spec.version == spec.version


def test_missing_parts_of_a_data_set_are_named(records: Path) -> None:
    (records / "labels.txt").unlink()
    with pytest.raises(DatasetError, match=r"1 training files, 1 validation files, no labels\.txt"):
        find_records(records)


def test_a_class_without_a_name_is_refused(records: Path) -> None:
    (records / "labels.txt").write_text("red\n\nblue\n")
    with pytest.raises(DatasetError, match="an empty one"):
        find_records(records)


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--name", "starter", "not taken"),
        ("--name", "../x", "not taken"),
        ("--phases", "32", "SIDE:EPOCHS"),
        ("--network", "vgg", "inception-mini. Received: vgg"),
    ],
)
def test_wrong_options_are_usage_errors(records: Path, tmp_path: Path, option: str, value: str, sentence: str) -> None:
    arguments = ["train", str(records), "--name", "x", "--work", str(tmp_path / "work"), option, value]
    refused = CliRunner().invoke(build_app(), arguments)
    assert refused.exit_code == 2
    assert sentence in " ".join(refused.output.split())
