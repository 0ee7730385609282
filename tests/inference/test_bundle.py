from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import inference
from inference.bundle import (
    LABELS_FILE,
    LITERT_FILE,
    SPEC_FILE,
    Bundle,
    ModelSpec,
    content_version,
    read_bundle,
    read_labels,
    write_bundle,
)
from inference.errors import ModelError

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
LABELS = ("red", None, "blue")


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


def test_the_version_tells_whether_anything_changed_that_answers_depend_on(bundle: Bundle, tmp_path: Path) -> None:
    assert content_version(bundle) == bundle.spec.version
    versions = {bundle.spec.version}
    for change in (
        {"height": 9},
        {"input_range": (0.0, 1.0)},
        {"crop": 1.0},
        {"activation": "softmax"},
        {"outputs": ("probabilities",)},
        {"threshold": 0.4},
        {"temperature": 1.5},
    ):
        versions.add(write_bundle(tmp_path, replace(SPEC, **change), network=b"a network", labels=LABELS).spec.version)
    versions.add(write_bundle(tmp_path, SPEC, network=b"another", labels=LABELS).spec.version)
    versions.add(write_bundle(tmp_path, SPEC, network=b"a network", labels=("red", "green", "blue")).spec.version)
    assert len(versions) == 10


def test_the_name_is_no_part_of_the_version(bundle: Bundle, tmp_path: Path) -> None:
    other = write_bundle(tmp_path, replace(SPEC, name="other"), network=b"a network", labels=LABELS)
    assert other.spec.version == bundle.spec.version


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
        ("source", []),
        ("format", 2),
    ],
)
def test_a_field_out_of_range_is_named_with_its_file(bundle: Bundle, field: str, value: object) -> None:
    path = rewrite(bundle, **{field: value})
    with pytest.raises(ModelError) as refused:
        read_bundle(bundle.directory)
    assert str(refused.value).startswith(f"{path}: {field}: expected ")
    assert "Received: " in str(refused.value)


@pytest.mark.parametrize("field", [field.name for field in fields(ModelSpec)])
def test_a_missing_field_is_named(bundle: Bundle, field: str) -> None:
    rewrite(bundle, **{field: None})
    with pytest.raises(ModelError, match=rf"Missing: \['{field}'\]"):
        read_bundle(bundle.directory)


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


@pytest.mark.parametrize("content", [b"", b"red\n\n", b"red\n\nblue", b"red\n\nblue\n\n", b"\xff\n\n\n"])
def test_labels_that_do_not_fit_name_their_file(bundle: Bundle, content: bytes) -> None:
    (bundle.directory / LABELS_FILE).write_bytes(content)
    with pytest.raises(ModelError, match=LABELS_FILE):
        read_labels(bundle)


def test_absent_labels_name_their_file(bundle: Bundle) -> None:
    (bundle.directory / LABELS_FILE).unlink()
    with pytest.raises(ModelError, match=LABELS_FILE):
        read_labels(bundle)


def test_labels_and_classes_must_agree_when_written(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"expected 3 labels.*Received: 2"):
        write_bundle(tmp_path, SPEC, network=b"a network", labels=("red", "blue"))
    assert list(tmp_path.iterdir()) == []


def test_the_embedded_starter_is_what_its_specification_says() -> None:
    starter = read_bundle(Path(inference.__file__).parent / "starter")
    assert starter.spec.name == "starter"
    assert content_version(starter) == starter.spec.version
    assert len(read_labels(starter)) == starter.spec.classes == 200
    assert (starter.directory / LITERT_FILE).stat().st_size <= 4_000_000
    assert starter.spec.outputs == ("probabilities", "embedding", "features")
