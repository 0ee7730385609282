from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inference.training.data.examples import Example, open_examples, separate_splits
from inference.training.data.splits import Split
from inference.training.errors import DatasetError
from tests.support.examples import examples
from tests.support.image_folders import write_images
from tests.support.pictures import picture
from tests.support.tfrecords import example, write_dataset, write_tfrecord

TRAIN, VALIDATION = "train-00000-of-00001.tfrecord", "validation-00000-of-00001.tfrecord"


def image(seed: int) -> bytes:
    return picture(seed, "PNG", width=8, height=8)


@pytest.fixture
def records(tmp_path: Path) -> Path:
    train, validation = [(image(0), 0), (image(1), 2), (image(2), 1)], [(image(3), 1)]
    return write_dataset(tmp_path / "records", ("red", "green", "blue"), train=train, validation=validation)


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    return write_images(tmp_path / "folders", {"ants": 30, "bees": 30})


@pytest.mark.parametrize(
    ("split", "names"),
    [
        ("train", [f"{TRAIN}:0", f"{TRAIN}:1", f"{TRAIN}:2"]),
        ("validation", [f"{VALIDATION}:0"]),
        ("all", [f"{TRAIN}:0", f"{TRAIN}:1", f"{TRAIN}:2", f"{VALIDATION}:0"]),
    ],
)
def test_records_are_named_by_their_file_and_place(
    records: Path, split: Split | Literal["all"], names: list[str]
) -> None:
    examples = open_examples(records, split=split)
    assert [item.name for item in examples] == names
    assert len(examples) == len(names)
    assert examples.labels == ("red", "green", "blue")
    assert separate_splits(records) == ("train", "validation")


def test_a_record_is_its_image_and_its_class(records: Path) -> None:
    examples = open_examples(records, split="train")
    assert list(examples) == [
        Example(f"{TRAIN}:0", image(0), 0),
        Example(f"{TRAIN}:1", image(1), 2),
        Example(f"{TRAIN}:2", image(2), 1),
    ]
    assert list(examples) == list(examples)


def test_files_of_a_split_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    write_dataset(tmp_path, ("a", "b"), validation=[(image(0), 0)])
    for shard in (2, 0, 1):
        write_tfrecord(tmp_path / f"train-{shard:05d}-of-00003.tfrecord", [example(image(shard), 0)])
    assert [item.encoded for item in open_examples(tmp_path, split="train")] == [image(0), image(1), image(2)]


def test_folders_are_split_by_their_names(folders: Path) -> None:
    parts = {split: list(open_examples(folders, split=split)) for split in ("train", "validation", "test")}
    together = sorted((item for part in parts.values() for item in part), key=lambda item: item.name)
    assert together == list(open_examples(folders, split="all"))
    assert len(together) == 60
    assert len(parts["train"]) > len(parts["validation"]) + len(parts["test"])
    assert all(item.encoded == (folders / item.name).read_bytes() for item in together)
    assert separate_splits(folders) == ()


def test_folders_of_splits_are_named_with_their_split(tmp_path: Path) -> None:
    write_images(tmp_path / "train", {"ants": 1, "bees": 1})
    write_images(tmp_path / "val", {"ants": 1, "bees": 1}, seed=2)
    assert [item.name for item in open_examples(tmp_path, split="validation")] == [
        "val/ants/000.jpg",
        "val/bees/000.jpg",
    ]
    assert separate_splits(tmp_path) == ("train", "validation")
    with pytest.raises(DatasetError, match="images in the test split of"):
        open_examples(tmp_path, split="test")


def test_what_is_left_out_is_told(folders: Path) -> None:
    (folders / "ants" / "notes.txt").write_text("not a photo")
    examples = open_examples(folders, split="test")
    assert [(item.name, item.reason) for item in examples.skipped] == [("ants/notes.txt", "not an image")]


def test_labels_lose_their_synsets(records: Path) -> None:
    (records / "labels.txt").write_text("n00000001\tred, crimson\nn00000002\tgreen\nn00000003\tblue\n")
    assert open_examples(records, split="train").labels == ("red, crimson", "green", "blue")


