"""`labelbot teach`, and what labels photos with what it taught."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from inference.commands import teach as teaching
from inference.images.sample_photos import sample_photos
from inference.models.bundle import Bundle
from inference.models.store import ModelStore
from inference.teaching.taught_file import TaughtFile, taught_path
from tests.support.colour_models import install_colours, plain
from tests.support.program import Program


@pytest.fixture
def colours(program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with the model `colours`, and photos of one colour each beside it."""
    install_colours(ModelStore(program.home), tmp_path)
    monkeypatch.setenv("LABELBOT_MODEL", "colours")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cat.jpg").write_bytes(sample_photos()[1].read_bytes())
    for name, size in (("red", 20), ("red", 30), ("blue", 20), ("green", 20)):
        (tmp_path / f"{name}-{size}.png").write_bytes(plain(name, size))
    return tmp_path


def test_a_taught_class_comes_first_marked_as_taught(program: Program, colours: Path) -> None:
    done = program("teach", "Rose", "red-20.png")
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("I now know Rose (1 photo).\n")
    labelled = program("label", "red-30.png", "--top", "1")
    assert labelled.out.splitlines()[0].startswith("Rose (taught, probability = 0.")
    assert labelled.out.splitlines()[1].startswith("red (score")
    other = program("label", "blue-20.png", "--top", "1")
    assert "taught" not in other.out
    facts = json.loads(program("label", "red-30.png", "--json").out)
    assert facts["headline"]["name"] == "Rose"
    assert facts["headline"]["level"] == "taught"
    assert [each["name"] for each in facts["taught"]] == ["Rose"]
    table = program("label", "red-30.png", "--csv", "--top", "1").out.splitlines()
    assert table[1].startswith("red-30.png,Rose,taught,")


def test_taught_classes_are_listed_and_forgotten(program: Program, colours: Path) -> None:
    program("teach", "Rose", "red-20.png")
    program("teach", "  Sea \n", "blue-20.png")
    listed = program("taught", "list")
    assert listed.out.splitlines()[:3] == ["CLASS  PHOTOS  MODEL", "Rose   1       colours", "Sea    1       colours"]
    assert program("taught", "forget", "Rose").out == "forgot Rose, which colours was taught\n"
    wrong = program("taught", "forget", "Rose")
    assert (wrong.status, wrong.out) == (1, "")
    assert wrong.err == "labelbot: Nothing is called 'Rose'; taught are: Sea.\n"
    program("taught", "forget", "Sea")
    assert not taught_path(program.home, "colours").exists()
    assert "taught" not in program("label", "red-30.png").out


