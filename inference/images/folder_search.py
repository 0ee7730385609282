"""Search for the image files below a folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from inference.images.header import FORMAT_BYTES, image_format

# Folders that file servers, operating systems and archives add, in lower case. They contain thumbnails, deleted files
# or notes.
SYSTEM_FOLDERS = frozenset(
    {
        "@eadir", "@tmp", "@recycle", "@recently-snapshot", "#recycle", "#snapshot", "~snapshot", "__macosx",
        "__pycache__", "lost+found", "$recycle.bin", "recycler", "recycled", "system volume information",
        "network trash folder", "temporary items", "found.000",
    }
)  # fmt: skip
# Usual endings of the formats that can be decoded. A file with another ending is recognised by its first bytes.
SUFFIXES = frozenset(
    {
        *("jpg", "jpeg", "jpe", "jfif", "png", "apng", "webp", "gif", "bmp", "dib", "tif", "tiff"),
        *("heic", "heif", "hif", "heics", "heifs", "avif", "avifs"),
    }
)


@dataclass(frozen=True, slots=True)
class FoundImages:
    """The result of a search.

    Attributes:
        images: paths of the image files, sorted folder by folder.
        other_files: number of files that are no images.
        linked_folders: number of links to folders, which are not followed.
        unreadable: folders that cannot be listed, with the errors.
    """

    images: tuple[str, ...]
    other_files: int
    linked_folders: int
    unreadable: tuple[tuple[str, OSError], ...]


def is_ignored(name: str) -> bool:
    """Return True for the name of a hidden file or folder, or of a folder that a system adds."""
    return name.startswith(".") or name.casefold() in SYSTEM_FOLDERS


def matches_any(name: str, patterns: tuple[str, ...]) -> bool:
    """Return True if a name matches one of some patterns such as "*.png"; upper and lower case are the same."""
    return any(fnmatch(name.casefold(), pattern.casefold()) for pattern in patterns)


def find_images(folder: str, *, excluded: tuple[str, ...] = (), leave_out: str | None = None) -> FoundImages:
    """Find the image files below a folder, at any depth.

    A file with the ending of an image is taken as one, so that a damaged photo is told instead of passed over. Hidden
    files and folders, and the folders of systems such as `@eaDir`, are ignored. Links to folders are not followed,
    since they may form a loop.

    Args:
        folder: path of the folder.
        excluded: patterns of names; files and folders with such a name are ignored.
        leave_out: resolved path of a folder that is ignored.
    """
    search = _Search(lambda name: is_ignored(name) or matches_any(name, excluded), leave_out)
    images = sorted(search.below(folder), key=lambda path: Path(path).parts)
    return FoundImages(tuple(images), search.other_files, search.linked_folders, tuple(search.unreadable))


class _Search:
    def __init__(self, is_ignored: Callable[[str], bool], leave_out: str | None) -> None:
        self._is_ignored = is_ignored
        self._leave_out = leave_out
        self.other_files = self.linked_folders = 0
        self.unreadable: list[tuple[str, OSError]] = []

    def below(self, folder: str) -> Iterator[str]:
        waiting = [folder]
        while waiting:
            parent = waiting.pop()
            if self._leave_out is not None and os.path.realpath(parent) == self._leave_out:
                continue
            try:
                with os.scandir(parent) as entries:
                    kept = [entry for entry in entries if not self._is_ignored(entry.name)]
            except OSError as error:
                self.unreadable.append((parent, error))
                continue
            for entry in kept:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                elif entry.is_symlink() and os.path.isdir(entry.path):  # noqa: PTH112 - a Path for each file is slow
                    self.linked_folders += 1
                elif is_image_file(entry.path):
                    yield entry.path
                else:
                    self.other_files += 1


def is_image_file(path: str) -> bool:
    """Return True for a file that has the ending of an image, or begins like one; False for pipes and devices."""
    has_suffix = path.rpartition(".")[2].casefold() in SUFFIXES
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116
            return False
        if has_suffix:
            return True
        with open(path, "rb") as file:  # noqa: PTH123
            return image_format(file.read(FORMAT_BYTES)) is not None
    except OSError:
        # A photo behind a broken link, for example; reading it tells what is wrong.
        return has_suffix
