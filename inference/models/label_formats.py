"""The formats of label files as people have them: lines, JSON, a Python list or dictionary, CSV with a header.

Only what can be read without doubt is read. A file that looks like a program is refused and never run.
"""

from __future__ import annotations

import ast
import csv
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from inference.errors import ModelError

# Labels by the number of the output that the file names, or in the order of the outputs.
Labels = dict[int, str | None] | list[str | None]

SYNSET = re.compile(r"n\d{8}[\s:,]+(?=\S)")
# A number and what separates it from the label, such as "0 cat", "0: cat", "0,cat", "0. cat", "0 - cat" and "[0] cat".
# A number after the sign belongs to the label, as in "0-5 years".
INDEX = re.compile(
    r"[\[(#\"']?(\d{1,9})[\"']?(?:\s*(?:[\])]\s*)?[-:,;.)=|\u2013\u2014]\s*(?:(?<=\s)|(?!\d))|\]\s*|\s+)(?=[^\s:,;=|])"
)
# A number after the label, such as "cat 0" and "cat,0".
TRAILING_INDEX = re.compile(r"(?<=\S)(?:\s+[-\u2013\u2014]\s+|\s*[:,;=|]\s*|\s+)[\"']?(\d{1,9})[\"']?$")
BULLET = re.compile(r"[-*\u2022]\s+(?=\S)")
QUOTED = re.compile(r"""(?P<quote>["'])(?P<label>((?!(?P=quote)).)*)(?P=quote)""")

# Column titles of CSV files, and keys of JSON files.
INDEX_TITLES = ("", "id", "idx", "index", "no", "nr", "number", "output", "class_id", "class_index", "label_id")
LABEL_TITLES = (
    *("label", "labels", "name", "names", "class", "classes", "class_name", "class_names", "label_name", "id2label"),
    *("category", "categories", "title", "display_name"),
)
DELIMITERS = (",", ";", "\t")

# Web pages, and lines of programs without the spaces around them. A closed list or dictionary is read before these are
# searched. Label files come from strangers: no pattern here takes longer than in proportion to a line's length.
WEB_PAGE = re.compile(r"\s*<(!doctype|html|\?xml)", re.IGNORECASE)
CODE = re.compile(
    r"from [\w.]+ import\b.*|def \w+\(.*|for (?=.* in ).+:|#include\b.*|#!.*"
    r"|(const|let|var|export|module\.exports)\b.*=.*|[\w.]+[ \t]*(:[^=]+)?=[ \t]*[\[{(].*"
    r"|.*[{\[(]|[\]})]+[;,]?|[\[{][^\]}]*|\{.*\}[;,]?|[\w.]+\([\[{(].*|-{3}"
)
# Largest text that is read as a Python literal, in characters: four times the size of a list of ImageNet's 21,841
# classes. Python's parser takes a hundred times a text's size.
MAX_LITERAL = 2_000_000
# Largest number as an index or a label; Python refuses to print one of thousands of digits.
MAX_NUMBER = 999_999_999
# Exceptions of the parsers; a deeply nested text exceeds their stack or memory.
UNREADABLE = (ValueError, TypeError, SyntaxError, RecursionError, MemoryError)


def read_entries(text: str) -> Labels:
    """Read the labels of a text in any of the formats.

    Args:
        text: content of the file, with line feeds as line ends.

    Returns:
        A list if the order of the file is the order of the outputs. Otherwise a dictionary with the number of each
        output, as the file counts it.

    Raises:
        ModelError: the text looks like a program or a web page, or is a list or dictionary without labels.
    """
    if WEB_PAGE.match(text):
        raise ModelError(
            "expected a text file with one label per line. Received: a web page; save the raw file instead"
        )
    stripped = text.strip()
    if stripped.startswith(("{", "[", "(")) and stripped.endswith(("}", "]", ")")):
        value = _parse(stripped)
        if value is not None:
            return _from_value(value)
    lines = [line.strip() for line in text.split("\n")]
    for number, line in enumerate(lines, 1):
        if CODE.fullmatch(line):
            raise ModelError(
                "expected a text file with one label per line, a JSON or Python list, or a CSV table. "
                f"Received: what looks like a program, line {number}: {line[:40]!a}"
            )
    return _from_table(lines) or _from_lines(lines)


