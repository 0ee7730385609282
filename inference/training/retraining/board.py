"""TensorBoard summaries of retraining: curves and weights of the head, misclassified photos, and the embeddings."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from inference.images.decode import load_pixels
from inference.models.bundle import Bundle
from inference.models.head import Head
from inference.models.spec import ModelSpec
from inference.training.data.photos import PhotoSet
from inference.training.evaluation.summaries import MAX_CARDS, Summaries
from inference.training.retraining.embeddings import EmbeddedPhotos
from inference.training.retraining.head import HeadEpoch
from inference.training.retraining.retrain import Retrained

CARD_SIDE = 224
THUMBNAIL_SIDE = 64
# Maximum number of embeddings for the projector. With more embeddings, the projector in the browser needs minutes.
MAX_PROJECTED = 2_000


class RetrainBoard:
    """A writer of the summaries of a retraining."""

    def __init__(self, summaries: Summaries) -> None:
        self._summaries = summaries

    def after_epoch(self, epoch: HeadEpoch, head: Head) -> None:
        """Write the results of an epoch, and the weights of the best head after this epoch."""
        values = {
            "training/loss": epoch.loss,
            "training/accuracy": epoch.accuracy,
            "training/learning_rate": epoch.learning_rate,
            "validation/loss": epoch.validation_loss,
            "validation/accuracy": epoch.validation_accuracy,
        }
        self._summaries.scalars(epoch.epoch, values)
        self._summaries.histograms(epoch.epoch, {"head/weights": head.weights, "head/bias": head.bias})

    def show(self, base: Bundle, data: PhotoSet, embedded: EmbeddedPhotos, retrained: Retrained) -> None:
        """Write misclassified photos, and the embeddings of all photos.

        If there are more than `MAX_PROJECTED` photos, the embeddings of an evenly spaced selection are written.

        Args:
            base: model that computed the embeddings.
            data: photos.
            embedded: photos with embeddings.
            retrained: retrained model with its misclassified photos.

        Raises:
            OSError: a photo cannot be read, or a file cannot be written.
        """
        misclassified = retrained.misclassified[:MAX_CARDS]
        photos = embedded.photos[:: -(-len(embedded.photos) // MAX_PROJECTED)]
        sides = dict.fromkeys((photo.name for photo in photos), THUMBNAIL_SIDE)
        sides |= dict.fromkeys((mistake.name for mistake in misclassified), CARD_SIDE)
        pixels = _read_pixels(data, sides, base.spec)
        captions = [f"{mistake.guess} ({mistake.score:.2f}), not {mistake.truth}" for mistake in misclassified]
        cards = np.array([pixels[mistake.name] for mistake in misclassified])
        self._summaries.images(int(retrained.history[-1]["epoch"]), "misclassified", cards, captions)
        thumbnails = np.array([_reduced(pixels[photo.name]) for photo in photos])
        embeddings = embedded.cache.load([photo.keys[0] for photo in photos])
        self._summaries.projector(embeddings, [data.labels[photo.label] for photo in photos], thumbnails)


def _read_pixels(data: PhotoSet, sides: dict[str, int], spec: ModelSpec) -> dict[str, npt.NDArray[np.uint8]]:
    """Decode photos; return their pixels, uint8 (side, side, 3), by the name of the photo.

    Args:
        data: photos.
        sides: side of each photo to decode, in pixels, by the name of the photo.
        spec: specification with the framing.
    """
    return {
        example.name: load_pixels(
            example.encoded, **(spec.framing | {"height": sides[example.name], "width": sides[example.name]})
        )
        for examples in data.splits.values()
        for example in examples
        if example.name in sides
    }


def _reduced(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Reduce a square image to the size of a thumbnail, by leaving out pixels."""
    step = len(pixels) // THUMBNAIL_SIDE
    return pixels[::step, ::step][:THUMBNAIL_SIDE, :THUMBNAIL_SIDE]
