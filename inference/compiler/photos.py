"""The photos that a network is calibrated on, and compared with its original on. Imports no TensorFlow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from inference.errors import ImageError, ModelError
from inference.images.decode import load_pixels

CROP = 0.875
# Enough for the scales of activations, which hardly change from there on.
CALIBRATION_PHOTOS = 100
COMPARED_PHOTOS = 50


def read_photos(folder: Path, height: int, width: int) -> list[npt.NDArray[np.uint8]]:
    """Photos of a folder, in an order of chance that is always the same; files that are none are passed over.

    Returns:
        uint8 (height, width, 3) each, as many as are needed, at least one.

    Raises:
        ModelError: the folder has none.
        OSError: a file cannot be read.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    np.random.default_rng(0).shuffle(files)
    photos: list[npt.NDArray[np.uint8]] = []
    for file in files:
        if len(photos) == CALIBRATION_PHOTOS + COMPARED_PHOTOS:
            break
        try:
            photos.append(load_pixels(file.read_bytes(), height=height, width=width, crop=CROP))
        except ImageError:
            continue
    if not photos:
        raise ModelError(f"{folder}: expected a folder with photos. Received: {len(files)} files, none of them a photo")
    return photos
