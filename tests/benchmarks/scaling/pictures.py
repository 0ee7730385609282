"""The pictures of docs/scaling.md. They have a light background of their own, for readers in light and dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from tests.benchmarks.scaling.demand import Capacity, Known
from tests.benchmarks.scaling.events import Work
from tests.benchmarks.scaling.load import Load
from tests.benchmarks.scaling.plan import database_work
from tests.benchmarks.scaling.sending import NO_LIMITS, Limits
from tests.benchmarks.scaling.setup import Setup
from tests.benchmarks.scaling.simulation import Simulation

PAPER, INK, GRID = "#fafafa", "#222222", "#cccccc"
# Behind a number, so that no line crosses it.
BOX = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.0}
TELEGRAM, OURS = "#c2410c", "#1d4ed8"
# Okabe and Ito's colours, which colour-blind people can tell apart.
LINES = ("#0072b2", "#009e73", "#cc79a7", "#d55e00")
MARKS = ("o", "s", "^", "D")
RATES = (10, 1_000, 100_000)
PHOTOS = 1_500
SHARES = (0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.97, 1.05, 1.2)
SLOWEST_S = 30.0


def draw_limits(models: Mapping[str, Sequence[Capacity]], file: Path) -> None:
    """Draw what one of each resource takes, and the rates that the page speaks of."""
    by_model = {model: {row.name: row.photos_per_s for row in rows} for model, rows in models.items()}
    alike = set.intersection(*(set(rates.items()) for rates in by_model.values()))
    rows = dict(alike) | {
        f"{name}, {model}": rate
        for model, rates in by_model.items()
        for name, rate in rates.items()
        if (name, rate) not in alike
    }
    ordered = sorted(rows.items(), key=lambda row: (-row[1], row[0]))
    figure, axes = _figure(5.6)
    names, rates = zip(*ordered, strict=True)
    colours = [TELEGRAM if name.startswith(("one group", "one chat", "answers", "polling")) else OURS for name in names]
    axes.barh(names, rates, color=colours, height=0.6)
    for place, rate in enumerate(rates):
        axes.text(rate * 1.12, place, f"{rate:,.0f}", va="center", color=INK, fontsize=9, bbox=BOX)
    for rate in RATES:
        axes.axvline(rate, color=INK, linewidth=0.8, linestyle=":", zorder=0)
        axes.text(rate, len(names) - 0.3, f"{rate:,}", ha="center", color=INK, fontsize=9)
    axes.set(xscale="log", xlim=(1, 300_000), xlabel="photos a second that one of them takes")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_title("What is full first: limits of Telegram (orange) and of one machine (blue)", color=INK, pad=20)
    _save(figure, file)


def draw_latencies(known: Known, file: Path) -> None:
    """Draw how long people wait, by the number of photos a second, for several machines."""
    figure, axes = _figure(4.6)
    core_s, bot_s = known["inception_v3_core_ms"] / 1e3, known["bot_sqlite_core_ms"] / 1e3
    machines = [(f"{cores} cores, no limit of Telegram", cores, NO_LIMITS) for cores in (2, 4, 8)]
    machines.append(("8 cores, one bot at Telegram", 8, Limits()))
    for (name, cores, limits), colour, mark in zip(machines, LINES, MARKS, strict=True):
        full = min(cores / (core_s + bot_s), 1 / bot_s, float(limits.per_s))
        points = [(share * full, *_waits(known, cores, limits, share * full)) for share in SHARES]
        rates, middle_s, slow_s = zip(*points, strict=True)
        axes.plot(rates, slow_s, color=colour, marker=mark, markersize=4, label=name)
        axes.plot(rates, middle_s, color=colour, linewidth=0.8, linestyle="--")
    axes.set(xscale="log", yscale="log", ylim=(0.1, SLOWEST_S))
    axes.set(xlabel="photos a second", ylabel="seconds to the answer")
    axes.set_title("Wait by load, Inception-v3's size: 95th percentile, and median (dashed)", color=INK)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.legend(frameon=False, labelcolor=INK)
    axes.grid(visible=True, color=GRID, linewidth=0.5)
    _save(figure, file)


def _waits(known: Known, cores: int, limits: Limits, photos_per_s: float) -> tuple[float, float]:
    """Return the median and the 95th percentile of the seconds to the answer."""
    setup = Setup(
        cores=cores,
        workers=cores,
        worker=Work(each_s=known["inception_v3_core_ms"] / 1e3, variation=known["inception_v3_variation"]),
        bot=Work(each_s=known["bot_sqlite_core_ms"] / 1e3),
        database=database_work(known, "sqlite"),
        limits=limits,
        photo_kb=known["inception_v3_photo_kb"],
    )
    outcome = Simulation(setup).run(Load(photos_per_s, PHOTOS / photos_per_s).arrivals(seed=1))
    return outcome.percentile_s(50), outcome.percentile_s(95)


def _figure(height: float) -> tuple[Figure, mpl.axes.Axes]:
    figure = Figure(figsize=(9, height), facecolor=PAPER, layout="constrained")
    axes = figure.add_subplot(facecolor=PAPER)
    axes.tick_params(colors=INK)
    axes.xaxis.label.set_color(INK)
    axes.yaxis.label.set_color(INK)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure, axes


def _save(figure: Figure, file: Path) -> None:
    # The same bytes each time: no date, and names of elements that depend on nothing else.
    with mpl.rc_context({"svg.hashsalt": "labelbot", "svg.fonttype": "path"}):
        figure.savefig(file, metadata={"Date": None})
