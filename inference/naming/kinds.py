"""Plain kinds that classes belong to: a golden retriever is a retriever, a dog, a mammal and an animal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from inference.naming.tables import ENGLISH, FOLDER, LANGUAGES_IN_MEMORY, language_file, read_rows

KINDS_FILE = FOLDER / "kinds.tsv"
KIND_COLUMNS = ("kind", "parent", "synsets")
CHAINS_FILE = FOLDER / "imagenet.kinds.tsv"
CHAIN_COLUMNS = ("synset", "kinds")
NAME_COLUMNS = ("kind", "name", "phrase")
# Means "no kind": the parent of a kind without a wider kind, and the kind of a synset without a kind.
NONE = "-"


@dataclass(frozen=True, slots=True)
class KindName:
    """The name of a kind in a language.

    Attributes:
        name: name without an article, such as "cat".
        phrase: name as it is in a headline, such as "a cat".
    """

    name: str
    phrase: str


@lru_cache(LANGUAGES_IN_MEMORY)
def kind_names(language: str = ENGLISH) -> Mapping[str, KindName]:
    """Return the names of the kinds in a language, by kind.

    Args:
        language: language tag; for a language without a table, the names are English.
    """
    return _read_names(language_file("kinds", language))


@cache
def _read_names(table: Path) -> Mapping[str, KindName]:
    return {kind: KindName(name, phrase) for kind, name, phrase in read_rows(table, NAME_COLUMNS)}


@cache
def imagenet_kinds() -> Mapping[str, tuple[str, ...]]:
    """Return the kinds of each class of ImageNet by synset, from the narrowest to the widest kind."""
    return {synset: tuple(kinds.split()) for synset, kinds in read_rows(CHAINS_FILE, CHAIN_COLUMNS)}


@cache
def wider_kinds() -> Mapping[str, tuple[str, ...]]:
    """Return the wider kinds of each kind, from the narrowest to the widest."""
    parents = {kind: parent for kind, parent, _ in read_rows(KINDS_FILE, KIND_COLUMNS)}
    return {kind: chain_above(parents[kind], parents) for kind in parents}


def chain_above(kind: str, parents: Mapping[str, str]) -> tuple[str, ...]:
    """Return a kind and its wider kinds, from the narrowest to the widest.

    Args:
        kind: id of the kind, or NONE.
        parents: next wider kind of each kind, or NONE.
    """
    chain = []
    while kind != NONE:
        chain.append(kind)
        kind = parents[kind]
    return tuple(chain)


@dataclass(frozen=True, eq=False, slots=True)
class ModelKinds:
    """The kinds of a model's classes.

    Attributes:
        class_ids: stable id of each output; None for an output without a meaning.
        kinds: ids of the kinds with at least two classes, the narrowest first.
        depths: number of wider kinds above each kind, (kinds,).
        members: 1 if a class belongs to a kind, else 0, float32 (kinds, classes).
    """

    class_ids: tuple[str | None, ...]
    kinds: tuple[str, ...]
    depths: npt.NDArray[np.int64]
    members: npt.NDArray[np.float32]

    @classmethod
    def of(cls, class_ids: Sequence[str | None]) -> ModelKinds:
        """Find the kinds of a model's classes.

        Args:
            class_ids: stable id of each output; ids that are not ImageNet's synsets belong to no kind.
        """
        chains = [imagenet_kinds().get(key, ()) if key else () for key in class_ids]
        depths = {kind: len(chain) - place - 1 for chain in chains for place, kind in enumerate(chain)}
        classes = Counter(kind for chain in chains for kind in chain)
        shared = [kind for kind in depths if classes[kind] > 1]
        kinds = tuple(sorted(shared, key=lambda kind: (-depths[kind], kind)))
        rows = {kind: row for row, kind in enumerate(kinds)}
        members = np.zeros((len(kinds), len(chains)), np.float32)
        for column, chain in enumerate(chains):
            members[[rows[kind] for kind in chain if kind in rows], column] = 1
        return cls(tuple(class_ids), kinds, np.array([depths[kind] for kind in kinds], np.int64), members)

    def probabilities(self, classes: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Sum the probabilities of each kind's classes.

        Args:
            classes: probabilities, float32 (classes,).

        Returns:
            Probabilities of the kinds, float32 (kinds,).
        """
        return np.asarray(np.minimum(self.members @ classes, 1), np.float32)
