"""A progress bar for `labelbot models pull`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    DownloadColumn,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as Bar
from rich.table import Column

from inference.catalog.pull import OnProgress, Progress
from inference.system.terminal import clean_output, printable, raw_stream


class WhileDownloading(ProgressColumn):
    """A column that is empty during steps without a download."""

    def __init__(self, column: ProgressColumn) -> None:
        super().__init__(table_column=Column(no_wrap=True))
        self._column = column

    def render(self, task: Task) -> RenderableType:
        return "" if task.total is None else self._column.render(task)


@contextmanager
def pull_bar() -> Iterator[OnProgress]:
    """Show a progress bar if stderr is a terminal. Yields a function that is called with the progress of the pull."""
    # A file name can be longer than the space beside the figures.
    step = TextColumn("{task.description}", table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis"))
    console = Console(file=raw_stream(sys.stderr))
    bar = Bar(
        step,
        BarColumn(20),
        *map(WhileDownloading, (DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())),
        console=console,
        transient=True,
        expand=True,
        disable=not console.is_terminal,
    )
    with bar, clean_output():

        def show(progress: Progress) -> None:
            description = printable(f"{progress.step} {progress.subject}")
            if not bar.tasks or bar.tasks[0].description != description:
                for task in bar.tasks:
                    bar.remove_task(task.id)
                bar.add_task(description, completed=progress.done_bytes or 0, total=progress.total_bytes)
            bar.update(bar.tasks[0].id, completed=progress.done_bytes)

        yield show
