"""Folders of small images, with one folder per class."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from pathlib import Path

from tests.support.pictures import picture


def write_images(root: Path, classes: Mapping[str, int], *, width: int = 40, height: int = 30, seed: int = 0) -> Path:
    """Write as many different JPEG files into each class's folder as it says; returns the root."""
    seeds = count(seed)
    for name, images in classes.items():
        (root / name).mkdir(parents=True, exist_ok=True)
        for number in range(images):
            (root / name / f"{number:03d}.jpg").write_bytes(picture(next(seeds), width=width, height=height))
    return root
