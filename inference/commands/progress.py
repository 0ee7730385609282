"""A progress bar for commands."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from inference.system.terminal import clean_output, raw_stream


@contextmanager
def progress_bar(total: int, doing: str) -> Iterator[Callable[[], None]]:
    """Show a progress bar if stderr is a terminal.

    Args:
        total: number of steps.
        doing: text before the bar, such as "Labelling".

    Yields:
        A function that advances the bar by one step; any thread may call it.
    """
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress

    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    console = Console(file=raw_stream(sys.stderr))
    # If stdout is the same terminal, its lines are printed above the bar; redirected output is left alone.
    bar = Progress(*columns, console=console, transient=True, redirect_stdout=sys.stdout.isatty())
    with bar as progress, clean_output():
        task = progress.add_task(doing, total=total)
        yield lambda: progress.advance(task)