def test_what_another_program_taught_meanwhile_is_kept(
    program: Program, colours: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program("teach", "Rose", "red-20.png")
    path = taught_path(program.home, "colours")
    read_photos = teaching._embed

    def meanwhile(bundle: Bundle, paths: Sequence[str]) -> list[npt.NDArray[np.float32]]:
        rows = read_photos(bundle, paths)
        TaughtFile.read(path).teach("Sea", rows).write(path)
        return rows

    monkeypatch.setattr(teaching, "_embed", meanwhile)
    assert program("teach", "Grass", "green-20.png").status == 0
    assert sorted(TaughtFile.read(path).photos) == ["Grass", "Rose", "Sea"]


def test_a_class_is_forgotten_by_another_spelling_of_its_name(program: Program, colours: Path) -> None:
    program("teach", "Caf\u00e9 Noir", "red-20.png")
    assert program("taught", "forget", "CAFE\u0301  noir").out == "forgot Caf\u00e9 Noir, which colours was taught\n"
    none = program("taught", "forget", "Rex")
    assert none.err == "labelbot: Nothing is called 'Rex'; nothing was taught on the command line.\n"


def test_a_photo_of_two_classes_is_pointed_out(program: Program, colours: Path) -> None:
    program("teach", "Rose", "red-20.png", "blue-20.png")
    other = program("teach", "Tulip", "red-20.png", "green-20.png")
    assert other.err == "labelbot: Tulip and Rose share 1 photo; labels may show both names\n"
    assert other.out.startswith("I now know Tulip (2 photos).")


def test_upper_and_lower_case_are_the_same_class(program: Program, colours: Path) -> None:
    program("teach", "Rose", "red-20.png")
    again = program("teach", "ROSE", "red-20.png", "blue-20.png")
    assert again.err == "labelbot: 1 photo left out, as Rose has the same photo already\n"
    assert again.out.startswith("I now know Rose (2 photos).")
    assert list(TaughtFile.read(taught_path(program.home, "colours")).photos) == ["Rose"]


def test_the_same_photo_is_learnt_once(program: Program, colours: Path) -> None:
    program("teach", "Rose", "red-20.png")
    again = program("teach", "Rose", "red-20.png", "blue-20.png")
    assert again.err == "labelbot: 1 photo left out, as Rose has the same photo already\n"
    assert again.out.startswith("I now know Rose (2 photos). Each held out in turn, ")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["", "red-20.png"], "expected a name of 1 to 64 characters"),
        (["x" * 65, "red-20.png"], "Received: 65"),
        (["a\x00b", "red-20.png"], "control characters"),
        (["Rose", "http://127.0.0.1/x.jpg"], "files, folders or"),
        (["Rose", "broken.jpg"], "None of the photos could be read; nothing has changed."),
        (["Rose", "absent.jpg"], "nothing has changed."),
    ],
)
def test_what_cannot_be_taught_changes_nothing(
    program: Program, colours: Path, arguments: list[str], reason: str
) -> None:
    (colours / "broken.jpg").write_text("no photo")
    refused = program("teach", *arguments)
    assert refused.status != 0
    assert reason in " ".join(refused.err.replace("│", " ").split())
    assert not taught_path(program.home, "colours").exists()


def test_a_damaged_file_is_named(program: Program, colours: Path) -> None:
    program("teach", "Rose", "red-20.png")
    path = taught_path(program.home, "colours")
    path.write_text("{")
    for command in (["label", "red-30.png"], ["teach", "Rose", "red-30.png"], ["taught", "list"]):
        failed = program(*command)
        assert failed.status == 1
        assert f"{path}: expected what labelbot teach writes" in failed.err
    assert path.read_text() == "{"


def test_classes_of_another_version_of_the_model_are_not_used(program: Program, colours: Path, tmp_path: Path) -> None:
    program("teach", "Rose", "red-20.png")
    install_colours(ModelStore(program.home), tmp_path, side=9)
    failed = program("label", "red-30.png")
    assert failed.status == 1
    assert "forget them (labelbot taught forget) and teach them again" in failed.err


def test_a_model_is_made_of_what_was_taught(program: Program, colours: Path) -> None:
    source = taught_path(program.home, "starter")
    program("teach", "Rose", "red-20.png", "red-30.png", "--model", "starter")
    made = program("retrain", "--taught", source, "--name", "garden")
    assert (made.status, made.err) == (0, "")
    assert "whose 200 names it keeps" in made.out
    assert "classes: 201\n" in program("models", "show", "garden").out
    named = program("label", "--model", "garden", "red-30.png", "cat.jpg", "--top", "1")
    plainly = program("label", "--model", "starter", "cat.jpg", "--top", "1").out.splitlines()[-1].split(" (")[0]
    assert [line.split(" (")[0] for line in named.out.splitlines() if "score" in line] == ["Rose", plainly]
    again = program("retrain", "--taught", source, "--name", "garden")
    assert again.status == 2


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("-100", "The chat -100 has taught nothing; no chat has."),
        ("absent", "Received: absent, which does not exist"),
        ("broken.jpg", "expected what labelbot teach writes"),
        ("{home}/taught/colours.json", "whose last layer can be read. Received: colours; retrain it on photos instead"),
    ],
)
def test_what_was_not_taught_makes_no_model(program: Program, colours: Path, source: str, reason: str) -> None:
    program("teach", "Rose", "red-20.png")
    (colours / "broken.jpg").write_text("no photo")
    refused = program("retrain", f"--taught={source.format(home=program.home)}", "--name", "other")
    assert refused.status == 1
    assert reason in refused.err
    assert program("models", "show", "other").status == 1
