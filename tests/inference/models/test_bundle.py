from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import inference
from inference.errors import ModelError, ModelNotFound
from inference.models.bundle import (
    HEAD_FILE,
    LABELS_FILE,
    LATER_FIELDS,
    LITERT_FILE,
    SPEC_FILE,
    Bundle,
    content_version,
    read_bundle,
    read_head,
    read_labels,
    write_bundle,
)
from inference.models.head import Head, encode_head
from inference.models.spec import ModelSpec

SPEC = ModelSpec(
    name="colours",
    version="0" * 12,
    height=8,
    width=6,
    input_range=(-1.0, 1.0),
    crop=0.875,
    classes=3,
    outputs=("probabilities", "embedding"),
)
HEADED = replace(SPEC, head=True, activation="softmax")
LABELS = ("red", None, "blue")


def constant_head(value: float, *, classes: int = 3) -> Head:
    return Head(np.full((2, classes), value, np.float32), np.zeros(classes, np.float32))


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return write_bundle(tmp_path, SPEC, network=b"a network", labels=LABELS)


def rewrite(bundle: Bundle, **changes: Any) -> Path:
    """Change fields of model.json behind the program's back; None removes one."""
    path = bundle.directory / SPEC_FILE
    raw = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps({name: value for name, value in raw.items() if value is not None}))
    return path


def test_what_is_written_is_read(bundle: Bundle) -> None:
    assert read_bundle(bundle.directory) == bundle
    assert read_labels(bundle) == LABELS
    assert (bundle.directory / LITERT_FILE).read_bytes() == b"a network"
    assert replace(bundle.spec, version=SPEC.version) == SPEC


def test_the_size_is_that_of_all_files_and_a_removed_model_has_none(bundle: Bundle) -> None:
    assert bundle.size_bytes == sum(len(path.read_bytes()) for path in bundle.directory.iterdir()) > 0
    shutil.rmtree(bundle.directory)
    with pytest.raises(ModelNotFound, match=bundle.spec.name):
        _ = bundle.size_bytes


def test_the_version_tells_whether_anything_changed_that_answers_depend_on(bundle: Bundle, tmp_path: Path) -> None:
    assert content_version(bundle) == bundle.spec.version
    versions = {bundle.spec.version}
    for change in (
        {"height": 9},
        {"input_range": (0.0, 1.0)},
        {"crop": 1.0},
        {"fit": "squash"},
        {"squash_from": 1.6},
        {"activation": "softmax"},
        {"outputs": ("probabilities",)},
        {"threshold": 0.4},
        {"temperature": 1.5},
    ):
        versions.add(write_bundle(tmp_path, replace(SPEC, **change), network=b"a network", labels=LABELS).spec.version)
    versions.add(write_bundle(tmp_path, SPEC, network=b"another", labels=LABELS).spec.version)
    versions.add(write_bundle(tmp_path, SPEC, network=b"a network", labels=("red", "green", "blue")).spec.version)
    assert len(versions) == 12


def test_a_bundle_from_before_there_was_a_choice_of_fit_keeps_its_version(bundle: Bundle) -> None:
    assert bundle.spec.version == "726ab0581a29", "as version 0.1.0 computed it"


@pytest.mark.parametrize(
    "change", [{"name": "other"}, {"base": "starter 0123456789ab"}, {"accuracy": 0.5}, {"chat": -100}]
)
def test_what_answers_do_not_depend_on_is_no_part_of_the_version(
    bundle: Bundle, tmp_path: Path, change: dict[str, Any]
) -> None:
    other = write_bundle(tmp_path, replace(SPEC, **change), network=b"a network", labels=LABELS)
    assert other.spec.version == bundle.spec.version
    assert read_bundle(tmp_path) == other != bundle


def test_a_head_is_part_of_the_version(bundle: Bundle, tmp_path: Path) -> None:
    versions = {bundle.spec.version}
    for value in (0.0, 1.0):
        headed = write_bundle(tmp_path, HEADED, network=b"a network", labels=LABELS, head=constant_head(value))
        assert content_version(headed) == headed.spec.version
        versions.add(headed.spec.version)
    assert len(versions) == 3
    (tmp_path / HEAD_FILE).write_bytes(encode_head(constant_head(2.0)))
    assert content_version(headed) != headed.spec.version


def test_a_head_is_read_as_it_was_written(bundle: Bundle, tmp_path: Path) -> None:
    assert read_head(bundle) is None
    head = Head(np.arange(6, dtype=np.float32).reshape(2, 3), np.array([1, 2, 3], np.float32))
    read = read_head(write_bundle(tmp_path, HEADED, network=b"a network", labels=LABELS, head=head))
    assert read is not None
    np.testing.assert_array_equal(read.weights, head.weights)
    np.testing.assert_array_equal(read.bias, head.bias)


