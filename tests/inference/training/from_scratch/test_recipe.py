"""`labelbot train`, from TFRecords to an installed model."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from inference.models.bundle import read_labels
from inference.models.engine import load_engine, softmax
from inference.models.store import ModelStore
from inference.networks.archive import load_network
from inference.networks.blocks import EMBEDDING, FEATURES, LOGITS
from tests.support.program import Program
from tests.support.training import CLASSES, coloured_squares, write_coloured_records


@pytest.fixture
def records(tmp_path: Path) -> Path:
    return write_coloured_records(tmp_path / "data")


@pytest.mark.slow
def test_training_ends_with_an_installed_model_that_goes_on_from_its_checkpoints(
    program: Program, records: Path, tmp_path: Path
) -> None:
    arguments = ["train", str(records), "--out", "colours", "--batch-size", "16", "--phases", "16:1,32:1"]
    arguments += ["--work", str(tmp_path / "work"), "--licence", "CC0-1.0", "--tensorboard"]
    trained = program(*arguments)
    assert trained.status == 0, trained.err
    assert "64 training and 24 validation images of 3 classes" in trained.out
    assert f"tensorboard --logdir {tmp_path}/work/tensorboard" in trained.out
    assert "epoch   1 at 16 px" in trained.out
    assert "epoch   2 at 32 px" in trained.out
    assert "on 24 validation images" in trained.out
    assert list((tmp_path / "work" / "tensorboard").glob("events.out.tfevents.*"))

    bundle = ModelStore(program.home).find("colours")
    spec = bundle.spec
    assert (spec.width, spec.height, spec.classes, spec.licence) == (32, 32, 3, "CC0-1.0")
    assert spec.outputs == ("probabilities", "embedding", "features")
    assert read_labels(bundle) == CLASSES
    assert f"top-1 {spec.accuracy:.1%}" in trained.out
    card = (bundle.directory / "MODEL_CARD.md").read_text()
    assert f"labelbot train {records} --out colours --phases 16:1,32:1 --batch-size 16 --licence CC0-1.0\n" in card
    assert f"| top-1 | {spec.accuracy:.1%} |" in card
    assert (bundle.directory / "curves.png").read_bytes().startswith(b"\x89PNG")

    taken = program(*arguments)
    assert taken.status == 2
    assert "not taken" in taken.err
    begun = program(*arguments, "--replace")
    assert begun.status == 2
    assert "--resume" in begun.err
    again = program(*arguments, "--replace", "--resume")
    assert again.status == 0, again.err
    assert "epoch" not in again.out, "nothing is left to train"
    assert ModelStore(program.home).find("colours").spec.version == spec.version


@pytest.mark.slow
def test_the_keras_archive_of_a_model_gives_what_its_file_gives_and_trains_on(
    program: Program, records: Path, tmp_path: Path
) -> None:
    settings = ["--batch-size", "16", "--phases", "32:1", "--learning-rate", "0.005"]
    assert program("train", records, "--out", "first", *settings).status == 0
    first = ModelStore(program.home).find("first")
    network = load_network(first.directory / "network.keras")
    assert [network.get_layer(name).name for name in (FEATURES, EMBEDDING, LOGITS)] == [FEATURES, EMBEDDING, LOGITS]
    images = coloured_squares(4, seed=3, side=32).images
    logits = network.predict(images / np.float32(127.5) - 1, verbose=0)
    scores = softmax(logits / np.float32(first.spec.temperature))
    assert scores.max() < 0.99
    np.testing.assert_allclose(load_engine(first).run(images).probabilities, scores, atol=0.05)

    tuning = ["--init-from", "first", "--train-only", "mixed3,logits", "--teacher", "first"]
    tuned = program("train", records, "--out", "tuned", *tuning, *settings)
    assert tuned.status == 0, tuned.err
    model = ModelStore(program.home).find("tuned")
    assert model.spec.base == f"first {first.spec.version}"
    second = load_network(model.directory / "network.keras")
    changed = {
        layer.name.split("_")[0]
        for layer, other in zip(network.layers, second.layers, strict=True)
        if not all(map(np.array_equal, layer.get_weights(), other.get_weights()))
    }
    assert changed == {"mixed3", "logits"}
    scores_of_teacher = list((program.home / "training" / "tuned").glob("teacher-scores-*/*.npy"))
    assert len(scores_of_teacher) == 1
    assert json.loads((program.home / "training" / "tuned" / "settings.json").read_text())["teacher_share"] == 0.5
    # A run cannot be resumed with other settings.
    other = program("train", records, "--out", "tuned", *tuning[2:], *settings, "--resume", "--replace")
    assert other.status == 1
    assert f"init_from first {first.spec.version}" in other.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--out", "starter"], "starter comes with the program and cannot be replaced"),
        (["--out", "../x"], "expected a name"),
        (["--out", "../x", "--bundle", "new"], "expected a name"),
        (["--bundle", "."], "a folder that is not there yet"),
        (["--phases", "32"], "SIDE:EPOCHS"),
        (["--phases", "64:1,32:1"], "do not shrink"),
        (["--phases", "8:0"], "all above 0"),
        (["--phases", "32:1", "--network", "inception-v3"], "large enough for inception-v3. Received: 32"),
        (["--network", "vgg"], "one of inception-mini, inception-v3. Received: 'vgg'"),
        (["--optimizer", "adam"], "one of sgd, adamw, rmsprop. Received: 'adam'"),
        (["--schedule", "step"], "one of linear, cosine, one-cycle, exponential. Received: 'step'"),
        (["--learning-rate", "0"], "--learning-rate: expected a number above 0. Received: 0.0"),
        (["--averaging", "1"], "--averaging: expected a share from 0 to below 1. Received: 1.0"),
        (["--exclude", "logits"], "--exclude: expected a network to begin with"),
    ],
)
def test_wrong_options_are_usage_errors(program: Program, records: Path, arguments: list[str], sentence: str) -> None:
    refused = program("train", records, "--out", "x", *arguments)
    assert refused.status == 2
    assert sentence in " ".join(refused.err.replace("│", " ").split())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--init-from", "starter"], "expected a model with a network.keras, as `labelbot train` installs"),
        (["--init-from", "nothing"], "no model named 'nothing' is installed"),
        (["--init-from", "absent.keras"], "absent.keras cannot be read or written: No such file or directory"),
        (["--train-only", "mixed4"], "blocks of inception_mini: stem, reduction1, mixed1"),
        (["--teacher", "nothing"], "no model named 'nothing' is installed"),
        (["--teacher", "starter"], "expected a teacher that knows at least one of the labels"),
    ],
)
def test_what_a_run_cannot_begin_with_is_one_sentence(
    program: Program, records: Path, arguments: list[str], sentence: str
) -> None:
    refused = program("train", records, "--out", "x", "--batch-size", "16", *arguments)
    assert (refused.status, refused.err.count("\n")) == (1, 1)
    assert refused.err.startswith("labelbot: ")
    assert sentence in refused.err


def test_a_folder_that_is_no_data_set_is_one_sentence(program: Program, tmp_path: Path) -> None:
    refused = program("train", tmp_path / "absent", "--out", "x")
    assert (refused.status, refused.err.count("\n")) == (1, 1)
    assert "expected a folder of images or of TFRecords" in refused.err
