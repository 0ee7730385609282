from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inference.models.store import ModelStore
from tests.support.colour_models import install_colours, plain
from tests.support.full_disk import small_files_only
from tests.support.images import encode
from tests.support.program import Program
from tests.support.tfrecords import write_dataset


@pytest.fixture
def home(program: Program, tmp_path: Path) -> ModelStore:
    """Holds `colours`, which is right about an image of one colour, but not very sure."""
    store = ModelStore(program.home)
    install_colours(store, tmp_path)
    return store


def put(folder: Path, name: str, colour: str, *, shade: int = 0) -> None:
    """Write an image of a colour; those of another shade are other files."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(plain(colour, 32 + shade))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Eight images, of which one is in the wrong folder."""
    folder = tmp_path / "data"
    for colour in ("red", "green"):
        for shade in range(3):
            put(folder, f"{colour}/{shade}.png", colour, shade=shade)
    put(folder, "green/mistake.png", "blue", shade=3)
    put(folder, "blue/deep/below/0.png", "blue", shade=4)
    return folder


def figures(program: Program, *arguments: str | Path) -> dict[str, Any]:
    outcome = program("evaluate", *arguments, "--json")
    assert outcome.status == 0, outcome.err
    loaded: dict[str, Any] = json.loads(outcome.out)
    return loaded


