"""Copies of photos within a class: the same file under two names, resized, or saved again.

Copies belong into one split, since a copy of a training photo in the test would flatter the figures. Two photos are
compared by a perceptual hash: their thumbnails of 16 by 16 pixels, centred and normalised, so that the product of two
hashes is a correlation. This takes NumPy only. The hashes of the package imagehash have 64 bits without colour, and the
package would bring SciPy and PyWavelets with it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
# Number of hashes that are compared with the originals at once. The correlations take 1 KB per original.
BLOCK = 256


@dataclass(frozen=True, slots=True)
class Copies:
    """The copies in a data set.

    Attributes:
        originals: for each copy, the name of the photo that it is a copy of, which is no copy itself.
        uniform: classes whose photos look almost the same; among them, only equal files are copies.
    """

    originals: Mapping[str, str]
    uniform: tuple[int, ...]


def find_copies(data: Path, names: Mapping[str, int]) -> Copies:
    """Find the photos that are copies of an earlier photo of their class.

    Args:
        data: folder of the data set.
        names: class of each photo by the photo's path below the folder, in the order that makes a photo earlier.
    """
    classes: defaultdict[int, list[str]] = defaultdict(list)
    for name, label in names.items():
        classes[label].append(name)
    originals: dict[str, str] = {}
    uniform: list[int] = []
    # One class at a time, since a hash takes 3 KB.
    for label, members in classes.items():
        prints = map_on_all_cores(lambda name: _fingerprint(data / name), members)
        copies, alike = _copies_of_class(members, prints)
        originals |= copies
        if alike:
            uniform.append(label)
    return Copies(originals, tuple(uniform))


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
) -> tuple[dict[str, str], bool]:
    """Return the copies among the photos of one class, and whether its photos look almost the same.

    If more than half of the photos are near copies of one of them, as from a fixed camera, then only equal files are
    copies. Otherwise nearly all of the class would be one group, which cannot be divided into splits.
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
    if not different:
        return copies, False
    originals = _originals(np.stack([hashed for _, hashed in different]))
    if 2 * (int(np.bincount(originals).max()) - 1) > len(different):
        return copies, True
    copies |= {
        name: different[original][0]
        for place, ((name, _), original) in enumerate(zip(different, originals.tolist(), strict=True))
        if original != place
    }
    # A copy of a file that turned out to be a copy itself.
    return {name: copies.get(original, original) for name, original in copies.items()}, False


def _originals(hashes: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """Return the first photo that each photo is a near copy of, or the photo itself.

    A photo is compared with earlier photos that are no near copies only. So a series of photos, each a little different
    from the one before, does not become one group.

    Args:
        hashes: float32 (photos, 3 * SIDE * SIDE), overwritten: the hashes of the originals move to the front.

    Returns:
        int64 (photos,), place of the original of each photo.
    """
    originals = np.arange(len(hashes))
    kept = np.empty(0, np.int64)
    for start in range(0, len(hashes), BLOCK):
        block = hashes[start : start + BLOCK]
        places = originals[start : start + BLOCK]
        if len(kept):
            hits = block @ hashes[: len(kept)].T >= COPY_CORRELATION
            places[:] = np.where(hits.any(axis=1), kept[hits.argmax(axis=1)], places)
        within = block @ block.T >= COPY_CORRELATION
        own = np.arange(start, start + len(block))
        for row in range(len(block)):
            if places[row] == own[row]:
                later = within[row] & (places == own) & (own > own[row])
                places[later] = own[row]
        new = np.flatnonzero(places == own)
        hashes[len(kept) : len(kept) + len(new)] = block[new]
        kept = np.concatenate([kept, own[new]])
    return originals
