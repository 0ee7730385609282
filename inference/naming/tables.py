"""The tables of this package: tab-separated text in UTF-8 with one header line."""

from __future__ import annotations

import re
from pathlib import Path

# Limit on the languages whose table is remembered. Clients of the HTTP API may ask for any.
LANGUAGES_IN_MEMORY = 64
FOLDER = Path(__file__).parent
ENGLISH = "en"


def read_rows(path: Path, columns: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Read the rows of a table, without the header.

    Args:
        path: path of a table.
        columns: expected header.

    Raises:
        ValueError: the header differs from `columns`, or a row has a wrong number of fields.
    """
    rows = [tuple(line.split("\t")) for line in path.read_text(encoding="utf-8").splitlines()]
    if not rows or rows[0] != columns:
        raise ValueError(f"expected the columns {columns} in {path}. Received: {rows[:1]}")
    for number, row in enumerate(rows, 1):
        if len(row) != len(columns):
            raise ValueError(f"expected {len(columns)} fields in line {number} of {path}. Received: {row}")
    return rows[1:]


def languages(table: str) -> tuple[str, ...]:
    """Return the sorted codes of the languages that have a table.

    Args:
        table: kind of table, "imagenet" or "kinds".
    """
    form = re.compile(rf"{table}\.([a-z]{{2}})\.tsv")
    return tuple(sorted(match[1] for path in FOLDER.iterdir() if (match := form.fullmatch(path.name))))


def language_file(table: str, language: str) -> Path:
    """Return the path of a table in a language, or in English if the language has no table.

    Args:
        table: kind of table, "imagenet" or "kinds".
        language: language tag, such as "pt" or "pt-BR".
    """
    code = language_code(language)
    return FOLDER / f"{table}.{code if code in languages(table) else ENGLISH}.tsv"


def language_code(language: str) -> str:
    """Return the language code of a language tag: "pt" for "pt-BR"."""
    return re.split(r"[-_]", language.lower(), maxsplit=1)[0]
