from __future__ import annotations

import pytest

from bot.views.texts import Languages, TextError, Texts

SOURCE = """
hello = <b>Hello, { $name }!</b>

    A second paragraph.
labels = { $count ->
    [one] { $count } метка
    [few] { $count } метки
   *[other] { $count } меток
 }
"""


def test_a_text_takes_what_is_put_into_it() -> None:
    texts = Texts("en", {"a.ftl": SOURCE})
    assert texts("hello", name="Ann") == "<b>Hello, Ann!</b>\n\nA second paragraph."
    assert texts.keys == {"hello", "labels"}


@pytest.mark.parametrize(("count", "text"), [(1, "1 метка"), (3, "3 метки"), (5, "5 меток")])
def test_numbers_are_said_as_the_language_says_them(count: int, text: str) -> None:
    assert Texts("ru", {"a.ftl": SOURCE})("labels", count=count) == text


def test_a_latin_name_keeps_its_place_in_an_arabic_line() -> None:
    assert Texts("ar", {"a.ftl": "hello = مرحبا { $name }"})("hello", name="Ann") == "مرحبا \u2068Ann\u2069"


def test_an_arabic_name_keeps_its_place_in_a_latin_line() -> None:
    english = Texts("en", {"a.ftl": "line = { $name }: { NUMBER($count) }\nsaid = { $name }: { $text }"})
    assert english("line", name="قط", count=3) == "\u2068قط\u2069: 3"
    assert english("said", name="שמש", text="Зоя ⚙") == "\u2068שמש\u2069: Зоя ⚙"


def test_lines_of_latin_pieces_run_as_the_language_does() -> None:
    arabic, english = (Texts(language, {"a.ftl": "line = { $name }: { $count }"}) for language in ("ar", "en"))
    assert arabic("line", name="Ann", count=3) == "\u200f\u2068Ann\u2069: \u20683\u2069"
    assert english("line", name="Ann", count=3) == "Ann: 3"
    assert arabic.row(["a", "b"]) == "\u200f\u2068a\u2069 · \u2068b\u2069"
    assert english.row(["a", "b"]) == "a · b"


@pytest.mark.parametrize("language", Languages.load().codes)
def test_texts_of_words_and_arguments_say_what_fluent_says(language: str) -> None:
    texts = Languages.load().closest(language)
    assert len(texts._parts) > 200
    for key, parts in texts._parts.items():
        given = {part.name: f"<{part.name}> &amp;" for part in parts if not isinstance(part, str)}
        assert texts._filled(key, given) == texts._format(key, *given.items()), key


def test_signs_of_latin_pieces_do_not_change_sides_in_an_arabic_line() -> None:
    texts = Texts("ar", {"a.ftl": "usage = الأمر /top 3 أو <code>/use NAME</code> أو /unban { $id }، و<b>https://</b>"})
    marked = "الأمر [/top 3] أو [<code>/use NAME</code>] أو [/unban \u20685\u2069]، و<b>[https://]</b>"
    assert texts("usage", id="5") == marked.replace("[", "\u2066").replace("]", "\u2069")


def test_a_text_that_is_missing_or_lacks_an_argument_is_a_mistake() -> None:
    texts = Texts("en", {"a.ftl": SOURCE})
    with pytest.raises(TextError, match="expected a text bye in the language en"):
        texts("bye")
    with pytest.raises(TextError, match="hello in the language en: Unknown external: name"):
        texts("hello")


@pytest.mark.parametrize("source", ["hello", "hello =\n", "hello = a\nhello = b", "hello =\n    .label = b"])
def test_a_file_that_cannot_be_read_is_refused(source: str) -> None:
    with pytest.raises(TextError):
        Texts("en", {"a.ftl": source})


def test_two_files_of_a_language_have_no_key_in_common() -> None:
    with pytest.raises(TextError, match="expected one text hello in en"):
        Texts("en", {"a.ftl": "hello = a", "b.ftl": "hello = b"})


@pytest.mark.parametrize("code", ["xx", "", None])
def test_english_stands_in_for_a_language_that_the_bot_does_not_speak(code: str | None) -> None:
    assert Languages.load().closest(code).language == "en"


@pytest.mark.parametrize("code", ["en", "en-GB", "EN_us"])
def test_a_region_does_not_matter(code: str) -> None:
    languages = Languages({"en": Texts("en", {}), "de": Texts("de", {})})
    assert languages.closest(code).language == "en"
    assert languages.closest(code.replace("en", "de").replace("EN", "de")).language == "de"
