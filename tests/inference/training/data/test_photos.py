from __future__ import annotations

import shutil
from itertools import count
from math import nan
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inference.commands.messages import print_copies
from inference.training.data.photos import PhotoSet, open_photos
from inference.training.data.splits import Split, position_of
from inference.training.errors import DatasetError, InvalidSetting
from tests.support.colour_photos import colour_photo, write_photos
from tests.support.images import encode
from tests.support.tfrecords import write_dataset


def names(data: PhotoSet, split: Split) -> set[str]:
    return {example.name for example in data.splits[split]}


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    return write_photos(tmp_path / "photos", {"cold": 60, "warm": 60})


def test_a_plain_folder_is_split_by_the_shares_and_stays_split_when_it_moves(folders: Path, tmp_path: Path) -> None:
    data = open_photos(folders, validation_percent=30, testing_percent=20)
    assert (data.labels, len(data), data.measured) == (("cold", "warm"), 120, "test")
    assert {
        split: 0.4 <= len(part) / (120 * share) <= 1.6
        for split, part, share in zip(data.splits, data.splits.values(), (0.5, 0.3, 0.2), strict=True)
    } == {"train": True, "validation": True, "test": True}
    everything = [names(data, split) for split in data.splits]
    assert sum(map(len, everything)) == len(set.union(*everything)) == 120
    shutil.move(folders, tmp_path / "elsewhere")
    moved = open_photos(tmp_path / "elsewhere", validation_percent=30, testing_percent=20)
    assert [names(moved, split) for split in moved.splits] == everything


def test_variants_of_a_picture_stay_in_one_split(tmp_path: Path) -> None:
    folder = write_photos(tmp_path, {"cold": 40, "warm": 40})
    for number in range(30):
        (folder / "cold" / f"same_nohash_{number}.png").write_bytes(colour_photo("cold", 100 + number))
    data = open_photos(folder, validation_percent=40, testing_percent=20)
    splits = [split for split in data.splits for name in names(data, split) if "nohash" in name]
    assert len(splits) == 30
    assert len(set(splits)) == 1


def test_nothing_is_kept_for_testing_where_none_is_wanted(folders: Path) -> None:
    data = open_photos(folders, testing_percent=0)
    assert set(data.splits) == {"train", "validation"}
    assert data.measured == "validation"
    assert len(data) == 120


def test_splits_that_are_folders_stay_what_they_are(tmp_path: Path) -> None:
    write_photos(tmp_path / "train", {"cold": 9, "warm": 8})
    write_photos(tmp_path / "val", {"cold": 3, "warm": 2}, first=50)
    data = open_photos(tmp_path, validation_percent=50, testing_percent=40)
    assert {split: len(part) for split, part in data.splits.items()} == {"train": 17, "validation": 5}
    assert data.measured == "validation"
    write_photos(tmp_path / "test", {"warm": 4}, first=70)
    data = open_photos(tmp_path)
    assert {split: len(part) for split, part in data.splits.items()} == {"train": 17, "validation": 5, "test": 4}
    assert data.measured == "test"


def test_records_are_taken_as_they_are_split(tmp_path: Path) -> None:
    photos = [(colour_photo("cold", number), 0) for number in range(3)]
    write_dataset(tmp_path, ("cold", "warm"), train=photos, validation=photos[:1])
    data = open_photos(tmp_path)
    assert data.labels == ("cold", "warm")
    assert [example.encoded for example in data.splits["train"]] == [encoded for encoded, _ in photos]
    assert data.measured == "validation"
    (tmp_path / "validation-00000-of-00001.tfrecord").unlink()
    with pytest.raises(DatasetError, match="Received none of: validation"):
        open_photos(tmp_path)


