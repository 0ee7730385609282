from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from subprocess import PIPE

import pytest

import inference
from bot.config import load_settings
from inference.compiler.comparison import SAMPLE
from inference.models.store import BUILT_IN, ModelStore
from tests.support.full_disk import small_files_only
from tests.support.program import Outcome, Program

FULL = "labelbot: the output cannot be read or written: No space left on device\n"
STARTER = Path(inference.__file__).parent / "models" / "starter"


def install(program: Program, *options: str | Path, name: str = "copy") -> Outcome:
    """Install the starter's own network under another name."""
    return program(
        "models", "install", STARTER / "model.tflite", "--labels", STARTER / "labels.txt", "--name", name, *options
    )


@pytest.mark.usefixtures("home")
def test_list_tells_of_each_model_what_one_chooses_by(program: Program) -> None:
    assert install(program, "--input-range", "-1,1", "--licence", "MIT").status == 0
    header, starter, efficientnet, copy = program("models", "list").out.splitlines()
    assert header.split() == ["NAME", "VERSION", "INPUT", "CLASSES", "SIZE", "LICENCE", "DEFAULT"]
    name, version, size, classes, megabytes, licence = starter.split()
    assert (name, size, classes, licence) == ("starter", "64x64", "200", "Apache-2.0")
    assert len(version) == 12
    assert 0 < float(megabytes.removesuffix("MB")) <= 4
    assert (efficientnet.split()[0], efficientnet.split()[-1]) == ("efficientnet_lite0", "yes")
    assert (copy.split()[0], copy.split()[-1]) == ("copy", "MIT")
    assert starter.index("64x64") == copy.index("64x64") == header.index("INPUT")


def test_show_tells_every_field_that_has_a_value_the_outputs_and_the_place(program: Program) -> None:
    shown = dict(line.split(": ", 1) for line in program("models", "show", "starter").out.splitlines())
    spec = ModelStore(program.home).find("starter").spec
    known = {field.name for field in fields(spec) if getattr(spec, field.name) is not None}
    assert set(shown) == known | {"default", "size", "path", "card"}
    assert shown["outputs"] == "probabilities, embedding, features"
    assert shown["input_range"] == "-1.0, 1.0"
    assert shown["accuracy"] == "56.1%"
    assert (shown["head"], shown["default"]) == ("no", "no")
    assert shown["path"] == str(STARTER)
    assert shown["card"] == f"{STARTER}/MODEL_CARD.md"


def test_json_tells_the_same_of_each_model(program: Program) -> None:
    install(program, "--input-range", "-1,1")
    copy = json.loads(program("models", "show", "copy", "--json").out)
    assert (copy["name"], copy["classes"], copy["input_range"]) == ("copy", 200, [-1.0, 1.0])
    assert (copy["card"], copy["pictures"], copy["default"]) == (None, [], False)
    picture = program.home / "models/copy/curves.png"
    picture.touch()  # as `retrain` makes it
    assert f"pictures: {picture}\n" in program("models", "show", "copy").out
    picture.unlink()
    assert copy["size_bytes"] > 3_000_000
    listed = [json.loads(line) for line in program("models", "list", "--json").out.splitlines()]
    assert [model["name"] for model in listed] == ["starter", "efficientnet_lite0", "copy"]
    assert listed[2] == copy
    available = [json.loads(line) for line in program("models", "available", "--json").out.splitlines()]
    assert len(available) == len(program("models", "available").out.splitlines()) - 1
    assert set(available[0]) == {"name", "title", "download_bytes", "accuracy", "licence", "installed"}
    assert not any(model["installed"] for model in available)


