"""Matching of a data set's classes with a model's outputs."""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from collections.abc import Callable, Sequence
from difflib import get_close_matches

from inference.models.label_formats import SYNSET
from inference.training.errors import DatasetError

MAX_SHOWN = 5
# Minimum number of classes whose ascending order counts. With fewer classes, the order may be a coincidence.
MIN_ORDERED = 10


def match_classes(names: Sequence[str], labels: Sequence[str | None]) -> tuple[int, ...]:
    """Find the model's output for each class, by the whole name of the class or else by its first synonym.

    Letter case, underscores for spaces and a leading WordNet synset do not matter.

    Args:
        names: names of the classes: "goldfish", "Carassius_auratus" or "n01443537 goldfish, Carassius auratus".
        labels: labels of the model's outputs; None for an output without a label.

    Returns:
        The index of the output of each class.

    Raises:
        DatasetError: a class has no output, or several outputs.
    """
    wanted = [_normalised(name) for name in names]
    known = {index: _normalised(label) for index, label in enumerate(labels) if label is not None}
    whole, first = _outputs_by(str, known), _outputs_by(_first_synonym, known)
    found = _by_order([whole.get(name) or first.get(_first_synonym(name), []) for name in wanted])
    if ambiguous := [name for name, outputs in zip(names, found, strict=True) if len(outputs) > 1]:
        raise DatasetError(f"expected one label of the model for each class. Received several for: {_some(ambiguous)}")
    if missing := [name for name, outputs in zip(names, found, strict=True) if not outputs]:
        nearest = get_close_matches(_first_synonym(_normalised(missing[0])), first, n=1)
        hint = f"; the nearest label to the first is {nearest[0]!r}" if nearest else ""
        raise DatasetError(
            f"expected classes that the model has labels for. Received {len(missing)} of {len(names)} without: "
            f"{_some(missing)}{hint}"
        )
    return tuple(outputs[0] for outputs in found)


def _by_order(found: Sequence[list[int]]) -> list[list[int]]:
    """Choose between several outputs of a class by the outputs of the classes before and after it.

    For example, ImageNet has a bird and a machine called "crane". If the names of the classes begin with synsets, the
    classes are in the same order as the model's outputs. This order tells the two cranes apart.

    Args:
        found: indices of the possible outputs of each class.
    """
    certain = [(place, outputs[0]) for place, outputs in enumerate(found) if len(outputs) == 1]
    places, ordered = [place for place, _ in certain], [output for _, output in certain]
    if len(certain) < MIN_ORDERED or ordered != sorted(ordered):
        return list(found)
    return [
        [output for output in outputs if bisect(ordered, output) == bisect(places, place)] or outputs
        for place, outputs in enumerate(found)
    ]


def _normalised(name: str) -> str:
    spaced = " ".join(name.replace("_", " ").split())
    return SYNSET.sub("", spaced, count=1).casefold()


def _first_synonym(name: str) -> str:
    return name.split(",", 1)[0].strip()


def _outputs_by(key: Callable[[str], str], known: dict[int, str]) -> dict[str, list[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for index, name in known.items():
        found[key(name)].append(index)
    return dict(found)


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:MAX_SHOWN]))
    return shown if len(names) <= MAX_SHOWN else f"{shown} and {len(names) - MAX_SHOWN} more"
