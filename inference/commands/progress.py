"""A bar that shows how far a command is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inference.pull import Progress


@contextmanager
def progress_bar(total: int, doing: str) -> Iterator[Callable[[], None]]:
    """Show a bar below the output where someone looks at it; yields what moves it on by one, from any thread."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress

    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    console = Console(stderr=True)
    # Output that goes to the same terminal has to be written above the bar; any other must stay where it was sent.
    with Progress(*columns, console=console, transient=True, redirect_stdout=sys.stdout.isatty()) as progress:
        task = progress.add_task(doing, total=total)
        yield lambda: progress.advance(task)


@contextmanager
def pull_bar() -> Iterator[Callable[[Progress], None]]:
    """Show how far a pull is where someone looks at it; yields what it reports to."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Bar(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("")

        def show(progress: Progress) -> None:
            # The speed is that of this step, without what an earlier pull had downloaded.
            if progress.step != bar.tasks[0].description:
                bar.reset(task, description=progress.step, completed=progress.done_bytes or 0)
            bar.update(task, completed=progress.done_bytes, total=progress.total_bytes)

        yield show
