"""A training that takes a second: a tiny network, and images that it learns quickly."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
from PIL import Image

from inference.training.data.dataset import LabelledImages
from inference.training.from_scratch.config import Phase, TrainingConfig
from inference.training.from_scratch.history import EpochReport, StepReport
from inference.training.from_scratch.train import train
from tests.support.tfrecords import write_dataset

CLASSES = ("red", "green", "blue")
CONFIG = TrainingConfig(
    phases=(Phase(8, 2), Phase(16, 2)), batch_size=16, peak_learning_rate=0.05, checkpoint_every_steps=3
)


def tiny_network(classes: int = 3) -> keras.Model:
    """With everything that has a state: batch normalisation, dropout."""
    image = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(8, 3, strides=2, padding="same", name="conv")(image)
    x = keras.layers.BatchNormalization(momentum=0.9, name="conv_bn")(x)
    x = keras.layers.ReLU()(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.layers.Dropout(0.1)(x)
    return keras.Model(image, keras.layers.Dense(classes, dtype="float32", name="logits")(x))


def coloured_squares(count: int, seed: int = 0, side: int = 16) -> LabelledImages:
    """Three classes: mostly red, green or blue."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, count).astype(np.int32)
    images = rng.integers(0, 100, (count, side, side, 3)).astype(np.uint8)
    images[np.arange(count), :, :, labels] += 120
    return LabelledImages(images, labels)


def write_coloured_records(folder: Path, *, training: int = 64, validation: int = 24, side: int = 32) -> Path:
    """The same as TFRecords of PNG files."""
    splits = {}
    for split, count in (("train", training), ("validation", validation)):
        squares = coloured_squares(count, seed=count, side=side)
        splits[split] = [(_png(image), int(label)) for image, label in zip(squares.images, squares.labels, strict=True)]
    return write_dataset(folder, CLASSES, **splits)


def run(
    directory: Path,
    config: TrainingConfig = CONFIG,
    *,
    build: Callable[[], keras.Model] = tiny_network,
    training: LabelledImages | None = None,
    progress: Callable[[StepReport], None] = lambda _: None,
) -> tuple[keras.Model, list[EpochReport]]:
    """Train the tiny network; returns it and the reports of its epochs."""
    reports: list[EpochReport] = []
    model = train(
        build,
        training or coloured_squares(96),
        coloured_squares(60, seed=1),
        config=config,
        directory=directory,
        report=reports.append,
        progress=progress,
    )
    return model, reports


def _png(image: np.ndarray) -> bytes:
    encoded = io.BytesIO()
    Image.fromarray(image).save(encoded, "PNG")
    return encoded.getvalue()
