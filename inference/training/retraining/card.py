"""The model card of a retrained model: its photos, its base and its accuracy."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import numpy as np

from inference.system.extras import has_extra
from inference.training.data.photos import PhotoSet
from inference.training.evaluation.tables import markdown_table
from inference.training.retraining.distortions import Distortions
from inference.training.retraining.embeddings import EmbeddedPhotos
from inference.training.retraining.retrain import CONFUSION_FILE, CURVES_FILE, Retrained

# Maximum number of classes in the table. A longer table would be hard to read.
MAX_CLASSES = 50
PICTURES = (f"![Truth against best guess]({CONFUSION_FILE})", f"![Loss and accuracy by epoch]({CURVES_FILE})")


def retrain_card(
    retrained: Retrained, data: PhotoSet, embedded: EmbeddedPhotos, distortions: Distortions, *, name: str, command: str
) -> str:
    """Return the model card in Markdown.

    Args:
        retrained: retrained model.
        data: photos.
        embedded: photos that could be read.
        distortions: augmentation of the training photos.
        name: name of the new model.
        command: command line that repeats the retraining.
    """
    spec, outcome = retrained.spec, retrained.evaluation
    skipped = len(data.skipped) + len(embedded.skipped)
    kinship = "whose network it shares" if spec.head else "some blocks of which were trained further"
    model = [
        ("base", f"`{spec.base}`, {kinship}"),
        ("licence", spec.licence),
        ("date", f"{datetime.now(UTC):%Y-%m-%d}"),
        ("classes", str(spec.classes)),
        *((f"{split} photos", f"{len(embedded.of(split)):,}") for split in data.splits),
        *([("copies among them", f"{data.copies:,}")] if data.copies else []),
        ("augmented views of each training photo", _describe(distortions)),
        *([("left out", f"{skipped:,} files")] if skipped else []),
    ]
    sure = outcome.scores >= spec.threshold
    choices = "" if data.measured == "test" else ", by which the training's end and the threshold were chosen, too"
    figures = [
        ("top-1", f"{outcome.top1:.1%}"),
        ("top-5", f"{outcome.top5:.1%}"),
        ("always guessing the commonest class", f"{outcome.guessing:.1%}"),
        ("expected calibration error", f"{outcome.calibration.error:.3f}"),
        ("temperature", f"{spec.temperature:g}"),
        ('"not sure" under a score of', f"{spec.threshold:g}, above which {sure.mean():.0%} of the photos lie"),
    ]
    if retrained.familiarity is not None:
        known = retrained.familiarity
        figures += [
            ("own photos recognised as such", f"{known.recognised:.1%}"),
            ("unrelated photos mistaken for one of the classes", f"{known.mistaken:.1%} of {known.unrelated:,}"),
        ]
    confusion, curves = ([picture] if has_extra("plots") else [] for picture in PICTURES)
    return "\n\n".join(
        [
            f"# Model card: `{name}`",
            markdown_table(("", ""), model),
            "## Figures",
            f"On {'' if data.cross_validated else 'the '}{data.describe_measured(outcome.images)}{choices}.",
            markdown_table(("figure", "value"), figures),
            _classes(retrained, embedded),
            *confusion,
            "## Training",
            *curves,
            f"```sh\n{command}\n```\n",
        ]
    )


def _describe(distortions: Distortions) -> str:
    views = len(distortions.views(b""))
    if views == 1:
        return "1, as it is labelled"
    settings = [
        *(["mirrored"] if distortions.flip else []),
        *([f"moved by {distortions.crop_percent:g} %"] if distortions.crop_percent else []),
        *([f"smaller by {distortions.scale_percent:g} %"] if distortions.scale_percent else []),
        *([f"darker or brighter by {distortions.brightness_percent:g} %"] if distortions.brightness_percent else []),
    ]
    return f"{views}: {', '.join(settings)} at most"


def _classes(retrained: Retrained, embedded: EmbeddedPhotos) -> str:
    learnt = Counter(photo.label for photo in embedded.of("train"))
    outcome = retrained.evaluation
    measured = np.bincount(outcome.truth, minlength=outcome.classes)
    rows = [
        (label, f"{learnt[place]:,}", f"{measured[place]:,}", _percent(precision), _percent(recall))
        for place, (label, precision, recall) in enumerate(
            zip(retrained.labels, outcome.precision.tolist(), outcome.recall.tolist(), strict=True)
        )
    ]
    more = f"\n\nand {len(rows) - MAX_CLASSES} more classes." if len(rows) > MAX_CLASSES else ""
    header = ("class", "learnt from", "measured on", "precision", "recall")
    return markdown_table(header, rows[:MAX_CLASSES]) + more


def _percent(share: float) -> str:
    return "-" if np.isnan(share) else f"{share:.1%}"
