"""The figures that the simulation and the plan are made of, from `figures.toml`, each with its source."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

FILE = Path(__file__).with_name("figures.toml")
HEAD = """\
# Written by `python -m tests.benchmarks.scaling.measure`. Figures whose source is no command stay as they are.
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure.

    Attributes:
        value: number in `unit`.
        unit: unit, such as "core-ms" for milliseconds of CPU time.
        what: text that says what was measured.
        source: command that measures it, or the page or file that states it.
        date: day of the measurement or of the look-up.
        machine: machine that was measured; empty for what is stated.
    """

    value: float
    unit: str
    what: str
    source: str
    date: str
    machine: str = ""

    def measured_now(self, value: float) -> Figure:
        """Return the figure with a value that was measured on this machine today."""
        return replace(self, value=float(f"{value:.4g}"), date=f"{datetime.now(UTC):%Y-%m-%d}", machine=this_machine())


def read_figures(file: Path = FILE) -> dict[str, Figure]:
    """Read the figures by their names."""
    return {name: Figure(**fields) for name, fields in tomllib.loads(file.read_text(encoding="utf-8")).items()}


def values(figures: Mapping[str, Figure]) -> dict[str, float]:
    """Return the numbers of figures by their names."""
    return {name: figure.value for name, figure in figures.items()}


def write_figures(figures: Mapping[str, Figure], file: Path = FILE) -> None:
    """Write the figures as TOML; strings of JSON are strings of TOML, too."""
    tables = (
        f"\n[{name}]\n" + "".join(f"{field} = {json.dumps(value)}\n" for field, value in asdict(figure).items())
        for name, figure in figures.items()
    )
    file.write_text(HEAD + "".join(tables), encoding="utf-8")


def this_machine() -> str:
    """Return the processor's name and the number of cores."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else 'unknown processor'}, {os.cpu_count()} cores"
