"""Models that name the colour of an image, and images of one colour."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from inference.catalog.install import install_file
from inference.compiler.model import CompileOptions
from inference.images.framing import Fit
from inference.models.bundle import LITERT_FILE, Bundle
from inference.models.familiarity import Familiarity
from inference.models.head import Head
from inference.models.store import ModelStore
from tests.support.images import BLUE, GREEN, RED, encode
from tests.support.networks import COLOURS, colour_network

COLOUR_VALUES = {"red": RED, "green": GREEN, "blue": BLUE}


def install_colours(
    store: ModelStore,
    folder: Path,
    name: str = "colours",
    *,
    side: int = 8,
    labels: tuple[str, ...] = COLOURS,
    fit: Fit = "crop",
) -> Bundle:
    """Install a model, or replace it.

    Args:
        store: where it goes.
        folder: for the files that it is installed from.
        name: of the model.
        side: height and width of its input; at 1,500 it takes some tenths of a second for an image.
        labels: what it calls red, green and blue.
        fit: how an image gets the input's shape.
    """
    network, names = folder / f"{name}.tflite", folder / f"{name}.txt"
    network.write_bytes(colour_network(height=side, width=side))
    names.write_text("\n".join(labels))
    options = CompileOptions(input_range=(-1, 1))
    return install_file(store, network, labels=names, name=name, options=options, crop=1.0, fit=fit, replace=True)


def install_head(
    store: ModelStore,
    base: Bundle,
    name: str,
    colour: int,
    familiarity: Familiarity | None = None,
    *,
    chat: int | None = None,
) -> Bundle:
    """Install a head on the network of `install_colours` that tells one colour, NAME, from all others, "not NAME"."""
    weights = np.full((3, 2), -4.0, np.float32)
    weights[colour] = 4.0
    weights[:, 1] *= -1
    spec = replace(base.spec, name=name, classes=2, activation="softmax", head=True, base=base.spec.name, chat=chat)
    return store.add(
        spec,
        network=base.directory / LITERT_FILE,
        labels=(name, f"not {name}"),
        head=Head(weights, np.zeros(2, np.float32), familiarity),
    )


def photo(colour: str) -> bytes:
    """A JPEG of one colour, as people send them."""
    return encode(Image.new("RGB", (64, 64), COLOUR_VALUES[colour]), "JPEG", quality=95)


def plain(colour: str, side: int = 32) -> bytes:
    """A PNG of one colour: "red", "green" or "blue"."""
    return encode(Image.new("RGB", (side, side), COLOUR_VALUES[colour]), "PNG")
