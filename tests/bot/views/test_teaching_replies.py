"""What is said after a lesson."""

from __future__ import annotations

from bot.domain.teaching import TeachResult
from bot.views import teaching_replies
from tests.support.texts import ENGLISH

RESULT = TeachResult(
    class_id=1,
    name="Rex",
    created=False,
    added=1,
    photos=21,
    recognised=20,
    held_out=21,
    nearest="Luna",
    nearest_label=None,
    duplicates=(),
    contradictions=(),
    teaching_id=7,
    refused=(),
    mean_accuracy=0.941,
    head_accuracy=0.958,
)


def test_both_figures_are_told_if_two_ways_were_compared() -> None:
    said, _ = teaching_replies.outcome(ENGLISH, RESULT, 5, offered=[4])
    assert "is right for 94% of the photos held out, a trained classifier for 96%." in said
