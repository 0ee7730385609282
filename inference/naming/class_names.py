"""ImageNet's classes: their stable ids, which are WordNet's synsets, and their names in several languages."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path

from inference.naming.display_names import display_names, make_unique
from inference.naming.tables import ENGLISH, LANGUAGES_IN_MEMORY, language_file, read_rows

COLUMNS = ("synset", "name")
SYNSET = re.compile(r"n\d{8}(?!\d)")


@lru_cache(LANGUAGES_IN_MEMORY)
def class_names(language: str = ENGLISH) -> Mapping[str, str]:
    """Return the names by synset, in ImageNet's order.

    Args:
        language: language tag; for a language without a table, the names are English.
    """
    return _read(language_file("imagenet", language))


@cache
def _read(table: Path) -> Mapping[str, str]:
    return {row[0]: row[1] for row in read_rows(table, COLUMNS)}


def find_class_ids(labels: Sequence[str | None], imagenet_labels: Sequence[str]) -> tuple[str | None, ...]:
    """Find a stable id for each label of a model.

    Args:
        labels: label of each output; None for an output without a meaning.
        imagenet_labels: ImageNet's 1,000 labels in ImageNet's order.

    Returns:
        An id for each label: the synset if the label begins with a synset, or if all labels of the model are ImageNet's
        labels; otherwise the label itself. None for an output without a meaning.
    """
    known = class_names()
    ids = [label if label is None else _leading_synset(label, known) or label for label in labels]
    synsets = defaultdict(list)
    for synset, label in zip(known, imagenet_labels, strict=True):
        synsets[label].append(synset)
    if all(label is None or label in synsets for label in labels):
        ids = _by_text(labels, synsets)
    return tuple(ids)


def name_classes(class_ids: Sequence[str | None], labels: Sequence[str | None]) -> tuple[str | None, ...]:
    """Name the classes of a model in English; no two names are the same.

    Args:
        class_ids: result of `find_class_ids`.
        labels: labels that were passed to `find_class_ids`.
    """
    names = class_names()
    shown = display_names(labels)
    return make_unique([names.get(key, name) if key else name for key, name in zip(class_ids, shown, strict=True)])


def _leading_synset(label: str, known: Mapping[str, str]) -> str | None:
    match = SYNSET.match(label)
    return match[0] if match and match[0] in known else None


def _by_text(labels: Sequence[str | None], synsets: Mapping[str, Sequence[str]]) -> list[str | None]:
    """Return the synsets of ImageNet's labels.

    Two classes of ImageNet have the label "crane". If the labels are in ImageNet's order, the neighbours of such a
    label show which of the two classes it is.
    """
    candidates = [synsets[label] if label is not None else () for label in labels]
    sure = [found[0] for found in candidates if len(found) == 1]
    in_order = sure == sorted(sure)
    ids: list[str | None] = []
    passed = 0
    for label, found in zip(labels, candidates, strict=True):
        if len(found) > 1 and in_order:
            before = sure[passed - 1] if passed else ""
            after = sure[passed] if passed < len(sure) else "o"
            found = [synset for synset in found if before < synset < after]
        else:
            passed += len(found) == 1
        ids.append(found[0] if len(found) == 1 else label)
    return ids
