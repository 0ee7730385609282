# ruff: noqa: RUF001 - characters that look alike
from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inference.commands.sorting import PhotoSorter, SortingError, folder_name
from tests.support.full_disk import small_files_only
from tests.support.small_disk import small_disk


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Three photos of one name, the first two with the same content."""
    paths = [tmp_path / folder / "cat.jpg" for folder in ("a", "b", "c")]
    for path, content in zip(paths, (b"one", b"one", b"another"), strict=True):
        path.parent.mkdir()
        path.write_bytes(content)
        os.utime(path, (1_000_000, 2_000_000))
    return paths


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_photos_of_one_name_get_numbers_and_equal_ones_are_there_already(tmp_path: Path, photos: list[Path]) -> None:
    for times in (1, 2):
        sorter = PhotoSorter(tmp_path / "sorted", links=False)
        places = [sorter.add(photo, "cat").name for photo in photos]
        assert places == ["cat.jpg", "cat.jpg", "cat (2).jpg"]
        assert (sorter.added, sorter.present) == ((2, 1) if times == 1 else (0, 3))
    assert files_in(tmp_path / "sorted") == {"cat/cat.jpg": b"one", "cat/cat (2).jpg": b"another"}


def test_a_copy_keeps_the_time_of_its_photo_and_an_existing_file_its_content(
    tmp_path: Path, photos: list[Path]
) -> None:
    mine = tmp_path / "sorted/cat/cat.jpg"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"mine")
    copy = PhotoSorter(tmp_path / "sorted", links=False).add(photos[0], "cat")
    assert mine.read_bytes() == b"mine"
    assert (copy.name, copy.stat().st_mtime) == ("cat (2).jpg", 2_000_000)


def test_links_lead_to_the_photos_from_everywhere(
    tmp_path: Path, photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    link = PhotoSorter(Path("sorted"), links=True).add(Path("a/cat.jpg"), "cat")
    assert link.is_symlink()
    assert link.readlink() == photos[0]
    again = PhotoSorter(Path("sorted"), links=True)
    assert (again.add(photos[0], "cat"), again.added, again.present) == (link, 0, 1)


def test_a_file_system_without_hard_links_gets_copies_too(
    tmp_path: Path, photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    sorter = PhotoSorter(tmp_path / "sorted", links=False)
    for photo in photos:
        sorter.add(photo, "cat")
    assert files_in(tmp_path / "sorted") == {"cat/cat.jpg": b"one", "cat/cat (2).jpg": b"another"}


def test_a_copy_that_cannot_be_finished_leaves_nothing(tmp_path: Path, photos: list[Path]) -> None:
    photos[0].write_bytes(bytes(100_000))
    sorter = PhotoSorter(tmp_path / "sorted", links=False)
    with small_files_only(50_000), pytest.raises(SortingError, match="cat cannot be written: File too large"):
        sorter.add(photos[0], "cat")
    assert files_in(tmp_path / "sorted") == {}


def test_a_full_disk_is_told_with_the_folder(tmp_path: Path, photos: list[Path]) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    photos[0].write_bytes(bytes(300_000))
    with small_disk(disk, 200_000):
        sorter = PhotoSorter(disk, links=False)
        with pytest.raises(SortingError, match=f"{disk}/cat cannot be written: No space left on device"):
            sorter.add(photos[0], "cat")
        assert files_in(disk) == {}


@pytest.mark.parametrize("taken", ["sorted", "sorted/cat"])
def test_a_file_in_place_of_a_folder_is_told(tmp_path: Path, photos: list[Path], taken: str) -> None:
    (tmp_path / taken).parent.mkdir(exist_ok=True)
    (tmp_path / taken).write_text("a file")
    with pytest.raises(SortingError, match=f"{tmp_path / taken} cannot be written: File exists"):
        PhotoSorter(tmp_path / "sorted", links=False).add(photos[0], "cat")
    assert (tmp_path / taken).read_text() == "a file"


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("tabby cat", "tabby cat"),
        ("AC/DC", "AC／DC"),
        ('a\\b:c*d?e"f<g>h|i', "a＼b：c＊d？e＂f＜g＞h｜i"),
        ("..", "．．"),
        (".hidden", "．hidden"),
        ("etc.", "etc．"),
        ("two\nlines", "two␊lines"),
        ("", "_"),
    ],
)
def test_a_label_that_is_no_file_name_becomes_one_that_looks_alike(label: str, name: str) -> None:
    assert folder_name(label) == name


@given(st.text())
@example("a" * 400)
@example("猫" * 400)
@example("\ud800")
def test_any_label_gives_a_folder_below_and_not_a_hidden_one(label: str) -> None:
    name = folder_name(label)
    assert 0 < len(name.encode()) <= 255
    assert not name.startswith(".")
    assert not set(name) & {"/", "\\", "\0", "\n"}
    assert not name.endswith((".", " "))


def test_long_labels_and_names_stay_apart(tmp_path: Path, photos: list[Path]) -> None:
    assert folder_name("a" * 300 + "1") != folder_name("a" * 300 + "2")
    longest = tmp_path / f"{'é' * 125}.jpg"
    sorter = PhotoSorter(tmp_path / "sorted", links=False)
    for content in (b"1", b"2"):
        longest.write_bytes(content)
        sorter.add(longest, "cat")
    assert sorted(files_in(tmp_path / "sorted").values()) == [b"1", b"2"]
