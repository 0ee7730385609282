"""Summaries for TensorBoard. The command `tensorboard --logdir FOLDER` shows the summaries in a folder."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import matplotlib
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from PIL import Image, ImageDraw, ImageFont
from tensorboard.plugins import projector

EMBEDDING_FILE = "embedding.tsv"
METADATA_FILE = "embedding-labels.tsv"
SPRITE_FILE = "embedding-thumbnails.png"
# Maximum side of the image with all thumbnails, in pixels. The projector loads this image as one texture, and browsers
# refuse larger textures.
MAX_SPRITE_SIDE = 8192
# Maximum side of a thumbnail, in pixels. The projector does not draw larger thumbnails.
MAX_THUMBNAIL_SIDE = 64
# Width of a card, in pixels. TensorBoard shows each image at about this width.
CARD_WIDTH = 320
MAX_CARDS = 32
CAPTION_LINES, CAPTION_LETTERS, LINE_HEIGHT = 3, 40, 18


class Summaries:
    """A writer of summaries into a folder. Used as a context manager, the writer is closed at the end."""

    def __init__(self, directory: Path) -> None:
        """Create a new event file in a folder. If the folder does not exist, it is created.

        Raises:
            OSError: the folder cannot be created.
        """
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._writer = tf.summary.create_file_writer(str(directory))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Write pending summaries, and close the file; nothing can be added afterwards."""
        self._writer.close()

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Add a point to the curve of each name; names with the same part before "/" share a section."""
        with self._writer.as_default(step):
            for name, value in values.items():
                tf.summary.scalar(name, value)

    def histograms(self, step: int, values: Mapping[str, npt.NDArray[np.floating]]) -> None:
        """Add a histogram of the numbers in each array, which may have any shape."""
        with self._writer.as_default(step):
            for name, array in values.items():
                tf.summary.histogram(name, array)

    def images(self, step: int, name: str, images: npt.NDArray[np.uint8], captions: Sequence[str]) -> None:
        """Add the first `MAX_CARDS` images with captions below them; without images, nothing is added.

        Args:
            step: step of the training.
            name: name of the group of images.
            images: uint8 (images, height, width, 3), RGB in [0, 255].
            captions: caption of each image; at most three lines of 40 letters are shown.
        """
        if len(images) == 0:
            return
        cards = [_card(image, caption) for image, caption in zip(images[:MAX_CARDS], captions, strict=False)]
        with self._writer.as_default(step):
            tf.summary.image(name, np.stack(cards), max_outputs=MAX_CARDS)

    def projector(
        self, embeddings: npt.NDArray[np.float32], labels: Sequence[str], thumbnails: npt.NDArray[np.uint8]
    ) -> None:
        """Add embeddings for the projector, which shows each embedding as a point with its label and its image.

        Args:
            embeddings: float32 (images, channels).
            labels: label of each image, one line of text.
            thumbnails: uint8 (images, side, side, 3), RGB in [0, 255].

        Raises:
            ValueError: the numbers of embeddings, labels and thumbnails differ.
        """
        if not len(embeddings) == len(labels) == len(thumbnails):
            raise ValueError(
                f"expected a label and a thumbnail for each embedding. "
                f"Received: {len(embeddings)} embeddings, {len(labels)} labels, {len(thumbnails)} thumbnails"
            )
        np.savetxt(self._directory / EMBEDDING_FILE, embeddings, fmt="%.6g", delimiter="\t")
        (self._directory / METADATA_FILE).write_text("".join(f"{label}\n" for label in labels), encoding="utf-8")
        sprite, side = _sprite(thumbnails)
        sprite.save(self._directory / SPRITE_FILE)
        config = projector.ProjectorConfig()
        shown = config.embeddings.add(tensor_name="embedding", tensor_path=EMBEDDING_FILE, metadata_path=METADATA_FILE)
        shown.sprite.image_path = SPRITE_FILE
        shown.sprite.single_image_dim.extend((side, side))
        projector.visualize_embeddings(str(self._directory), config)


def _sprite(thumbnails: npt.NDArray[np.uint8]) -> tuple[Image.Image, int]:
    """Arrange thumbnails row by row in one square image; return this image and the side of a thumbnail, in pixels."""
    columns = math.ceil(math.sqrt(len(thumbnails)))
    side = min(MAX_THUMBNAIL_SIDE, MAX_SPRITE_SIDE // columns)
    sprite = Image.new("RGB", (columns * side, columns * side), "white")
    for place, pixels in enumerate(thumbnails):
        row, column = divmod(place, columns)
        thumbnail = Image.fromarray(pixels).resize((side, side), Image.Resampling.BILINEAR)
        sprite.paste(thumbnail, (column * side, row * side))
    return sprite, side


def _card(image: npt.NDArray[np.uint8], caption: str) -> npt.NDArray[np.uint8]:
    height = round(CARD_WIDTH * image.shape[0] / image.shape[1])
    card = Image.new("RGB", (CARD_WIDTH, height + CAPTION_LINES * LINE_HEIGHT), "white")
    card.paste(Image.fromarray(image).resize((CARD_WIDTH, height), Image.Resampling.BILINEAR))
    font = ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf"), size=13)
    draw = ImageDraw.Draw(card)
    for place, line in enumerate(textwrap.wrap(caption, CAPTION_LETTERS)[:CAPTION_LINES]):
        draw.text((4, height + place * LINE_HEIGHT), line, fill="black", font=font)
    return np.asarray(card)
