from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from PIL import Image

from inference.images.decode import MAX_BYTES
from inference.training.data.folders import find_images
from inference.training.errors import DatasetError
from tests.support.colour_photos import write_photos
from tests.support.image_folders import write_images
from tests.support.images import FILES
from tests.support.pictures import picture


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return write_images(tmp_path / "photos", {"ants": 3, "bees": 2})


def names_of(photos: Path) -> list[str]:
    return [file.name for file in find_images(photos).files]


def reasons_of(photos: Path) -> dict[str, str]:
    return {item.name: item.reason for item in find_images(photos).skipped}


def test_a_folder_is_a_class(photos: Path) -> None:
    found = find_images(photos)
    assert found.labels == ("ants", "bees")
    assert [(file.name, file.label) for file in found.files] == [
        ("ants/000.jpg", 0), ("ants/001.jpg", 0), ("ants/002.jpg", 0), ("bees/000.jpg", 1), ("bees/001.jpg", 1),
    ]  # fmt: skip
    assert found.skipped == ()


def test_images_are_told_by_their_content_and_nested_ones_belong_to_their_class(photos: Path) -> None:
    deep = photos / "ants" / "2024" / "may"
    deep.mkdir(parents=True)
    image = Image.new("RGB", (64, 64), (1, 2, 3))
    for kind, encode in FILES.items():
        (deep / f"{kind}.txt").write_bytes(encode(image))
    assert set(names_of(photos)) >= {f"ants/2024/may/{kind}.txt" for kind in FILES}


def test_the_split_is_that_of_the_name_wherever_the_folder_lies(tmp_path: Path) -> None:
    photos = write_images(tmp_path / "photos", {"ants": 40, "bees": 40})
    before = find_images(photos).files
    moved = photos.rename(tmp_path / "elsewhere")
    assert find_images(moved).files == before
    assert {file.split for file in before} == {"train", "validation", "test"}


@pytest.mark.parametrize("validation", ["val", "validation"])
def test_folders_of_splits_decide_where_there_are_such(tmp_path: Path, validation: str) -> None:
    write_images(tmp_path / "train", {"ants": 2, "bees": 2})
    write_images(tmp_path / validation, {"ants": 1, "bees": 0}, seed=4)
    write_images(tmp_path / "test", {"bees": 1}, seed=5)
    assert [(file.name, file.label, file.split) for file in find_images(tmp_path).files] == [
        ("train/ants/000.jpg", 0, "train"),
        ("train/ants/001.jpg", 0, "train"),
        ("train/bees/000.jpg", 1, "train"),
        ("train/bees/001.jpg", 1, "train"),
        (f"{validation}/ants/000.jpg", 0, "validation"),
        ("test/bees/000.jpg", 1, "test"),
    ]


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    assert find_images(write_images(tmp_path, {"car": 1, "train": 1})).labels == ("car", "train")


def test_synsets_before_names_are_taken_off(tmp_path: Path) -> None:
    write_images(tmp_path, {"n01443537 goldfish": 1, "n01629819 European fire salamander": 1})
    assert find_images(tmp_path).labels == ("goldfish", "European fire salamander")


def test_synsets_stay_where_two_classes_have_one_name(tmp_path: Path) -> None:
    names = ("n02012849 crane", "n03126707 crane")
    assert find_images(write_images(tmp_path, dict.fromkeys(names, 1))).labels == names


def test_numbers_before_names_are_taken_off_and_each_folder_keeps_its_name(tmp_path: Path) -> None:
    write_images(tmp_path, {f"{number}. {letter}": 1 for number, letter in enumerate("abcdefghijkl", 1)})
    found = find_images(tmp_path)
    assert {file.name.split("/")[0].split(". ")[1]: found.labels[file.label] for file in found.files} == {
        letter: letter for letter in "abcdefghijkl"
    }


def test_numbers_after_names_are_part_of_them(tmp_path: Path) -> None:
    assert find_images(write_images(tmp_path, {"cats 2": 1, "dogs 1": 1})).labels == ("cats 2", "dogs 1")


def test_a_class_may_have_the_name_of_an_output_without_a_meaning(tmp_path: Path) -> None:
    assert find_images(write_images(tmp_path, {"background": 1, "cat": 1})).labels == ("background", "cat")


