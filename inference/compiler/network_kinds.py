"""The kinds of image networks that are no classifiers, told by the shapes of their outputs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from inference.errors import ModelError

# Fields of a box with a score: x, y, width, height and at least one score.
BOX = 4
# A network that gives so many vectors per image gives one per place.
MIN_PLACES = 50

Shape = Sequence[int | None]


def refuse_other_kinds(shapes: Iterable[Shape], source: str = "the network") -> None:
    """Raise if the shapes of a network's outputs are those of an object detector or of a segmentation network.

    Args:
        shapes: shapes of the outputs, with the batch first; a free side is None or -1.
        source: name of the network in the error message.

    Raises:
        ModelError: the network is of another kind.
    """
    known = [tuple(-1 if side is None else int(side) for side in shape) for shape in shapes]
    given = ", ".join(map(str, known))
    for shape in known:
        if len(shape) == 3 and (shape[2] == BOX or (min(shape[1:]) > BOX and max(shape[1:]) >= MIN_PLACES)):
            raise other_kind(source, "an object detector", f"whose outputs are boxes, {given}")
        if len(shape) == 4 and sum(side != 1 for side in shape[1:]) >= 2:
            raise other_kind(source, "a segmentation network", f"whose output has a value for each place, {given}")


def other_kind(source: str, kind: str, reason: str) -> ModelError:
    """Return the error for a network of another kind, such as "an object detector"."""
    return ModelError(f"{source}: expected an image classifier, with one score per class. Received: {kind}, {reason}")


def score_count(shape: Shape) -> int:
    """Return the number of scores per image for a shape (batch, values) or (batch, 1, 1, values); 0 for others."""
    sides = [-1 if side is None else int(side) for side in shape[1:]]
    return max(sides[-1], 0) if len(sides) in (1, 3) and sides[:-1] in ([], [1, 1]) else 0
