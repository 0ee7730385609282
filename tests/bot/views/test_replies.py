"""Every text that a user sees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.reports import CommandRefused, DownloadProgress, Refusal
from bot.localchat.html import parse_html
from bot.views import admin_replies, replies
from bot.views.texts import Languages
from inference import Classification, Frames, KindScore, ModelSpec, Prediction, Timings, errors
from inference.naming.kinds import kind_names
from tests.support.texts import ENGLISH

MAX_MESSAGE_CHARS = 4096


def classification(*scores: float, label: str = "tabby, tabby cat", threshold: float = 0.3) -> Classification:
    found = tuple(Prediction(label, score, index) for index, score in enumerate(scores))
    return Classification("starter", "v1", found, threshold, Timings(decode_ms=2.4, inference_ms=9.2))


def shown(html: str) -> str:
    """The text as the chat shows it; raises where Telegram would refuse the HTML."""
    return parse_html(html)[0]


def cats(*scores: float) -> Classification:
    """An answer of which only the kind is sure."""
    ids = (("tabby, tabby cat", "n02123045"), ("Egyptian cat", "n02124075"), ("lynx, catamount", "n02127052"))
    found = tuple(
        Prediction(label, score, index, class_id)
        for index, ((label, class_id), score) in enumerate(zip(ids, scores, strict=False))
    )
    return Classification("starter", "v1", found, 0.75, Timings(2.4, 9.2), KindScore("cat", 0.834))


def test_a_reply_says_the_best_label_first_then_the_others_then_the_model_and_its_time() -> None:
    text = replies.labels(ENGLISH, classification(0.624, 0.2, 0.009), top_k=5)
    assert text.split("\n") == ["<b>Tabby: 62%</b>", "tabby ▰▱▱▱▱ 20%", "", "<i>starter · 12 ms</i>"]
    assert replies.labels(ENGLISH, classification(0.624), top_k=5, details=False) == "<b>Tabby: 62%</b>"


def test_if_only_a_kind_is_sure_it_is_said_and_the_labels_stand_below() -> None:
    text = replies.labels(ENGLISH, cats(0.5, 0.33, 0.009), top_k=5, details=False)
    assert text.split("\n") == ["<b>A cat: 83%</b>", "tabby cat ▰▰▱▱▱ 50%", "Egyptian cat ▰▰▱▱▱ 33%"]


def test_of_a_photo_of_none_of_the_classes_it_says_so_and_the_labels_stand_below() -> None:
    unfamiliar = replace(classification(0.9, 0.1), familiarity=0.02)
    text = replies.labels(ENGLISH, unfamiliar, top_k=5, details=False)
    assert text.split("\n") == [
        "This looks like nothing I have learned. Closest guesses:", "tabby ▰▰▰▰▱ 90%", "tabby ▱▱▱▱▱ 10%",
    ]  # fmt: skip
    assert replies.labels(ENGLISH, replace(unfamiliar, familiarity=0.5), top_k=1, details=False) == "<b>Tabby: 90%</b>"


@pytest.mark.parametrize(
    ("frames", "score", "line"),
    [
        (Frames(total=3, agreeing=2), 0.8, "It's animated. In 2 of 3 frames I see:"),
        (Frames(total=3, agreeing=3), 0.2, "It's animated, so I looked at 3 frames."),
        (Frames(total=1, agreeing=1), 0.8, "It's animated, so I looked at one frame."),
    ],
)
def test_an_answer_tells_the_frames_of_an_animation(frames: Frames, score: float, line: str) -> None:
    moving = replace(classification(score), frames=frames)
    assert replies.labels(ENGLISH, moving, top_k=5).split("\n")[0] == line
    for texts in Languages.load():
        shown(replies.labels(texts, moving, top_k=5))


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("de", ["<b>Eine Katze: 83\xa0%</b>", "Getigerte Katze ▰▰▱▱▱ 50\xa0%"]),
        ("ru", ["<b>Кошка: 83\xa0%</b>", "полосатая кошка ▰▰▱▱▱ 50\xa0%"]),
    ],
)
def test_names_are_in_the_chats_language(language: str, lines: list[str]) -> None:
    texts = Languages.load().closest(language)
    assert replies.labels(texts, cats(0.5), top_k=5, details=False).split("\n") == lines
    assert replies.caption_with_labels(texts, "", cats(0.5), top_k=1) == " · ".join(
        [texts("groups-caption-label", name=kind_names(language)["cat"].name, score=0.834),
         texts("groups-caption-label", name=cats(0.5).predictions[0].name_in(language), score=0.5)]
    )  # fmt: skip


def test_expanded_a_reply_shows_all_that_is_not_next_to_impossible() -> None:
    text = replies.labels(ENGLISH, classification(0.9, 0.02, 0.009, 0.0004), top_k=1, expanded=True, details=False)
    assert text.split("\n") == ["<b>Tabby: 90%</b>", "tabby ▱▱▱▱▱ 2%", "tabby ▱▱▱▱▱ &lt;1%"]


def test_only_as_many_labels_are_shown_as_were_asked_for() -> None:
    assert replies.labels(ENGLISH, classification(*[0.1] * 10), top_k=3).count("%") == 3


def test_a_guess_under_the_threshold_is_called_one() -> None:
    text = replies.labels(ENGLISH, classification(0.29, 0.2), top_k=5)
    assert text.startswith("Not sure. Best guesses:\ntabby ▰▱▱▱▱ 29%\n")
    assert "<1%" in shown(replies.labels(ENGLISH, classification(0.001), top_k=5)), "the best is said in any case"


@pytest.mark.parametrize(("name", "said"), [("a cat", "A cat"), ("iPhone", "iPhone"), ("", ""), ("Żółw", "Żółw")])
def test_a_headline_begins_with_a_capital_letter(name: str, said: str) -> None:
    assert replies.capitalised(name) == said


def test_a_still_and_a_photo_seen_before_are_told() -> None:
    text = replies.labels(ENGLISH, classification(0.9), top_k=1, still=True, cached=True)
    assert text.startswith("It's animated, so I looked at one frame.\n")
    assert text.endswith("<i>starter · seen before</i>")


@given(score=st.floats(0, 1))
def test_bars_are_as_wide_for_every_score(score: float) -> None:
    line = shown(replies.labels(ENGLISH, classification(score, threshold=1.0001), top_k=1)).split("\n")[1]
    found = re.fullmatch(r"tabby (▰*▱*) (<?)(\d+)%", line)
    assert found is not None
    assert len(found[1]) == replies.LABEL_BAR_CELLS
    assert float(found[3]) == pytest.approx(100 * score, abs=1.0 if found[2] else 0.50001)


@given(
    label=st.text(min_size=1, max_size=300),
    name=st.text(min_size=1, max_size=64),
    scores=st.lists(st.floats(0, 1), min_size=1, max_size=10),
)
def test_whatever_a_label_holds_telegram_takes_the_text(label: str, name: str, scores: list[float]) -> None:
    found = tuple(Prediction(label, score, index) for index, score in enumerate(scores))
    answer = Classification(name, "v1", found, 0.3, Timings(0.1, 0.2))
    text = replies.labels(ENGLISH, answer, top_k=10, still=True, cached=True)
    assert len(shown(text).encode("utf-16-le")) // 2 <= MAX_MESSAGE_CHARS


def test_labels_are_escaped_and_only_their_first_synonym_is_shown() -> None:
    text = replies.labels(ENGLISH, classification(0.9, label="<b>cats</b> & dogs, pets"), top_k=1)
    assert "&lt;b&gt;cats&lt;/b&gt; &amp; dogs" in text
    assert "pets" not in text


def error_classes(base: type[errors.InferenceError] = errors.InferenceError) -> Iterator[type[errors.InferenceError]]:
    yield base
    for derived in base.__subclasses__():
        if derived.__module__ == errors.__name__:
            yield from error_classes(derived)


def test_every_error_has_a_sentence_of_its_own() -> None:
    assert set(replies.FAILURES) == set(error_classes())
    assert len(set(replies.FAILURES.values())) == len(replies.FAILURES)


@pytest.mark.parametrize(
    "error",
    [
        errors.NotAnImage("cannot identify <_io.BytesIO at 0x7f>"),
        errors.DownloadError("http://10.0.0.1/secret", "refused"),
        errors.ModelError("Traceback (most recent call last)"),
    ],
)
def test_what_is_said_of_an_error_holds_none_of_its_details(error: errors.InferenceError) -> None:
    said = replies.failure(ENGLISH, error)
    assert not any(str(detail) in said for detail in error.args)
    assert "Traceback" not in said


def test_an_error_without_a_sentence_gets_that_of_its_family() -> None:
    class Pixelated(errors.TruncatedImage):
        pass

    assert replies.failure(ENGLISH, Pixelated("x")) == ENGLISH("failures-truncated-image")


def test_the_model_is_described() -> None:
    spec = ModelSpec("mine", "abcdef012345", 64, 96, (0.0, 1.0), 0.875, 200, licence="CC-BY & others")
    said = unescape(shown(replies.model(ENGLISH, spec, "default")))
    assert "I'm using the model mine here" in said
    assert "200 things" in said
    assert "CC-BY & others" in said


@pytest.mark.parametrize("licence", ["&" * 90_000, "<b>" * 5000])
def test_a_licence_of_any_length_is_told_in_a_message(licence: str) -> None:
    spec = ModelSpec("mine", "abcdef012345", 64, 96, (0.0, 1.0), 0.875, 200, licence=licence)
    assert len(shown(replies.model(ENGLISH, spec, "default"))) < MAX_MESSAGE_CHARS


@pytest.mark.parametrize("name", ["x" * 4000, "&" * 4000])
def test_a_model_that_an_admin_asks_for_may_have_any_name(name: str) -> None:
    texts = [
        admin_replies.download_progress(ENGLISH, name, None)[0],
        admin_replies.download_progress(ENGLISH, name, DownloadProgress("downloading", name, 1, 2))[0],
        *(admin_replies.refused(ENGLISH, CommandRefused(refusal, name)) for refusal in Refusal),
        admin_replies.unchanged(ENGLISH, name),
    ]
    assert all(len(shown(text)) < MAX_MESSAGE_CHARS for text in texts)


@pytest.mark.parametrize("commands", [replies.PRIVATE_COMMANDS, replies.GROUP_COMMANDS])
def test_help_explains_each_command_of_the_menus(commands: tuple[str, ...]) -> None:
    for command, description in replies.menu(ENGLISH, commands):
        assert re.fullmatch(r"[a-z0-9_]{1,32}", command)
        assert description == ENGLISH(f"menu-{command}")
        assert command == "help" or f"/{command}" in ENGLISH("commands-help", knows="")


def test_under_a_photo_only_labels_stand_that_are_likely_and_the_best_in_any_case() -> None:
    seen = classification(0.62, 0.2, 0.049)
    assert replies.caption_with_labels(ENGLISH, "Hello", seen, top_k=5) == "Hello\n\ntabby 62% · tabby 20%"
    assert replies.caption_with_labels(ENGLISH, "", seen, top_k=1) == "tabby 62%"
    assert replies.caption_with_labels(ENGLISH, "", classification(0.04, 0.03), top_k=5) == "tabby 4%"


@given(st.text(min_size=1, max_size=12), st.integers(0, 1024))
def test_a_caption_with_labels_begins_with_what_was_there_and_is_one_that_telegram_takes(word: str, chars: int) -> None:
    caption = (word * 1024)[:chars]
    while replies.utf16_length(caption) > replies.MAX_CAPTION:
        caption = caption[:-1]
    both = replies.caption_with_labels(ENGLISH, caption, classification(0.5, 0.3, label="🐈" * 20), top_k=2)
    if both is None:
        assert replies.utf16_length(caption) > replies.MAX_CAPTION - 2 * 20 - len("\n\n 50%")
    else:
        assert both.startswith(caption)
        assert replies.utf16_length(both) <= replies.MAX_CAPTION
