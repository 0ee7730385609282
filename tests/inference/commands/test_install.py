from __future__ import annotations

from pathlib import Path

import keras
import pytest

from tests.support.colour_models import plain
from tests.support.graphs import colour_graph
from tests.support.networks import COLOURS, colour_network
from tests.support.program import Outcome, Program
from tests.support.tflite_metadata import with_metadata


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "colours.pb").write_bytes(colour_graph(shape=None).SerializeToString())
    (tmp_path / "labels.txt").write_text("\n".join(COLOURS))
    return tmp_path


def install(program: Program, files: Path, *options: str | Path, file: str = "colours.pb") -> Outcome:
    return program("models", "install", files / file, "--labels", files / "labels.txt", "--name", "mine", *options)


@pytest.mark.slow
def test_what_a_graph_does_not_tell_are_options(program: Program, files: Path) -> None:
    options = ("--input-size", "6x8", "--mean", "127.5", "--std", "127.5", "--input", "pixels", "--output", "colours")
    installed = install(program, files, *options, "--engine", "tensorflow", "--fit", "squash")
    assert (installed.status, installed.err) == (0, "")
    found, compared, sure, done = installed.out.splitlines()
    assert found.startswith("found a frozen graph: image at pixels, probabilities from colours, ")
    assert "the original's best label for 100% of 40 photos; scores differ by " in compared
    assert sure.startswith("how sure the network is of 5 sample photos, by input range: ")
    assert "% with -1,1, " in sure
    assert done.startswith("installed mine, version ")
    assert done.endswith(": 6x8 pixels, 3 classes")
    shown = program("models", "show", "mine").out
    for line in (
        "height: 8",
        "width: 6",
        "input_range: -1.0, 1.0",
        "engine: tensorflow",
        "fit: squash",
        "agreement: 100.0%",
    ):
        assert line in shown.splitlines()
    (files / "green.png").write_bytes(plain("green"))
    assert program("label", "--model", "mine", files / "green.png", "--top", "1").out.startswith("green (score = ")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--input-size", "many"], "expected pixels, as 299 or 320x240"),
        (["--std", "0"], "expected a number above 0"),
        (["--mean", "0", "--input-range", "0,1"], "expected no --mean or --std beside it"),
        (["--quantize", "most"], "'dynamic', 'int8', 'float16', 'none'"),
        (["--engine", "steam"], "'litert', 'tensorflow'"),
        (["--fit", "stretch"], "'crop', 'squash', 'pad'"),
        (["--squash-from", "1.2"], "expected a side ratio of at least 1.33, or 0. Received: 1.2"),
        (["--squash-from", "nan"], "expected a side ratio of at least 1.33, or 0. Received: nan"),
        (["--photos", "nowhere"], "nowhere"),
    ],
)
def test_options_that_make_no_sense_are_usage_errors(
    program: Program, files: Path, options: list[str], reason: str
) -> None:
    refused = install(program, files, *options)
    assert (refused.status, refused.out) == (2, "")
    assert reason in refused.err


def test_a_tflite_file_takes_no_options_of_graphs(program: Program, files: Path) -> None:
    (files / "network.tflite").write_bytes(b"\x1c\0\0\0TFL3 and so on")
    refused = install(program, files, "--quantize", "none", file="network.tflite")
    assert (refused.status, refused.out) == (1, "")
    assert refused.err == (
        "labelbot: expected no --quantize with a .tflite file, which is taken as it is. Received: one\n"
    )


def test_labels_inside_of_a_tflite_file_need_no_other_file(program: Program, tmp_path: Path) -> None:
    network = with_metadata(colour_network(), mean=[127.5], std=[127.5], files={"labels.txt": "\n".join(COLOURS)})
    (tmp_path / "network.tflite").write_bytes(network)
    installed = program("models", "install", tmp_path / "network.tflite", "--name", "mine")
    assert (installed.status, installed.err) == (0, "")
    assert installed.out.splitlines()[:-1] == [
        "found labels in the network's file: red, green, blue",
        "the file's metadata has the input range -1,1",
    ]
    (tmp_path / "green.png").write_bytes(plain("green"))
    assert program("label", "--model", "mine", tmp_path / "green.png", "--top", "1").out.startswith("green (score = ")
    (tmp_path / "labels.json").write_text('["rot", "grün", "blau"]')
    replaced = program(
        *("models", "install", tmp_path / "network.tflite", "--labels", tmp_path / "labels.json"),
        *("--name", "mine", "--replace"),
    )
    assert "the network's file has other labels, which --labels replaces: red, green, blue" in replaced.out
    assert program("label", "--model", "mine", tmp_path / "green.png", "--top", "1").out.startswith("grün (score = ")


def test_what_a_tflite_file_does_not_tell_is_asked_for(program: Program, files: Path) -> None:
    (files / "network.tflite").write_bytes(colour_network())
    unlabelled = program("models", "install", files / "network.tflite", "--name", "mine")
    assert (unlabelled.status, unlabelled.out) == (1, "")
    assert "a file with the labels of the network's 3 outputs (see --labels), since its own file has" in unlabelled.err
    asked = install(program, files, file="network.tflite")
    assert (asked.status, asked.out) == (1, "")
    assert "--input-range -1,1 for most, 0,1 or 0,255 for some" in asked.err
    assert "how sure the network is of 5 sample photos, by input range: " in asked.err
    installed = install(program, files, "--input-range", "0,1", file="network.tflite")
    assert installed.status == 0
    assert installed.out.splitlines()[0].startswith("how sure the network is of 5 sample photos, by input range: ")


def test_labels_are_read_before_a_network_is_converted(program: Program, files: Path) -> None:
    (files / "network.tflite").write_bytes(colour_network())
    (files / "labels.txt").write_text("LABELS = [\n    'red',\n]\n")
    refused = install(program, files, "--input-range", "0,1", file="network.tflite")
    assert (refused.status, refused.out) == (1, "")
    assert "labels.txt: expected a text file with one label per line" in refused.err


@pytest.mark.slow
@pytest.mark.parametrize("name", ["network.keras", "network.weights.h5"])
def test_inception_v3_of_keras_is_installed_at_full_size(program: Program, tmp_path: Path, name: str) -> None:
    network = keras.applications.InceptionV3(weights=None, classes=3)
    if name == "network.weights.h5":
        network.save_weights(tmp_path / name)
    else:
        network.save(tmp_path / name)
    (tmp_path / "labels.txt").write_text("\n".join(COLOURS))
    asked = install(program, tmp_path, file=name)
    assert (asked.status, asked.out) == (1, "")
    assert asked.err.startswith("labelbot: expected what the pixel values 0 and 255 become for the network, which ")
    installed = install(program, tmp_path, "--force", "--input-range", "-1,1", file=name)
    assert installed.status == 0, installed.err
    shown = program("models", "show", "mine").out.splitlines()
    for line in ("input_range: -1.0, 1.0", "outputs: probabilities, embedding, features", "quantization: dynamic"):
        assert line in shown
    size = next(line for line in shown if line.startswith("size: "))
    assert int(size.split()[1].replace(",", "")) <= 26_000_000