def strip_prefixes(lines: Sequence[str]) -> list[str]:
    """Remove the synsets if every text has a synset, or else the indices if every text starts with an index of its own.

    A number at the end stays, since "cats 2" is mostly the name of a folder.

    Args:
        lines: texts in any order, none of them empty.

    Returns:
        The texts without synsets or indices, in the same order.
    """
    plain = _without_synsets(lines)
    if plain is not None:
        return [label or "" for label in plain]
    pairs = _indexed(lines, INDEX.match)
    return list(lines) if pairs is None else [label for _, label in pairs]


def _parse(text: str) -> Any:
    """Return the value of a JSON text or of a Python literal; None if the text is neither."""
    for parse in (json.loads, ast.literal_eval) if len(text) <= MAX_LITERAL else (json.loads,):
        try:
            return parse(text)
        except UNREADABLE:
            continue
    return None


def _from_value(value: Any) -> Labels:
    """Return the labels of a list or dictionary.

    Raises:
        ModelError: the value has no labels.
    """
    if isinstance(value, list | tuple) and value:
        rows = [_from_row(item) for item in value]
        if all(index is not None for index, _ in rows):
            return _numbered([(index, label) for index, label in rows if index is not None])
        return [label for _, label in rows]
    if isinstance(value, dict) and value:
        if _has_indices_as_values(value):
            return _numbered([(index, _label(key)) for key, index in value.items()])
        if all(_number(key) is not None for key in value):
            return _numbered([(_number(key) or 0, _label(item)) for key, item in value.items()])
        for title in LABEL_TITLES:
            if isinstance(value.get(title), list | dict):
                return _from_value(value[title])
    raise _unknown(value)


def _has_indices_as_values(value: Mapping[Any, Any]) -> bool:
    """Return whether a dictionary maps labels to indices, as Keras's `class_indices` does, and not the reverse.

    Labels may be numbers: in `{"0": 0, "1": 1, "10": 2}`, the values are the indices, since they count the outputs.

    Raises:
        ModelError: all keys and values are numbers without quotation marks, so that either could be the indices.
    """
    if not all(isinstance(item, int) and _number(item) is not None for item in value.values()):
        return False
    if all(isinstance(key, str) for key in value):
        counted = sorted(value.values()) == [*range(len(value))]
        return counted or not all(_number(key) is not None for key in value)
    if all(_number(key) is not None for key in value) and {item: key for key, item in value.items()} != value:
        raise ModelError(
            "expected quotation marks around the labels, to tell them from the indices. "
            f"Received: numbers only, as {ascii(value)[:40]}"
        )
    return False


def _from_row(item: Any) -> tuple[int | None, str | None]:
    """Return the index, if there is one, and the label of an item of a list."""
    if not isinstance(item, dict):
        return None, _label(item)
    index = next((item[title] for title in INDEX_TITLES if isinstance(item.get(title), int)), None)
    label = next((item[title] for title in LABEL_TITLES if isinstance(item.get(title), str)), None)
    if label is None:
        raise _unknown(item)
    return index, label


def _label(value: Any) -> str | None:
    """Return a label from a value: a text, a number, or a pair of a synset and a text, as in Keras's file."""
    if isinstance(value, list | tuple) and len(value) == 2 and re.fullmatch(r"n\d{8}", str(value[0])):
        value = value[1]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_NUMBER:
        value = str(value)
    if value is None or isinstance(value, str):
        return (value or "").strip() or None
    raise _unknown(value)


def _unknown(value: Any) -> ModelError:
    try:
        shown = ascii(value)[:40]
    except (ValueError, RecursionError):  # a number of thousands of digits, or a deeply nested list
        shown = "numbers or lists that are too large"
    return ModelError(
        f"expected a list of labels, or a dictionary of indices and labels. Received: something else, as {shown}"
    )


def _number(key: Any) -> int | None:
    """Return the number of a key, since JSON has only texts as keys."""
    if isinstance(key, str) and re.fullmatch(r"\s*\d{1,9}\s*", key):
        return int(key)
    return key if isinstance(key, int) and not isinstance(key, bool) and 0 <= key <= MAX_NUMBER else None


def _numbered(pairs: Sequence[tuple[int, str | None]]) -> dict[int, str | None]:
    entries: dict[int, str | None] = {}
    for index, label in pairs:
        if index in entries:
            raise ModelError(f"expected each index once in the labels. Received: {index} twice")
        entries[index] = label
    return entries


