"""How an image gets the shape of a network's input."""

from __future__ import annotations

from typing import Literal, TypedDict

# How an image gets the aspect ratio of a network's input: "crop" cuts out its centre, "squash" resizes each side
# independently, "pad" adds black borders, as `tf.image.resize_with_pad` does.
Fit = Literal["crop", "squash", "pad"]
FITS: tuple[Fit, ...] = ("crop", "squash", "pad")

# Aspect ratio of the part of a long image that is squashed to a square.
SQUASHED_RATIO = 4 / 3
# Side ratio from which the part above is squashed, in models that are installed. Phone photos of 16:9 are above it, and
# camera photos of 3:2 below it. The model card of efficientnet_lite0 has the measurements.
SQUASH_FROM = 1.6


class Framing(TypedDict):
    """The arguments of `load_pixels` that a model sets."""

    height: int
    width: int
    crop: float
    fit: Fit
    squash_from: float | None
