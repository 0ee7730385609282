"""The Bot API's JSON, of which a part that cannot be read costs no other part."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

# Strings whole, so that brackets in them do not count.
_TOKENS = re.compile(r'"(?:[^"\\]++|\\.)*+"|[\[\]{}]', re.DOTALL)
_UPDATE_ID = re.compile(r'"update_id"\s*:\s*(\d{1,10})\b')
_KIND = re.compile(r'[{,]\s*"(?!update_id")([a-z_]{1,40})"\s*:\s*[\[{]')
_LIST = re.compile(r'\s*\{\s*"ok"\s*:\s*true\s*,\s*"result"\s*:\s*\[')


@dataclass(frozen=True, slots=True)
class UnreadItem:
    """An item of a list of which no more can be read.

    Attributes:
        update_id: that it seems to have; None if there is none.
        kind: the name of its first field that holds an object, as far as it has one.
        reason: why it cannot be read, without any of its content.
    """

    update_id: int | None
    kind: str | None
    reason: str


def parse(body: bytes) -> object:
    """Read an answer; if that fails, read the items of its result one by one.

    Returns:
        What the JSON says, with an `UnreadItem` in the place of each item that cannot be read.

    Raises:
        ValueError: nothing of it can be read.
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
    """Read JSON.

    Raises:
        ValueError: it is none, too deep, or holds numbers that are none or too long; the message holds nothing of it.
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
    """Tell which update an answer begins with that is not there as a whole.

    Args:
        beginning: of the answer.
        reason: why there is no more of it.

    Returns:
        The update, as far as its id can be told; None if it cannot.
    """
    text = beginning.decode(errors="replace")
    begun = _LIST.match(text)
    item = _unread(text[begun.end() :], reason) if begun else None
    return item if item is not None and item.update_id is not None else None


def _unread(text: str, reason: str) -> UnreadItem:
    update_id, kind = _UPDATE_ID.search(text), _KIND.search(text)
    return UnreadItem(int(update_id[1]) if update_id else None, kind[1] if kind else None, reason)


def _items(text: str) -> Iterator[str]:
    """Find the objects in the list that an object holds, by their brackets."""
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
    # Python's reader takes NaN and Infinity, which are no JSON, and which no database takes as such.
    raise ValueError(constant)


_DECODER = json.JSONDecoder(parse_constant=_refuse)
