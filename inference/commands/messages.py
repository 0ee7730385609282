"""Messages that several commands print."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from inference.system.terminal import print_message

if TYPE_CHECKING:
    from inference.training.data.folders import Skipped

# Exit code of a program that Ctrl-C ended: 128 plus the number of SIGINT.
INTERRUPTED = 130


def print_skipped(skipped: Iterable[Skipped]) -> None:
    """Print the files that are left out, with the reasons."""
    for item in skipped:
        print_message(f"left out {item.name}: {item.reason}")
