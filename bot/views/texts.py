"""What the bot says, in each of its languages.

    locales/en/answers.ftl      a folder a language, a file a subject, in Fluent's syntax (https://projectfluent.org)

A text is Telegram's HTML; what is put into it is escaped by whoever puts it there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from fluent.runtime import FluentBundle, FluentResource
from fluent.syntax import ast

LOCALES = Path(__file__).parent / "locales"
DEFAULT_LANGUAGE = "en"
RIGHT_TO_LEFT = frozenset({"ar"})

# What Latin letters and signs make up together: the signs at its ends would change sides in an Arabic line.
LATIN_PIECE = re.compile(r"<code>[^<]*</code>|(?<![\w/:<])/[a-z]+(?: [A-Za-z0-9]+| \{ \$\w+ \})*|https?://")
# Characters without a form (https://unicode.org/reports/tr9): what runs its own way within a line, and a line's way.
LEFT_TO_RIGHT, EITHER_WAY, END = "\u2066", "\u2068", "\u2069"
RIGHT_TO_LEFT_MARK = "\u200f"


class TextError(Exception):
    """A text is missing, cannot be read, or lacks what is to be put into it: a mistake of the program's."""


class Texts:
    """The texts of one language: `texts("top-set", count=3)`.

    Attributes:
        language: its code, as ISO 639 has it.
    """

    def __init__(self, language: str, sources: Mapping[str, str]) -> None:
        """Read the texts of one language.

        Args:
            language: its code.
            sources: the content of each of its files, by name.

        Raises:
            TextError: a file does not follow Fluent's syntax, or two texts have one key.
        """
        self.language = language
        # The marks that keep a Latin name in its place within an Arabic line are of no use elsewhere.
        self._right_to_left = language in RIGHT_TO_LEFT
        self._bundle = FluentBundle([language], use_isolating=self._right_to_left)
        self._keys: set[str] = set()
        for name, source in sources.items():
            self._add(name, source)

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self._keys)

    def __call__(self, key: str, /, **arguments: str | float) -> str:
        """Say something.

        Args:
            key: of the text.
            arguments: what is put into it; numbers are written as the language does, so ids are handed over as texts.

        Raises:
            TextError: there is no such text, or it asks for an argument that is not there.
        """
        if key not in self._keys:
            raise TextError(f"expected a text {key} in the language {self.language}. Received: none")
        pattern = self._bundle.get_message(key).value
        assert pattern is not None, "messages without a value are refused when they are read"
        text, mistakes = self._bundle.format_pattern(pattern, arguments)
        if mistakes:
            raise TextError(f"{key} in the language {self.language}: {mistakes[0]}")
        # Apps take the direction of a line from its first letter, and what was put into a text does not count.
        if self._right_to_left and str(text).startswith((EITHER_WAY, "<")):
            return f"{RIGHT_TO_LEFT_MARK}{text}"
        return str(text)

    def row(self, facts: Iterable[str]) -> str:
        """Write facts side by side, in the direction of the language."""
        if self._right_to_left:
            return RIGHT_TO_LEFT_MARK + " · ".join(f"{EITHER_WAY}{fact}{END}" for fact in facts)
        return " · ".join(facts)

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
        self._bundle.add_resource(resource)


class Languages:
    """All languages that the bot speaks. `Languages.load` makes one."""

    def __init__(self, texts: Mapping[str, Texts]) -> None:
        self._texts = texts

    @classmethod
    def load(cls) -> Languages:
        """Read all texts. Blocking: it reads files.

        Raises:
            TextError: a file does not follow Fluent's syntax, or two texts of a language have one key.
        """
        return cls({folder.name: read_texts(folder) for folder in sorted(LOCALES.iterdir())})

    def __iter__(self) -> Iterator[Texts]:
        return iter(self._texts.values())

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(self._texts)

    def closest(self, code: str | None) -> Texts:
        """Find the language for a code like "pt" or "pt-BR"; English where the bot speaks none that is close."""
        language = (code or "").lower().replace("_", "-").partition("-")[0]
        return self._texts.get(language, self._texts[DEFAULT_LANGUAGE])


def read_texts(folder: Path) -> Texts:
    """Read the texts of the language that a folder is named for.

    Raises:
        TextError: as `Texts` does.
    """
    files = sorted(folder.glob("*.ftl"))
    return Texts(folder.name, {file.name: file.read_text(encoding="utf-8") for file in files})