def test_a_head_and_its_specification_must_agree(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"expected a head\. Received: none"):
        write_bundle(tmp_path, HEADED, network=b"a network", labels=LABELS)
    with pytest.raises(ModelError, match=r"expected no head\. Received: one"):
        write_bundle(tmp_path, SPEC, network=b"a network", labels=LABELS, head=constant_head(0.0))
    with pytest.raises(ModelError, match="head: expected the output embedding"):
        replace(HEADED, outputs=("probabilities",))
    with pytest.raises(ModelError, match=r"head: expected .* the activation softmax"):
        replace(HEADED, activation="none")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"no archive", encode_head(constant_head(0.0, classes=4))])
def test_a_damaged_head_names_its_file(tmp_path: Path, content: bytes) -> None:
    headed = write_bundle(tmp_path, HEADED, network=b"a network", labels=LABELS, head=constant_head(0.0))
    (tmp_path / HEAD_FILE).write_bytes(content)
    with pytest.raises(ModelError, match=HEAD_FILE):
        read_head(headed)


def test_a_network_of_another_bundle_is_not_copied(bundle: Bundle, tmp_path: Path) -> None:
    folder = tmp_path / "second"
    folder.mkdir()
    for _ in range(2):
        second = write_bundle(folder, SPEC, network=bundle.directory / LITERT_FILE, labels=LABELS)
        assert (folder / LITERT_FILE).samefile(bundle.directory / LITERT_FILE)
        assert second.spec == bundle.spec


def test_further_files_lie_beside_those_of_the_model(tmp_path: Path) -> None:
    write_bundle(tmp_path, SPEC, network=b"a network", labels=LABELS, extras={"MODEL_CARD.md": b"of whom"})
    assert (tmp_path / "MODEL_CARD.md").read_bytes() == b"of whom"


@pytest.mark.parametrize(
    "name", ["model.tflite", "model.json", "labels.txt", "head.npz", "../card", "a/b", "", "..", "/card"]
)
def test_a_further_file_is_none_of_the_models_own_and_in_its_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelError, match="expected a name for a further file"):
        write_bundle(tmp_path, SPEC, network=b"a network", labels=LABELS, extras={name: b"mine"})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("file", [LITERT_FILE, LABELS_FILE])
def test_a_changed_file_has_another_version(bundle: Bundle, file: str) -> None:
    path = bundle.directory / file
    path.write_bytes(path.read_bytes() + b"\n")
    assert content_version(bundle) != bundle.spec.version


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "Colours"),
        ("name", "../colours"),
        ("name", "a/b"),
        ("name", ".hidden"),
        ("name", "a" * 65),
        ("name", "colours\n"),
        ("name", 7),
        ("version", "0" * 11),
        ("version", "G" * 12),
        ("height", 0),
        ("height", 5000),
        ("height", 8.0),
        ("height", True),
        ("width", "6"),
        ("input_range", [1.0, -1.0]),
        ("input_range", [0.0, 1.0, 2.0]),
        ("input_range", [0.0]),
        ("input_range", ["0", "1"]),
        ("input_range", [0.0, float("inf")]),
        ("input_range", 1.0),
        ("crop", 0),
        ("fit", "stretch"),
        ("fit", ["crop"]),
        ("squash_from", 1.3),
        ("squash_from", "1.6"),
        ("squash_from", float("nan")),
        ("crop", 1.01),
        ("crop", float("nan")),
        ("classes", 1),
        ("classes", 3.5),
        ("activation", "sigmoid"),
        ("outputs", []),
        ("outputs", ["embedding"]),
        ("outputs", ["embedding", "probabilities"]),
        ("outputs", ["probabilities", "probabilities"]),
        ("outputs", ["probabilities", "logits"]),
        ("outputs", "probabilities"),
        ("threshold", -0.1),
        ("threshold", 1.1),
        ("threshold", False),
        ("temperature", 0),
        ("engine", ""),
        ("licence", 0),
        ("licence", "\ud800"),
        ("licence", "MIT\nor\x1b[2J"),
        ("licence", "MIT \u202eTIM"),
        ("source", []),
        ("format", 2),
        ("head", 1),
        ("base", ""),
        ("accuracy", 1.01),
        ("accuracy", True),
        ("chat", "here"),
    ],
)
def test_a_field_out_of_range_is_named_with_its_file(bundle: Bundle, field: str, value: object) -> None:
    path = rewrite(bundle, **{field: value})
    with pytest.raises(ModelError) as refused:
        read_bundle(bundle.directory)
    assert str(refused.value).startswith(f"{path}: {field}: expected ")
    assert "Received: " in str(refused.value)


