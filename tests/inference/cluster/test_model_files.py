"""Model files on their way to a node."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from inference.cluster.model_files import MAX_AGE_S, NodeModels, PackedModel, pack
from inference.errors import ModelError
from inference.models.bundle import read_bundle
from inference.models.store import ModelStore


@pytest.fixture
def packed(store: ModelStore) -> PackedModel:
    return pack(store.find("colours"))


def test_a_node_gets_what_labelling_needs(store: ModelStore, packed: PackedModel, tmp_path: Path) -> None:
    folder = NodeModels(tmp_path / "node").add(packed)
    assert read_bundle(folder).spec == store.find("colours").spec
    assert {path.name for path in folder.iterdir()} == {"model.json", "model.tflite", "labels.txt"}


def test_a_model_is_written_once(packed: PackedModel, tmp_path: Path) -> None:
    models = NodeModels(tmp_path)
    assert models.find(packed.key) is None
    folder = models.add(packed)
    written = (folder / "model.tflite").stat().st_ino
    assert models.add(packed) == models.find(packed.key) == folder
    assert (folder / "model.tflite").stat().st_ino == written
    assert list(tmp_path.iterdir()) == [folder]


def test_damaged_files_are_refused_and_nothing_is_written(packed: PackedModel, tmp_path: Path) -> None:
    damaged = packed._replace(files=packed.files | {"labels.txt": b"red\n"})
    with pytest.raises(ModelError, match="damaged on their way"):
        NodeModels(tmp_path).add(damaged)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_named(packed: PackedModel, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ModelError, match=f"cannot be written to {tmp_path / 'file'}"):
        NodeModels(tmp_path / "file").add(packed)


def test_models_that_were_not_used_for_long_are_removed(packed: PackedModel, tmp_path: Path) -> None:
    models = NodeModels(tmp_path)
    old, used = tmp_path / "old", tmp_path / "used"
    for folder in (old, used):
        folder.mkdir()
        os.utime(folder, times=(time.time() - MAX_AGE_S - 60,) * 2)
    assert models.find("used") == used
    models.add(packed)
    assert not old.exists()
    assert used.exists()
