"""The bot's texts in all its languages.

    locales/en/answers.ftl      one folder per language, one file per subject, in Fluent's syntax

Fluent's syntax is described at https://projectfluent.org. A text is Telegram's HTML. Callers escape its arguments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from unicodedata import bidirectional

from fluent.runtime import FluentBundle, FluentResource
from fluent.syntax import ast

LOCALES = Path(__file__).parent / "locales"
DEFAULT_LANGUAGE = "en"
RIGHT_TO_LEFT = frozenset({"ar"})

# Matches commands and code in Latin letters. They are isolated from an Arabic line, as otherwise the punctuation at
# their ends would move to the other side.
LATIN_PIECE = re.compile(r"<code>[^<]*</code>|(?<![\w/:<])/[a-z]+(?: [A-Za-z0-9]+| \{ \$\w+ \})*|https?://")
# Number of formatted texts with numbers that are kept, for each language.
FORMATTED_IN_MEMORY = 1024
# Invisible characters that isolate a part of a line, or set a line's direction: https://unicode.org/reports/tr9
LEFT_TO_RIGHT, EITHER_WAY, END = "\u2066", "\u2068", "\u2069"
RIGHT_TO_LEFT_MARK = "\u200f"


class TextError(Exception):
    """A text is missing or invalid, or an argument is missing: a bug of the program."""


@dataclass(frozen=True, slots=True)
class Argument:
    """The place of an argument in a text."""

    name: str


class Texts:
    """The texts of one language: `texts("top-set", count=3)`.

    Attributes:
        language: ISO 639 code of the language.
    """

    def __init__(self, language: str, sources: Mapping[str, str]) -> None:
        """Read the texts of one language.

        Args:
            language: ISO 639 code of the language.
            sources: contents of the language's files, by file name.

        Raises:
            TextError: a file does not follow Fluent's syntax, or two texts have the same key.
        """
        self.language = language
        # In right-to-left lines, all arguments have isolation marks, in other lines only names from right to left.
        self._right_to_left = language in RIGHT_TO_LEFT
        self._bundle = FluentBundle([language], use_isolating=self._right_to_left)
        self._keys: set[str] = set()
        # The texts that consist of words and arguments only. To format them by Fluent's rules takes ten times as long.
        self._parts: dict[str, tuple[str | Argument, ...]] = {}
        # The same numbers come again and again.
        self._resolve = lru_cache(maxsize=FORMATTED_IN_MEMORY)(self._format)
        for name, source in sources.items():
            self._add(name, source)

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self._keys)

    def __call__(self, key: str, /, **arguments: str | float) -> str:
        """Return a text.

        Args:
            key: key of the text.
            arguments: arguments of the text. Numbers are formatted by the language's rules, so pass ids as strings.

        Raises:
            TextError: there is no such text, or an argument is missing.
        """
        if not self._right_to_left:
            arguments = {name: _isolated(said) for name, said in arguments.items()}
        if (text := self._filled(key, arguments)) is None:
            text = self._resolve(key, *arguments.items())
        # Apps take a line's direction from its first letter outside isolation marks.
        if self._right_to_left and text.startswith((EITHER_WAY, "<")):
            return f"{RIGHT_TO_LEFT_MARK}{text}"
        return text

    def _filled(self, key: str, arguments: Mapping[str, str | float]) -> str | None:
        """Fill texts into a text that needs no other rule; None if the text needs a rule, or an argument is missing."""
        parts = self._parts.get(key)
        if parts is None:
            return None
        filled = []
        for part in parts:
            if isinstance(part, str):
                filled.append(part)
            elif isinstance(said := arguments.get(part.name), str):
                filled.append(f"{EITHER_WAY}{said}{END}" if self._right_to_left else said)
            else:
                return None
        return "".join(filled)

    def _format(self, key: str, *arguments: tuple[str, str | float]) -> str:
        """Format a text by the rules of Fluent, and numbers by those of the language."""
        if key not in self._keys:
            raise TextError(f"expected a text {key} in the language {self.language}. Received: none")
        pattern = self._bundle.get_message(key).value
        assert pattern is not None, "messages without a value are refused when they are read"
        text, mistakes = self._bundle.format_pattern(pattern, dict(arguments))
        if mistakes:
            raise TextError(f"{key} in the language {self.language}: {mistakes[0]}")
        return str(text)

    def row(self, facts: Iterable[str]) -> str:
        """Join facts with dots, in the direction of the language."""
        if self._right_to_left:
            return RIGHT_TO_LEFT_MARK + " · ".join(f"{EITHER_WAY}{fact}{END}" for fact in facts)
        return " · ".join(facts)

    def directed(self, text: str) -> str:
        """Return a text without letters, such as a bar, in the direction of the language."""
        return f"{RIGHT_TO_LEFT_MARK}{text}" if self._right_to_left else text

    def _add(self, name: str, source: str) -> None:
        if self._right_to_left:
            source = LATIN_PIECE.sub(rf"{LEFT_TO_RIGHT}\g<0>{END}", source)
        resource = FluentResource(source)
        for entry in resource.body:
            if isinstance(entry, ast.Junk):
                first_line = (entry.content or "").strip().splitlines()[0]
                raise TextError(f"expected Fluent's syntax in {self.language}/{name}. Received: {first_line}")
            if isinstance(entry, ast.Message):
                if entry.value is None or entry.id.name in self._keys:
                    raise TextError(f"expected one text {entry.id.name} in {self.language}. Received: none, or two")
                self._keys.add(entry.id.name)
                if (parts := _parts(entry.value)) is not None:
                    self._parts[entry.id.name] = parts
        self._bundle.add_resource(resource)


def _isolated(said: str | float) -> str | float:
    """Return an argument; with isolation marks if it is written from right to left, as numbers after it would move."""
    if not isinstance(said, str) or said.isascii() or not any(bidirectional(char) in ("R", "AL") for char in said):
        return said
    return f"{EITHER_WAY}{said}{END}"


def _parts(pattern: ast.Pattern) -> tuple[str | Argument, ...] | None:
    """Return the words and arguments of a text; None if it has numbers to format, variants or references."""
    parts: list[str | Argument] = []
    for element in pattern.elements:
        match element:
            case ast.TextElement(value=str(words)):
                parts.append(words)
            case ast.Placeable(expression=ast.VariableReference(id=ast.Identifier(name=str(name)))):
                parts.append(Argument(name))
            case _:
                return None
    return tuple(parts)


class Languages:
    """All languages that the bot speaks. `Languages.load` creates the object."""

    def __init__(self, texts: Mapping[str, Texts]) -> None:
        self._texts = texts

    @classmethod
    @cache
    def load(cls) -> Languages:
        """Read the texts of all languages, which a process does once. Blocking.

        Raises:
            TextError: a file does not follow Fluent's syntax, or two texts of a language have the same key.
        """
        return cls({folder.name: read_texts(folder) for folder in sorted(LOCALES.iterdir())})

    def __iter__(self) -> Iterator[Texts]:
        return iter(self._texts.values())

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(self._texts)

    def closest(self, code: str | None) -> Texts:
        """Return the texts for a code like "pt" or "pt-BR"; English if there is no match."""
        language = (code or "").lower().replace("_", "-").partition("-")[0]
        return self._texts.get(language, self._texts[DEFAULT_LANGUAGE])


def read_texts(folder: Path) -> Texts:
    """Read the texts of a language from its folder.

    Raises:
        TextError: a file does not follow Fluent's syntax, or two texts have the same key.
    """
    files = sorted(folder.glob("*.ftl"))
    return Texts(folder.name, {file.name: file.read_text(encoding="utf-8") for file in files})
