"""Photos for calibrating a network and for comparing it with its original. This module imports no TensorFlow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from inference.errors import ImageError, ModelError
from inference.images.decode import load_pixels

CROP = 0.875
# Number of photos for calibration; more photos hardly change the scales of the activations.
CALIBRATION_PHOTOS = 100
# Number of photos for the comparison with the original.
COMPARED_PHOTOS = 50


def read_photos(folder: Path, height: int, width: int) -> list[npt.NDArray[np.uint8]]:
    """Read the photos of a folder and its subfolders, in a random but reproducible order; skip other files.

    Args:
        folder: folder of photos.
        height: height of the photos returned, in pixels.
        width: width of the photos returned, in pixels.

    Returns:
        1 to 150 photos, uint8 (height, width, 3) each, RGB in [0, 255].

    Raises:
        ModelError: the folder has no photo.
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
