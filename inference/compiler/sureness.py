"""How sure a network is of the photos that come with the program, under each usual input range.

The wrong range is the commonest cause of nonsense, and no error shows it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from inference.compiler.comparison import run_bundle, write_with_numbers
from inference.compiler.input_ranges import CANDIDATES, Range, shown
from inference.compiler.model import CompiledModel
from inference.compiler.photos import CROP
from inference.errors import ModelError
from inference.images.decode import load_pixels
from inference.images.sample_photos import sample_photos
from inference.models.trust import trust


class RangedNetwork(Protocol):
    """A network whose input range can be set.

    Attributes:
        input_range: input values for the pixel values 0 and 255, as (low, high).
    """

    input_range: Range

    def probabilities(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Label images; see `comparison.Reference`."""
        ...


class CompiledNetwork:
    """A compiled network whose input range can be set; see `RangedNetwork`.

    Args:
        compiled: compiled network.
        trusted: True if the network may have operations that image networks do not use.
    """

    def __init__(self, compiled: CompiledModel, *, trusted: bool = False) -> None:
        self._compiled = compiled
        self._trusted = trusted
        self.input_range = compiled.input_range or CANDIDATES[0]

    def probabilities(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Label images."""
        compiled = replace(self._compiled, input_range=self.input_range)
        with tempfile.TemporaryDirectory() as scratch:
            # `trust` writes its record beside the bundle, in a folder that only this user may write to.
            folder = Path(scratch, "compiled")
            folder.mkdir()
            bundle = write_with_numbers(folder, compiled, compiled.content)
            if self._trusted:
                trust(bundle)
            return run_bundle(bundle, images)


def sureness(network: RangedNetwork, height: int, width: int) -> dict[Range, float | None]:
    """Return the mean score of the best label of the sample photos, in [0, 1], by input range; None if it fails.

    The ranges are those of most networks, and the network's own range, which it keeps.

    Args:
        network: network to try.
        height: height of the input, in pixels.
        width: width of the input, in pixels.
    """
    photos = [load_pixels(path.read_bytes(), height=height, width=width, crop=CROP) for path in sample_photos()]
    images, own = np.stack(photos), network.input_range
    found: dict[Range, float | None] = {}
    try:
        for tried in dict.fromkeys((own, *CANDIDATES)):
            network.input_range, found[tried] = tried, None
            # Large input values can give scores that are no numbers.
            with suppress(ModelError):
                found[tried] = float(network.probabilities(images).max(axis=1).mean())
    finally:
        network.input_range = own
    return found


def describe_sureness(found: Mapping[Range, float | None]) -> str:
    """Return the result of `sureness` as a part of a sentence."""
    each = ", ".join(
        f"{'fails' if score is None else f'{score:.0%}'} with {shown(input_range)}"
        for input_range, score in found.items()
    )
    return (
        f"how sure the network is of {len(sample_photos())} sample photos, by input range: {each} (too large values "
        "make any network sure)"
    )


def unknown_range(network: RangedNetwork, height: int, width: int) -> ModelError:
    """Return the error for a network whose file does not tell its input range; arguments as of `sureness`."""
    network.input_range = CANDIDATES[0]
    return ModelError(
        "expected what the pixel values 0 and 255 become for the network, which its file does not tell: --input-range "
        "-1,1 for most, 0,1 or 0,255 for some; or --mean and --std. The people who trained the network know it. "
        f"Received: none; {describe_sureness(sureness(network, height, width))}"
    )