def test_what_is_no_image_is_left_out_with_its_reason(photos: Path) -> None:
    (photos / "ants" / "notes.jpg").write_text("not a photo")
    (photos / "ants" / "empty.jpg").touch()
    (photos / "bees" / "gone.jpg").symlink_to("nowhere")
    with (photos / "bees" / "huge.jpg").open("wb") as file:
        file.write(picture(9))
        file.truncate(MAX_BYTES + 1)
    os.mkfifo(photos / "bees" / "pipe.jpg")
    # If the program reads the pipe by mistake, it finds enough bytes not to hang.
    pipe = os.open(photos / "bees" / "pipe.jpg", os.O_RDWR)
    os.write(pipe, bytes(4096))
    reasons = reasons_of(photos)
    os.close(pipe)
    assert reasons == {
        "ants/empty.jpg": "not an image",
        "ants/notes.jpg": "not an image",
        "bees/gone.jpg": "No such file or directory",
        "bees/huge.jpg": "expected at most 20,971,520 bytes. Received: 20,971,521",
        "bees/pipe.jpg": "not a file",
    }
    assert len(names_of(photos)) == 5


def test_hidden_files_and_folders_do_not_count(photos: Path) -> None:
    shutil.copytree(photos / "ants", photos / ".ipynb_checkpoints")
    shutil.copytree(photos / "ants", photos / "bees" / ".thumbnails")
    (photos / "ants" / "._000.jpg").write_text("a note of macOS")
    found = find_images(photos)
    assert (found.labels, len(found.files), found.skipped) == (("ants", "bees"), 5, ())


def test_the_same_content_in_two_classes_is_in_neither(photos: Path) -> None:
    shutil.copy(photos / "ants" / "001.jpg", photos / "bees" / "copy.jpg")
    assert reasons_of(photos) == {
        "ants/001.jpg": "the same content in another class: bees/copy.jpg",
        "bees/copy.jpg": "the same content in another class: ants/001.jpg",
    }
    assert names_of(photos) == ["ants/000.jpg", "ants/002.jpg", "bees/000.jpg", "bees/001.jpg"]


def test_the_same_content_twice_in_a_class_stays_in_one_split_and_is_counted(tmp_path: Path) -> None:
    photos = write_photos(tmp_path, {"cold": 12, "warm": 12})
    for number in range(12):
        shutil.copy(photos / "cold" / f"{number:03d}.png", photos / "cold" / f"copy of {number}.png")
    found = find_images(photos)
    splits = {file.name: file.split for file in found.files}
    assert (len(splits), found.copies, found.leaks) == (36, 12, 0)
    assert all(splits[f"cold/{number:03d}.png"] == splits[f"cold/copy of {number}.png"] for number in range(12))


def test_copies_in_folders_of_splits_stay_where_they_are_and_are_counted(tmp_path: Path) -> None:
    write_photos(tmp_path / "train", {"cold": 3, "warm": 3})
    write_photos(tmp_path / "val", {"cold": 2, "warm": 2}, first=50)
    shutil.copy(tmp_path / "train" / "warm" / "000.png", tmp_path / "val" / "warm" / "again.png")
    found = find_images(tmp_path)
    assert (len(found.files), found.copies, found.leaks) == (11, 1, 1)
    assert [file.split for file in found.files if file.name.endswith("again.png")] == ["validation"]


@pytest.mark.parametrize(
    ("classes", "sentence"),
    [
        ({}, "at least two. Received: none"),
        ({"ants": 3}, "at least two. Received: ants"),
        ({"ants": 3, "bees": 0, "wasps": 0}, "Received none in: bees, wasps"),
        ({"ants": 1, "two\nlines": 1}, r"one line of text. Received: 'two\\nlines'"),
        ({"ants": 1, " bees": 1}, "one line of text. Received: ' bees'"),
        ({"ants": 1, os.fsdecode(b"b\xe9es"): 1}, "one line of text"),
    ],
)
def test_folders_that_are_no_classes_are_refused(tmp_path: Path, classes: dict[str, int], sentence: str) -> None:
    with pytest.raises(DatasetError, match=sentence):
        find_images(write_images(tmp_path, classes))


def test_a_class_whose_images_are_all_another_classes_has_none(photos: Path) -> None:
    shutil.copytree(photos / "bees", photos / "wasps")
    with pytest.raises(DatasetError, match=r"none in: bees, wasps \(4 left out, as bees/000\.jpg: the same content"):
        find_images(photos)


def test_a_class_that_training_lacks_is_refused(tmp_path: Path) -> None:
    write_images(tmp_path / "train", {"ants": 1, "bees": 1})
    write_images(tmp_path / "val", {"ants": 1, "wasps": 1}, seed=2)
    with pytest.raises(DatasetError, match="Received others: wasps"):
        find_images(tmp_path)


def test_two_folders_for_one_split_are_refused(tmp_path: Path) -> None:
    for split in ("train", "val", "validation"):
        write_images(tmp_path / split, {"ants": 1, "bees": 1})
    with pytest.raises(DatasetError, match=r"one folder for validation in .* Received: val and validation"):
        find_images(tmp_path)


def test_a_long_list_of_empty_classes_is_cut(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"none in: c0, c1, c2, c3, c4 and 4 more$"):
        find_images(write_images(tmp_path, {"ants": 1} | {f"c{number}": 0 for number in range(9)}))