def test_figures_of_a_folder_a_class(program: Program, home: ModelStore, data: Path) -> None:
    outcome = program("evaluate", data, "--model", "colours")
    assert (outcome.status, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert lines[0] == f"colours, version {home.find('colours').spec.version}, on 8 images (all)"
    assert lines[1].split() == ["top-1", "87.5%"]
    assert lines[2].split() == ["top-5", "100.0%"]
    assert "green       4     100.0%   75.0%" in lines
    assert lines[-4:] == [
        "truth \\ guess  1  2  3",
        " 1 red         3  .  .",
        " 2 green       .  3  1",
        " 3 blue        .  .  1",
    ]


def test_the_same_figures_as_json(program: Program, home: ModelStore, data: Path) -> None:
    told = figures(program, data, "--model", "colours")
    assert (told["model"], told["split"], told["images"]) == ("colours", "all", 8)
    assert (told["top1"], told["top5"]) == (0.875, 1.0)
    assert told["classes"][1] == {"label": "green", "images": 4, "precision": 1.0, "recall": 0.75}
    assert told["confused"] == [{"truth": "green", "guess": "blue", "images": 1, "share": 0.25}]
    assert sum(bin_["images"] for bin_ in told["calibration_bins"]) == 8
    assert told["calibration_bins"][0] == {"images": 0, "confidence": None, "accuracy": None}
    assert min(told["images_per_s"], told["decode_ms"], told["inference_ms"]) > 0
    assert "stored" not in told


def test_data_that_comes_in_parts_is_measured_on_its_validation_images(
    program: Program, home: ModelStore, tmp_path: Path
) -> None:
    for split, shade in (("train", 0), ("val", 1), ("test", 2)):
        for colour in ("red", "green", "blue"):
            put(tmp_path / "parts", f"{split}/{colour}/0.png", colour, shade=shade)
    put(tmp_path / "parts", "train/red/wrong.png", "blue", shade=9)
    parts = tmp_path / "parts"
    told = figures(program, parts, "--model", "colours")
    assert (told["split"], told["images"], told["top1"]) == ("validation", 3, 1.0)
    told = figures(program, parts, "--model", "colours", "--split", "train")
    assert (told["images"], told["top1"]) == (4, 0.75)
    assert figures(program, parts, "--model", "colours", "--split", "all")["images"] == 10


def test_records_give_the_figures_of_the_images_in_them(program: Program, home: ModelStore, tmp_path: Path) -> None:
    labels = ["n00000003\tblue, azure", "n00000002\tgreen", "n00000001\tred, crimson"]
    validation = [(plain("blue"), 0), (plain("green"), 1), (plain("red"), 2), (plain("red"), 0)]
    records = write_dataset(tmp_path / "records", labels, train=[(plain("red"), 0)], validation=validation)
    told = figures(program, records, "--model", "colours")
    assert (told["split"], told["images"], told["top1"]) == ("validation", 4, 0.75)
    assert told["confused"] == [{"truth": "blue", "guess": "red", "images": 1, "share": 0.5}]


def test_images_that_cannot_be_read_are_listed_and_the_others_measured(
    program: Program, home: ModelStore, data: Path
) -> None:
    (data / "red" / "cut.png").write_bytes(encode(Image.effect_noise((64, 64), 90), "PNG")[:300])
    (data / "red" / "notes.txt").write_text("no image")
    outcome = program("evaluate", data, "--model", "colours", "--json")
    told = json.loads(outcome.out)
    assert told["images"] == 8
    assert {item["name"] for item in told["skipped"]} == {"red/cut.png", "red/notes.txt"}
    assert "labelbot: left out red/cut.png: the image is damaged" in outcome.err
    assert "labelbot: left out red/notes.txt: not an image" in outcome.err


@pytest.mark.slow
def test_pictures_are_put_into_the_folder(program: Program, home: ModelStore, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "pictures"
    assert program("evaluate", data, "--model", "colours", "--out", out).status == 0
    assert sorted(path.name for path in out.iterdir()) == ["confusion.png", "reliability.png"]
    for path in out.iterdir():
        with Image.open(path) as picture:
            assert picture.format == "PNG"


def test_calibration_is_stored_and_applied_to_the_next_answers(
    program: Program, home: ModelStore, data: Path, tmp_path: Path
) -> None:
    before, red = home.find("colours").spec, tmp_path / "red.png"
    red.write_bytes(plain("red"))
    before_scores = scores(program, red)
    outcome = program("evaluate", data, "--model", "colours", "--calibrate", "--out", tmp_path / "out")
    assert outcome.status == 0, outcome.err
    assert "fits to all images of the folder; say --split validation" in outcome.err
    spec = home.find("colours").spec
    assert spec.version != before.version
    assert f"stored as version {spec.version}" in outcome.out
    assert f"1 -> {spec.temperature:g}" in outcome.out
    assert (tmp_path / "out" / "reliability-calibrated.png").is_file()
    after = figures(program, data, "--model", "colours")
    assert (after["version"], after["temperature"]) == (spec.version, spec.temperature)
    powers = np.array(before_scores) ** (1 / spec.temperature)
    np.testing.assert_allclose(scores(program, red), powers / powers.sum(), rtol=1e-4)


def scores(program: Program, image: Path) -> list[float]:
    """What the model answers, by the outputs."""
    told = json.loads(program("label", image, "--model", "colours", "--json").out)
    return [prediction["score"] for prediction in sorted(told["predictions"], key=lambda one: one["index"])]


@pytest.mark.parametrize(
    ("options", "name"), [((), "efficientnet_lite0"), (("--model", "starter"), "starter")], ids=["default", "starter"]
)
def test_what_comes_with_the_program_is_not_calibrated(
    program: Program, data: Path, options: Sequence[str], name: str
) -> None:
    outcome = program("evaluate", data, "--calibrate", *options)
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err == (
        f"labelbot: {name} comes with the program and cannot be calibrated; --model names one of your own\n"
    )


def test_a_full_disk_leaves_the_model_as_it_was(program: Program, home: ModelStore, data: Path) -> None:
    before = home.find("colours")
    with small_files_only(200):
        outcome = program("evaluate", data, "--model", "colours", "--calibrate")
    assert (outcome.status, outcome.out) == (1, "")
    assert "File too large" in outcome.err
    assert home.find("colours") == before
    assert len([path for path in (program.home / "models").iterdir() if path.is_dir()]) == 2, "one, by two names"


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["--model", "nothing"], 1, "no model named 'nothing' is installed"),
        (["--split", "some"], 2, "--split"),
        (["--model", "starter"], 1, "classes that the model has labels for. Received 3 of 3 without: 'blue', 'green'"),
    ],
)
def test_wrong_options_are_one_sentence(
    program: Program, home: ModelStore, data: Path, arguments: list[str], status: int, sentence: str
) -> None:
    outcome = program("evaluate", data, *arguments)
    assert (outcome.status, outcome.out) == (status, "")
    assert sentence in outcome.err
    assert status == 2 or outcome.err.count("\n") == 1


def test_unfit_data_is_one_sentence(program: Program, home: ModelStore, tmp_path: Path) -> None:
    empty, one = tmp_path / "empty", tmp_path / "one"
    empty.mkdir()
    put(one, "red/0.png", "red")
    damaged = write_dataset(tmp_path / "records", ["red", "green"], validation=[(plain("red"), 0)])
    file = damaged / "validation-00000-of-00001.tfrecord"
    file.write_bytes(file.read_bytes()[:-20])
    for folder in (tmp_path / "absent", empty, one, damaged):
        outcome = program("evaluate", folder, "--model", "colours")
        assert (outcome.status, outcome.out, outcome.err.count("\n")) == (1, "", 1), outcome
        assert outcome.err.startswith("labelbot: expected ")
        assert "Received" in outcome.err


def test_a_place_for_pictures_that_is_a_file_is_told_before_the_work(
    program: Program, home: ModelStore, data: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    outcome = program("evaluate", data, "--model", "colours", "--out", tmp_path / "file")
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (1, "", 1)
    assert str(tmp_path / "file") in outcome.err
