from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.compiler.compile import compile_model
from inference.compiler.model import CompileOptions
from inference.compiler.tflite import compile_tflite
from inference.errors import ModelError
from tests.support.examples import examples
from tests.support.litert_files import LiteRTFile
from tests.support.networks import COLOURS, colour_network
from tests.support.tflite_metadata import with_files, with_metadata

TEXT = "\n".join(COLOURS)


def test_labels_beside_the_network_are_read() -> None:
    assert compile_tflite(with_files(colour_network(), {"labels.txt": TEXT})).labels == COLOURS
    assert compile_tflite(colour_network()).labels is None


def test_the_file_that_the_metadata_names_has_the_labels() -> None:
    files = {"labels.txt": TEXT, "others.txt": "a\nb\nc"}
    assert compile_tflite(with_metadata(colour_network(), labels="others.txt", files=files)).labels == ("a", "b", "c")
    assert compile_tflite(with_metadata(colour_network(), files=files)).labels is None


def test_the_file_that_the_metadata_names_is_found_among_many() -> None:
    files = {f"{number}.txt": "a\nb\nc" for number in range(120)} | {"others.txt": TEXT}
    assert compile_tflite(with_metadata(colour_network(), labels="others.txt", files=files)).labels == COLOURS
    files = {"long.txt": "a" * 1_000_001, "others.txt": TEXT}
    assert compile_tflite(with_metadata(colour_network(), labels="others.txt", files=files)).labels == COLOURS


def test_texts_beyond_a_megabyte_together_are_not_read() -> None:
    files = {"labels.txt": TEXT + "\n" * 600_000, "others.txt": "a\nb\nc" + "\n" * 600_000}
    assert compile_tflite(with_files(colour_network(), files)).labels == COLOURS


@pytest.mark.parametrize(
    "files",
    [
        {"labels.txt": "red\ngreen"},
        {"labels.txt": b"\xff\xfe\x00"},
        {"labels.txt": "import os\nLABELS = [\n"},
        {"labels.txt": "a" * 20_000_000},
        {"picture.png": TEXT},
    ],
)
def test_what_are_no_labels_of_this_network_counts_as_none(files: dict[str, str | bytes]) -> None:
    assert compile_tflite(with_files(colour_network(), files)).labels is None


@pytest.mark.parametrize(
    ("mean", "std", "expected"),
    [
        ([127.5], [127.5], (-1, 1)),
        ([0.0], [255.0], (0, 1)),
        ([0.0], [1.0], (0, 255)),
        ([128.0] * 3, [128.0] * 3, (-1, 127 / 128)),
    ],
)
def test_the_normalisation_of_the_metadata_is_the_input_range(
    mean: list[float], std: list[float], expected: tuple[float, float]
) -> None:
    network = compile_tflite(with_metadata(colour_network(), mean=mean, std=std))
    assert network.input_range == pytest.approx(expected)


def test_a_normalisation_of_each_channel_becomes_part_of_the_network() -> None:
    mean, std = np.array([123.675, 116.28, 103.53]), np.array([58.395, 57.12, 57.375])
    content = with_metadata(colour_network(end=None, sharpness=1), mean=mean.tolist(), std=std.tolist())
    network = compile_tflite(content)
    assert network.input_range == (0, 255)
    pixels = np.random.default_rng(0).integers(0, 256, (1, 8, 6, 3), dtype=np.uint8)
    logits = LiteRTFile(network.content).run(pixels, (0, 255))["probabilities"]
    np.testing.assert_allclose(logits[0], ((pixels.mean(axis=(1, 2)) - mean) / std)[0], atol=1e-5)


def test_a_range_of_the_user_replaces_the_normalisation_of_each_channel(tmp_path: Path) -> None:
    plain = colour_network(end=None, sharpness=1)
    content = with_metadata(plain, mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375])
    (tmp_path / "network.tflite").write_bytes(content)
    network = compile_model(tmp_path / "network.tflite", options=CompileOptions(input_range=(-1, 1)))
    assert network.findings[0].startswith("your input range replaces the metadata's normalisation for each channel")
    pixels = np.random.default_rng(0).integers(0, 256, (1, 8, 6, 3), dtype=np.uint8)
    logits = LiteRTFile(network.content).run(pixels, (-1, 1))["probabilities"]
    np.testing.assert_allclose(logits[0], (pixels / 127.5 - 1).mean(axis=(1, 2))[0], atol=1e-5)


@pytest.mark.parametrize(
    ("mean", "std", "expected"), [(127.5, 127.5, (-1, 1)), (0.0, 1.0, (-1, 127 / 128)), (0.0, 255.0, (-1, 127 / 128))]
)
def test_integers_keep_the_range_of_their_quantisation_unless_the_metadata_says_almost_the_same(
    mean: float, std: float, expected: tuple[float, float]
) -> None:
    network = compile_tflite(with_metadata(colour_network(dtype="uint8"), mean=[mean], std=[std]))
    assert network.input_range == pytest.approx(expected)


@pytest.mark.parametrize(("mean", "std"), [([0.0], [0.0]), ([float("nan")], [1.0]), ([1.0, 2.0], [1.0]), ([], [])])
def test_a_normalisation_that_makes_no_sense_counts_as_none(mean: list[float], std: list[float]) -> None:
    assert compile_tflite(with_metadata(colour_network(), mean=mean, std=std)).input_range is None


@pytest.mark.shared
def test_a_real_file_with_labels_needs_no_label_file(shared: Path) -> None:
    content = (shared / "cases" / "labels_embedded_in_tflite.tflite").read_bytes()
    assert compile_tflite(content).labels == ("cat", "dog", "bird")


FILE = with_metadata(colour_network(), mean=[127.5], std=[127.5], labels="labels.txt", files={"labels.txt": TEXT})
# The bytes of the metadata, whose length comes before them, and those of the archive. The network itself stays intact.
BEGIN = FILE.index(b"M001") - 4
METADATA = range(BEGIN, BEGIN + int.from_bytes(FILE[BEGIN - 4 : BEGIN], "little"))
ARCHIVE = range(FILE.index(b"PK\3\4"), len(FILE))


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(st.tuples(st.sampled_from([*METADATA, *ARCHIVE]), st.integers(0, 255)), min_size=1, max_size=5))
def test_damaged_metadata_is_harmless(edits: list[tuple[int, int]]) -> None:
    damaged = bytearray(FILE)
    for position, value in edits:
        damaged[position] = value
    with suppress(ModelError):
        compile_tflite(bytes(damaged))
