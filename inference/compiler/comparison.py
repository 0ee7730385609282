"""Comparison of a compiled network's answers with those of the original network."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from inference.compiler.model import CompiledModel, Verification
from inference.compiler.photos import COMPARED_PHOTOS, CROP
from inference.errors import ModelError
from inference.images.augmented_views import View
from inference.images.decode import load_views
from inference.images.sample_photos import FOLDER, sample_photos
from inference.models.bundle import Bundle, write_bundle
from inference.models.engine import Engine, load_engine
from inference.models.network import NetworkOptions
from inference.models.trust import trust

SAMPLE = FOLDER / "grace_hopper.jpg"
# Maximum difference of scores for a network without quantisation: the rounding difference of float32 between engines,
# which add numbers in different orders.
MAX_DIFFERENCE = 1e-4
# Minimum agreement with the original for a quantised network; see `Verification`.
MIN_AGREEMENT = 0.95
# Labels with at least this share of the best score count as equally good, since rounding can swap them. MobileNet v1
# with int8 weights has the same best label for 88 to 98 % of photos, and one of such labels for 98 to 100 %.
TIE = 0.5


class Reference(Protocol):
    """The original of a compiled network."""

    def probabilities(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Label images.

        Args:
            images: uint8 (count, height, width, 3), RGB in [0, 255].

        Returns:
            float32 (count, classes), scores in [0, 1].

        Raises:
            ModelError: the network failed.
        """
        ...


class LiteRTReference:
    """The original as a bundle with float32 weights."""

    def __init__(self, bundle: Bundle) -> None:
        """Store the bundle; its network is in memory only while it labels images."""
        self._bundle = bundle

    def probabilities(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Label images; see `Reference`."""
        return _run(load_engine(self._bundle, threads=len(os.sched_getaffinity(0))), images)


def compare(
    compiled: CompiledModel,
    reference: Reference,
    images: npt.NDArray[np.uint8],
    *,
    device: str | None = None,
    trusted: bool = False,
) -> Verification:
    """Compare the answers of a compiled network, run as in an installed bundle, with those of its original.

    Args:
        compiled: compiled network.
        reference: original of the network.
        images: uint8 (count, height, width, 3), RGB in [0, 255].
        device: device of the compiled network; see `NetworkOptions`.
        trusted: True if the network may have operations that image networks do not use.

    Raises:
        ModelError: one of the two networks failed.
    """
    with tempfile.TemporaryDirectory() as scratch:
        # `trust` writes its record beside the bundle, in a folder that only this user may write to.
        folder = Path(scratch, "compiled")
        folder.mkdir()
        bundle = write_with_numbers(folder, compiled, compiled.content)
        if trusted:
            trust(bundle)
        return compare_bundle(bundle, reference, images, device=device)


def compare_bundle(
    bundle: Bundle, reference: Reference, images: npt.NDArray[np.uint8], *, device: str | None = None
) -> Verification:
    """Compare the answers of a bundle with those of its original; arguments as in `compare`.

    Raises:
        ModelError: one of the two networks failed.
    """
    expected = reference.probabilities(images)
    received = run_bundle(bundle, images, device=device)
    differences = np.abs(received - expected)
    rows = np.arange(len(images))
    agreeing = expected[rows, received.argmax(axis=1)] >= TIE * expected.max(axis=1)
    return Verification(
        images=len(images),
        agreement=float(agreeing.mean()),
        mean_difference=float(differences.mean()),
        max_difference=float(differences.max()),
    )


def write_with_numbers(folder: Path, compiled: CompiledModel, network: bytes | Path) -> Bundle:
    """Write a bundle of a network, with numbers as labels; see `write_bundle`."""
    labels = [str(number) for number in range(compiled.classes)]
    return write_bundle(folder, compiled.spec("compiled"), network=network, labels=labels)


def check(
    compiled: CompiledModel, verification: Verification, *, force: bool, min_agreement: float = MIN_AGREEMENT
) -> CompiledModel:
    """Return the network with its comparison if its answers are close enough to those of the original.

    Args:
        compiled: compiled network.
        verification: comparison with the original.
        force: True to accept any difference.
        min_agreement: minimum agreement with the original, in [0, 1], for a quantised network; see `Verification`.

    Raises:
        ModelError: the answers differ too much.
    """
    if compiled.quantization == "none":
        wrong = verification.max_difference > MAX_DIFFERENCE
        expected = f"scores within {MAX_DIFFERENCE:g} of those of the original"
        received = f"a difference of {verification.max_difference:.2g}"
    else:
        wrong = verification.agreement < min_agreement
        expected = f"the original's best label for {min_agreement:.0%} of the images"
        received = f"for {verification.agreement:.0%} of {verification.images}"
    if wrong and not force:
        raise ModelError(
            f"expected the compiled network to give {expected}, or --force. Received: {received} "
            "(see --photos and --quantize)"
        )
    return replace(compiled, verification=verification)


def sample_images(photos: Sequence[npt.NDArray[np.uint8]], height: int, width: int) -> npt.NDArray[np.uint8]:
    """Return the images that networks are compared on.

    Args:
        photos: photos, uint8 (height, width, 3) each; if there are none, views of the photos that come with the program
            are used: each as a whole, and large parts of it.
        height: height of the input, in pixels.
        width: width of the input, in pixels.

    Returns:
        uint8 (count, height, width, 3), RGB in [0, 255].
    """
    if photos:
        return np.stack(photos[-COMPARED_PHOTOS:])
    places = (*((1, 0, 0),) * 2, (0.9, -1, -1), (0.9, 1, -1), (0.9, 0, 1), (0.8, -1, 0), (0.8, 1, 0), (0.8, 0, 0))
    views = [View(flip=number % 2 == 1, scale=scale, x=x, y=y) for number, (scale, x, y) in enumerate(places)]
    # Neighbours are of different photos, so that every second image is a fair choice, too.
    each = [
        load_views(path.read_bytes(), height=height, width=width, crop=CROP, views=views) for path in sample_photos()
    ]
    return np.stack([image for images in zip(*each, strict=True) for image in images])


def run_bundle(bundle: Bundle, images: npt.NDArray[np.uint8], *, device: str | None = None) -> npt.NDArray[np.float32]:
    """Return a bundle's scores of images, float32 (count, classes).

    Raises:
        ModelError: the network failed.
    """
    return _run(load_engine(bundle, options=NetworkOptions(device)), images)


def _run(engine: Engine, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Label images one by one, as the bot does."""
    return np.concatenate([engine.run(image[np.newaxis]).probabilities for image in images])
