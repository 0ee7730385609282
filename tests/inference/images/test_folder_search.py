from __future__ import annotations

import os
from pathlib import Path

import pytest

from inference.images.folder_search import find_images, is_ignored
from tests.support.colour_models import plain


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Photos that a search finds and files that it does not, as people's folders have them."""
    for name in ("b.png", "a/2.PNG", "a/1.png", "a/deep/er/x.jpeg", "unnamed", "a/@eaDir/1.png", "__MACOSX/b.png"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(plain("red"))
    (tmp_path / ".thumbnails").mkdir()
    (tmp_path / ".thumbnails/b.png").write_bytes(plain("red"))
    (tmp_path / "a/._1.png").write_bytes(b"fork of a Mac")
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / "broken.jpg").write_text("no image either")
    return tmp_path


def found_in(folder: Path, **options: object) -> list[str]:
    images = find_images(str(folder), **options).images  # type: ignore[arg-type]  # what each test says
    return [Path(image).relative_to(folder).as_posix() for image in images]


def test_images_at_any_depth_are_found_in_order_and_nothing_else(folder: Path) -> None:
    assert found_in(folder) == ["a/1.png", "a/2.PNG", "a/deep/er/x.jpeg", "b.png", "broken.jpg", "unnamed"]
    assert find_images(str(folder)).other_files == 1


@pytest.mark.parametrize("name", ["@eaDir", "#recycle", "$RECYCLE.BIN", "lost+found", "__MACOSX", ".ipynb_checkpoints"])
def test_folders_of_systems_are_passed_over_and_folders_of_people_are_not(name: str) -> None:
    assert is_ignored(name)
    assert not is_ignored(name.strip("@#$._") + " 2024")


def test_names_can_be_excluded_in_any_case(folder: Path) -> None:
    assert found_in(folder, excluded=("*.png", "deep")) == ["broken.jpg", "unnamed"]


def test_a_folder_can_be_left_out(folder: Path) -> None:
    assert found_in(folder, leave_out=os.path.realpath(folder / "a")) == ["b.png", "broken.jpg", "unnamed"]


def test_links_to_folders_are_counted_links_to_photos_followed_and_loops_end(folder: Path, tmp_path: Path) -> None:
    before = found_in(folder)
    (folder / "a/up").symlink_to(folder)
    (folder / "link.png").symlink_to("b.png")
    (folder / "gone.png").symlink_to("nothing.png")
    (folder / "itself.png").symlink_to("itself.png")
    assert found_in(folder) == sorted([*before, "gone.png", "itself.png", "link.png"])
    assert find_images(str(folder)).linked_folders == 1


def test_what_is_no_file_is_no_image(folder: Path) -> None:
    os.mkfifo(folder / "pipe.jpg")
    assert "pipe.jpg" not in found_in(folder)


def test_a_folder_that_cannot_be_listed_is_told(tmp_path: Path) -> None:
    ((path, error),) = find_images(str(tmp_path / "absent")).unreadable
    assert (path, error.strerror) == (str(tmp_path / "absent"), "No such file or directory")
