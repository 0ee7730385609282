"""The output of `labelbot benchmark`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table

from bot.commands import benchmark as whole_bot
from inference.benchmarks import machine as pool
from inference.benchmarks.figure import Figure
from inference.system.terminal import raw_stream

DIGITS = {"x": 3, "%": 1, "ms": 1, "MB": 0}
# Width of the table: that of the terminals of old, which every terminal has.
COLUMNS = 80


async def run(home: Path, photo: Path, *, rounds: int, instructions: bool, as_json: bool) -> None:
    """Measure this machine and print the results as JSON lines or as a table.

    Args:
        home: folder of Labelbot's data.
        photo: image file to measure with.
        rounds: number of turns of each side of a ratio.
        instructions: whether to count instructions, too, which takes minutes.
        as_json: whether to print JSON lines instead of a table.
    """
    use_two_cores()
    if as_json:
        async for figure in _figures(home, photo, rounds, instructions):
            fields = {"value": figure.value, "interval": figure.interval, "verdict": figure.verdict}
            print(json.dumps(asdict(figure) | fields), flush=True)
        return
    console = Console(file=raw_stream(sys.stderr))
    with console.status("Measuring; leave the machine alone for some minutes", spinner="line"):
        figures = [figure async for figure in _figures(home, photo, rounds, instructions)]
    Console(file=raw_stream(sys.stdout), width=COLUMNS).print(table(figures))


def use_two_cores() -> None:
    """Run this process and its children on as many cores as there are workers, so that machines can be compared."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: pool.WORKERS])


def table(figures: list[Figure]) -> Table:
    """Return a table of figures that fits 80 columns, each with its range, its goal, and the measurements behind it."""
    rows = Table("FIGURE", box=None, pad_edge=False)
    for heading in ("MEASURED", "GOAL", "RESULT"):
        rows.add_column(heading, justify="left" if heading == "RESULT" else "right", no_wrap=True)
    for figure in figures:
        digits, unit = DIGITS[figure.unit], figure.unit
        measured = f"{figure.value:.{digits}f} {unit}"
        if figure.interval is not None and not figure.repeatable:
            low, high = figure.interval
            measured += f"\n{low:.{digits}f} to {high:.{digits}f}"
        sign = ">=" if figure.better == "higher" else "<="
        name = Group(figure.name, Padding(figure.seen, (0, 0, 0, 2))) if figure.seen else figure.name
        rows.add_row(name, measured, f"{sign} {figure.goal:g} {unit}", figure.verdict)
    return rows


async def _figures(home: Path, photo: Path, rounds: int, instructions: bool) -> AsyncIterator[Figure]:
    async for figure in pool.measure(home, photo, rounds=rounds, instructions=instructions):
        yield figure
    async for figure in whole_bot.measure(home, photo, rounds=rounds):
        yield figure
