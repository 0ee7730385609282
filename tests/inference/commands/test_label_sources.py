from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from inference.commands.label_sources import find_sources, read_list
from tests.support.colour_models import plain


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with images in folders."""
    for name in ("green.png", "[1].png", "a/1.png", "b/1.png", "b/2.png", "b/@eaDir/1.png", "b/notes.txt", "-"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"text" if name.endswith("txt") else plain("red"))
    (tmp_path / "b/loop").symlink_to(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("given", "images"),
    [
        (["green.png", "absent.jpg", "green.png"], ["green.png", "absent.jpg", "green.png"]),
        (["-", "http://example.com/*.png"], ["-", "http://example.com/*.png"]),
        (["b", "a/"], ["b/1.png", "b/2.png", "a/1.png"]),
        (["*.png"], ["[1].png", "green.png"]),
        (["[1].png"], ["[1].png"]),
        (["**/[12].png"], ["a/1.png", "b/1.png", "b/2.png"]),
        (["**"], ["./-", "[1].png", "a/1.png", "b/1.png", "b/2.png", "green.png"]),
        (["b/*"], ["b/1.png", "b/2.png"]),
        (["[ab]"], ["a/1.png", "b/1.png", "b/2.png"]),
    ],
)
def test_folders_and_patterns_become_the_images_that_they_name(given: list[str], images: list[str]) -> None:
    found = find_sources(given)
    assert (found.images, found.failures) == (images, [])


def test_a_file_named_as_standard_input_is_a_file() -> None:
    for given in (".", "*", "**"):
        assert "./-" in find_sources([given]).images
        assert "-" not in find_sources([given]).images


def test_names_can_be_excluded_in_folders_and_patterns() -> None:
    for given in (".", "**/*"):
        found = find_sources([given], excluded=("1.png", "[[]*", "-"))
        assert [os.path.normpath(image) for image in found.images] == ["b/2.png", "green.png"]


def test_the_target_of_sorting_is_left_out_of_folders_and_patterns(folder: Path) -> None:
    (folder / "b2").mkdir()
    (folder / "b2/3.png").write_bytes(plain("red"))
    for given in (["b", "b2"], ["b*"], ["b*/*.png"]):
        assert find_sources(given, leave_out=os.path.realpath("b")).images == ["b2/3.png"]


@pytest.mark.parametrize("pattern", ["*.jpg", "none/*", "**.png"])
def test_a_pattern_without_images_is_told(pattern: str) -> None:
    found = find_sources([pattern, "a"])
    assert found.images == ["a/1.png"]
    assert found.failures == [(pattern, "no image has a name of this pattern")]


def test_a_folder_without_images_is_told() -> None:
    Path("b/1.png").unlink()
    Path("b/2.png").unlink()
    assert find_sources(["b"]).failures == [("b", "expected images in this folder. Received: only 1 other file")]


def test_a_list_has_a_source_a_line_or_before_each_nul(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = tmp_path / "list.txt"
    lines = "a/1.png\r\n\r\n b é.png\nfolder\n"
    for content in (lines.encode(), b"\xef\xbb\xbf" + lines.encode(), lines.encode("utf-16")):
        listed.write_bytes(content)
        assert read_list(str(listed)) == ["a/1.png", " b é.png", "folder"]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"two\nlines.png\0caf\xe9.jpg\0")))
    assert read_list("-") == ["two\nlines.png", os.fsdecode(b"caf\xe9.jpg")]
