"""Measured ranges of the activations of known networks, which int8 quantisation needs."""

from __future__ import annotations

import json
from pathlib import Path

from inference.litert.writer import Ranges

# Share of each photo that is used for the measurement, the same share as for classification.
CROP = 0.875
# Ranges that measure_ranges.py measured on 400 photos of ImageNet.
FILE = Path(__file__).with_name("activation_ranges.json")


def efficientnet_lite_ranges(number: int) -> Ranges:
    """Return the lowest and highest value of each activation of an EfficientNet-Lite, by the names of tensors.

    Args:
        number: number of the EfficientNet-Lite, 0 to 2.
    """
    networks = json.loads(FILE.read_text(encoding="ascii"))
    return {name: (low, high) for name, (low, high) in networks[str(number)].items()}
