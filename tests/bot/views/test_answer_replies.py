"""Texts and buttons of answers."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.answers import AnsweredPhoto
from bot.domain.callback_data import LESS, WITH, button_data
from bot.domain.media import Media
from bot.localchat.html import parse_html
from bot.views.answer_replies import answer, keyboard, models_keyboard
from inference import Classification, KindScore, Prediction, TaughtScore, Timings
from tests.support.texts import ENGLISH

SIZES = (Media("file", "unique", 9),)


def seen(*scores: float, name: str = "cat", threshold: float = 0.5) -> Classification:
    predictions = tuple(Prediction(f"{name}{rank}", score, rank) for rank, score in enumerate(scores))
    return Classification("starter", "v", predictions, threshold, Timings(10.0, 2.0))


def photo(classification: Classification | None, failure: str | None = None) -> AnsweredPhoto:
    return AnsweredPhoto(1, SIZES, classification, failure)


def shown(text: str) -> list[str]:
    return parse_html(text)[0].split("\n")


SURE, UNSURE = photo(seen(0.9, 0.06, 0.03, 0.004, 0.003)), photo(seen(0.4, 0.3, 0.2, 0.1))


def test_a_line_of_an_album_says_the_best_label_or_two_where_that_is_unsure() -> None:
    broken = photo(None, "failures-not-an-image")
    assert shown(answer(ENGLISH, [SURE, UNSURE, broken], top_k=5)) == [
        "1. Cat0 90%",
        "2. Not sure: cat0 40% · cat1 30%",
        f"3. {ENGLISH('failures-not-an-image')}",
        "",
        "starter",
    ]


def test_expanded_it_says_more_but_nothing_of_next_to_no_score() -> None:
    assert shown(answer(ENGLISH, [SURE, UNSURE], top_k=5, expanded=True))[:2] == [
        "1. Cat0 90% · cat1 6% · cat2 3%",
        "2. Not sure: cat0 40% · cat1 30% · cat2 20% · cat3 10%",
    ]


def test_a_line_of_an_album_says_a_kind_that_is_sure() -> None:
    cat = photo(replace(seen(0.5, 0.3, 0.004, threshold=0.75), kind=KindScore("cat", 0.83)))
    assert shown(answer(ENGLISH, [cat, SURE], top_k=5, details=False)) == ["1. A cat 83%", "2. Cat0 90%"]
    assert shown(answer(ENGLISH, [cat], top_k=5, details=False))[0] == "A cat: 83%"
    expanded = shown(answer(ENGLISH, [cat, SURE], top_k=5, details=False, expanded=True))
    assert expanded[0] == "1. A cat 83% · cat0 50% · cat1 30%"


def test_a_line_of_an_album_says_that_a_photo_is_like_nothing_learned() -> None:
    other = photo(replace(seen(0.9, 0.1), familiarity=0.02))
    assert shown(answer(ENGLISH, [other, SURE], top_k=5, details=False)) == [
        "1. Like nothing I have learned; closest: cat0 90% · cat1 10%",
        "2. Cat0 90%",
    ]


def test_the_largest_answer_fits_into_a_message() -> None:
    endless = seen(*[0.1] * 10, name="<&>" * 100)
    for photos in ([photo(endless)], [photo(endless)] * 10):
        assert len("\n".join(shown(answer(ENGLISH, photos, top_k=10, expanded=True)))) <= 4096


def test_names_are_no_markup() -> None:
    assert shown(answer(ENGLISH, [photo(seen(0.9, name="<b>&"))] * 2, top_k=5))[0] == "1. <b>&0 90%"


def test_an_answer_of_one_photo_that_failed_is_the_reason_alone() -> None:
    assert answer(ENGLISH, [photo(None, "failures-download")], top_k=5) == ENGLISH("failures-download")


def test_a_button_is_there_only_where_it_does_something() -> None:
    assert keyboard(ENGLISH, [photo(seen(0.9, 0.06))], top_k=5, other_models=False) is None
    assert keyboard(ENGLISH, [photo(seen(0.9, 0.006))] * 2, top_k=5, other_models=False) is None
    assert keyboard(ENGLISH, [photo(None)], top_k=1, other_models=False) is None
    elsewhere = AnsweredPhoto(1, (), seen(0.9))
    assert keyboard(ENGLISH, [elsewhere], top_k=5, other_models=True) is None
    more = keyboard(ENGLISH, [SURE], top_k=4, other_models=False)
    assert more is not None
    assert [button.text for button in more.inline_keyboard[0]] == ["More"]


def test_models_are_buttons_two_in_a_row_and_a_way_back() -> None:
    rows = models_keyboard(ENGLISH, ["a", "b", "x" * 64]).inline_keyboard
    assert [[button.callback_data for button in row] for row in rows] == [
        [button_data(WITH, "a"), button_data(WITH, "b")],
        [button_data(WITH, "x" * 64)],
        [button_data(LESS)],
    ]
    assert all(len(str(button.callback_data).encode()) <= 64 for row in rows for button in row)


def test_each_taught_class_has_a_marked_line_before_the_models_labels() -> None:
    taught = (TaughtScore("Rex <3>", 0.97), TaughtScore("Luna", 0.6))
    said = shown(answer(ENGLISH, [replace(SURE, taught=taught)], top_k=2, details=False))
    assert said[:2] == ["Rex <3>: 97% · taught here", "Luna: 60% · taught here"]
    assert [line.split()[0] for line in said[2:]] == ["cat0", "cat1"]
    cat = photo(replace(seen(0.5, 0.3, threshold=0.75), kind=KindScore("cat", 0.83)))
    below = shown(answer(ENGLISH, [replace(cat, taught=taught[1:])], top_k=1, details=False))
    assert [line.split()[0] for line in below] == ["Luna:", "Cat", "cat0"]
    album = shown(answer(ENGLISH, [replace(SURE, taught=taught), replace(UNSURE, taught=taught[1:])], top_k=2))
    assert album[0] == "1. Rex <3> 97% (taught here) · Luna 60% (taught here) · Cat0 90%"
    assert album[1] == "2. Luna 60% (taught here) · cat0 40% · cat1 30%"
