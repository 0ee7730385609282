"""Every text in every language: complete, filled with the same things, and such that Telegram takes it."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path

import babel
import pytest
from fluent.syntax import FluentParser
from fluent.syntax import ast as ftl
from fluent.syntax.visitor import Visitor

import bot
from bot.domain.reports import Refusal
from bot.localchat.html import parse_html
from bot.views.admin_replies import ADMIN_COMMANDS
from bot.views.replies import GROUP_COMMANDS, PRIVATE_COMMANDS
from bot.views.texts import DEFAULT_LANGUAGE, LOCALES, RIGHT_TO_LEFT, Languages, Texts
from inference.catalog.pull import Step

MAX_MESSAGE_CHARS = 4096
MAX_DESCRIPTION_CHARS = 256
MAX_CALLBACK_ANSWER_CHARS = 200

LANGUAGES = ("ar", "de", "en", "es", "pt", "ru", "uk")
OTHERS = tuple(language for language in LANGUAGES if language != DEFAULT_LANGUAGE)
COUNTS = (0, 1, 2, 3, 5, 11, 21, 100, 1_000_000)
# A name, as long as most are.
NAME = "inception_v3"
PLURALS = {"zero", "one", "two", "few", "many", "other"}
TAG = re.compile(r"</?[a-z]+")
COMMAND = re.compile(r"(?<![\w/<])/[a-z]+")
ARABIC = re.compile("[\u0600-\u06ff]")

# Answers to callback queries about corrections, which their handler passes on.
CORRECTION_ALERTS = {
    *("corrections-noted-right", "corrections-noted-wrong", "corrections-noted-name", "corrections-taken-back"),
    *("corrections-nothing-said", "corrections-type-now", "corrections-type-now-in-private", "corrections-closed"),
}

# Keys that the code puts together, by their pattern.
COMPOSED = {
    "menu-*": {f"menu-{command}" for command in (*PRIVATE_COMMANDS, *GROUP_COMMANDS, *ADMIN_COMMANDS)},
    "models-refused-*": {f"models-refused-{refusal}" for refusal in Refusal},
    "models-pull-*": {f"models-pull-{step}" for step in Step},
}


@dataclass
class Slots(Visitor):
    """What a text takes.

    Attributes:
        numbers: variables that are written as numbers, or that a plural hangs on.
        names: all others.
        choices: the variants of each variable that is one of a few words.
        plurals: the variants of each plural.
    """

    numbers: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    choices: dict[str, frozenset[str]] = field(default_factory=dict)
    plurals: list[tuple[str, frozenset[str]]] = field(default_factory=list)

    def visit_SelectExpression(self, node: ftl.SelectExpression) -> None:  # noqa: N802  # the library's way to name it
        variants = frozenset(
            variant.key.name if isinstance(variant.key, ftl.Identifier) else variant.key.value
            for variant in node.variants
        )
        variable = next(iter(_variables(node.selector)))
        if variants & PLURALS:
            self.numbers.add(variable)
            self.plurals.append((variable, variants))
        else:
            self.choices[variable] = variants
        for variant in node.variants:
            self.visit(variant)

    def visit_FunctionReference(self, node: ftl.FunctionReference) -> None:  # noqa: N802
        self.numbers |= _variables(node)

    def visit_VariableReference(self, node: ftl.VariableReference) -> None:  # noqa: N802
        self.names.add(node.id.name)

    @property
    def variables(self) -> set[str]:
        return self.numbers | self.names | self.choices.keys()


def _variables(node: ftl.BaseNode) -> set[str]:
    class Finder(Visitor):
        found: set[str]

        def visit_VariableReference(self, node: ftl.VariableReference) -> None:  # noqa: N802
            self.found.add(node.id.name)

    finder = Finder()
    finder.found = set()
    finder.visit(node)
    return finder.found


@cache
def messages(language: str) -> dict[str, Slots]:
    """What each text of a language takes."""
    found = {}
    for path in sorted((LOCALES / language).glob("*.ftl")):
        for entry in FluentParser().parse(path.read_text(encoding="utf-8")).body:
            if isinstance(entry, ftl.Message):
                found[entry.id.name] = slots = Slots()
                slots.visit(entry.value)
    return found


@cache
def texts(language: str) -> Texts:
    return Languages.load().closest(language)


def samples(language: str, key: str) -> Iterator[tuple[dict[str, str | float], str]]:
    """Say a text with each count and each choice; yields what it was given, and what it says."""
    ours, english = messages(language)[key], messages(DEFAULT_LANGUAGE)[key]
    choices = [sorted(variants) for variants in english.choices.values()]
    for count, chosen in product(COUNTS, product(*choices)):
        given: dict[str, str | float] = dict.fromkeys(ours.names | english.names, NAME)
        given |= dict.fromkeys(ours.numbers | english.numbers, count)
        given |= dict(zip(english.choices, chosen, strict=True))
        yield given, texts(language)(key, **given)


def test_these_languages_are_spoken() -> None:
    assert Languages.load().codes == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_text_lies_in_the_file_of_its_subject_once(language: str) -> None:
    for path in (LOCALES / language).iterdir():
        keys = re.findall(r"^([\w-]+) =", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert [key for key in keys if not key.startswith(f"{path.stem}-")] == []
    assert texts(language).keys == messages(language).keys()


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_has_exactly_the_texts_of_english(language: str) -> None:
    assert texts(language).keys == texts(DEFAULT_LANGUAGE).keys


@pytest.mark.parametrize("language", OTHERS)
def test_each_text_takes_what_the_english_one_takes(language: str) -> None:
    for key, english in messages(DEFAULT_LANGUAGE).items():
        ours = messages(language)[key]
        assert ours.variables == english.variables, key
        assert ours.choices == english.choices, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_plural_has_the_forms_of_its_language(language: str) -> None:
    plural_form = babel.Locale(language).plural_form
    needed = {plural_form(count) for count in range(200)}
    # Spanish and Portuguese have a form for whole millions, which few counts ever reach.
    possible = {*needed, plural_form(1_000_000), "other"}
    for key, slots in messages(language).items():
        for variable, variants in slots.plurals:
            assert needed <= variants <= possible, (key, variable)


@pytest.mark.parametrize("language", LANGUAGES)
def test_telegram_takes_each_text_whatever_the_numbers_are(language: str) -> None:
    for key in messages(DEFAULT_LANGUAGE):
        for (_, said), (_, english) in zip(samples(language, key), samples(DEFAULT_LANGUAGE, key), strict=True):
            shown = parse_html(said)[0]
            assert 0 < len(shown.encode("utf-16-le")) // 2 <= MAX_MESSAGE_CHARS, key
            assert Counter(TAG.findall(said)) == Counter(TAG.findall(english)), key
            assert set(COMMAND.findall(said)) == set(COMMAND.findall(english)), key
            assert said.count("\n\n") == english.count("\n\n"), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_descriptions_of_commands_fit_into_a_menu(language: str) -> None:
    for key in COMPOSED["menu-*"]:
        assert 1 <= len(texts(language)(key)) <= MAX_DESCRIPTION_CHARS


@pytest.mark.parametrize("language", LANGUAGES)
def test_answers_to_callbacks_are_short_and_without_markup(language: str) -> None:
    # Limits apply to messages and callbacks alike.
    for key in keys_of_callback_answers() | {"limits-person", "limits-group"} | CORRECTION_ALERTS:
        for _, said in samples(language, key):
            assert len(said) <= MAX_CALLBACK_ANSWER_CHARS, key
            assert not TAG.search(said), key


@pytest.mark.parametrize("language", sorted(RIGHT_TO_LEFT))
def test_latin_pieces_keep_their_signs_within_arabic_lines(language: str) -> None:
    for key in messages(language):
        for _, said in samples(language, key):
            for line in filter(ARABIC.search, said.splitlines()):
                bare = re.sub("\u2066[^\u2069]*\u2069|\u2068[^\u2069]*\u2069", "", line)
                assert not re.search(r"<code>|(?<!<)/[a-z]|https?:", bare), key


def test_the_code_says_only_what_there_is_and_all_of_it() -> None:
    keys, shapes = used()
    assert shapes == COMPOSED.keys()
    composed = set().union(*COMPOSED.values())
    there = texts(DEFAULT_LANGUAGE).keys
    assert (keys | composed) - there == set()
    assert there - (keys | composed) == set()


def used() -> tuple[set[str], set[str]]:
    """Keys that stand in the code, and the shapes of those that it puts together."""
    subjects = {path.stem for path in (LOCALES / DEFAULT_LANGUAGE).iterdir()}
    key = re.compile(rf"(?:{'|'.join(subjects)})-[a-z0-9-]*[a-z0-9]")
    keys, shapes = set(), set()
    for tree in code():
        for node in ast.walk(tree):
            match node:
                case ast.Constant(value=str(value)) if key.fullmatch(value):
                    keys.add(value)
                case ast.Call(args=[ast.JoinedStr(values=parts), *_]) if _says(node):
                    shapes.add("".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in parts))
    return keys, shapes


@cache
def keys_of_callback_answers() -> frozenset[str]:
    """Keys that stand in calls of `answer_callback`."""
    found = set()
    for tree in code():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "answer_callback":
                for said in ast.walk(node):
                    if isinstance(said, ast.Call) and _says(said) and isinstance(said.args[0], ast.Constant):
                        found.add(str(said.args[0].value))
    assert found, "expected calls of answer_callback. Received: none"
    return frozenset(found)


def _says(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name | ast.Attribute) and ast.unparse(call.func).rpartition(".")[2].endswith(
        "texts"
    )


def code() -> Iterator[ast.Module]:
    for path in Path(bot.__path__[0]).rglob("*.py"):
        if "localchat" not in path.parts:
            yield ast.parse(path.read_text(encoding="utf-8"))
