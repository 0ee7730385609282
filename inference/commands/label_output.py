"""What `labelbot label` prints of each image: lines, JSON or CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from inference.naming.tables import ENGLISH
from inference.system.terminal import print_message

if TYPE_CHECKING:
    from inference.models.prediction import Classification, Prediction
    from inference.teaching.report import TaughtScore

# Text in place of labels, and the folder of photos that the model is not sure of.
NOT_SURE = "not sure"


class Answer:
    """The labels of an image, in words.

    Without a language, labels are printed as the model has them. `min_score` is the score in [0, 1] below which a label
    is left out; None for all labels. `taught` are the taught classes that the image shows, best first; they come first.
    """

    def __init__(
        self,
        answer: Classification,
        language: str | None,
        min_score: float | None,
        taught: Sequence[TaughtScore] = (),
    ) -> None:
        self.answer = answer
        self.taught = taught
        self._language = language
        self._min_score = min_score

    @property
    def predictions(self) -> Sequence[Prediction]:
        at_least = self._min_score or 0.0
        return [prediction for prediction in self.answer.predictions if prediction.score >= at_least]

    @property
    def headline(self) -> str:
        """Name of the class or the kind that the answer says first."""
        if self.taught:
            return self.taught[0].name
        if self.answer.headline.level == "kind":
            return self.answer.headline_name(self._language or ENGLISH).name
        return self.name(self.answer.predictions[0])

    @property
    def level(self) -> str:
        """Level of the headline; "taught" for a taught class."""
        return "taught" if self.taught else self.answer.headline.level

    @property
    def probability(self) -> float:
        """Probability of the headline."""
        return self.taught[0].probability if self.taught else self.answer.headline.probability

    @property
    def sure(self) -> bool:
        """Whether the headline is sure: by the minimum score, if there is one, otherwise by the model's threshold."""
        if self._min_score is None:
            return self.level != "unsure"
        return self.probability >= self._min_score

    def name(self, prediction: Prediction) -> str:
        return prediction.label if self._language is None else prediction.name_in(self._language)


class Output(Protocol):
    """Prints answers and failures, one image at a time."""

    def answer(self, source: str, answer: Answer, sorted_into: Path | None) -> None:
        """Print the labels of an image, and where its copy or link is, if it has one."""

    def failure(self, source: str, reason: str) -> None:
        """Print why an image could not be labelled."""


class Lines(Output):
    """Lines for people: those of TensorFlow's `classify_image.py`, under a heading if there are several images."""

    def __init__(self, *, headings: bool) -> None:
        self._headings = headings

    def answer(self, source: str, answer: Answer, sorted_into: Path | None) -> None:
        lines = [f"==> {source} <=="] if self._headings else []
        lines += [f"{each.name} (taught, probability = {each.probability:.5f})" for each in answer.taught]
        if answer.answer.unfamiliar:
            lines.append(f"like none of its classes (familiarity = {answer.answer.familiarity:.5f})")
        lines += [f"{answer.name(each)} (score = {each.score:.5f})" for each in answer.predictions]
        if not answer.predictions:
            lines.append(NOT_SURE)
        if (frames := answer.answer.frames) is not None:
            sure = answer.answer.headline.level != "unsure"
            agreeing = f"{answer.headline} in {frames.agreeing} of " if sure else ""
            lines.append(f"animation: {agreeing}{frames.total} frames")
        if sorted_into is not None:
            lines.append(f"-> {sorted_into}")
        print("\n".join(lines))

    def failure(self, source: str, reason: str) -> None:
        print_message(f"{source}: {reason}")


class JsonLines(Output):
    """One JSON object per image."""

    def answer(self, source: str, answer: Answer, sorted_into: Path | None) -> None:
        classification = answer.answer
        frames = classification.frames
        fields: dict[str, Any] = {
            "image": source,
            "model": classification.model,
            "headline": {"name": answer.headline, "level": answer.level, "probability": answer.probability},
            "predictions": [
                {
                    "label": answer.name(prediction),
                    "class_id": prediction.class_id,
                    "score": prediction.score,
                    "index": prediction.index,
                }
                for prediction in answer.predictions
            ],
            "frames": frames and {"total": frames.total, "agreeing": frames.agreeing},
            "elapsed_ms": round(classification.timings.total_ms, 1),
        }
        if answer.taught:
            fields["taught"] = [asdict(each) for each in answer.taught]
        if classification.familiarity is not None:
            fields["familiarity"] = classification.familiarity
        if sorted_into is not None:
            fields["sorted_into"] = str(sorted_into)
        print(json.dumps(fields))

    def failure(self, source: str, reason: str) -> None:
        print(json.dumps({"image": source, "error": reason}))


class Csv(Output):
    """A table with a row per image, under a heading."""

    def __init__(self, *, top: int, sorting: bool) -> None:
        self._top = top
        self._sorting = sorting
        columns = [f"{name}_{rank}" for rank in range(1, top + 1) for name in ("label", "score")]
        self._write("image", "headline", "level", "probability", columns, "error", "sorted_into")

    def answer(self, source: str, answer: Answer, sorted_into: Path | None) -> None:
        cells = [cell for each in answer.predictions for cell in (answer.name(each), f"{each.score:.5f}")]
        self._write(
            source, answer.headline, answer.level, f"{answer.probability:.5f}", cells, "", str(sorted_into or "")
        )

    def failure(self, source: str, reason: str) -> None:
        self._write(source, "", "", "", [], reason, "")

    def _write(
        self, image: str, headline: str, level: str, probability: str, cells: Sequence[str], error: str, place: str
    ) -> None:
        padding = [""] * (2 * self._top - len(cells))
        row = [image, headline, level, probability, *cells, *padding, error]
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow([*row, place] if self._sorting else row)
        print(line.getvalue(), end="")
