"""Photos in folders by label, for `labelbot label --sort-into`."""

from __future__ import annotations

import filecmp
import hashlib
import os
import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryFile

from inference.errors import ProgramError

# Longest name of a file or folder on the usual file systems.
MAX_NAME_BYTES = 255
# Characters that some file system or shell refuses in names, by similar characters that all accept. rclone does the
# same: https://rclone.org/overview/#restricted-characters
SIMILAR = {ord(letter): chr(ord(letter) - 0x20 + 0xFF00) for letter in '/\\:*?"<>|'} | {
    **{code: chr(0x2400 + code) for code in range(0x20)},
    0x7F: "\u2421",
}
PARTIAL = ".labelbot-"


class SortingError(ProgramError):
    """A photo cannot be written into its folder."""


class PhotoSorter:
    """Copies or links each photo into the folder of its label. No existing file is changed or replaced.

    Attributes:
        added: number of photos that were copied or linked.
        present: number of photos that were there already.
    """

    def __init__(self, folder: Path, *, links: bool) -> None:
        """Make the folder if it does not exist, and check that files can be written into it.

        Args:
            folder: folder of the labels' folders.
            links: True for symbolic links to the photos instead of copies.

        Raises:
            SortingError: the folder cannot be made or written.
        """
        self.folder = folder
        self.added = self.present = 0
        self._links = links
        with _writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=folder, prefix=PARTIAL):
                pass

    def add(self, photo: Path, label: str) -> Path:
        """Add a photo to the folder of a label, under its own name, or with a number if another file has this name.

        Returns:
            The photo's path in that folder.

        Raises:
            SortingError: the copy or the link cannot be written; nothing of it stays behind.
            OSError: the photo cannot be read.
        """
        content = b"" if self._links else photo.read_bytes()
        folder = self.folder / folder_name(label)
        with _writing(folder):
            folder.mkdir(exist_ok=True)
            for target in _names(folder / photo.name):
                if not os.path.lexists(target):
                    with suppress(FileExistsError):  # another process took the name
                        if self._links:
                            target.symlink_to(photo.absolute())
                        else:
                            _write_new(target, content, photo)
                        self.added += 1
                        return target
                if _is_same(photo, target):
                    self.present += 1
                    return target
        raise AssertionError("there are endlessly many names")


def folder_name(label: str) -> str:
    """Return the name of a label's folder: the label, with similar characters for those that names cannot have."""
    name = unicodedata.normalize("NFC", label).encode(errors="replace").decode().translate(SIMILAR)
    # A name of dots is another folder, a dot at the start hides a folder, and Windows drops dots and spaces at the end.
    if name.startswith("."):
        name = f"\uff0e{name[1:]}"
    if name.endswith((".", " ")):
        name = name[:-1] + {".": "\uff0e", " ": "\u2420"}[name[-1]]
    encoded = name.encode()
    if len(encoded) > MAX_NAME_BYTES:
        ending = f"~{hashlib.sha256(encoded).hexdigest()[:8]}"
        name = encoded[: MAX_NAME_BYTES - len(ending)].decode(errors="ignore") + ending
    return name or "_"


def _is_same(photo: Path, target: Path) -> bool:
    try:
        return target.samefile(photo) or filecmp.cmp(photo, target, shallow=False)
    except OSError:
        return False


def _names(target: Path) -> Iterator[Path]:
    """Yield a path, then the same path with (2), (3) and so on before its suffix."""
    yield target
    for number in count(2):
        ending = f" ({number}){target.suffix}"
        stem = os.fsdecode(os.fsencode(target.stem)[: MAX_NAME_BYTES - len(os.fsencode(ending))])
        yield target.with_name(stem + ending)


def _write_new(target: Path, content: bytes, photo: Path) -> None:
    """Write a new file with the times of a photo. The file appears complete, or not at all.

    Raises:
        FileExistsError: there is a file of this name.
    """
    partial = target.with_name(PARTIAL + secrets.token_hex(8))
    try:
        with partial.open("xb") as file:
            file.write(content)
        with suppress(OSError):  # some network drives set times by themselves
            times = photo.stat()
            os.utime(partial, ns=(times.st_atime_ns, times.st_mtime_ns))
        _publish(partial, target)
    finally:
        partial.unlink(missing_ok=True)


def _publish(partial: Path, target: Path) -> None:
    try:
        # Unlike a new name for the file, a link never replaces another file.
        target.hardlink_to(partial)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links, as on many USB sticks.
        if os.path.lexists(target):
            raise FileExistsError from None
        partial.rename(target)


@contextmanager
def _writing(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SortingError(f"{place} cannot be written: {error.strerror or error}") from None
