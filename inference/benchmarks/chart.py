"""A chart of a comparison of engines and numbers of workers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator

from inference.benchmarks.engines import EngineRow, Speed
from inference.benchmarks.model import Comparison
from inference.benchmarks.variants import INSTALLED, REFERENCE
from inference.benchmarks.workers import WorkersRow
from inference.training.evaluation.report import BLUE, GREY, LIGHT, ORANGE, save_png
from inference.training.evaluation.tables import shortened

WIDTH_INCHES = 10.0
BAR_INCHES = 0.42
# Height of a panel without its bars: title, headings and axis.
PANEL_INCHES = 1.4
TITLE_INCHES = 0.5
# A panel has bars on the left and columns of figures on the right. The two constants are the maximum width of a bar and
# the right edge of each column, as shares of the panel's width.
BARS_SHARE = 0.54
COLUMNS = {"images/s": 0.66, "p50": 0.77, "memory": 0.88, "same label": 1.0}
# Maximum number of letters in a reason. A longer text does not fit into a panel.
REASON_LENGTH = 100


class _Bar(NamedTuple):
    """A bar and the figures beside it.

    Attributes:
        name: label of the bar.
        colour: Matplotlib colour.
        images_per_s: length of the bar; 0 if nothing was measured.
        figures: texts of the columns, in the order of `COLUMNS`.
        ideal_per_s: length of the pale bar behind the bar, in images per second; 0 for no pale bar.
        reason: text in place of a bar, if nothing was measured.
    """

    name: str
    colour: str
    images_per_s: float = 0.0
    figures: tuple[str, ...] = ()
    ideal_per_s: float = 0.0
    reason: str | None = None


def draw_comparison(comparison: Comparison, path: Path) -> None:
    """Draw the images per second of each engine and of each number of workers as a PNG file.

    Args:
        comparison: results of `compare_engines`.
        path: path of the file; an existing file is replaced.
    """
    one_per_s = comparison.workers[0].speed.images_per_s
    engines = [_engine_bar(row) for row in comparison.engines]
    workers = [_workers_bar(row, one_per_s) for row in comparison.workers]
    heights = [PANEL_INCHES + BAR_INCHES * len(bars) for bars in (engines, workers)]
    figure = Figure(
        figsize=(WIDTH_INCHES, TITLE_INCHES + sum(heights)), layout=ConstrainedLayoutEngine(w_pad=0.14, h_pad=0.09)
    )
    upper, lower = figure.subplots(2, 1, height_ratios=heights)
    machine, spec = comparison.machine, comparison.spec
    cores = f"{machine.cores} core{'s' if machine.cores > 1 else ''}"
    title = f"{spec.name} on {machine.host}: {machine.processor}, {cores}"
    figure.suptitle(title, x=0.012, ha="left", fontsize=14, weight="bold", parse_math=False)
    _draw_bars(upper, engines, f"Engines: the network alone, {spec.width} x {spec.height} pixels, one thread")
    _draw_bars(lower, workers, "Workers: the installed file, from a photo's bytes to its labels (pale: ideal)")
    save_png(figure, path)


def _engine_bar(row: EngineRow) -> _Bar:
    variant, cost = row.variant, row.cost
    colour = {REFERENCE: GREY, INSTALLED: ORANGE}.get(variant.format, BLUE)
    if cost is None:
        return _Bar(variant.name, colour, reason=shortened(f"not measured: {row.reason}", REASON_LENGTH))
    answers = "reference" if variant.format == REFERENCE else "-"
    if variant.verification is not None:
        answers = f"{variant.verification.agreement:.0%}"
    figures = _figures(cost.speed, cost.memory_mb)
    return _Bar(variant.name, colour, cost.speed.images_per_s, (*figures, answers))


def _workers_bar(row: WorkersRow, one_per_s: float) -> _Bar:
    name = f"{row.workers} worker{'s' if row.workers > 1 else ''}"
    figures = _figures(row.speed, row.memory_mb)
    return _Bar(name, ORANGE, row.speed.images_per_s, figures, ideal_per_s=row.workers * one_per_s)


def _figures(speed: Speed, memory_mb: float) -> tuple[str, ...]:
    return f"{speed.images_per_s:,.1f}", f"{speed.p50_ms:.1f} ms", f"{memory_mb:,.0f} MB"


def _draw_bars(axes: Axes, bars: Sequence[_Bar], title: str) -> None:
    """Draw a panel: the first bar at the top, and the figures of each bar to its right."""
    places = range(len(bars))
    longest = max(max(bar.images_per_s, bar.ideal_per_s) for bar in bars)
    axes.barh(places, [bar.ideal_per_s for bar in bars], 0.66, color=ORANGE, alpha=0.25, linewidth=0)
    axes.barh(places, [bar.images_per_s for bar in bars], 0.66, color=[bar.colour for bar in bars])
    beside = axes.get_yaxis_transform()
    for place, bar in enumerate(bars):
        for share, text in zip(COLUMNS.values(), bar.figures, strict=False):
            axes.text(share, place, text, transform=beside, ha="right", va="center")
        if bar.reason is not None:
            axes.text(0.005, place, bar.reason, transform=beside, va="center", color=GREY, fontsize=9, parse_math=False)
    for heading, share in list(COLUMNS.items())[: max(len(bar.figures) for bar in bars)]:
        axes.text(share, -0.62, heading, transform=beside, ha="right", va="bottom", color=GREY, fontsize=9)
    axes.set_yticks(places, [bar.name for bar in bars], fontsize=11, parse_math=False)
    axes.set_ylim(len(bars) - 0.5, -0.6)
    axes.set_xlim(0, longest / BARS_SHARE)
    axes.set_xticks([tick for tick in MaxNLocator(5).tick_values(0, longest) if tick <= longest])
    axes.set_xlabel("images per second", x=BARS_SHARE / 2, color=GREY, fontsize=9)
    axes.set_title(title, loc="left", fontsize=11, pad=16)
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.tick_params(length=0, colors=GREY)
    axes.tick_params(axis="y", labelcolor="black")
    axes.grid(axis="x", color=LIGHT, linewidth=0.6)
    axes.set_axisbelow(True)
