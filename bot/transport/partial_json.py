"""Parser of the Bot API's JSON. If one item cannot be read, the other items still can."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

# Each string is one token, so brackets inside strings are not counted.
_TOKENS = re.compile(r'"(?:[^"\\]++|\\.)*+"|[\[\]{}]', re.DOTALL)
_UPDATE_ID = re.compile(r'"update_id"\s*:\s*(\d{1,10})\b')
_KIND = re.compile(r'[{,]\s*"(?!update_id")([a-z_]{1,40})"\s*:\s*[\[{]')
_LIST = re.compile(r'\s*\{\s*"ok"\s*:\s*true\s*,\s*"result"\s*:\s*\[')


@dataclass(frozen=True, slots=True)
class UnreadItem:
    """A list item that cannot be read.

    Attributes:
        update_id: probable id of the update; None if no id was found.
        kind: name of the first field that holds an object or a list; None if no such field was found.
        reason: reason why the item cannot be read, without the item's content.
    """

    update_id: int | None
    kind: str | None
    reason: str


def parse(body: bytes) -> object:
    """Parse a response. If parsing fails, parse the items of the response's result separately.

    Returns:
        The parsed JSON, with an `UnreadItem` in place of each item that cannot be read.

    Raises:
        ValueError: no part of the response can be read.
    """
    text = body.decode(errors="replace")
    try:
        return _parse(text)
    except ValueError:
        items = [_parse_item(item) for item in _items(text)]
        if not items:
            raise
        return {"ok": True, "result": items}


def _parse(text: str) -> Any:
    """Parse JSON.

    Raises:
        ValueError: the JSON is invalid, is nested too deeply, or holds an invalid or too long number. The error's
            message does not quote the text.
    """
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(type(error).__name__) from None


def _parse_item(text: str) -> object:
    try:
        return _parse(text)
    except ValueError as error:
        return _unread(text, f"its JSON cannot be read: {error}")


def first_item(beginning: bytes, reason: str) -> UnreadItem | None:
    """Identify the first update of an incomplete response.

    Args:
        beginning: first bytes of the response.
        reason: reason why the rest is missing.

    Returns:
        The update; None if its id cannot be read.
    """
    text = beginning.decode(errors="replace")
    begun = _LIST.match(text)
    item = _unread(text[begun.end() :], reason) if begun else None
    return item if item is not None and item.update_id is not None else None


def _unread(text: str, reason: str) -> UnreadItem:
    update_id, kind = _UPDATE_ID.search(text), _KIND.search(text)
    return UnreadItem(int(update_id[1]) if update_id else None, kind[1] if kind else None, reason)


def _items(text: str) -> Iterator[str]:
    """Find the items in the result list of a response by their brackets."""
    opened: list[str] = []
    start = 0
    for match in _TOKENS.finditer(text):
        token = match[0]
        if token in ("{", "["):
            if opened == ["{", "["]:
                start = match.start()
            opened.append(token)
        elif token in ("}", "]"):
            if opened:
                opened.pop()
            if opened == ["{", "["]:
                yield text[start : match.end()]


def _refuse(constant: str) -> NoReturn:
    # Python's parser accepts NaN and Infinity. They are not valid JSON, and databases refuse them.
    raise ValueError(constant)


_DECODER = json.JSONDecoder(parse_constant=_refuse)
