from __future__ import annotations

import numpy as np
import numpy.typing as npt

from inference.compiler.sureness import describe_sureness, sureness
from inference.errors import ModelError


class FailsWithPixels:
    """A network whose scores are no numbers with the range 0 to 255."""

    input_range = (-1.0, 1.0)

    def probabilities(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        if self.input_range == (0.0, 255.0):
            raise ModelError("expected finite scores. Received: others")
        return np.full((len(images), 2), 0.5, np.float32)


def test_a_range_with_which_the_network_fails_is_told() -> None:
    network = FailsWithPixels()
    told = describe_sureness(sureness(network, 8, 8))
    assert ": 50% with -1,1, 50% with 0,1, fails with 0,255 (" in told
    assert network.input_range == (-1.0, 1.0)
