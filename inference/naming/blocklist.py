"""Blocklists: classes and kinds that are never said. A kind stands for all classes and narrower kinds in it."""

from __future__ import annotations

from collections.abc import Iterable

from inference.naming.class_names import class_names
from inference.naming.display_names import display_names
from inference.naming.headline import KindScore
from inference.naming.kinds import imagenet_kinds, kind_names, wider_kinds

CLASS, KIND = "class:", "kind:"


def class_key(class_id: str) -> str:
    """Return the key of a class in a blocklist."""
    return CLASS + class_id


def kind_key(kind: str) -> str:
    """Return the key of a kind in a blocklist."""
    return KIND + kind


def name_of_key(key: str, language: str) -> str:
    """Return the name of a blocked class or kind in a language.

    Args:
        key: result of `class_key` or `kind_key`.
        language: language tag.
    """
    if key.startswith(KIND):
        kind = key.removeprefix(KIND)
        found = kind_names(language).get(kind)
        return kind if found is None else found.name
    class_id = key.removeprefix(CLASS)
    return class_names(language).get(class_id) or display_names([class_id])[0] or class_id


def covers(key: str, other: str) -> bool:
    """Return whether a class or kind is, or belongs to, the class or kind of `key`. Both are keys as in a blocklist."""
    if key == other or not key.startswith(KIND):
        return key == other
    kind = key.removeprefix(KIND)
    if other.startswith(KIND):
        return kind in wider_kinds().get(other.removeprefix(KIND), ())
    return kind in imagenet_kinds().get(other.removeprefix(CLASS), ())


class Blocklist:
    """The classes and kinds that are never said.

    Args:
        keys: results of `class_key` and `kind_key`.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self._keys = frozenset(keys)

    def __bool__(self) -> bool:
        return bool(self._keys)

    def blocks_class(self, class_id: str) -> bool:
        """Return whether a class, or a kind that it belongs to, is blocked."""
        kinds = imagenet_kinds().get(class_id, ())
        return class_key(class_id) in self._keys or any(kind_key(kind) in self._keys for kind in kinds)

    def narrowest_allowed(self, found: KindScore | None) -> KindScore | None:
        """Return a kind, or the next wider kind that is in no blocked kind; None if there is none.

        A wider kind is returned with the probability of the narrower kind, which is a lower bound of its own.
        """
        if found is None:
            return None
        chain = (found.kind, *wider_kinds().get(found.kind, ()))
        blocked = [place for place, kind in enumerate(chain) if kind_key(kind) in self._keys]
        allowed = chain[blocked[-1] + 1 :] if blocked else chain
        return KindScore(allowed[0], found.probability) if allowed else None
