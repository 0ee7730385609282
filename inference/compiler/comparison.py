"""How far the answers of a compiled network are from those of the network that it was made from."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from PIL import Image

from inference.bundle import Bundle, write_bundle
from inference.compiler.model import CompiledModel, Verification
from inference.compiler.photos import COMPARED_PHOTOS, CROP
from inference.engine import load_engine, softmax
from inference.errors import ModelError
from inference.image import load_variants
from inference.tensorflow_engine import open_session
from inference.trust import trust
from inference.variants import Variant

# So that a network that was trained on little else than photos like the sample is seen on other pixels, too.
RANDOM_IMAGES = 16
# What float32 differs by in another order of summation, as another engine has it.
MAX_DIFFERENCE = 1e-4
MIN_AGREEMENT = 0.95
# Of two labels with almost the same score, as on random pixels, either may come first after the slightest change.
TIE = 0.9


class Reference:
    """A session over a graph as its file has it, run image by image since some take no other batch."""

    def __init__(
        self, graph: Any, *, image: str, scores: str, activation: str, input_range: tuple[float, float]
    ) -> None:
        self._session = open_session(graph, threads=0)
        self._image = self._session.graph.get_tensor_by_name(image)
        self._scores = self._session.graph.get_tensor_by_name(scores if ":" in scores else f"{scores}:0")
        self._activation = activation
        self._table = np.linspace(*input_range, 256, dtype=np.float32)

    def __enter__(self) -> Reference:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def probabilities(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Label uint8 RGB images (count, height, width, 3); float32 (count, classes).

        Raises:
            ModelError: the graph failed.
        """
        dtype = self._image.dtype.as_numpy_dtype
        try:
            rows = [
                self._session.run(self._scores, {self._image: self._table.take(image[np.newaxis]).astype(dtype)})
                for image in images
            ]
        except tf.errors.OpError as error:
            reason = " ".join(error.message.split())
            raise ModelError(f"the network failed as its file has it: {reason}") from error
        scores = np.stack(rows).reshape(len(images), -1).astype(np.float32)
        return softmax(scores) if self._activation == "softmax" else scores


def compare(
    compiled: CompiledModel, reference: Reference, images: npt.NDArray[np.uint8], *, trusted: bool
) -> Verification:
    """Label images by the engine that a bundle of the compiled network gets, and by its reference.

    Args:
        compiled: the network.
        reference: what it was compiled from.
        images: uint8 (count, height, width, 3).
        trusted: whether it may do what image networks do not do.

    Raises:
        ModelError: one of the two failed.
    """
    with tempfile.TemporaryDirectory() as scratch:
        labels = [str(number) for number in range(compiled.classes)]
        # What is trusted is recorded beside the bundle, where nobody else may write.
        folder = Path(scratch, "compiled")
        folder.mkdir()
        bundle = write_bundle(folder, compiled.spec("compiled"), network=compiled.content, labels=labels)
        if trusted:
            trust(bundle)
        return compare_bundle(bundle, reference, images)


def compare_bundle(bundle: Bundle, reference: Reference, images: npt.NDArray[np.uint8]) -> Verification:
    """Label images by the engine of a bundle, and by its reference.

    Raises:
        ModelError: one of the two failed.
    """
    expected = reference.probabilities(images)
    engine = load_engine(bundle)
    received = np.concatenate([engine.run(image[np.newaxis]).probabilities for image in images])
    differences = np.abs(received - expected)
    rows = np.arange(len(images))
    agreeing = expected[rows, received.argmax(axis=1)] >= TIE * expected.max(axis=1)
    return Verification(
        images=len(images),
        agreement=float(agreeing.mean()),
        mean_difference=float(differences.mean()),
        max_difference=float(differences.max()),
    )


def sample_images(photos: Sequence[npt.NDArray[np.uint8]], height: int, width: int) -> npt.NDArray[np.uint8]:
    """What networks are compared on: photos, by default looks at the one that matplotlib has, and random pixels.

    Args:
        photos: uint8 (height, width, 3) each.
        height: of the input, in pixels.
        width: of the input, in pixels.

    Returns:
        uint8 (count, height, width, 3).
    """
    rng = np.random.default_rng(0)
    sample = Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    places = ((1, 0, 0), (0.5, -1, -1), (0.5, 1, -1), (0.5, -1, 1), (0.5, 1, 1), (0.5, 0, 0), (0.25, 0, 0))
    looks = [Variant(flip=flip, scale=scale, x=x, y=y) for flip in (False, True) for scale, x, y in places]
    seen = photos[-COMPARED_PHOTOS:] or load_variants(
        sample.read_bytes(), height=height, width=width, crop=CROP, variants=looks
    )
    return np.stack([*seen, *(_random_image(rng, height, width) for _ in range(RANDOM_IMAGES))])


def _random_image(rng: np.random.Generator, height: int, width: int) -> npt.NDArray[np.uint8]:
    """Noise as coarse as it happens to be: uint8 (height, width, 3)."""
    cells = int(rng.integers(2, max(3, min(height, width))))
    noise = Image.fromarray(rng.integers(0, 256, (cells, cells, 3), dtype=np.uint8))
    return np.asarray(noise.resize((width, height), Image.Resampling.BICUBIC))
