"""Telegram's HTML parse mode, as strict as Telegram is and with its words for what is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from bot.localchat.entities import utf16_length
from bot.localchat.errors import bad_request

Entity = dict[str, Any]

ENTITY_OF_TAG = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "a": "text_link",
}

_PLAIN = re.compile(r"[^<&]+")
_REFERENCE = re.compile(r"&(?:#(?:x(?P<hex>[0-9a-fA-F]+)|(?P<decimal>[0-9]+))|(?P<name>lt|gt|amp|quot)(?![A-Za-z]));?")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_TAG_NAME = re.compile(r"[^\s>]*")
_END_NAME = re.compile(r"[A-Za-z0-9-]*")
_ATTRIBUTE_NAME = re.compile(r"[^\s=>]*")
_BARE_VALUE = re.compile(r"[A-Za-z0-9.-]*")
_SPACE = re.compile(r"\s*")
_USER_LINK = re.compile(r"tg://user/?\?id=(\d+)")


@dataclass(slots=True)
class _OpenTag:
    name: str
    start: int
    attributes: dict[str, str] = field(default_factory=dict)


def parse_html(markup: str) -> tuple[str, list[Entity]]:
    """Splits HTML into its text and the entities in it.

    Raises:
        BotApiError: The markup is not what Telegram takes; its description says what and at which byte.
    """
    return _Parser(markup).parse()


class _Parser:
    def __init__(self, markup: str) -> None:
        self._markup = markup
        self._at = 0
        self._text: list[str] = []
        self._length = 0
        self._open: list[_OpenTag] = []
        self._entities: list[Entity] = []

    def parse(self) -> tuple[str, list[Entity]]:
        markup = self._markup
        while self._at < len(markup):
            if plain := _PLAIN.match(markup, self._at):
                self._emit(plain.group())
                self._at = plain.end()
            elif markup[self._at] == "&":
                self._emit(self._reference())
            elif markup.startswith("</", self._at):
                self._end_tag()
            else:
                self._start_tag()
        if self._open:
            raise _refusal(f'Can\'t find end tag corresponding to start tag "{self._open[-1].name}"')
        self._entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
        return "".join(self._text), self._entities

    def _emit(self, text: str) -> None:
        self._text.append(text)
        self._length += utf16_length(text)

    def _reference(self) -> str:
        """Takes the character reference here, or the bare ampersand where there is none."""
        match = _REFERENCE.match(self._markup, self._at)
        self._at = match.end() if match else self._at + 1
        if match is None:
            return "&"
        if name := match["name"]:
            return _NAMED[name]
        code = int(match["hex"], 16) if match["hex"] else int(match["decimal"][:10])
        if 0xD800 <= code <= 0xDFFF:
            raise _refusal(
                "Text contains invalid Unicode characters after decoding HTML entities, "
                "check for unmatched surrogate code units"
            )
        return chr(code) if 0 < code <= 0x10FFFF else match.group()

    def _start_tag(self) -> None:
        begin = self._at
        name = self._take(_TAG_NAME, begin + 1).lower()
        if self._ended():
            raise self._refusal_at("Unclosed start tag", begin)
        if name not in ENTITY_OF_TAG:
            raise self._refusal_at(f'Unsupported start tag "{name}"', begin)
        tag = _OpenTag(name, self._length)
        while not self._take_close():
            self._attribute(tag, begin)
        if name == "span" and tag.attributes.get("class") != "tg-spoiler":
            raise self._refusal_at('Tag "span" must have class "tg-spoiler"', begin)
        self._open.append(tag)

    def _take_close(self) -> bool:
        """Skips space, and the ">" of a start tag if that is next."""
        self._take(_SPACE, self._at)
        if self._markup.startswith(">", self._at):
            self._at += 1
            return True
        return False

    def _attribute(self, tag: _OpenTag, begin: int) -> None:
        name = self._take(_ATTRIBUTE_NAME, self._at).lower()
        self._take(_SPACE, self._at)
        if self._ended():
            raise self._refusal_at(f'Unclosed start tag "{tag.name}"', begin)
        if not name:
            raise self._refusal_at(f'Empty attribute name in the tag "{tag.name}"', begin)
        if self._markup[self._at] != "=":
            if tag.name == "blockquote" and name == "expandable":
                tag.attributes[name] = ""
                return
            raise self._refusal_at(f'Expected equal sign in declaration of an attribute of the tag "{tag.name}"', begin)
        self._take(_SPACE, self._at + 1)
        if self._ended():
            raise self._refusal_at(f'Unclosed start tag "{tag.name}"', begin)
        tag.attributes[name] = self._attribute_value(begin)

    def _attribute_value(self, begin: int) -> str:
        quote = self._markup[self._at]
        if quote not in "\"'":
            start = self._at
            value = self._take(_BARE_VALUE, start)
            if self._ended() or not (self._markup[self._at].isspace() or self._markup[self._at] == ">"):
                raise self._refusal_at("Unexpected end of name token", start)
            return value.lower()
        self._at += 1
        value = ""
        while not self._ended() and self._markup[self._at] != quote:
            if self._markup[self._at] == "&":
                value += self._reference()
            else:
                value += self._markup[self._at]
                self._at += 1
        if self._ended():
            raise self._refusal_at("Unclosed start tag", begin)
        self._at += 1
        return value

    def _end_tag(self) -> None:
        begin = self._at
        if not self._open:
            raise self._refusal_at("Unexpected end tag", begin)
        name = self._take(_END_NAME, begin + 2).lower()
        self._take(_SPACE, self._at)
        if not self._markup.startswith(">", self._at):
            raise self._refusal_at("Unclosed end tag", begin)
        self._at += 1
        tag = self._open.pop()
        if name and name != tag.name:
            offset = _byte_offset(self._markup, begin)
            raise _refusal(f'Unmatched end tag at byte offset {offset}, expected "</{tag.name}>", found "</{name}>"')
        if self._length > tag.start and (entity := self._entity(tag)) is not None:
            self._entities.append(entity)

    def _entity(self, tag: _OpenTag) -> Entity | None:
        place = {"offset": tag.start, "length": self._length - tag.start}
        kind = ENTITY_OF_TAG[tag.name]
        if tag.name == "a":
            return self._link(tag, place)
        if tag.name == "blockquote" and "expandable" in tag.attributes:
            kind = "expandable_blockquote"
        if tag.name == "code" and tag.attributes.get("class", "").startswith("language-"):
            # The language belongs to the <pre> around, if there is one: <pre><code class="language-python">.
            if self._open and self._open[-1].name == "pre":
                self._open[-1].attributes["language"] = tag.attributes["class"].removeprefix("language-")
                return None
        if tag.attributes.get("language"):
            return {"type": kind, **place, "language": tag.attributes["language"]}
        return {"type": kind, **place}

    def _link(self, tag: _OpenTag, place: dict[str, int]) -> Entity | None:
        text = "".join(self._text).encode("utf-16-le")[2 * tag.start :].decode("utf-16-le")
        url = tag.attributes.get("href") or text
        if user := _USER_LINK.fullmatch(url):
            return {"type": "text_mention", **place, "user_id": int(user[1])}
        if not re.fullmatch(r"(?:(?:https?|tg|ton)://)?[^\s/]+\.?[^\s]*", url) or ("://" not in url and "." not in url):
            return None
        return {"type": "text_link", **place, "url": url if "://" in url else f"http://{url}/"}

    def _take(self, pattern: re.Pattern[str], start: int) -> str:
        match = pattern.match(self._markup, start)
        assert match is not None
        self._at = match.end()
        return match.group()

    def _ended(self) -> bool:
        return self._at >= len(self._markup)

    def _refusal_at(self, what: str, index: int) -> Exception:
        return _refusal(f"{what} at byte offset {_byte_offset(self._markup, index)}")


def _byte_offset(markup: str, index: int) -> int:
    return len(markup[:index].encode("utf-8", "surrogatepass"))


def _refusal(reason: str) -> Exception:
    return bad_request(f"can't parse entities: {reason}")
