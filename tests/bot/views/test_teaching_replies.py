"""What the bot says after a lesson, and the buttons below it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.teaching import PhotoProblem, RefusedPhoto, Resemblance, TaughtClass, TaughtPhoto, TeachResult
from bot.views.class_screens import PhotoPage, class_list, merge_screen, photos_screen
from bot.views.teaching_replies import MAX_CHOICES, Screen, outcome
from tests.support.texts import ENGLISH

# Larger than any id that Telegram or the database gives.
PERSON, LARGE_ID = 2**52 - 1, 2**52 - 1
MAX_CALLBACK_BYTES = 64


def result(**changes: Any) -> TeachResult:
    """The result of a lesson of three photos, all of which are recognised."""
    given: dict[str, Any] = {
        "class_id": LARGE_ID,
        "name": "Rex",
        "created": True,
        "added": 3,
        "photos": 3,
        "recognised": 3,
        "held_out": 3,
        "nearest": "Labrador",
        "nearest_label": None,
        "duplicates": (),
        "contradictions": (),
        "teaching_id": LARGE_ID,
        "refused": (),
    }
    return TeachResult(**(given | changes))


def resemblance(message_id: int, other_id: int | None = LARGE_ID, *, same_file: bool = False) -> Resemblance:
    return Resemblance(LARGE_ID - message_id, message_id, LARGE_ID, "Max <3", other_id, same_file)


def buttons_of(screen: Screen) -> list[list[str]]:
    rows = screen[1].inline_keyboard if screen[1] is not None else ()
    data = [str(button.callback_data) for row in rows for button in row]
    assert all(len(each.encode()) <= MAX_CALLBACK_BYTES for each in data)
    assert len(set(data)) == len(data)
    return [[button.text for button in row] for row in rows]


def said(offered: int = 3, **changes: Any) -> str:
    return outcome(ENGLISH, result(**changes), PERSON, offered=range(1, offered + 1))[0]


def test_a_lesson_says_what_changed_and_how_good_it_is() -> None:
    assert said() == (
        "I now know <b>Rex</b> here (3 photos).\nEach held out in turn, 3 of 3 are recognised; nearest other: Labrador."
    )
    assert "1 of 3 is recognised.\nThat isn't good enough yet." in said(recognised=1, nearest=None)
    assert "2 of 3 are recognised" in said(recognised=2)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"photos": 1, "held_out": 0}, "the nearest other is Labrador"),
        ({"photos": 1, "held_out": 0, "nearest": None}, "One photo is a good start. With two more"),
        ({"held_out": 0}, "Nearest other: Labrador."),
        ({"held_out": 0, "nearest": None}, "(3 photos)."),
        ({"created": False, "added": 1}, "I know <b>Rex</b> better now (3 photos, 1 of them new)."),
        ({"created": False, "added": 0}, "I know <b>Rex</b> as before (3 photos)."),
    ],
)
def test_it_claims_no_more_than_is_known(changes: dict[str, Any], expected: str) -> None:
    assert expected in said(**changes)


def test_both_figures_are_told_if_two_ways_were_compared() -> None:
    text = said(photos=21, mean_accuracy=0.941, head_accuracy=0.958)
    assert "is right for 94% of the photos held out, a trained classifier for 96%." in text


def test_photos_that_were_left_out_are_counted_by_their_reasons() -> None:
    reasons = (PhotoProblem.CLASS_FULL, "failures-not-an-image", PhotoProblem.CLASS_FULL)
    refused = tuple(RefusedPhoto(number, 5, reason) for number, reason in enumerate(reasons))
    text = said(refused=refused)
    assert f"I left out 2 photos. {ENGLISH(PhotoProblem.CLASS_FULL)}" in text
    assert f"I left out 1 photo. {ENGLISH('failures-not-an-image')}" in text
    nothing = outcome(ENGLISH, result(class_id=None, added=0, photos=0, refused=refused[:1]), PERSON, offered=[1])
    assert nothing == (f"I left out 1 photo. {ENGLISH(PhotoProblem.CLASS_FULL)}", None)


def test_each_photo_that_resembles_another_has_a_question_and_buttons() -> None:
    changed = result(
        duplicates=(resemblance(1, same_file=True), resemblance(2)),
        contradictions=(resemblance(3), resemblance(4, None)),
    )
    screen = outcome(ENGLISH, changed, PERSON, offered=[1, 2, 3, 4])
    text, *questions = screen[0].split("\n\n")
    assert text.endswith("I had 1 of the photos already.")
    assert questions == [
        "Photo 3 is <b>Max &lt;3</b> as well, as I was taught before. Which one is it?",
        "Photo 4 looks more like <b>Max &lt;3</b> to me. Which one is it?",
        "Photo 2 is almost the same as one that I have, so it teaches me little.",
    ]
    assert buttons_of(screen) == [
        ["3: Rex", "3: Max <3", "3: both"],
        ["4: Rex", "4: Max <3"],
        ["Leave out photo 2"],
        ["Undo"],
    ]


def test_not_too_many_questions_are_asked_at_once() -> None:
    many = tuple(resemblance(number, None) for number in range(1, 21))
    screen = outcome(ENGLISH, result(contradictions=many), PERSON, offered=range(1, 21))
    assert len(buttons_of(screen)) == MAX_CHOICES + 1


def test_screens_of_classes_fit_into_callback_data() -> None:
    classes = [TaughtClass(LARGE_ID - number, f"{number} {'x' * 60}", 200, 199, 200, 0) for number in range(100)]
    for screen in (class_list(ENGLISH, classes, 3, now_s=9e9), merge_screen(ENGLISH, classes[0], classes, 2)):
        assert len(screen[0]) < 4096
        assert buttons_of(screen)[-1] != []
    photos = [TaughtPhoto(LARGE_ID - number, LARGE_ID, PERSON, "file", number, 0) for number in range(200)]
    numbers, back = [f"✕ {number}" for number in range(191, 201)], ENGLISH("classes-previous")
    rows = buttons_of(photos_screen(ENGLISH, "x" * 64, PhotoPage(photos, 19), ()))
    assert rows == [numbers[:5], numbers[5:], [back]]


def test_a_page_beyond_the_end_is_the_last_one() -> None:
    classes = [TaughtClass(number, f"Thing {number}", 1, 0, 0, None) for number in range(3)]
    assert class_list(ENGLISH, classes, 7, now_s=0) == class_list(ENGLISH, classes, 0, now_s=0)
