"""Messages that several commands print."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from inference.system.terminal import print_message

if TYPE_CHECKING:
    from inference.training.data.folders import Skipped
    from inference.training.evaluation.evaluate import Evaluation

# Exit code of a program that Ctrl-C ended: 128 plus the number of SIGINT.
INTERRUPTED = 130


def print_skipped(skipped: Iterable[Skipped]) -> None:
    """Print the files that are left out, with the reasons."""
    for item in skipped:
        print_message(f"left out {item.name}: {item.reason}")


def print_copies(copies: int, leaks: int, uniform: Sequence[str]) -> None:
    """Print how many photos are copies of others, and how many of them flatter the figures.

    Args:
        copies: number of photos that are copies of another photo of their class.
        leaks: number of photos for validation or the test with a copy among the training photos.
        uniform: labels of the classes whose photos look almost the same.
    """
    if uniform:
        from inference.training.data.layout import some_names

        print_message(
            f"most photos look almost the same in: {some_names(uniform)}; only equal files count as copies there, so "
            "the figures may be too good"
        )
    if leaks:
        print_message(
            f"{leaks:,} photos for validation or the test are also among those to learn from: the same file, resized "
            "or saved again. This flatters the figures, so remove them from one of the folders"
        )
    elif copies:
        print(f"{copies:,} photos are copies of others: the same file, resized or saved again. Copies stay together")


def print_guessing(outcome: Evaluation, labels: Sequence[str], advice: str) -> None:
    """Print a warning if a model is not clearly better than always guessing the commonest class.

    Args:
        outcome: evaluation of the model.
        labels: label of each class.
        advice: what to do about it, as a sentence.
    """
    if not outcome.beats_guessing:
        print_message(
            f"the model is right for {int(outcome.correct.sum()):,} of {outcome.images:,} photos, and always answering "
            f"{labels[outcome.commonest]} would be right for {round(outcome.guessing * outcome.images):,}: "
            f"that is not clearly better than guessing. {advice}"
        )
