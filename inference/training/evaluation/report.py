"""Charts of an evaluation and of a training run."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from inference.errors import naming
from inference.training.evaluation.evaluate import CALIBRATION_BINS, Evaluation
from inference.training.evaluation.tables import ClassConfusion, Pair, class_confusion, shortened, worst_pairs

DPI = 120
BLUE, ORANGE, GREY, LIGHT = "#2a6fbb", "#d9772b", "#6b6b6b", "#d9d9d9"
SERIES = (BLUE, ORANGE, "#3f9b6c", "#8c5fb0", "#b8505a", "#7a6a4f")
# With more classes than this, the matrix has no names and no counts, as they would be too small to read.
MAX_NAMED_CLASSES = 40
MAX_COUNTED_CLASSES = 25
# Number of pairs in the list beside the matrix, and number of letters in a name. Within these limits, the list fits.
LISTED_PAIRS = 20
LISTED_NAME_LENGTH = 24


def plot_confusion(evaluation: Evaluation, labels: Sequence[str | None], path: Path) -> None:
    """Draw a confusion matrix as a PNG file; for many classes, a list beside it has the most confused pairs.

    Args:
        evaluation: evaluation to draw; classes without images are left out.
        labels: label of each class.
        path: path of the file; an existing file is replaced.
    """
    confusion = class_confusion(evaluation, labels)
    classes = len(confusion.names)
    many = classes > MAX_NAMED_CLASSES
    # The matrix grows with the number of classes. A matrix of many classes has a fixed size and a list to its right.
    side = 7.0 if many else 2.2 + 0.38 * max(classes, 4)
    figure = Figure(figsize=(side + (4.6 if many else 2.0), side + (0.5 if many else 1.0)), layout="constrained")
    grid = figure.add_gridspec(1, 2, width_ratios=(side, 3.6)) if many else figure.add_gridspec(1, 1)
    matrix = figure.add_subplot(grid[0, 0])
    _draw_matrix(figure, matrix, confusion)
    title = f"{evaluation.images:,} images, {classes} classes: {evaluation.top1:.1%} right"
    matrix.set_title(title, loc="left", fontsize=12)
    if many:
        _list_pairs(figure.add_subplot(grid[0, 1]), worst_pairs(evaluation, labels, LISTED_PAIRS))
    save_png(figure, path)


def plot_reliability(evaluation: Evaluation, path: Path) -> None:
    """Draw a reliability diagram as a PNG file: the share of right guesses by score.

    Args:
        evaluation: evaluation to draw.
        path: path of the file; an existing file is replaced.
    """
    calibration = evaluation.calibration
    figure = Figure(figsize=(5.6, 6.4), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    middles = (np.arange(CALIBRATION_BINS) + 0.5) / CALIBRATION_BINS
    width = 0.94 / CALIBRATION_BINS
    upper.plot((0, 1), (0, 1), color=GREY, linewidth=1, linestyle="--", label="as the scores say")
    upper.bar(middles, np.nan_to_num(calibration.accuracy), width, color=BLUE, label="share of right guesses")
    upper.plot(
        calibration.confidence,
        calibration.accuracy,
        "o",
        color=ORANGE,
        markersize=5,
        clip_on=False,
        label="at their mean score",
    )
    upper.set(xlim=(0, 1), ylim=(0, 1), ylabel="right guesses")
    upper.yaxis.set_major_formatter("{x:.0%}")
    upper.legend(frameon=False, loc="upper left")
    upper.set_title(f"Expected calibration error {calibration.error:.3f}", loc="left", fontsize=12)
    lower.bar(middles, calibration.counts / evaluation.images, width, color=LIGHT)
    lower.set(xlabel="score of the best guess", ylabel="images")
    lower.yaxis.set_major_formatter("{x:.0%}")
    for axes in (upper, lower):
        _tidy(axes)
    save_png(figure, path)


def plot_curves(history: Sequence[Mapping[str, float]], path: Path) -> None:
    """Draw the curves of a training run as a PNG file.

    The first panel shows the values whose names end in "loss". The second panel shows the values with "top" or
    "accuracy" in their names, which are shares in [0, 1]. The third panel shows "learning_rate". A panel without values
    is left out. Vertical lines mark the changes of "image_size". Other values are not drawn, and neither is NaN.

    Args:
        history: one row per epoch, with values by name; "epoch" is the number of the epoch.
        path: path of the file; an existing file is replaced.
    """
    names = {name: None for row in history for name in row}
    panels = {
        "loss": [name for name in names if name.endswith("loss")],
        "accuracy": [name for name in names if "top" in name or "accuracy" in name],
        "learning rate": [name for name in names if name == "learning_rate"],
    }
    drawn = {title: series for title, series in panels.items() if series}
    figure = Figure(figsize=(4.6 * max(len(drawn), 1), 3.8), layout="constrained")
    epochs = np.array([row["epoch"] for row in history])
    for place, (title, series) in enumerate(drawn.items(), start=1):
        axes = figure.add_subplot(1, len(drawn), place)
        for name, colour in zip(series, SERIES * len(series), strict=False):
            values = np.array([row.get(name, np.nan) for row in history])
            marker = "o" if len(history) <= 30 else None
            axes.plot(
                epochs,
                values,
                color=colour,
                marker=marker,
                markersize=3.5,
                clip_on=False,
                label=name.replace("_", " "),
            )
        _mark_sizes(axes, epochs, [row.get("image_size") for row in history])
        axes.set(xlabel="epoch", title=title)
        axes.set_xlim(epochs[0] - 0.5, epochs[-1] + 0.5)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        if title == "accuracy":
            low, high = axes.get_ylim()
            axes.set_ylim(max(low, 0.0), min(high, 1.0))
            axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=None))
        if title == "learning rate":
            axes.set_ylim(bottom=0.0)
        if len(series) > 1:
            axes.legend(frameon=False)
        _tidy(axes)
    save_png(figure, path)


def _draw_matrix(figure: Figure, axes: Axes, confusion: ClassConfusion) -> None:
    """Draw the matrix. A cell's colour shows its share of the row, so that classes with few images are visible, too."""
    classes = len(confusion.names)
    others = confusion.counts[:, classes].any()
    counts = confusion.counts if others else confusion.counts[:, :classes]
    shares = counts / counts.sum(axis=1, keepdims=True)
    # A square-root scale makes rare mistakes visible, too.
    image = axes.imshow(shares, cmap="Blues", norm=PowerNorm(0.5, 0, 1), interpolation="nearest")
    figure.colorbar(image, ax=axes, shrink=0.6, format="{x:.0%}", label="share of the class's images", pad=0.02)
    axes.set(xlabel="best guess" + (" (last column: others)" if others else ""), ylabel="truth")
    axes.spines[:].set_visible(False)
    if classes <= MAX_NAMED_CLASSES:
        names = [*confusion.names, "others"][: counts.shape[1]]
        axes.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor", parse_math=False)
        axes.set_yticks(range(classes), confusion.names, parse_math=False)
        axes.tick_params(length=0, labelsize=9)
    if classes <= MAX_COUNTED_CLASSES:
        for row, column in np.argwhere(counts).tolist():
            colour = "white" if shares[row, column] > 0.4 else "black"
            size = 8 if classes > 10 else 10
            axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=colour, fontsize=size)


