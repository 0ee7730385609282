"""Names of classes, and offered photos."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.media import Media
from bot.domain.teaching import (
    MAX_NAME_CHARS,
    NameProblem,
    NameRefused,
    OfferedPhoto,
    clean_name,
    without_repeats,
)
from inference.teaching.class_names import name_key
from tests.support.examples import examples


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Rex", "Rex"),
        ("  my   old\tcup ", "my old cup"),
        ("Zoe\u0308", "Zo\u00eb"),
        ("Мурка", "Мурка"),
        ("قطتي", "قطتي"),
        ("雪", "雪"),
        ("👨‍👩‍👧", "👨‍👩‍👧"),
        ("1/2", "1/2"),
        ("<b>Rex</b> & co", "<b>Rex</b> & co"),
        ("x" * 64, "x" * 64),
    ],
)
def test_a_name_may_be_of_any_script(text: str, name: str) -> None:
    assert clean_name(text) == name


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", NameProblem.EMPTY),
        (" \u200b ", NameProblem.EMPTY),
        ("\u3164", NameProblem.EMPTY),
        ("\u2800 \u2800", NameProblem.EMPTY),
        ("x" * 65, NameProblem.TOO_LONG),
        ("Rex\nLuna", NameProblem.SEVERAL_LINES),
        ("Rex\u2028Luna", NameProblem.SEVERAL_LINES),
        ("/teach", NameProblem.COMMAND),
        (" /label Rex", NameProblem.COMMAND),
        ("Rex\x00", NameProblem.UNREADABLE),
        ("\u202eRex", NameProblem.UNREADABLE),
        ("\ud800", NameProblem.UNREADABLE),
        ("\ue000", NameProblem.UNREADABLE),
    ],
)
def test_a_text_that_cannot_be_a_name_is_refused(text: str, problem: NameProblem) -> None:
    with pytest.raises(NameRefused) as refused:
        clean_name(text)
    assert refused.value.problem is problem


@settings(max_examples=examples(100))
@given(st.text(max_size=80))
def test_a_name_stays_as_it_is_and_fits(text: str) -> None:
    try:
        name = clean_name(text)
    except NameRefused:
        return
    assert clean_name(name) == name
    assert 0 < len(name) <= MAX_NAME_CHARS
    assert len(name.splitlines()) == 1
    assert name_key(name) == name_key(name.swapcase()) or name.casefold() != name.swapcase().casefold()


def test_names_that_look_alike_are_one() -> None:
    assert name_key("REX") == name_key("rex") == name_key("\uff52\uff45\uff58")
    assert name_key("Straße") == name_key("STRASSE")
    assert name_key("Rex") == name_key("Re\u200bx") == name_key("\u200fR\u00adex") == name_key("Rex\u3164")
    assert name_key("\u2764") == name_key("\u2764\ufe0f")
    assert name_key("Rex") != name_key("Rexy")


def test_a_message_is_offered_once_and_in_its_place() -> None:
    photos = [OfferedPhoto((Media("file", "unique", None),), 5, number) for number in (3, 1, 3, 2)]
    assert [photo.message_id for photo in without_repeats(photos)] == [1, 2, 3]
