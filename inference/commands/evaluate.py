"""`labelbot evaluate`: measure a model on labelled images."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inference.commands.messages import print_skipped
from inference.commands.models import Home, Model, open_store
from inference.commands.network_options import read_network_options
from inference.commands.progress import progress_bar
from inference.commands.pull_missing import NoPull, find_or_pull
from inference.system.extras import require_extra
from inference.system.terminal import print_message

if TYPE_CHECKING:
    from inference.models.spec import ModelSpec
    from inference.training.data.examples import Example, Examples
    from inference.training.data.folders import Skipped
    from inference.training.evaluation.evaluate import Evaluation, Measurement


class Part(StrEnum):
    """Part of a data set: one of its splits, or all images."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"
    ALL = "all"


def evaluate(
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA",
            help="Folder of labelled images: one folder per class, perhaps inside train, val and test; or TFRecords.",
        ),
    ],
    model: Model = None,
    split: Annotated[
        Part | None,
        typer.Option(
            help="Images to measure on. If the data has no folders for splits, a tenth of the images each belongs to "
            "validation and test. The default is validation or test if the data has a separate split for it, else all.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the charts confusion.png and reliability.png.", show_default=False)
    ] = None,
    calibrate: Annotated[
        bool, typer.Option("--calibrate", help="Fit the temperature and the threshold, and store them in the model.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    no_pull: NoPull = False,
    home: Home = None,
) -> None:
    """Measure how good a model is on labelled images."""
    if out is not None:
        require_extra("plots", "--out")
    from inference.errors import ModelError
    from inference.models.bundle import read_labels
    from inference.models.store import BUILT_IN
    from inference.training.data.classes import match_classes
    from inference.training.evaluation.calibrate import calibrated, store_calibration
    from inference.training.evaluation.evaluate import evaluate

    store = open_store(home)
    model = store.resolve(model or store.default)
    if calibrate and model in BUILT_IN:
        raise ModelError(f"{model} comes with the program and cannot be calibrated; --model names one of your own")
    if calibrate:
        store.check_writable()
    # Wrong data fails here, before a model is built or downloaded.
    part, examples = open_part(data, split)
    bundle = find_or_pull(home, model, no_pull=no_pull)
    _warn_of_learnt(bundle.spec, data, part, split_given=split is not None, calibrate=calibrate)
    labels = read_labels(bundle)
    outputs = match_classes(examples.labels, labels)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    with progress_bar(len(examples), "Labelling") as advance:
        outcome = evaluate(bundle, translated(examples, outputs, advance), options=read_network_options())
    skipped = (*examples.skipped, *outcome.skipped)
    print_skipped(skipped)
    stored = None
    if calibrate:
        spec, after = calibrated(bundle.spec, outcome)
        stored = Stored(store_calibration(store, bundle, spec).spec, after)
    findings = Findings(bundle.spec, labels, part, outcome, skipped, stored)
    if out is not None:
        findings.draw(out)
    print(findings.as_json() if as_json else findings.as_text())


def open_part(data: Path, part: Part | None) -> tuple[Part, Examples]:
    """Open a part of a data set; None for its separate validation or else test split, or for all images."""
    from inference.training.data.examples import open_examples, separate_splits

    if part is None:
        given = separate_splits(data)
        part = next((part for part in (Part.VALIDATION, Part.TEST) if part in given), Part.ALL)
    return part, open_examples(data, split=part.value)


def _warn_of_learnt(spec: ModelSpec, data: Path, part: Part, *, split_given: bool, calibrate: bool) -> None:
    """Print a warning if the model has perhaps learnt from the images that it is measured on or calibrated to."""
    from inference.training.data.photos import is_small

    if spec.head and (calibrate or part in (Part.VALIDATION, Part.TEST)) and is_small(data):
        print_message(
            "retrain learns from all of so few photos, so these figures are too good if the model comes from this "
            "folder" + (", and this calibration makes it too sure" if calibrate else "")
        )
    elif calibrate and not split_given and part is Part.ALL:
        print_message("fits to all images of the folder; say --split validation where the model has learnt from it")


def translated(examples: Iterable[Example], outputs: Sequence[int], advance: Callable[[], None]) -> Iterator[Example]:
    """Yield the examples with the model's outputs as labels.

    Args:
        examples: labelled images.
        outputs: index of the model's output for each class of the data.
        advance: called after each example.
    """
    for example in examples:
        yield replace(example, label=outputs[example.label])
        advance()


@dataclass(frozen=True, slots=True)
class Stored:
    """A calibrated model's specification and its evaluation after the calibration."""

    spec: ModelSpec
    evaluation: Evaluation


@dataclass(frozen=True, slots=True)
class Findings:
    """The command's results, for its output and its charts."""

    spec: ModelSpec
    labels: Sequence[str | None]
    part: Part
    outcome: Measurement
    skipped: Sequence[Skipped]
    stored: Stored | None

    def draw(self, out: Path) -> None:
        from inference.training.evaluation.report import plot_confusion, plot_reliability

        plot_confusion(self.outcome, self.labels, out / "confusion.png")
        plot_reliability(self.outcome, out / "reliability.png")
        if self.stored is not None:
            plot_reliability(self.stored.evaluation, out / "reliability-calibrated.png")

    def as_text(self) -> str:
        import numpy as np

        from inference.training.evaluation.tables import format_classes, format_confusion

        spec, outcome = self.spec, self.outcome
        sure = outcome.scores >= spec.threshold
        right = f", of which {outcome.correct[sure].mean():.1%} are right" if sure.any() else ""
        decode_ms, inference_ms = np.median(outcome.decode_ms), np.median(outcome.inference_ms)
        rows = [
            ("top-1", f"{outcome.top1:.1%}"),
            ("top-5", f"{outcome.top5:.1%}"),
            ("calibration error", f"{outcome.calibration.error:.3f}"),
            ("sure", f"{sure.mean():.1%} of the images, with a score of at least {spec.threshold:g}{right}"),
            ("speed", f"{outcome.images_per_s:.0f} images/s on {len(os.sched_getaffinity(0))} cores"),
            ("an image", f"{decode_ms:.1f} ms to decode, {inference_ms:.1f} ms in the network"),
        ]
        lines = [
            f"{spec.name}, version {spec.version}, on {outcome.images:,} images ({self.part})",
            *(f"{name:18} {value}" for name, value in rows),
            "",
            format_classes(outcome, self.labels),
            "",
            format_confusion(outcome, self.labels),
        ]
        if self.stored is not None:
            new, error = self.stored.spec, self.stored.evaluation.calibration.error
            rows = [
                ("temperature", f"{spec.temperature:g} -> {new.temperature:g}"),
                ("threshold", f"{spec.threshold:g} -> {new.threshold:g}"),
                ("calibration error", f"{outcome.calibration.error:.3f} -> {error:.3f}"),
            ]
            lines += ["", f"stored as version {new.version}", *(f"{name:18} {value}" for name, value in rows)]
        return "\n".join(lines)

    def as_json(self) -> str:
        import numpy as np

        from inference.training.evaluation.tables import worst_pairs

        spec, outcome = self.spec, self.outcome
        figures: dict[str, object] = {
            "model": spec.name,
            "version": spec.version,
            "split": self.part.value,
            "images": outcome.images,
            "top1": outcome.top1,
            "top5": outcome.top5,
            "calibration_error": outcome.calibration.error,
            "calibration_bins": self._bins(),
            "temperature": spec.temperature,
            "threshold": spec.threshold,
            "images_per_s": outcome.images_per_s,
            "decode_ms": float(np.median(outcome.decode_ms)),
            "inference_ms": float(np.median(outcome.inference_ms)),
            "classes": self._classes(),
            "confused": [asdict(pair) for pair in worst_pairs(outcome, self.labels, limit=None)],
            "skipped": [asdict(item) for item in self.skipped],
        }
        if self.stored is not None:
            figures["stored"] = {
                "version": self.stored.spec.version,
                "temperature": self.stored.spec.temperature,
                "threshold": self.stored.spec.threshold,
                "calibration_error": self.stored.evaluation.calibration.error,
            }
        return json.dumps(figures)

    def _bins(self) -> list[dict[str, float | None]]:
        calibration = self.outcome.calibration
        columns = (calibration.counts.tolist(), calibration.confidence.tolist(), calibration.accuracy.tolist())
        return [
            {"images": images, "confidence": _number(confidence), "accuracy": _number(accuracy)}
            for images, confidence, accuracy in zip(*columns, strict=True)
        ]

    def _classes(self) -> list[dict[str, object]]:
        import numpy as np

        images = np.bincount(self.outcome.truth, minlength=self.outcome.classes).tolist()
        columns = (self.labels, images, self.outcome.precision.tolist(), self.outcome.recall.tolist())
        return [
            {"label": label, "images": count, "precision": _number(precision), "recall": recall}
            for label, count, precision, recall in zip(*columns, strict=True)
            if count
        ]


def _number(value: float) -> float | None:
    """Return None for NaN, which JSON lacks."""
    return None if math.isnan(value) else value
