"""Models that name the colour of an image, and images of one colour."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from inference.bundle import Bundle
from inference.store import ModelStore
from tests.support.images import BLUE, GREEN, RED, encode
from tests.support.networks import COLOURS, colour_network

COLOUR_VALUES = {"red": RED, "green": GREEN, "blue": BLUE}


def install_colours(
    store: ModelStore, folder: Path, name: str = "colours", *, side: int = 8, labels: tuple[str, ...] = COLOURS
) -> Bundle:
    """Install a model, or replace it.

    Args:
        store: where it goes.
        folder: for the files that it is installed from.
        name: of the model.
        side: height and width of its input; at 1,500 it takes some tenths of a second for an image.
        labels: what it calls red, green and blue.
    """
    network, names = folder / f"{name}.tflite", folder / f"{name}.txt"
    network.write_bytes(colour_network(height=side, width=side))
    names.write_text("\n".join(labels))
    return store.install(network, labels=names, name=name, input_range=(-1, 1), crop=1.0, replace=True)


def plain(colour: str, side: int = 32) -> bytes:
    """A PNG of one colour: "red", "green" or "blue"."""
    return encode(Image.new("RGB", (side, side), COLOUR_VALUES[colour]), "PNG")
