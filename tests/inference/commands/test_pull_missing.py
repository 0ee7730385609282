"""Commands that install the published model that they name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from inference.models.store import BUILT_IN, ModelStore
from tests.support.colour_models import photo, plain
from tests.support.file_server import FileServer, serving
from tests.support.program import Outcome, Program
from tests.support.published import NETWORK, publish_colours

REFUSED = Outcome(
    1, "", "labelbot: colours is not installed, and --no-pull forbids the download: labelbot models pull colours\n"
)
ASKED = [("/colours.tflite", 0), ("/colours.txt", 0)]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """It serves `colours`, which the catalogue names."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving(FileServer()) as server:
        monkeypatch.setenv("LABELBOT_CATALOG", str(publish_colours(server, tmp_path / "catalog.toml")))
        yield server


@pytest.fixture
def red(tmp_path: Path) -> Path:
    (tmp_path / "red.jpg").write_bytes(photo("red"))
    return tmp_path / "red.jpg"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Red and green images of different sizes."""
    folder = tmp_path / "data"
    for colour in ("red", "green"):
        (folder / colour).mkdir(parents=True)
        for number in range(30):
            (folder / colour / f"{number}.png").write_bytes(plain(colour, 32 + number))
    return folder


def test_a_published_model_is_pulled_once_after_a_line_that_says_so(
    program: Program, server: FileServer, red: Path
) -> None:
    first = program("label", "--model", "colours", "--top", "1", red)
    assert (first.status, first.out.split()[0]) == (0, "red")
    told, installed = first.err.splitlines()
    assert told == "labelbot: colours is not installed: downloading 0.0 MB from 127.0.0.1"
    assert installed.startswith("labelbot: installed colours, version ")
    assert server.asked == ASKED
    again = program("label", "--model", "colours", "--top", "1", red)
    assert again == Outcome(0, first.out, "")
    assert server.asked == ASKED


@pytest.mark.parametrize("command", ["label", "evaluate", "retrain", "try", "run"])
def test_no_pull_refuses_in_one_line(
    program: Program, server: FileServer, data: Path, red: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("LABELBOT_TOKEN", "1:x")
    arguments: dict[str, list[str | Path]] = {
        "label": ["--model", "colours", red],
        "evaluate": ["--model", "colours", data],
        "retrain": ["--base", "colours", "--name", "mine", data],
        "try": ["--model", "colours", "--once"],
        "run": ["--model", "colours"],
    }
    assert program(command, "--no-pull", *arguments[command]) == REFUSED
    assert server.asked == []


@pytest.mark.parametrize("command", ["evaluate", pytest.param("retrain", marks=pytest.mark.slow)])
def test_the_training_kit_pulls_as_well(program: Program, server: FileServer, data: Path, command: str) -> None:
    option = {"evaluate": ["--model", "colours"], "retrain": ["--base", "colours", "--name", "mine"]}[command]
    done = program(command, data, *option)
    assert done.status == 0, done.err
    assert "labelbot: colours is not installed: downloading" in done.err
    assert server.asked == ASKED


@pytest.mark.slow
def test_try_pulls_as_well(program: Program, server: FileServer, red: Path) -> None:
    done = program("try", "--once", "--model", "colours", red)
    assert (done.status, server.asked) == (0, ASKED)
    assert "with the model colours ..." in done.out
    assert "Red: " in done.out


def test_what_cannot_be_downloaded_is_one_line_with_another_way(
    program: Program, server: FileServer, red: Path
) -> None:
    server.files.clear()
    failed = program("label", "--model", "colours", red)
    assert (failed.status, failed.out) == (1, "")
    assert failed.err.splitlines()[1] == (
        f"labelbot: could not download {server.url('/colours.tflite')}: the server answered 404 Not Found; "
        "labelbot models pull colours --from FILE_OR_URL takes it from elsewhere"
    )
    server.files["/colours.tflite"] = NETWORK[::-1]
    failed = program("label", "--model", "colours", red)
    assert "expected the SHA-256 " in failed.err
    assert ModelStore(program.home).names() == BUILT_IN


def test_a_name_that_nobody_published_is_refused_as_before(program: Program, server: FileServer, red: Path) -> None:
    refused = program("label", "--model", "nothing", red)
    assert refused.err == "labelbot: no model named 'nothing' is installed; installed: starter, efficientnet_lite0\n"
    assert server.asked == []
