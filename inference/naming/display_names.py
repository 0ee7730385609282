"""Names to show for the labels of any model."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

# Prefixes of folder names in data sets, such as n02085620-Chihuahua and 001.Black_footed_Albatross.
SYNSET_PREFIX = re.compile(r"n\d{8}(?!\d)[\s_.:,-]*(?=\S)")
NUMBER_PREFIX = re.compile(r"\d+[\s_.-]+(?=\S)")
# Separator between a plant and its disease in PlantVillage's labels, such as Pepper,_bell___Bacterial_spot.
PARTS = re.compile(r"\s*_{3,}\s*")
DASH = " - "
SYNONYMS = re.compile(r",\s+")


def display_names(labels: Sequence[str | None]) -> tuple[str | None, ...]:
    """Make short names of a model's labels; no two names are the same.

    A name ends at the first comma, since ImageNet's synonyms follow the comma. It is longer if another class would
    otherwise have the same name.

    Args:
        labels: all labels of the model; None for an output without a meaning.

    Returns:
        A name for each label; None for an output without a meaning.
    """
    synonyms = [[] if label is None else _synonyms(label) for label in _without_numbers(labels)]
    used = [min(1, len(words)) for words in synonyms]
    while True:
        names = [", ".join(words[:count]) for words, count in zip(synonyms, used, strict=True)]
        counts = Counter(names)
        longer = [
            count + (counts[name] > 1 and count < len(words))
            for words, count, name in zip(synonyms, used, names, strict=True)
        ]
        if longer == used:
            break
        used = longer
    return make_unique([None if label is None else name for label, name in zip(labels, names, strict=True)])


def make_unique(names: Sequence[str | None]) -> tuple[str | None, ...]:
    """Add numbers to names that occur more than once: "crane", "crane (2)"."""
    taken = {name for name in names if name is not None}
    seen: set[str] = set()
    unique: list[str | None] = []
    for name in names:
        shown, number = name, 1
        while shown is not None and shown in (seen if number == 1 else seen | taken):
            number += 1
            shown = f"{name} ({number})"
        if shown is not None:
            seen.add(shown)
        unique.append(shown)
    return tuple(unique)


def _without_numbers(labels: Sequence[str | None]) -> Sequence[str | None]:
    """Remove the leading numbers if each label starts with a different number."""
    matches = [NUMBER_PREFIX.match(label) for label in labels if label is not None]
    numbers = {match[0] for match in matches if match}
    if len(numbers) < max(2, len(matches)):
        return labels
    return [label if label is None else NUMBER_PREFIX.sub("", label, count=1) for label in labels]


def _synonyms(label: str) -> list[str]:
    text = PARTS.sub(DASH, SYNSET_PREFIX.sub("", label, count=1).strip("_ "))
    text = " ".join(text.replace("_", " ").split())
    if not text:
        return [label]
    # A comma in a text with a dash is part of a single name: "Pepper, bell - healthy".
    words = [text] if DASH in text else [word for word in SYNONYMS.split(text) if word]
    return words or [text]
