"""Every shape of the Bot API's updates, as aiogram's types describe them; see `bot_api_objects` on its import."""

from __future__ import annotations

import datetime
import enum
import random
import types
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

SENT_AT = 1_795_940_000
WORD = "Zebediahs word"
# Texts that need a certain value, by field name.
WORDS = {"type": "supergroup", "language_code": "en", "mime_type": "image/jpeg", "currency": "XTR"}
IDS = frozenset({"id", "chat_id", "user_id", "migrate_to_chat_id", "migrate_from_chat_id", "sender_business_bot_id"})
HUGE = 2**70


def shapes() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each field of each type that occurs within an update, filled, in an update as small as can be.

    What a field may hold besides is there once for each type that no other field has led to.

    Yields:
        The type, the field and what fills it; the update, without its id.
    """
    from aiogram.types import Update

    seen: set[type[BaseModel]] = {Update}
    left: deque[tuple[type[BaseModel], Callable[[Any], Any]]] = deque([(Update, lambda update: update)])
    while left:
        kind, within = left.popleft()
        for name, annotation in _fields(kind):
            for number, filling in enumerate(_fillings(annotation)):
                if number and (not filling.is_model or filling.kind in seen):
                    continue
                put = partial(_with_field, kind, name, filling, within)
                yield f"{kind.__name__}.{name}: {filling.name}", put(_smallest(filling.kind, name))
                if filling.is_model and filling.kind not in seen:
                    seen.add(filling.kind)
                    left.append((filling.kind, put))


class Filling:
    """What a field may hold: something, or lists of it."""

    def __init__(self, kind: Any, lists: int = 0) -> None:
        self.kind = kind
        self.lists = lists

    @property
    def is_model(self) -> bool:
        return isinstance(self.kind, type) and issubclass(self.kind, BaseModel)

    @property
    def name(self) -> str:
        return "list of " * self.lists + getattr(self.kind, "__name__", str(self.kind))


def _with_field(
    kind: type[BaseModel], name: str, filling: Filling, within: Callable[[Any], Any], value: object
) -> dict[str, Any]:
    for _ in range(filling.lists):
        value = [value]
    update = within({**_object(kind), name: value})
    assert isinstance(update, dict)
    update.pop("update_id", None)
    return update


def _fields(kind: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    for name, field in kind.model_fields.items():
        if name != "update_id":
            yield field.alias or name, field.annotation


def _fillings(annotation: Any, lists: int = 0) -> Iterator[Filling]:
    from aiogram.client.default import Default

    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        for part in get_args(annotation):
            if part not in (type(None), Default):
                yield from _fillings(part, lists)
    elif origin is list:
        yield from _fillings(get_args(annotation)[0], lists + 1)
    elif hasattr(annotation, "__metadata__"):
        yield from _fillings(get_args(annotation)[0], lists)
    elif hasattr(annotation, "__value__"):
        yield from _fillings(annotation.__value__, lists)
    elif isinstance(annotation, str):  # a recursive type, whose smallest value is a text
        yield Filling(str, lists)
    else:
        yield Filling(annotation, lists)


def _object(kind: type[BaseModel]) -> dict[str, Any]:
    """Make an object with the fields that it must have."""
    made = {}
    for name, field in kind.model_fields.items():
        if field.is_required() or get_origin(field.annotation) is Literal:
            filling = next(_fillings(field.annotation))
            value = _smallest(filling.kind, field.alias or name)
            for _ in range(filling.lists):
                value = [value]
            made[field.alias or name] = value
    return made


def _smallest(kind: Any, name: str) -> Any:
    if get_origin(kind) is Literal:
        value = get_args(kind)[0]
        return value.value if isinstance(value, enum.Enum) else value
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return _object(kind)
    if kind is str:
        return WORDS.get(name, WORD)
    if kind is bool:
        return True
    if kind is int:
        return 4_000_000_000 if name in IDS else 7
    if kind is float:
        return 0.5
    if kind in (datetime.datetime, datetime.timedelta):
        return SENT_AT if kind is datetime.datetime else 60
    raise AssertionError(f"a kind that no update held when this was written: {kind}")


def mutated(update: dict[str, Any], generator: random.Random) -> dict[str, Any]:
    """Spoil an update in one to three places: what no server should send."""
    spoilt: dict[str, Any] = _copy(update)
    for _ in range(generator.randint(1, 3)):
        places = list(_places(spoilt))
        if not places:
            break
        container, key = generator.choice(places)
        if isinstance(container, dict) and generator.random() < 0.25:
            del container[key]
        else:
            container[key] = generator.choice(SPOILERS)(container[key])
    return spoilt


def _deep(value: Any) -> Any:
    for _ in range(200):
        value = {"reply_to_message": [value]}
    return value


SPOILERS: tuple[Callable[[Any], Any], ...] = (
    lambda _: None,
    lambda _: {},
    lambda _: [],
    lambda _: "",
    lambda _: "Zebediahs other word",
    lambda _: "\x00",
    lambda _: "\ud800",
    lambda _: "x" * 5000,
    lambda _: True,
    lambda _: 0,
    lambda _: -1,
    lambda _: 1.5,
    lambda _: 2**31,
    lambda _: 2**63,
    lambda _: -HUGE,
    lambda _: HUGE,
    lambda _: 1e300,
    lambda value: [value],
    lambda value: {"id": value},
    lambda value: [value] * 50,
    _deep,
)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys: Any = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(inner) for key, inner in value.items()}
    return [_copy(inner) for inner in value] if isinstance(value, list) else value