@pytest.mark.parametrize(
    ("lines", "labels"),
    [
        ("2 blue\n0 red\n1 green\n", ("blue", "red", "green")),
        ("cats 2\ndogs 1\nbirds 3\n", ("cats 2", "dogs 1", "birds 3")),
    ],
)
def test_the_line_of_a_label_is_its_class(records: Path, lines: str, labels: tuple[str, ...]) -> None:
    (records / "labels.txt").write_text(lines)
    assert open_examples(records, split="train").labels == labels


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (None, r"expected labels\.txt beside the TFRecords"),
        (b"red\n\nblue\n", r"name of a class on each line .* Received: \['red', '', 'blue'\]"),
        (b"red\n", "two at least"),
        (b"\xff\xfe", "text in UTF-8"),
    ],
)
def test_labels_that_are_none_are_refused(records: Path, labels: bytes | None, sentence: str) -> None:
    if labels is None:
        (records / "labels.txt").unlink()
    else:
        (records / "labels.txt").write_bytes(labels)
    with pytest.raises(DatasetError, match=sentence):
        open_examples(records, split="train")


def test_more_classes_in_records_than_labels_is_an_error(records: Path) -> None:
    (records / "labels.txt").write_text("red\ngreen\n")
    with pytest.raises(DatasetError, match=f"one of the 2 classes .* in record {TRAIN}:1. Received: 2"):
        list(open_examples(records, split="train"))


def test_labels_in_another_order_than_the_records_texts_are_an_error(tmp_path: Path) -> None:
    write_dataset(tmp_path, ("green", "red"))
    write_tfrecord(tmp_path / TRAIN, [example(image(0), 0, "red")])
    with pytest.raises(DatasetError, match=f"class 0 of record {TRAIN}:0 to be 'green', .* Received: 'red'"):
        list(open_examples(tmp_path, split="train"))


@pytest.mark.parametrize("text", ["red", "", "a text of another kind"])
def test_texts_that_name_no_other_class_are_no_disagreement(tmp_path: Path, text: str) -> None:
    write_dataset(tmp_path, ("red", "green"))
    write_tfrecord(tmp_path / TRAIN, [example(image(0), 0, text)])
    assert len(list(open_examples(tmp_path, split="train"))) == 1


def test_records_of_something_else_are_an_error(records: Path) -> None:
    write_tfrecord(records / TRAIN, [example(image(0), 0), b"no protocol buffer"])
    with pytest.raises(DatasetError, match=f"image/encoded and image/class/label in record .*{TRAIN}:1"):
        list(open_examples(records, split="train"))


def test_a_file_that_ends_early_is_noticed_before_it_is_read(records: Path) -> None:
    content = (records / TRAIN).read_bytes()
    (records / TRAIN).write_bytes(content[:-30])
    with pytest.raises(DatasetError, match=f"{TRAIN}, which ends in record 2"):
        open_examples(records, split="train")


def test_an_empty_file_has_no_images(records: Path) -> None:
    (records / TRAIN).write_bytes(b"")
    with pytest.raises(DatasetError, match=r"images in the train split of .* Received: none"):
        open_examples(records, split="train")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=examples(30))
@given(st.data())
def test_damage_anywhere_is_an_error(records: Path, data: st.DataObject) -> None:
    whole = [(image(0), 0), (image(1), 2), (image(2), 1)]
    path = write_tfrecord(records / TRAIN, [example(encoded, label) for encoded, label in whole])
    damaged = bytearray(path.read_bytes())
    damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(damaged)
    with pytest.raises(DatasetError):
        list(open_examples(records, split="train"))


def test_a_path_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "absent"):
        with pytest.raises(DatasetError, match="which is no folder"):
            open_examples(path, split="all")


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "split", "count", "classes"),
    [
        ("tiny-imagenet", "train", 100_000, 200),
        ("tiny-imagenet", "validation", 5_000, 200),
        ("ants-bees", "train", 245, 2),
        ("ants-bees", "validation", 153, 2),
    ],
)
def test_the_development_data_opens(shared: Path, name: str, split: Split, count: int, classes: int) -> None:
    examples = open_examples(shared / "data" / name, split=split)
    assert (len(examples), len(examples.labels), examples.skipped) == (count, classes, ())