def test_a_split_is_not_left_empty_while_there_are_photos_for_it(tmp_path: Path) -> None:
    data = open_photos(write_photos(tmp_path, {"cold": 3, "warm": 2}), validation_percent=1, testing_percent=1)
    assert all(len(examples) for examples in data.splits.values())
    assert {example.label for example in data.splits["train"]} == {0, 1}
    assert {name for split in data.splits for name in names(data, split)} == {
        "cold/000.png", "cold/001.png", "cold/002.png", "warm/000.png", "warm/001.png",
    }  # fmt: skip


def test_one_photo_of_each_class_is_too_few(tmp_path: Path) -> None:
    folder = write_photos(tmp_path, {"cold": 1, "warm": 1})
    with pytest.raises(DatasetError, match=r"two or more different photos of a class.*Received: 2 photos of 2 classes"):
        open_photos(folder)
    with pytest.raises(DatasetError, match=r"two different photos of each class; 20 or more.*only one of: cold, warm"):
        open_photos(folder, cross_validate=True)


def test_two_names_of_one_photo_are_one_photo(tmp_path: Path) -> None:
    folder = write_photos(tmp_path, {"cold": 5, "warm": 1})
    shutil.copy(folder / "warm" / "000.png", folder / "warm" / "001.png")
    with pytest.raises(DatasetError, match="only one of: warm"):
        open_photos(folder, cross_validate=True)


def test_few_photos_stay_together_for_a_cross_validation(tmp_path: Path) -> None:
    folder = write_photos(tmp_path, {"cold": 4, "warm": 3})
    shutil.copy(folder / "warm" / "000.png", folder / "warm" / "copy.png")
    data = open_photos(folder, cross_validate=True)
    assert (set(data.splits), data.measured, data.cross_validated, len(data), data.copies) == (
        {"train"}, "train", True, 8, 1,
    )  # fmt: skip
    assert data.groups["warm/copy.png"] == data.groups["warm/000.png"] == "warm/000.png"
    assert not open_photos(folder, cross_validate=True, testing_percent=20).cross_validated
    assert not open_photos(folder).cross_validated


def test_photos_of_a_fixed_camera_are_learnt_from_and_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    view = np.random.default_rng(0).integers(0, 200, (32, 32, 3), np.uint8)
    for label in ("empty", "full"):
        (tmp_path / label).mkdir()
        for number in range(10):
            frame = view.copy()
            frame[3 * number : 3 * number + 3, 8 if label == "full" else 20] += 50
            (tmp_path / label / f"{number}.png").write_bytes(encode(Image.fromarray(frame), "PNG"))
    data = open_photos(tmp_path)
    assert (data.uniform, data.copies, set(data.splits)) == (("empty", "full"), 0, {"train", "validation", "test"})
    assert len(set(open_photos(tmp_path, cross_validate=True).groups.values())) == 20
    print_copies(data.copies, data.leaks, data.uniform)
    assert capsys.readouterr().err == (
        "labelbot: most photos look almost the same in: empty, full; only equal files count as copies there, so the "
        "figures may be too good\n"
    )


def test_many_photos_need_no_cross_validation(folders: Path) -> None:
    assert not open_photos(folders, cross_validate=True).cross_validated


def test_a_class_with_one_photo_is_learnt_from(folders: Path) -> None:
    of_the_test = (number for number in count() if 10 <= position_of(f"green/{number:03d}.png") < 20)
    write_photos(folders, {"green": 1}, first=next(of_the_test))
    data = open_photos(folders)
    assert [split for split in data.splits for name in names(data, split) if name.startswith("green")] == ["train"]


@pytest.mark.parametrize(("validation", "testing"), [(0, 10), (-1, 10), (10, -1), (60, 40), (101, 0), (nan, 10)])
def test_shares_that_leave_nothing_are_refused(folders: Path, validation: float, testing: float) -> None:
    with pytest.raises(InvalidSetting, match="validation percentage: expected above 0"):
        open_photos(folders, validation_percent=validation, testing_percent=testing)


def test_what_is_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    for data in (tmp_path / "absent", tmp_path / "file"):
        with pytest.raises(DatasetError, match="which is no folder"):
            open_photos(data)
