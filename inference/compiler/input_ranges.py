"""The input range of a network, from the arithmetic with which it begins."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Range = tuple[float, float]

# Ranges of most networks: values for the pixel values 0 and 255.
CANDIDATES: tuple[Range, ...] = ((-1.0, 1.0), (0.0, 1.0), (0.0, 255.0))
# Widths of the usual ranges inside of a network: 1 for [0, 1], 2 for [-1, 1], 4 to 5 for ImageNet's mean and deviation.
USUAL = (0.9, 6.0)


def range_of_first_steps(scale: npt.NDArray[np.float64], offset: npt.NDArray[np.float64]) -> Range | None:
    """Return the input range of a network that begins with `scale * x + offset`; None if several ranges are plausible.

    Args:
        scale: float64 (1,) or (3,), one factor or one per channel.
        offset: float64 (1,) or (3,), one term or one per channel.
    """
    factor, term = float(np.mean(scale)), float(np.mean(offset))
    low, high = USUAL
    if low <= 255 * factor <= high or (factor == 1 and -150 <= term <= -90):
        return 0.0, 255.0
    # To [-1, 1], or to ImageNet's mean and deviation.
    if 1.9 <= factor <= high and -factor < term < -factor / 4:
        return 0.0, 1.0
    # Back to pixel values.
    if 120 <= factor <= 135 and 120 <= term <= 135:
        return -1.0, 1.0
    if 250 <= factor <= 256 and abs(term) < 1:
        return 0.0, 1.0
    return None


def range_findings(given: Range | None, told: Range | None, steps: Range | None = None) -> tuple[str, ...]:
    """Return what people should know about the input range: that it was found, or that theirs differs from it.

    Args:
        given: range from the user; None if there is none.
        told: range that the network's file tells; None if it tells none.
        steps: range that the network's first steps tell; None if they tell none.
    """
    if given is None and told is not None and told == steps:
        return (f"the network normalises its input itself: the input range is {shown(told)}",)
    if given is None or told is None or np.allclose(given, told, rtol=0, atol=0.05 * (told[1] - told[0])):
        return ()
    return (f"check --input-range {shown(given)}: by its file, the network takes {shown(told)}",)


def shown(input_range: Sequence[float]) -> str:
    """Return a range as the command line takes it, such as "-1,1"."""
    return ",".join(f"{value:g}" for value in input_range)