def _from_table(lines: Sequence[str]) -> Labels | None:
    """Return the labels of a CSV table with a header; None if the lines are no such table."""
    filled = [line for line in lines if line]
    for delimiter in DELIMITERS:
        try:
            header, *rows = csv.reader(filled, delimiter=delimiter, skipinitialspace=True)
        except (ValueError, csv.Error):
            continue
        titles = [title.strip().casefold().replace(" ", "_") for title in header]
        if len(titles) > 1 and rows and all(len(row) == len(titles) for row in rows):
            columns = [[row[number].strip() for row in rows] for number in range(len(titles))]
            if (found := _from_columns(titles, columns)) is not None:
                return found
    return None


def _from_columns(titles: Sequence[str], columns: Sequence[Sequence[str]]) -> Labels | None:
    """Return the labels of a table; None if the titles do not tell which columns have indices and labels."""
    if not {*INDEX_TITLES[1:], *LABEL_TITLES} & {*titles}:
        return None
    numbers = [column for column, values in enumerate(columns) if all(value.isdecimal() for value in values)]
    numbers.sort(key=lambda column: titles[column] not in INDEX_TITLES)
    if not numbers:
        return None
    index = numbers[0]
    others = [column for column in range(len(titles)) if column != index]
    named = [column for column in others if titles[column] in LABEL_TITLES]
    named.sort(key=lambda column: (column in numbers, LABEL_TITLES.index(titles[column])))
    if not named and len(others) > 1:
        return None
    labels = columns[(named or others)[0]]
    return _numbered([(int(number[:10]), label or None) for number, label in zip(columns[index], labels, strict=True)])


def _from_lines(lines: Sequence[str]) -> Labels:
    lines = _without_commas(lines)
    if all(BULLET.match(line) for line in lines if line):
        lines = [BULLET.sub("", line, count=1) for line in lines]
    entries = _without_indices(lines)
    if entries is None:
        return list(_unquoted(dict(enumerate(lines))).values())
    return _unquoted(entries)


def _without_commas(lines: Sequence[str]) -> list[str]:
    """Remove the comma at the end of each line, if every line but the last has one."""
    filled = [line for line in lines if line]
    if len(filled) > 1 and all(line.endswith(",") for line in filled[:-1]):
        return [line.removesuffix(",").rstrip() for line in lines]
    return list(lines)


def _unquoted(entries: Mapping[int, str | None]) -> dict[int, str | None]:
    """Remove quotation marks, if every label has them."""
    found = {number: QUOTED.fullmatch(label) for number, label in entries.items() if label}
    if not found or not all(found.values()):
        return {number: label or None for number, label in entries.items()}
    return {number: (match["label"].strip() if (match := found.get(number)) else "") or None for number in entries}


def _without_indices(lines: Sequence[str]) -> dict[int, str | None] | None:
    """Return the labels by their indices; None if not every line has a synset or an index."""
    plain = _without_synsets(lines)
    if plain is not None:
        return dict(enumerate(plain))
    pairs = _indexed(lines, INDEX.match) or _indexed(lines, TRAILING_INDEX.search)
    return None if pairs is None else dict(pairs)


def _without_synsets(lines: Sequence[str]) -> list[str | None] | None:
    """Return the labels in the order of the lines; None if not every line has a synset."""
    marked = [line for line in lines if SYNSET.match(line)]
    plain = {line for line in lines if line and not SYNSET.match(line)}
    if not marked or len(plain) > 1 or not all(is_unlabelled(line) for line in plain):
        return None
    return [SYNSET.sub("", line, count=1) or None for line in lines]


def _indexed(lines: Sequence[str], find: Callable[[str], re.Match[str] | None]) -> list[tuple[int, str]] | None:
    """Return the index and the label of each line, in the order of the lines; None if not every line has its own index.

    Indices count all lines from 0 or from 1, in any order. If the labels without them were not distinct, they are part
    of the labels, as in "1 euro" and "2 euro". Empty lines at the end do not count.
    """
    last = max((number for number, line in enumerate(lines, 1) if line), default=0)
    pairs = [(int(match[1]), _rest(match)) for line in lines[:last] if (match := find(line)) is not None]
    indices = sorted(index for index, _ in pairs)
    counted = indices in ([*range(last)], [*range(1, last + 1)])
    return pairs if last and counted and len({label for _, label in pairs}) == last else None


def _rest(match: re.Match[str]) -> str:
    return (match.string[: match.start()] + match.string[match.end() :]).strip()


def is_unlabelled(label: str | None) -> bool:
    """Return True for the names of an output without a class, in the files for ImageNet and iNaturalist."""
    return label is not None and label.casefold() in ("background", "dummy")
