"""`labelbot retrain`, from photos to an installed model."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from inference.models.spec import HELD_OUT
from inference.models.store import BUILT_IN, ModelStore
from tests.support.colour_models import install_colours
from tests.support.colour_photos import colour_photo, write_photos
from tests.support.full_disk import small_files_only
from tests.support.processes import HANG_S, alive
from tests.support.program import Outcome, Program
from tests.support.tfrecords import write_dataset

Retrain = Callable[..., Outcome]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return write_photos(tmp_path / "photos", {"cold": 40, "warm": 30})


@pytest.fixture
def store(program: Program, tmp_path: Path) -> ModelStore:
    """With the base `colours`."""
    store = ModelStore(program.home)
    install_colours(store, tmp_path)
    return store


@pytest.fixture
def retrain(store: ModelStore, program: Program, photos: Path) -> Retrain:
    def retrain(*options: str | Path, data: Path = photos, name: str = "mine") -> Outcome:
        return program("retrain", data, "--name", name, "--base", "colours", "--epochs", "6", *options)

    return retrain


def test_the_new_model_answers_and_shares_the_network_of_its_base(
    retrain: Retrain, program: Program, store: ModelStore, tmp_path: Path
) -> None:
    done = retrain("--testing-percentage", "30", "--print-misclassified")
    assert done.status == 0, done.err
    assert "70 photos: " in done.out
    assert "70 embeddings computed, 0 known before" in done.out
    assert re.search(r"cold has \d+ photos|warm has \d+ photos to learn from, cold \d+", done.out)
    assert "epoch   1: loss " in done.out
    assert re.search(r"^top-1 100\.0%, top-5 100\.0% of \d+ test photos$", done.out, re.MULTILINE)
    assert re.search(r"^cold +\d+ +100\.0% +100\.0%$", done.out, re.MULTILINE)
    assert re.search(r"^ 1 cold +\d+ +\.$", done.out, re.MULTILINE)
    assert re.search(r"^0 of \d+ misclassified$", done.out, re.MULTILINE)

    photo = tmp_path / "photo.png"
    photo.write_bytes(colour_photo("warm", 1000))
    assert program("label", "--model", "mine", photo).out.startswith("warm (score = ")

    base, mine = store.find("colours"), store.find("mine")
    assert (mine.directory / "model.tflite").samefile(base.directory / "model.tflite")
    assert (mine.spec.classes, mine.spec.head, mine.spec.accuracy) == (2, True, 1.0)
    assert mine.spec.measured_on == HELD_OUT
    assert mine.spec.base == f"colours {base.spec.version}"
    for picture in ("confusion.png", "curves.png"):
        with Image.open(mine.directory / picture) as image:
            assert image.format == "PNG"
    card = (mine.directory / "MODEL_CARD.md").read_text()
    for text in ("# Model card: `mine`", "| cold | ", "100.0%", f"`colours {base.spec.version}`", "--name mine"):
        assert text in card, card


@pytest.mark.slow
def test_a_second_run_computes_nothing_anew_and_comes_to_the_same(
    retrain: Retrain, store: ModelStore, program: Program
) -> None:
    retrain()
    first = store.find("mine")
    refused = retrain()
    assert (refused.status, "not taken, or --replace" in refused.err) == (2, True)
    same = retrain("--replace")
    assert "\n0 embeddings computed, 70 known before" in same.out
    assert store.find("mine").spec == first.spec
    assert len(list((program.home / "embeddings").iterdir())) == 1


def test_what_is_worse_than_wanted_is_not_installed(retrain: Retrain, photos: Path, store: ModelStore) -> None:
    for number in range(40):
        (photos / "cold" / f"wrong{number}.png").write_bytes(colour_photo("warm", 500 + number))
    done = retrain("--testing-percentage", "30", "--min-accuracy", "0.95", "--print-misclassified")
    assert done.status == 1
    assert re.fullmatch(
        r"labelbot: expected a top-1 of at least 95\.0%\. Received: \d\d\.\d%; .*", done.err.splitlines()[-1]
    )
    assert re.search(r"^cold/wrong\d+\.png: warm \(score = 0\.\d+\), not cold$", done.out, re.MULTILINE)
    assert "mine" not in store.names()


def test_what_is_left_out_and_what_is_scarce_is_told(retrain: Retrain, photos: Path) -> None:
    write_photos(photos, {"green": 12})
    (photos / "warm" / "notes.txt").write_text("no photo")
    (photos / "warm" / "cut.png").write_bytes(colour_photo("warm", 77)[:150])
    (photos / "warm" / "copy.png").write_bytes((photos / "cold" / "000.png").read_bytes())
    done = retrain()
    assert done.status == 0, done.err
    for left_out in ("warm/notes.txt: not an image", "warm/cut.png: the image is damaged", "warm/copy.png: the same"):
        assert f"labelbot: left out {left_out}" in done.err
    assert re.search(r"labelbot: green has \d+ photos to learn from; 20 or more work well", done.err)


def test_six_photos_are_cross_validated(retrain: Retrain, store: ModelStore, tmp_path: Path) -> None:
    done = retrain(data=write_photos(tmp_path / "six", {"cold": 3, "warm": 3}))
    assert done.status == 0, done.err
    assert "6 photos: so few that all are learnt from, and measured by cross-validation" in done.out
    assert "top-1 100.0%, top-5 100.0% of 6 photos, each by a model that had not learnt from it" in done.out
    assert "guessing" not in done.err
    assert "On 6 photos, each by a model that" in (store.find("mine").directory / "MODEL_CARD.md").read_text()


def test_a_model_that_is_no_better_than_guessing_is_said_to_be_so(retrain: Retrain, tmp_path: Path) -> None:
    data = write_photos(tmp_path / "noise", {"cold": 12, "green": 12})
    for number in range(12):
        (data / ("cold", "green")[number % 2] / f"{number:03d}.png").write_bytes(colour_photo("warm", 100 + number))
        (data / ("cold", "green")[number % 2] / f"{(number + 1) % 12:03d}.png").write_bytes(
            colour_photo("warm", 300 + number)
        )
    done = retrain(data=data)
    assert done.status == 0, done.err
    assert re.search(
        r"labelbot: the model is right for \d+ of 24 photos, and always answering cold would be right for 12: that is "
        r"not clearly better than guessing\. More photos help most",
        done.err,
    )


def test_photos_of_something_else_are_told_from_the_classes(retrain: Retrain, program: Program, tmp_path: Path) -> None:
    done = retrain("--other", write_photos(tmp_path / "other", {"green": 30}), name="cold-or-warm")
    assert done.status == 0, done.err
    assert re.search(r"it recognises [\d.]+%; of 30 photos of other things, it mistakes [\d.]+% for one", done.out)
    for class_name, first in (("warm", "warm (score"), ("green", "like none of its classes (familiarity = 0.")):
        photo = tmp_path / "photo.png"
        photo.write_bytes(colour_photo(class_name, 1000))
        assert program("label", "--model", "cold-or-warm", photo).out.startswith(first)
    answer = json.loads(program("label", "--model", "cold-or-warm", "--json", tmp_path / "photo.png").out)
    assert answer["headline"]["level"] == "unsure"
    assert answer["familiarity"] < 0.5


def test_without_photos_of_something_else_it_says_what_the_model_cannot_do(retrain: Retrain, tmp_path: Path) -> None:
    done = retrain()
    assert "labelbot: the model takes a photo of anything for one of its classes. Two different photos" in done.err
    few = retrain("--other", write_photos(tmp_path / "other", {"green": 4}), "--replace")
    assert (few.status, "5 or more photos of none of the classes. Received: " in few.err) == (1, True)


@pytest.mark.parametrize("readable", [0, 4])
def test_photos_of_something_else_that_cannot_be_read_are_told_and_do_not_count(
    retrain: Retrain, tmp_path: Path, readable: int
) -> None:
    other = write_photos(tmp_path / "other", {"green": readable})
    for number in range(5):
        (other / f"cut{number}.png").write_bytes(colour_photo("green", 50 + number)[:150])
    (other / "notes.txt").write_text("no photo")
    done = retrain("--other", other)
    assert done.status == 1
    assert "labelbot: left out cut3.png: the image is damaged" in done.err
    assert "labelbot: left out notes.txt: not an image" in done.err
    assert done.err.splitlines()[-1] == (
        f"labelbot: expected 5 or more photos of none of the classes that can be read. Received: {readable}"
    )


def test_figures_of_few_photos_that_were_learnt_from_are_called_too_good(
    retrain: Retrain, program: Program, photos: Path, tmp_path: Path
) -> None:
    assert retrain().status == 0
    evaluate = ("evaluate", photos, "--model", "mine")
    warning = "labelbot: retrain learns from all of so few photos, so these figures are too good"
    for options in (("--split", "validation"), ("--split", "test"), ("--split", "validation", "--calibrate")):
        done = program(*evaluate, *options)
        assert (done.status, done.err.startswith(warning)) == (0, True), done.err
        assert ("too sure" in done.err) == ("--calibrate" in options)
    parts = write_photos(tmp_path / "parts" / "train", {"cold": 3, "warm": 3}).parent
    write_photos(parts / "val", {"cold": 3, "warm": 3}, first=50)
    for data in (parts, photos):
        assert program("evaluate", data, "--model", "mine").err == ""
    write_photos(photos, {"cold": 40}, first=500)
    assert program(*evaluate, "--split", "validation").err == ""


@pytest.mark.slow
def test_records_are_learnt_from_like_folders(retrain: Retrain, tmp_path: Path, store: ModelStore) -> None:
    splits = {
        split: [
            (colour_photo(name, first + n), label) for n in range(count) for label, name in enumerate(("cold", "warm"))
        ]
        for split, first, count in (("train", 0, 25), ("validation", 100, 5))
    }
    done = retrain(data=write_dataset(tmp_path / "records", ("cold", "warm"), **splits))
    assert done.status == 0, done.err
    assert "top-1 100.0%, top-5 100.0% of 10 validation photos" in done.out
    assert store.find("mine").spec.classes == 2


@pytest.mark.slow
def test_tensorboard_is_given_curves_weights_mistakes_and_embeddings(
    retrain: Retrain, photos: Path, program: Program
) -> None:
    (photos / "cold" / "wrong.png").write_bytes(colour_photo("warm", 500))
    done = retrain("--tensorboard", "--testing-percentage", "40", "--epochs", "3")
    assert done.status == 0, done.err
    folder = program.home / "training" / "mine" / "tensorboard"
    assert f"watch it with: tensorboard --logdir {folder}" in done.out
    (run,) = folder.iterdir()
    events = EventAccumulator(str(run), size_guidance={"tensors": 0})
    events.Reload()
    tags = events.Tags()["tensors"]
    assert {"training/loss", "validation/accuracy", "head/weights"} <= set(tags)
    assert [event.step for event in events.Tensors("training/loss")] == [1, 2, 3]
    rows = (run / "embedding.tsv").read_text().splitlines()
    labels = (run / "embedding-labels.tsv").read_text().splitlines()
    assert len(rows) == len(labels) == 71
    warm_red = [float(row.split("\t")[0]) > 0 for row in rows]
    assert sum(red == (label == "warm") for red, label in zip(warm_red, labels, strict=True)) >= 70


def bad_data(folder: Path) -> dict[str, tuple[Path, str]]:
    """Data sets that no model can be made of, by what is wrong, each with a part of the sentence that says so."""
    write_photos(folder / "one", {"cold": 9})
    write_photos(folder / "hollow", {"cold": 9})
    write_photos(folder / "few", {"cold": 1, "warm": 1})
    write_photos(folder / "lines", {"cold": 9, "warm": 9})
    (folder / "lines" / "warm").rename(folder / "lines" / "warm\nhot")
    (folder / "hollow" / "warm").mkdir()
    (folder / "hollow" / "warm" / "notes.jpg").write_text("no photo")
    (folder / "empty").mkdir()
    photo = colour_photo("cold", 1)
    write_dataset(folder / "labels", ("cold", "warm"), train=[(photo, 0), (photo, 7)], validation=[(photo, 1)])
    write_dataset(folder / "torn", ("cold", "warm"), train=[(photo, 0)] * 3, validation=[(photo, 1)])
    torn = folder / "torn" / "train-00000-of-00001.tfrecord"
    torn.write_bytes(torn.read_bytes()[:-30])
    return {
        "absent": (folder / "absent", "which is no folder"),
        "empty": (folder / "empty", "one folder per class"),
        "one class": (folder / "one", "at least two. Received: cold"),
        "no images": (folder / "hollow", "Received none in: warm"),
        "few": (folder / "few", "at least two different photos of each class; 20 or more work well"),
        "a name of lines": (folder / "lines", "one line of text"),
        "other labels": (folder / "labels", "Received: 7"),
        "a torn record": (folder / "torn", "which ends in record 2"),
    }


def test_data_that_no_model_can_be_made_of_is_one_sentence(retrain: Retrain, tmp_path: Path, store: ModelStore) -> None:
    for wrong, (data, sentence) in bad_data(tmp_path / "bad").items():
        done = retrain(data=data)
        assert done.status == 1, wrong
        assert sentence in done.err, (wrong, done.err)
        assert done.err.count("\n") == 1, (wrong, done.err)
    assert store.names() == (*BUILT_IN, "colours")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--name", "../mine"], "Invalid value for --name: expected a name of at most 64"),
        (["--name", "starter", "--replace"], "Invalid value for --name: starter comes with the program"),
        (["--validation-percentage", "0"], "Invalid value for --validation-percentage: expected above 0"),
        (["--crop", "200"], "Invalid value for --crop: expected 0 to 100 percent"),
        (["--learning-rate", "fast"], "Invalid value for --learning-rate: expected numbers"),
        (["--learning-rate", "0"], "Invalid value for --learning-rate: expected numbers above 0"),
        (["--epochs", "0"], "Invalid value for --epochs: expected at least 1"),
    ],
)
def test_wrong_options_are_usage_errors(retrain: Retrain, options: list[str], sentence: str) -> None:
    refused = retrain(*options)
    assert refused.status == 2
    assert sentence in " ".join(refused.err.split())


@pytest.mark.slow
def test_a_full_disk_leaves_nothing_of_a_model(retrain: Retrain, store: ModelStore) -> None:
    retrain(name="first")
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with small_files_only(8_000):
            done = retrain()
    finally:
        signal.signal(signal.SIGXFSZ, before)
    assert done.status == 1
    *advice, error = done.err.splitlines()
    assert "File too large" in error
    assert not any("File too large" in line for line in advice)
    assert store.names() == (*BUILT_IN, "colours", "first")


@pytest.mark.slow
def test_a_run_that_was_killed_leaves_no_model_and_the_next_goes_on_from_its_embeddings(
    retrain: Retrain, photos: Path, store: ModelStore, program: Program
) -> None:
    write_photos(photos, {"cold": 400, "warm": 400})
    command = [sys.executable, "-c", "from bot.cli import main; main()", "retrain", photos, "--name", "mine"]
    command += ["--base", "colours", "--home", program.home]
    cache = program.home / "embeddings" / f"{store.find('colours').spec.version}.embeddings"
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        deadline_s = time.monotonic() + HANG_S
        while not cache.exists() and time.monotonic() < deadline_s:
            time.sleep(0.005)
        workers = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.kill()
    assert workers
    while any(alive(int(pid)) for pid in workers) and time.monotonic() < deadline_s:
        time.sleep(0.01)
    assert not any(alive(int(pid)) for pid in workers)
    assert "mine" not in store.names()
    done = retrain()
    assert done.status == 0, done.err
    computed, known = map(int, re.findall(r"([\d,]+) embeddings computed, ([\d,]+) known", done.out)[0])
    assert known >= 64
    assert computed + known == 800
