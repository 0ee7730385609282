"""The model card of a trained network: its properties, its training and its accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from inference.models.spec import ModelSpec
from inference.training.data.training_data import TrainingData
from inference.training.evaluation.evaluate import Evaluation
from inference.training.evaluation.tables import markdown_table
from inference.training.from_scratch.settings import Recipe

# Number of classes in a card's list of the best classes, and in its list of the worst classes.
CLASSES_LISTED = 5


def training_card(
    recipe: Recipe, data: TrainingData, spec: ModelSpec, outcome: Evaluation, *, network_bytes: int
) -> str:
    """Return the model card in Markdown.

    Args:
        recipe: recipe of the training.
        data: training and validation images.
        spec: calibrated specification of the model.
        outcome: evaluation of the compiled network on the validation images.
        network_bytes: size of the compiled network, in bytes.
    """
    low, high = spec.input_range
    sure = outcome.scores >= spec.threshold
    model = [
        ("network", f"`{recipe.network}`"),
        ("file", f"LiteRT, weights in int8, {network_bytes:,} bytes"),
        ("input", f"the central square at {spec.width} x {spec.height} pixels, RGB in [{low:g}, {high:g}]"),
        ("classes", f"{spec.classes}"),
        ("licence", spec.licence),
        ("date", f"{datetime.now(UTC):%Y-%m-%d}"),
        ("training images", f"{len(data.training):,}"),
        ("validation images", f"{outcome.images:,}"),
        *([("left out", f"{len(data.skipped):,} images")] if data.skipped else []),
        *([("begun from", f"`{recipe.init_from}`")] if recipe.init_from else []),
        *([("taught by", f"`{recipe.teacher}`")] if recipe.teacher else []),
    ]
    figures = [
        ("top-1", f"{outcome.top1:.1%}"),
        ("top-5", f"{outcome.top5:.1%}"),
        ("always guessing the commonest class", f"{outcome.guessing:.1%}"),
        ("expected calibration error", f"{outcome.calibration.error:.3f}"),
        ("temperature", f"{spec.temperature:g}"),
        ('"not sure" under a score of', f"{spec.threshold:g}, above which {sure.mean():.0%} of the images lie"),
        ("classes recognised best", _extremes(outcome, data.labels, best=True)),
        ("classes recognised worst", _extremes(outcome, data.labels, best=False)),
    ]
    return "\n\n".join(
        [
            f"# Model card: `{spec.name}`",
            markdown_table(("", ""), model),
            "## Figures",
            "Of the installed file, on the validation images, by which its temperature and threshold were chosen, too.",
            markdown_table(("figure", "value"), figures),
            "## Training",
            f"![Curves of loss, accuracy and learning rate](curves.png)\n\n```sh\n{recipe.command}\n```\n",
        ]
    )


def _extremes(outcome: Evaluation, labels: Sequence[str], *, best: bool) -> str:
    recall = outcome.recall
    known = np.flatnonzero(~np.isnan(recall))
    ranked = known[np.argsort(-recall[known] if best else recall[known], kind="stable")].tolist()
    return ", ".join(f"{labels[index].split(',')[0]} {recall[index]:.0%}" for index in ranked[:CLASSES_LISTED])