def test_the_model_in_use_is_the_default_of_label_and_of_the_bot(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(program, "--input-range", "-1,1")
    assert load_settings().model == "auto"
    used = program("models", "use", "copy")
    assert (used.status, used.err) == (0, "")
    assert used.out.startswith("copy is the default now; a running bot uses it after a restart")
    assert load_settings().model == "copy"
    assert json.loads(program("label", "--json", SAMPLE).out)["model"] == "copy"
    assert json.loads(program("models", "show", "copy", "--json").out)["default"]
    removed = program("models", "remove", "copy")
    assert removed.err == "labelbot: copy is the default; choose another one first, with labelbot models use NAME\n"
    # What is said of a single run goes first.
    assert json.loads(program("label", "--json", SAMPLE, "--model", "starter").out)["model"] == "starter"
    assert program("models", "use", "auto").status == 0
    assert load_settings().model == "auto"
    monkeypatch.setenv("LABELBOT_MODEL", "starter")
    assert load_settings().model == "starter"
    assert program("models", "use", "copy").err == "labelbot: LABELBOT_MODEL is set to starter, which goes first\n"


def test_a_model_that_is_missing_or_broken_is_not_used(program: Program) -> None:
    install(program, "--input-range", "-1,1")
    (program.home / "models/copy/model.tflite").write_bytes(b"torn")
    for name in ("copy", "nothing"):
        assert program("models", "use", name).status == 1
    assert ModelStore(program.home).default == "auto"


def test_an_installed_model_lies_in_the_home_folder_until_it_is_removed(program: Program) -> None:
    installed = install(program, "--input-range", "-1,1", "--crop", "0.5", "--threshold", "0.7")
    assert installed.status == 0
    assert installed.out.splitlines()[-1].startswith("installed copy, version ")
    shown = program("models", "show", "copy").out
    assert "crop: 0.5" in shown
    assert "threshold: 0.7" in shown
    assert f"path: {program.home / 'models' / 'copy'}" in shown
    assert program("models", "remove", "copy") == Outcome(0, "removed copy\n", "")
    assert "copy" not in program("models", "list").out


@pytest.mark.slow
def test_another_home_has_other_models(program: Program, tmp_path: Path) -> None:
    install(program, "--input-range", "-1,1")
    assert "copy" not in program("models", "list", "--home", tmp_path / "elsewhere").out


def test_a_taken_name_needs_replace(program: Program) -> None:
    install(program, "--input-range", "-1,1")
    again = install(program, "--input-range", "0,1")
    assert (again.status, again.out) == (1, "")
    assert "'copy'" in again.err
    assert install(program, "--input-range", "0,1", "--replace").status == 0
    assert "input_range: 0.0, 1.0" in program("models", "show", "copy").out


def test_what_does_not_fit_is_one_line_and_nothing_is_installed(program: Program, tmp_path: Path) -> None:
    short, binary, text = tmp_path / "short.txt", tmp_path / "binary.txt", tmp_path / "text.tflite"
    short.write_text("ant\nbee\n")
    binary.write_bytes(b"\xff\xfe\x00\n" * 200)
    text.write_text("no network at all, but long enough to look like one " * 10)
    misfits: list[list[str | Path]] = [
        [STARTER / "model.tflite", "--labels", short, "--input-range", "-1,1"],
        [STARTER / "model.tflite", "--labels", binary, "--input-range", "-1,1"],
        [STARTER / "model.tflite", "--labels", STARTER / "labels.txt"],
        [STARTER / "model.tflite", "--labels", STARTER / "labels.txt", "--input-range", "1,-1"],
        [STARTER / "model.tflite", "--labels", STARTER / "labels.txt", "--input-range", "-1,1", "--crop", "1.5"],
        [text, "--labels", STARTER / "labels.txt"],
    ]
    for arguments in misfits:
        refused = program("models", "install", *arguments, "--name", "misfit")
        assert (refused.status, refused.out, refused.err.count("\n")) == (1, "", 1), refused
        assert refused.err.startswith("labelbot: ")
    assert "misfit" not in program("models", "list").out


@pytest.mark.parametrize("command", ["show", "use", "remove"])
def test_an_unknown_name_is_answered_with_the_installed_ones(program: Program, command: str) -> None:
    install(program, "--input-range", "-1,1")
    unknown = program("models", command, "nothing")
    assert (unknown.status, unknown.out) == (1, "")
    assert (
        unknown.err == "labelbot: no model named 'nothing' is installed; installed: starter, efficientnet_lite0, copy\n"
    )


@pytest.mark.parametrize("name", BUILT_IN)
def test_what_comes_with_the_program_is_neither_removed_replaced_nor_pulled(program: Program, name: str) -> None:
    comes = f"labelbot: {name} comes with the program"
    assert program("models", "remove", name) == Outcome(1, "", f"{comes} and cannot be removed\n")
    assert program("models", "pull", name) == Outcome(1, "", f"{comes}, so there is nothing to pull\n")
    assert install(program, "--replace", name=name) == Outcome(1, "", f"{comes} and cannot be replaced\n")


@pytest.mark.parametrize("text", ["", "1", "a,b", "1,2,3"])
def test_an_input_range_that_is_not_two_numbers_is_a_usage_error(program: Program, text: str) -> None:
    refused = install(program, "--input-range", text)
    assert refused.status == 2
    assert "two numbers" in refused.err


def test_a_home_that_is_no_folder_is_one_line(program: Program) -> None:
    program.home.write_text("a file")
    for refused in (install(program, "--input-range", "-1,1"), program("models", "pull", "birds", "--from", STARTER)):
        refusal = f"labelbot: {program.home}/models cannot be read or written: Not a directory\n"
        assert refused == Outcome(1, "", refusal)


def test_a_home_without_room_is_named(program: Program) -> None:
    with small_files_only(1_000_000):
        refused = install(program, "--input-range", "-1,1")
    assert refused == Outcome(1, "", f"labelbot: {program.home}/models cannot be read or written: File too large\n")


@pytest.mark.parametrize(
    "command",
    [
        ("models", "install", "network.tflite", "--labels", "labels.txt"),
        ("retrain", "photos"),
        ("train", "photos"),
    ],
)
def test_a_home_that_cannot_be_written_is_told_before_any_work(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    """The files and the photos would be refused, too."""
    monkeypatch.chdir(tmp_path)
    for name in ("network.tflite", "labels.txt"):
        Path(name).write_text("nothing")
    Path("photos").mkdir()
    program.home.write_text("a file")
    refusal = f"labelbot: {program.home}/models cannot be read or written: Not a directory\n"
    refused = program(*command, "--name", "mine")
    assert (refused.status, refused.err) == (1, refusal)


def test_output_that_cannot_be_written_is_one_line() -> None:
    program = Path(sys.executable).with_name("labelbot")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([program, "models", "available"], stdout=full, stderr=PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, FULL)
