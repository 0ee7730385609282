from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from inference.training.data.examples import open_examples, separate_splits
from inference.training.data.folders import find_images
from inference.training.data.layout import given_splits
from inference.training.errors import DatasetError
from tests.support.image_folders import write_images


def splits_of(data: Path) -> dict[str, str]:
    return {file.name: file.split for file in find_images(data).files}


@pytest.mark.parametrize(
    ("train", "validation", "test"),
    [
        ("train", "valid", "test"),
        ("Train", "Valid", "TEST"),
        ("TRAINING", "Validation", "Testing"),
        ("train", "dev", "test"),
        ("training", "validation", "evaluation"),
        ("training_set", "validation set", "test_set"),
        ("train-images", "val-images", "test-images"),
        ("seg_train", "seg_dev", "seg_test"),
    ],
)
def test_folders_of_splits_are_known_by_any_usual_name(tmp_path: Path, train: str, validation: str, test: str) -> None:
    for seed, folder in enumerate((train, validation, test)):
        write_images(tmp_path / folder, {"ants": 1, "bees": 1}, seed=3 * seed)
    assert find_images(tmp_path).labels == ("ants", "bees")
    assert splits_of(tmp_path) == {
        f"{folder}/{name}/000.jpg": split
        for folder, split in ((train, "train"), (validation, "validation"), (test, "test"))
        for name in ("ants", "bees")
    }
    assert given_splits(tmp_path) == ("train", "validation", "test")


@pytest.mark.parametrize("name", ["eval", "Evaluation"])
@pytest.mark.parametrize(("other", "meaning"), [("val", "test"), ("test", "validation"), (None, "validation")])
def test_a_folder_for_evaluation_is_what_is_missing(tmp_path: Path, name: str, other: str | None, meaning: str) -> None:
    for seed, folder in enumerate(filter(None, ("train", other, name))):
        write_images(tmp_path / folder, {"ants": 1, "bees": 1}, seed=3 * seed)
    assert splits_of(tmp_path)[f"{name}/ants/000.jpg"] == meaning


@pytest.mark.parametrize(("train", "test"), [("train", "test"), ("Training", "Testing")])
def test_validation_is_split_off_from_training_where_only_a_test_is_given(
    tmp_path: Path, train: str, test: str
) -> None:
    write_images(tmp_path / train, {"ants": 30, "bees": 30})
    write_images(tmp_path / test, {"ants": 4, "bees": 4}, seed=100)
    found = find_images(tmp_path)
    counts = {split: sum(file.split == split for file in found.files) for split in ("train", "validation", "test")}
    assert found.labels == ("ants", "bees")
    assert counts["test"] == 8
    assert 1 <= counts["validation"] <= 20
    assert all(file.name.startswith(test) == (file.split == "test") for file in found.files)
    assert len(open_examples(tmp_path, split="validation")) == counts["validation"]
    assert separate_splits(tmp_path) == ("train", "test")


def test_a_folder_for_training_alone_is_split(tmp_path: Path) -> None:
    write_images(tmp_path / "train", {"ants": 30, "bees": 30})
    assert find_images(tmp_path).labels == ("ants", "bees")
    assert set(splits_of(tmp_path).values()) == {"train", "validation", "test"}


def test_a_folder_in_a_folder_of_the_same_name_is_the_same(tmp_path: Path) -> None:
    write_images(tmp_path / "training_set" / "training_set", {"ants": 2, "bees": 2})
    write_images(tmp_path / "test_set" / "test_set", {"ants": 1, "bees": 1}, seed=8)
    assert find_images(tmp_path).labels == ("ants", "bees")


def test_splits_inside_the_classes_are_splits(tmp_path: Path) -> None:
    write_images(tmp_path / "ants", {"Train": 2, "Test": 1})
    write_images(tmp_path / "bees", {"Train": 2, "Test": 1}, seed=9)
    found = find_images(tmp_path)
    assert found.labels == ("ants", "bees")
    assert {file.name for file in found.files if file.split == "test"} == {"ants/Test/000.jpg", "bees/Test/000.jpg"}


def test_splits_inside_some_classes_only_are_refused(tmp_path: Path) -> None:
    write_images(tmp_path / "ants", {"train": 2, "test": 1})
    write_images(tmp_path, {"bees": 3}, seed=9)
    with pytest.raises(DatasetError, match=r"in each class of .* or in none\. Received none in: bees"):
        find_images(tmp_path)


@pytest.mark.parametrize("folders", [("val", "test"), ("Testing", "cars"), ("eval_images", "dev")])
def test_splits_that_cannot_be_learnt_from_are_no_classes(tmp_path: Path, folders: tuple[str, str]) -> None:
    for folder in folders:
        write_images(tmp_path / folder, {"ants": 1, "bees": 1})
    with pytest.raises(DatasetError, match="called like a part of a data set and holds only folders"):
        find_images(tmp_path)


def test_a_split_without_class_folders_is_refused(tmp_path: Path) -> None:
    write_images(tmp_path, {"train": 3, "test": 2})
    with pytest.raises(DatasetError, match=r"in folders train, val and test there, at least two\. Received: none"):
        find_images(tmp_path)


@pytest.mark.parametrize(
    "system", ["@eaDir", "__MACOSX", "#recycle", "lost+found", "$RECYCLE.BIN", ".ipynb_checkpoints", "@Recycle"]
)
@pytest.mark.parametrize("inside", [".", "train", "train/ants"])
def test_folders_of_systems_are_no_classes_and_hold_no_photos(tmp_path: Path, system: str, inside: str) -> None:
    write_images(tmp_path / "train", {"ants": 2, "bees": 2})
    write_images(tmp_path / "val", {"ants": 1, "bees": 1}, seed=6)
    before = find_images(tmp_path)
    write_images(tmp_path / inside / system / "000.jpg", {"thumbnails": 3}, seed=20)
    assert find_images(tmp_path) == before


@pytest.mark.shared
def test_a_data_set_of_roboflow_and_one_of_a_file_server(shared: Path, tmp_path: Path) -> None:
    roboflow = find_images(shared / "cases" / "dataset_roboflow_train_valid_test")
    assert roboflow.labels == ("a", "b")
    assert [file.split for file in roboflow.files] == ["train"] * 2 + ["validation"] * 2 + ["test"] * 2
    shutil.copytree(shared / "cases" / "dataset_synology_eaDir" / "a", tmp_path / "a")
    write_images(tmp_path, {"b": 2})
    assert [file.name for file in find_images(tmp_path).files if file.label == 0] == ["a/img_0.jpg", "a/img_1.jpg"]
