"""Copies of photos within a class: the same file under two names, resized, or saved again.

Copies belong into one split, since a copy of a training photo in the test would flatter the figures. Two photos are
compared by a perceptual hash: their thumbnails of 16 by 16 pixels, centred and normalised, so that the product of two
hashes is a correlation. This takes NumPy only. The hashes of the package imagehash have 64 bits without colour, and the
package would bring SciPy and PyWavelets with it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from inference.errors import ImageError
from inference.images.decode import load_pixels
from inference.training.data.cores import map_on_all_cores

# Side of the thumbnails, in pixels.
SIDE = 16
# Correlation from which two photos are copies. Of 980 photos of ants, bees, raccoons, kangaroos and ImageNet's classes,
# copies with a quarter to one and a half of the side in JPEG and WebP of quality 40 to 95 correlate by 0.99 or more,
# and different photos by 0.92 or less.
COPY_CORRELATION = 0.97
# Standard deviation of a thumbnail, in levels of 0 to 255, under which it is too plain to tell photos apart.
PLAIN = 2.0
# Number of hashes whose correlations are computed at once; a block of them takes 64 MB.
BLOCK = 4096


def find_copies(data: Path, names: Mapping[str, int]) -> dict[str, str]:
    """Find the photos that are copies of an earlier photo of their class.

    Args:
        data: folder of the data set.
        names: class of each photo by the photo's path below the folder, in the order that makes a photo earlier.

    Returns:
        For each copy, the name of the photo that it is a copy of, which is no copy itself.
    """
    classes: defaultdict[int, list[str]] = defaultdict(list)
    for name, label in names.items():
        classes[label].append(name)
    copies: dict[str, str] = {}
    # One class at a time, since a hash takes 3 KB.
    for members in classes.values():
        prints = map_on_all_cores(lambda name: _fingerprint(data / name), members)
        copies |= _copies_of_class(members, prints)
    return copies


def _fingerprint(path: Path) -> tuple[bytes, npt.NDArray[np.float32]] | None:
    """Return the SHA-256 of a file, and the perceptual hash of its image, zeros for a plain image.

    None is returned for a file that cannot be read: whatever reads the photos later reports it.
    """
    try:
        content = path.read_bytes()
    except OSError:
        return None
    digest = hashlib.sha256(content).digest()
    try:
        pixels = load_pixels(content, height=SIDE, width=SIDE, crop=1.0, fit="squash").astype(np.float32)
    except ImageError:
        return digest, np.zeros(SIDE * SIDE * 3, np.float32)
    centred = (pixels - pixels.mean(axis=(0, 1))).ravel()
    length = float(np.linalg.norm(centred))
    return digest, centred / length if length >= PLAIN * centred.size**0.5 else np.zeros_like(centred)


def _copies_of_class(
    names: Sequence[str], prints: Sequence[tuple[bytes, npt.NDArray[np.float32]] | None]
) -> dict[str, str]:
    """Return the copies among the photos of one class; a photo is compared with photos that are no copies only.

    So a series of photos, each a little different from the one before, does not become one group.
    """
    copies: dict[str, str] = {}
    first: dict[bytes, str] = {}
    different: list[tuple[str, npt.NDArray[np.float32]]] = []
    for name, found in zip(names, prints, strict=True):
        if found is not None:
            original = first.setdefault(found[0], name)
            if original != name:
                copies[name] = original
            else:
                different.append((name, found[1]))
    for later, earlier in _alike([hashed for _, hashed in different]):
        name, original = different[later][0], different[earlier][0]
        if name not in copies and original not in copies:
            copies[name] = original
    # A copy of a file that turned out to be a copy itself.
    return {name: copies.get(original, original) for name, original in copies.items()}


def _alike(hashes: Sequence[npt.NDArray[np.float32]]) -> Iterator[tuple[int, int]]:
    """Yield the pairs of hashes that correlate, as (later, earlier), in ascending order."""
    for start in range(0, len(hashes), BLOCK):
        block = np.stack(hashes[start : start + BLOCK])
        pairs: list[tuple[int, int]] = []
        for before in range(0, start + 1, BLOCK):
            other = np.stack(hashes[before : before + BLOCK])
            rows, columns = np.nonzero(block @ other.T >= COPY_CORRELATION)
            pairs += zip((rows + start).tolist(), (columns + before).tolist(), strict=True)
        yield from sorted((later, earlier) for later, earlier in pairs if earlier < later)
