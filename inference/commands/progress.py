"""A bar that shows how far a command is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from inference.system.terminal import clean_output, raw_stream


@contextmanager
def progress_bar(total: int, doing: str) -> Iterator[Callable[[], None]]:
    """Show a bar below the output where someone looks at it; yields what moves it on by one, from any thread."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress

    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    console = Console(file=raw_stream(sys.stderr))
    # Output that goes to the same terminal has to be written above the bar; any other must stay where it was sent.
    bar = Progress(*columns, console=console, transient=True, redirect_stdout=sys.stdout.isatty())
    with bar as progress, clean_output():
        task = progress.add_task(doing, total=total)
        yield lambda: progress.advance(task)
