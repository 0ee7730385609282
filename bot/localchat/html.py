"""Telegram's HTML parse mode, as strict as at Telegram and with its error descriptions."""

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
    "tg-emoji": "custom_emoji",
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
_USER_LINK = re.compile(r"tg://user/?\?id=(\d{1,15})")
_LINK = re.compile(r"(?:(?:https?|tg|ton)://)[^\s/?#]+\S*|[\w-]+(?:\.[\w-]+)+(?:[/?#]\S*)?")


@dataclass(slots=True)
class _OpenTag:
    name: str
    start: int
    attributes: dict[str, str] = field(default_factory=dict)


def parse_html(markup: str) -> tuple[str, list[Entity]]:
    """Split HTML into its text and its entities.

    Raises:
        BotApiError: the markup is invalid; the description names the error and its byte offset.
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
        self._languages: dict[int, str] = {}

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
        """Read a character reference, or a bare ampersand."""
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
        if name == "tg-emoji" and not tag.attributes.get("emoji-id", "").isdecimal():
            raise _refusal("Invalid custom emoji identifier specified")
        self._open.append(tag)

    def _take_close(self) -> bool:
        """Skip white space and, if it comes next, the ">" of a start tag. Return whether there was a ">"."""
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
        if self._length > tag.start:
            self._close(tag)

    def _close(self, tag: _OpenTag) -> None:
        """Add the entity of a tag that has ended, if the tag makes an entity."""
        place = {"offset": tag.start, "length": self._length - tag.start}
        kind = ENTITY_OF_TAG[tag.name]
        if tag.name == "a":
            self._add_link(tag, place)
        elif tag.name == "blockquote" and "expandable" in tag.attributes:
            self._entities.append({"type": "expandable_blockquote", **place})
        elif kind in ("code", "pre"):
            self._add_code(kind, tag, place)
        elif kind != "custom_emoji":
            # Only bots that paid for custom emoji may send them. In messages of other bots, the plain emoji stays.
            self._entities.append({"type": kind, **place})

    def _add_code(self, kind: str, tag: _OpenTag, place: dict[str, int]) -> None:
        """Add code, which contains no other entities. Code with a language is <pre> around <code>."""
        language = tag.attributes.get("class", "").removeprefix("language-") if kind == "code" else ""
        within = [entity for entity in self._entities if entity["offset"] >= tag.start]
        self._entities = self._entities[: len(self._entities) - len(within)]
        for entity in within:
            if {"code", "pre"} == {kind, entity["type"]} and _place(entity) == place:
                kind, language = "pre", language or self._languages.get(tag.start, "")
        if kind == "code" and language:
            self._languages[tag.start] = language
        self._entities.append({"type": kind, **place} | ({"language": language} if kind == "pre" and language else {}))

    def _add_link(self, tag: _OpenTag, place: dict[str, int]) -> None:
        text = "".join(self._text).encode("utf-16-le")[2 * tag.start :].decode("utf-16-le")
        url = tag.attributes.get("href") or text
        if user := _USER_LINK.fullmatch(url):
            self._entities.append({"type": "text_mention", **place, "user": {"id": int(user[1])}})
        elif _LINK.fullmatch(url):
            self._entities.append({"type": "text_link", **place, "url": url if "://" in url else f"http://{url}"})

    def _take(self, pattern: re.Pattern[str], start: int) -> str:
        match = pattern.match(self._markup, start)
        assert match is not None
        self._at = match.end()
        return match.group()

    def _ended(self) -> bool:
        return self._at >= len(self._markup)

    def _refusal_at(self, what: str, index: int) -> Exception:
        return _refusal(f"{what} at byte offset {_byte_offset(self._markup, index)}")


def _place(entity: Entity) -> dict[str, int]:
    return {"offset": entity["offset"], "length": entity["length"]}


def _byte_offset(markup: str, index: int) -> int:
    return len(markup[:index].encode("utf-8", "surrogatepass"))


def _refusal(reason: str) -> Exception:
    return bad_request(f"can't parse entities: {reason}")
