"""Photos with their colour as the class; the network of `colour_models` recognises it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from tests.support.images import encode

COLOURS_OF = {"warm": (220, 90, 40), "cold": (40, 90, 220), "green": (60, 200, 60)}


def colour_photo(class_name: str, number: int, kind: str = "PNG") -> bytes:
    """A photo of about the class's colour; each number gives another one."""
    random = np.random.default_rng([number, *class_name.encode()])
    colour = np.array(COLOURS_OF[class_name]) + random.integers(-35, 36, 3)
    pixels = np.clip(colour + random.integers(-30, 31, (12, 10, 3)), 0, 255).astype(np.uint8)
    return encode(Image.fromarray(pixels), kind)


def write_photos(root: Path, classes: Mapping[str, int], *, first: int = 0) -> Path:
    """Write as many photos into each class's folder as it says; returns the root."""
    for class_name, count in classes.items():
        (root / class_name).mkdir(parents=True, exist_ok=True)
        for number in range(first, first + count):
            (root / class_name / f"{number:03d}.png").write_bytes(colour_photo(class_name, number))
    return root
