"""Ranges of the results of known networks, which int8 needs and weights do not tell."""

from __future__ import annotations

import json
from pathlib import Path

from inference.litert.writer import Ranges

# What was looked at of the photos, and is looked at when they are labelled.
CROP = 0.875
# Measured on 400 photos of ImageNet by measure_ranges.py beside it.
FILE = Path(__file__).with_name("activation_ranges.json")


def efficientnet_lite_ranges(number: int) -> Ranges:
    """The ranges of EfficientNet-Lite's results.

    Args:
        number: of the network, 0 to 2.
    """
    networks = json.loads(FILE.read_text(encoding="ascii"))
    return {name: (low, high) for name, (low, high) in networks[str(number)].items()}
