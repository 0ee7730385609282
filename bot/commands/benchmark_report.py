"""The output of `labelbot benchmark`."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bot.commands import benchmark as whole_bot
from inference.benchmarks import machine as pool
from inference.benchmarks.machine import Figure
from inference.system.terminal import raw_stream

DIGITS = {"x": 2, "ms": 1, "MB": 0}


async def run(home: Path, photo: Path, *, rounds: int, as_json: bool) -> None:
    """Measure this machine and print the results as JSON lines or as a table.

    Args:
        home: folder of Labelbot's data.
        photo: image file to measure with.
        rounds: number of measurements of each of the two speeds in a ratio.
        as_json: whether to print JSON lines instead of a table.
    """
    if as_json:
        async for figure in _metrics(home, photo, rounds):
            print(json.dumps(asdict(figure) | {"met": figure.met}), flush=True)
        return
    with Console(file=raw_stream(sys.stderr)).status(
        "Measuring; leave the machine alone for a few minutes", spinner="line"
    ):
        metrics = [figure async for figure in _metrics(home, photo, rounds)]
    table = Table("figure", "measured", "goal", "seen", box=None, pad_edge=False)
    for figure in metrics:
        sign = ">=" if figure.better == "higher" else "<"
        table.add_row(
            figure.name,
            f"{figure.value:.{DIGITS[figure.unit]}f} {figure.unit}",
            f"{sign} {figure.goal:g} {figure.unit} {'met' if figure.met else 'missed'}",
            figure.seen,
        )
    Console(file=raw_stream(sys.stdout)).print(table)


async def _metrics(home: Path, photo: Path, rounds: int) -> AsyncIterator[Figure]:
    async for figure in pool.measure(home, photo, rounds=rounds):
        yield figure
    async for figure in whole_bot.measure(home, photo, rounds=rounds):
        yield figure
