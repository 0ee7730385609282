# ruff: noqa: RUF001 - characters that look alike
from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from inference.models.store import ModelStore
from tests.support.colour_models import install_colours, plain
from tests.support.program import Outcome, Program

PROGRAM = Path(sys.executable).with_name("labelbot")


@pytest.fixture
def folder(tmp_path: Path, program: Program) -> Path:
    """Photos of three colours, two of one name; a broken one; files that are none. The model names the colours."""
    install_colours(ModelStore(program.home), tmp_path, labels=("red", "AC/DC", "blue"))
    folder = tmp_path / "photos"
    for name, colour in {"a/1.png": "red", "b/1.png": "red", "b/2.png": "blue", "green.png": "green"}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(plain(colour, 32 if name == "a/1.png" else 40))
    (folder / "@eaDir").mkdir()
    (folder / "@eaDir/1.png").write_bytes(plain("red"))
    (folder / "b/broken.jpg").write_text("no image")
    (folder / "notes.txt").write_text("no image")
    return folder


@pytest.fixture
def label(program: Program, monkeypatch: pytest.MonkeyPatch) -> Label:
    return Label(program, monkeypatch)


class Label:
    """`labelbot label` with the colours' model."""

    def __init__(self, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
        self._program = program
        monkeypatch.setenv("LABELBOT_MODEL", "colours")

    def __call__(self, *arguments: str | Path) -> Outcome:
        return self._program("label", *arguments)


def sorted_files(target: Path) -> list[str]:
    return sorted(path.relative_to(target).as_posix() for path in target.rglob("*") if not path.is_dir())


def test_the_images_of_a_folder_are_labelled_and_a_broken_one_spoils_none(label: Label, folder: Path) -> None:
    labelled = label(folder, "--top", "1")
    assert labelled.status == 1
    assert [line for line in labelled.out.splitlines() if line.startswith("==>")] == [
        f"==> {folder / name} <==" for name in ("a/1.png", "b/1.png", "b/2.png", "green.png")
    ]
    broken, summary = labelled.err.splitlines()
    assert broken.startswith(f"labelbot: {folder}/b/broken.jpg: not an image")
    assert summary == "labelbot: 4 of 5 images labelled; 1 failed; 1 other file passed over"


def test_json_has_an_object_for_each_image_that_fails_too(label: Label, folder: Path) -> None:
    answers = [json.loads(line) for line in label("--json", folder, folder / "nothing*.jpg").out.splitlines()]
    assert [Path(answer["image"]).name for answer in answers if "error" not in answer] == [
        "1.png", "1.png", "2.png", "green.png",
    ]  # fmt: skip
    pattern, broken = [answer for answer in answers if "error" in answer]
    assert pattern == {"image": str(folder / "nothing*.jpg"), "error": "no image has a name of this pattern"}
    assert set(broken) == {"image", "error"}
    assert broken["image"] == str(folder / "b/broken.jpg")


def test_csv_has_a_row_for_each_image_that_fails_too(label: Label, folder: Path) -> None:
    (folder / "a/1.png").rename(folder / 'a/1, "the first".png')
    labelled = label(folder, "--csv", "--top", "2")
    rows = list(csv.DictReader(io.StringIO(labelled.out)))
    assert list(rows[0]) == [
        "image", "headline", "level", "probability", "label_1", "score_1", "label_2", "score_2", "error",
    ]  # fmt: skip
    assert [(Path(row["image"]).name, row["label_1"]) for row in rows] == [
        ('1, "the first".png', "red"), ("1.png", "red"), ("2.png", "blue"), ("broken.jpg", ""), ("green.png", "AC/DC"),
    ]  # fmt: skip
    assert [bool(row["error"]) for row in rows] == [False, False, False, True, False]
    assert labelled.err.count("\n") == 1


def test_sorting_copies_each_photo_into_the_folder_of_its_label(label: Label, folder: Path) -> None:
    target = folder / "sorted"
    in_order = ["red/1.png", "red/1 (2).png", "blue/2.png", "AC／DC/green.png"]
    for done in (f"4 sorted into {target}", f"0 sorted into {target}; 4 there already"):
        labelled = label(folder, "--json", "--sort-into", target)
        assert labelled.err == f"labelbot: 4 of 5 images labelled; {done}; 1 failed; 1 other file passed over\n"
        answers = [json.loads(line) for line in labelled.out.splitlines()]
        assert [answer["sorted_into"] for answer in answers if "error" not in answer] == [
            str(target / name) for name in in_order
        ]
        assert sorted_files(target) == sorted(in_order)
    assert (folder / "a/1.png").read_bytes() == (target / "red/1.png").read_bytes() == plain("red")


def test_what_no_label_is_sure_of_has_a_folder_of_its_own(label: Label, folder: Path, tmp_path: Path) -> None:
    labelled = label(folder / "a/1.png", "--min-score", "1", "--sort-into", tmp_path / "sorted", "--link")
    assert labelled.out == f"not sure\n-> {tmp_path}/sorted/not sure/1.png\n"
    assert (tmp_path / "sorted/not sure/1.png").readlink() == folder / "a/1.png"


def test_labels_below_the_minimum_score_are_left_out(label: Label, folder: Path) -> None:
    (answer,) = map(json.loads, label("--json", folder / "a/1.png", "--min-score", "0.5").out.splitlines())
    assert [prediction["label"] for prediction in answer["predictions"]] == ["red"]
    assert label(folder / "a/1.png", "--min-score", "1.5").status == 2


def test_a_folder_without_images_is_told(label: Label, tmp_path: Path, folder: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    refused = label(empty, "--sort-into", tmp_path / "sorted")
    assert (refused.status, refused.out) == (1, "")
    assert refused.err.splitlines()[0] == f"labelbot: {empty}: expected images in this folder. Received: none"


def test_options_that_do_not_fit_are_usage_errors(label: Label, folder: Path) -> None:
    for arguments in (
        (),
        (folder, "--csv", "--json"),
        (folder, "--link"),
        ("--list", folder / "notes.txt", "--sort-into", folder, "-"),
        (folder, "--sort-into", folder),
        ("http://example.com/a.png", "--sort-into", folder),
        ("-", "--sort-into", folder),
    ):
        assert label(*arguments).status == 2, arguments
    assert not (folder / "red").exists()


def test_a_target_that_cannot_be_written_is_told_before_the_work(label: Label, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused = label(folder, "--sort-into", tmp_path / "file/sorted")
    assert refused == Outcome(1, "", f"labelbot: {tmp_path}/file/sorted cannot be written: Not a directory\n")


def test_ctrl_c_ends_the_command_and_tells_what_was_done(label: Label, folder: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")  # the image that never comes
    command: list[str | Path] = [
        PROGRAM,
        "label",
        folder / "a/1.png",
        tmp_path / "pipe",
        "--json",
        "--sort-into",
        tmp_path / "sorted",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        with (tmp_path / "pipe").open("wb"):  # the thread that waits for it ends, too
            time.sleep(0.5)  # on a busy machine, the image would else end before the command hears of the signal
        _, told = process.communicate()
    assert process.returncode == 130
    assert told == f"labelbot: stopped: 1 of 2 images labelled; 1 sorted into {tmp_path}/sorted\n"
    assert sorted_files(tmp_path / "sorted") == ["red/1.png"]