@pytest.mark.parametrize("field", [field.name for field in fields(ModelSpec)])
@pytest.mark.parametrize(
    "value",
    [
        pytest.param(10**4000, id="digits"),
        pytest.param([-(10**400), 10**400], id="two"),
        pytest.param("a" * 90_000, id="long"),
        pytest.param("\x1b[2J", id="steers a terminal"),
    ],
)
def test_a_value_of_any_size_is_taken_or_refused_in_a_short_sentence(bundle: Bundle, field: str, value: object) -> None:
    path = rewrite(bundle, **{field: value})
    as_shown = field in ("licence", "measured_on")
    if isinstance(value, str) and (field in ("source", "base") or (as_shown and value.isprintable())):
        assert getattr(read_bundle(bundle.directory).spec, field) == value
        return
    with pytest.raises(ModelError) as refused:
        read_bundle(bundle.directory)
    assert len(str(refused.value)) < len(str(path)) + 250
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("field", [field.name for field in fields(ModelSpec) if field.name not in LATER_FIELDS])
def test_a_missing_field_is_named(bundle: Bundle, field: str) -> None:
    rewrite(bundle, **{field: None})
    with pytest.raises(ModelError, match=rf"Missing: \['{field}'\]"):
        read_bundle(bundle.directory)


def test_a_bundle_from_before_there_were_heads_is_read_with_its_version_intact(bundle: Bundle) -> None:
    path = bundle.directory / SPEC_FILE
    raw = json.loads(path.read_text())
    path.write_text(json.dumps({name: value for name, value in raw.items() if name not in LATER_FIELDS}))
    read = read_bundle(bundle.directory)
    assert read == bundle
    assert content_version(read) == bundle.spec.version


def test_an_unknown_field_is_named(bundle: Bundle) -> None:
    rewrite(bundle, colour="red")
    with pytest.raises(ModelError, match=r"unknown: \['colour'\]"):
        read_bundle(bundle.directory)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"7", b"\xff\xfe", b"[" * 100_000])
def test_a_specification_that_is_none_names_its_file(bundle: Bundle, content: bytes) -> None:
    path = bundle.directory / SPEC_FILE
    path.write_bytes(content)
    with pytest.raises(ModelError, match=SPEC_FILE):
        read_bundle(bundle.directory)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=3)
)


@given(st.fixed_dictionaries({field.name: JSON for field in fields(ModelSpec)}))
def test_whatever_a_field_is_it_is_taken_as_it_is_or_refused(values: dict[str, Any]) -> None:
    for name, value in values.items():
        with suppress(ModelError):
            assert asdict(replace(SPEC, **{name: value}))[name] == value


def test_a_folder_without_a_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=SPEC_FILE):
        read_bundle(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"red\n\n",
        b"red\n\nblue",
        b"red\n\nblue\n\n",
        b"\xff\n\n\n",
        b"red\x1b[2J\n\nblue\n",
        b"a" * 401 + b"\n\nb\n",
    ],
)
def test_labels_that_do_not_fit_name_their_file(bundle: Bundle, content: bytes) -> None:
    (bundle.directory / LABELS_FILE).write_bytes(content)
    with pytest.raises(ModelError, match=LABELS_FILE):
        read_labels(bundle)


def test_a_huge_file_of_labels_is_not_read_whole(bundle: Bundle) -> None:
    with (bundle.directory / LABELS_FILE).open("r+b") as file:
        file.truncate(10**12)  # a sparse file, of which nothing more is on the disk
    with pytest.raises(ModelError, match=r"labels\.txt: expected a file of labels of at most 10,000,000 bytes"):
        read_labels(bundle)
    assert content_version(bundle) != bundle.spec.version


@pytest.mark.parametrize(
    ("name", "read"), [(SPEC_FILE, lambda model: read_bundle(model.directory)), (HEAD_FILE, read_head)]
)
def test_a_huge_file_is_not_read_whole(tmp_path: Path, name: str, read: Callable[[Bundle], object]) -> None:
    headed = write_bundle(tmp_path, HEADED, network=b"a network", labels=LABELS, head=constant_head(0.0))
    with (tmp_path / name).open("r+b") as file:
        file.truncate(10**12)  # a sparse file, of which nothing more is on the disk
    with pytest.raises(ModelError, match=rf"{name}: expected at most [\d,]+ bytes"):
        read(headed)
    if name == HEAD_FILE:
        assert content_version(headed) != headed.spec.version


def test_absent_labels_name_their_file(bundle: Bundle) -> None:
    (bundle.directory / LABELS_FILE).unlink()
    with pytest.raises(ModelError, match=LABELS_FILE):
        read_labels(bundle)


def test_labels_and_classes_must_agree_when_written(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"expected 3 labels.*Received: 2"):
        write_bundle(tmp_path, SPEC, network=b"a network", labels=("red", "blue"))
    assert list(tmp_path.iterdir()) == []


def test_the_embedded_starter_is_what_its_specification_says() -> None:
    starter = read_bundle(Path(inference.__file__).parent / "models" / "starter")
    assert starter.spec.name == "starter"
    assert content_version(starter) == starter.spec.version
    assert len(read_labels(starter)) == starter.spec.classes == 200
    assert (starter.directory / LITERT_FILE).stat().st_size <= 4_000_000
    assert starter.spec.outputs == ("probabilities", "embedding", "features")