def _list_pairs(axes: Axes, pairs: Sequence[Pair]) -> None:
    axes.set_axis_off()
    axes.set_title("Most often confused", loc="left", fontsize=10)
    for place, pair in enumerate(pairs):
        height = 1 - (place + 0.6) / LISTED_PAIRS
        truth, guess = (shortened(name, LISTED_NAME_LENGTH) for name in (pair.truth, pair.guess))
        text = f"{pair.images:4d}  {truth} → {guess}"
        axes.text(0, height, text, fontsize=8, va="center", transform=axes.transAxes, parse_math=False)


def _mark_sizes(axes: Axes, epochs: npt.NDArray[np.float64], sizes: Sequence[float | None]) -> None:
    """Draw a line at each change of the image size."""
    for place in range(1, len(sizes)):
        if sizes[place] != sizes[place - 1]:
            middle = (epochs[place - 1] + epochs[place]) / 2
            axes.axvline(middle, color=LIGHT, linewidth=1, zorder=0)
            axes.annotate(
                f"{sizes[place]:g} px",
                (middle, 1),
                xycoords=("data", "axes fraction"),
                xytext=(3, -9),
                textcoords="offset points",
                fontsize=8,
                color=GREY,
            )


def _tidy(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color=LIGHT, linewidth=0.6)
    axes.set_axisbelow(True)


def save_png(figure: Figure, path: Path) -> None:
    """Write a figure as a PNG file; an existing file is replaced in one step."""
    with warnings.catch_warnings():
        # If no font has a letter, Matplotlib draws a box in its place. The text tables show such letters.
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        partial = path.with_name(f"{path.name}.partial")
        with naming(path):
            figure.savefig(partial, format="png", dpi=DPI)
    partial.replace(path)
