"""The images that `labelbot label` is given: files, folders, patterns, addresses and lists of these."""

from __future__ import annotations

import codecs
import os
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from inference.system.terminal import counted

STDIN = "-"
ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
WILDCARDS = re.compile(r"[*?[]")
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(slots=True)
class Sources:
    """The images to label, in order.

    Attributes:
        images: paths, addresses, or "-" for standard input.
        failures: arguments that give no image, with the reasons.
        searched: True if a folder, a pattern or a list was given.
        other_files: number of files in the folders that are no images.
        linked_folders: number of links to folders, which are not followed.
    """

    images: list[str] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)
    searched: bool = False
    other_files: int = 0
    linked_folders: int = 0


def is_file_source(source: str) -> bool:
    """Return True for the path of a file; False for an address or standard input."""
    return source != STDIN and not ADDRESS.match(source)


def find_sources(given: Iterable[str], *, excluded: tuple[str, ...] = (), leave_out: str | None = None) -> Sources:
    """Replace folders and patterns by the images that they name.

    Args:
        given: files, folders, addresses, "-" for standard input, and patterns such as "photos/**/*.jpg".
        excluded: patterns of the names of files and folders that are ignored in folders.
        leave_out: resolved path of a folder that is ignored in folders.
    """
    sources = Sources()
    for source in given:
        if not is_file_source(source):
            sources.images.append(source)
        elif os.path.isdir(source):  # noqa: PTH112 - a Path would change "./-" to "-", which is standard input
            sources.searched = True
            _search_folder(sources, source, excluded, leave_out)
        elif WILDCARDS.search(source) and not os.path.lexists(source):
            sources.searched = True
            _search_pattern(sources, source, excluded, leave_out)
        else:
            sources.images.append(source)
    return sources


def _search_folder(sources: Sources, folder: str, excluded: tuple[str, ...], leave_out: str | None) -> None:
    from inference.images.folder_search import find_images

    found = find_images(folder, excluded=excluded, leave_out=leave_out)
    sources.images += found.images
    sources.other_files += found.other_files
    sources.linked_folders += found.linked_folders
    sources.failures += [(path, error.strerror or str(error)) for path, error in found.unreadable]
    if not found.images and not found.unreadable and os.path.realpath(folder) != leave_out:
        others = f"only {counted(found.other_files, 'other file')}" if found.other_files else "none"
        sources.failures.append((folder, f"expected images in this folder. Received: {others}"))


def _search_pattern(sources: Sources, pattern: str, excluded: tuple[str, ...], leave_out: str | None) -> None:
    """Find the images that a pattern names, as a shell does, and those below the folders that it names."""
    from inference.images.folder_search import find_images, is_ignored, is_image_file, matches_any

    parts = Path(pattern).parts
    fixed = next(position for position, part in enumerate(parts) if WILDCARDS.search(part))
    base = Path(*parts[:fixed])
    try:
        matches = list(base.glob("/".join(parts[fixed:])))
    except ValueError:  # such as "**.jpg"
        matches = []
    found: list[str] = []
    for match in matches:
        below = match.relative_to(base).parts
        if any(is_ignored(part) or matches_any(part, excluded) for part in below):
            continue
        if leave_out is not None and Path(os.path.realpath(match)).is_relative_to(leave_out):
            continue
        if match.is_dir():
            # As in folders, links are not followed.
            found += (
                () if match.is_symlink() else find_images(str(match), excluded=excluded, leave_out=leave_out).images
            )
        elif is_image_file(str(match)):
            found.append(str(match))
    # Two folders of the pattern may contain the same file. One may have the name that stands for standard input.
    distinct = sorted({Path(path) for path in found})
    sources.images += [f"./{path}" if str(path) == STDIN else str(path) for path in distinct]
    if not found:
        sources.failures.append((pattern, "no image has a name of this pattern"))


def read_list(file: str) -> list[str]:
    """Read a list of sources: one a line, or with a NUL after each, as `find -print0` writes them.

    Args:
        file: path of a text file; "-" for standard input.

    Raises:
        OSError: the file cannot be read.
    """
    data = sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()
    # Windows writes lists in UTF-16.
    text = data.decode("utf-16", "replace") if data.startswith(UTF16_MARKS) else os.fsdecode(data)
    items = text.removeprefix("\ufeff").split("\0" if "\0" in text else "\n")
    return [item.removesuffix("\r") for item in items if item.strip()]
