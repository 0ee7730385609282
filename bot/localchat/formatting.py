"""Parses and cleans the texts and captions that the bot sends, within Telegram's limits."""

from __future__ import annotations

import re
from typing import Any

from bot.localchat.entities import Entity, find_entities, utf16_length
from bot.localchat.errors import bad_request
from bot.localchat.html import ENTITY_OF_TAG, parse_html
from bot.localchat.parameters import Parameters
from bot.localchat.store import ChatStore

# Limits on texts, in UTF-16 code units after parsing. This is the stricter reading of Telegram's "characters".
MAX_TEXT_LENGTH = 4096
MAX_CAPTION_LENGTH = 1024

# Inside entities of these types, no other entities are searched for.
OPAQUE = frozenset({"code", "pre", "text_link", "text_mention"})
# Types of entities that need only an offset and a length. Links and mentions by id need HTML.
GIVEN_KINDS = sorted(set(ENTITY_OF_TAG.values()) - {"text_link", "custom_emoji"})
_CONTROL = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f]")


def text_fields(store: ChatStore, parameters: Parameters) -> dict[str, Any]:
    """Return the fields `text` and `entities` of a message.

    Raises:
        BotApiError: the text is empty or too long, or its markup is broken.
    """
    text, entities = _formatted(store, parameters, "text", "entities")
    if not text:
        raise bad_request("message text is empty")
    if utf16_length(text) > MAX_TEXT_LENGTH:
        raise bad_request("message is too long")
    return {"text": text, "entities": entities} if entities else {"text": text}


def caption_fields(store: ChatStore, parameters: Parameters) -> dict[str, Any]:
    """Return the fields `caption` and `caption_entities` of a message; none if there is no caption.

    Raises:
        BotApiError: the caption is too long, or its markup is broken.
    """
    text, entities = _formatted(store, parameters, "caption", "caption_entities")
    if utf16_length(text) > MAX_CAPTION_LENGTH:
        raise bad_request("message caption is too long")
    if not text:
        return {}
    return {"caption": text, "caption_entities": entities} if entities else {"caption": text}


def _formatted(
    store: ChatStore, parameters: Parameters, text_name: str, entities_name: str
) -> tuple[str, list[Entity]]:
    text = _CONTROL.sub(" ", parameters.text(text_name).replace("\r", ""))
    mode = parameters.text("parse_mode").lower()
    if mode == "html":
        text, entities = parse_html(text)
    elif mode:
        # Telegram also knows Markdown. This server refuses it as Telegram refuses unknown modes.
        raise bad_request("unsupported parse_mode")
    else:
        entities = _given_entities(parameters, text, entities_name)
    entities = [resolved for entity in entities if (resolved := _resolved(store, entity)) is not None]
    text, entities = _trimmed(text, entities)
    found = [entity for entity in find_entities(text) if not _inside_opaque(entity, entities)]
    return text, sorted(entities + found, key=lambda entity: (entity["offset"], -entity["length"]))


def _given_entities(parameters: Parameters, text: str, name: str) -> list[Entity]:
    """Return the entities that a bot sent instead of markup, without types that bots cannot send."""
    text_length = utf16_length(text)
    entities = []
    for given in parameters.objects(name, "MessageEntity"):
        offset, length = given.get("offset"), given.get("length")
        if not isinstance(offset, int) or not isinstance(length, int):
            raise bad_request('can\'t parse MessageEntity: Fields "offset" and "length" must be of type Number')
        if offset + length > text_length:
            raise bad_request(
                f"entity beginning at UTF-16 offset {offset} ends after the end of the text "
                f"at UTF-16 offset {offset + length}"
            )
        if given.get("type") in GIVEN_KINDS and offset >= 0 and length > 0:
            entities.append({"type": given["type"], "offset": offset, "length": length})
    return entities


def _resolved(store: ChatStore, entity: Entity) -> Entity | None:
    """Add the user to a mention by id. A mention of an unknown user becomes plain text."""
    if entity["type"] != "text_mention":
        return entity
    user = store.users.get(entity["user"]["id"])
    return None if user is None else entity | {"user": user.to_api()}


def _trimmed(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Strip white space from both ends, and move the entities accordingly."""
    kept = text.strip()
    if kept == text:
        return text, entities
    start = utf16_length(text) - utf16_length(text.lstrip())
    end = start + utf16_length(kept)
    moved = []
    for entity in entities:
        first, last = max(entity["offset"], start), min(entity["offset"] + entity["length"], end)
        if first < last:
            moved.append(entity | {"offset": first - start, "length": last - first})
    return kept, moved


def _inside_opaque(entity: Entity, others: list[Entity]) -> bool:
    start, end = entity["offset"], entity["offset"] + entity["length"]
    return any(
        other["type"] in OPAQUE and other["offset"] < end and start < other["offset"] + other["length"]
        for other in others
    )
