"""The facts about a model that a program needs before loading it, and the check of each."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from inference.errors import ModelError
from inference.images.framing import FITS, SQUASHED_RATIO, Fit, Framing
from inference.litert.signature import OUTPUTS
from inference.models.labels import MAX_FILE_BYTES

FORMAT = 1
# Name of the network's file for each engine.
NETWORK_FILES = {"litert": "model.tflite", "tensorflow": "graph.pb"}

NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
NAME_RULE = 'at most 64 of a-z, 0-9, "_", "." and "-", the first a letter or digit'
VERSION = re.compile(r"[0-9a-f]{12}")

# Value of `measured_on` for a model that was trained with this program.
HELD_OUT = "held-out photos of its own"
# Limit on the length of an invalid value in an error message.
VALUE_CHARACTERS = 80
# Limit on the height and width of the input: more than any image network in use needs. It keeps a mistyped size from
# filling the memory.
MAX_SIDE = 4096


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """The facts about a model that a program needs before loading it; model.json has exactly these fields.

    Attributes:
        name: name that users type: at most 64 of a-z, 0-9, "_", "." and "-", the first a letter or digit.
        version: 12 hexadecimal digits of the SHA-256 of the network's file, the labels, their names in other languages,
            the settings below that the answers depend on, and the head's file if there is a head.
        height, width: size of the input, in pixels.
        input_range: input values of the network for the pixel values 0 and 255, as (low, high).
        crop: side of the central crop before resizing, as a share of the image's shorter side, in (0, 1]. If `fit` is
            not "crop", it is the share of both sides.
        classes: number of outputs, counted after the head if there is a head.
        activation: function that turns the scores into probabilities: "none" if the network already ends in a softmax,
            "softmax" if the network ends in logits. A head always ends in logits.
        outputs: the outputs of the network's file, among "probabilities", "embedding" and "features".
        threshold: score in [0, 1] below which the best guess is "not sure".
        temperature: number from the calibration that the logits are divided by; 1 leaves the scores unchanged.
        engine: "litert" runs model.tflite, "tensorflow" runs graph.pb, a frozen GraphDef.
        licence: SPDX identifier, or "unknown".
        source: origin of the model, for people.
        format: version of this layout.
        head: whether head.npz replaces the network's last layer and reads the network's embedding.
        base: name and version of the model that this model was made from, for people; None if there is no such model.
        accuracy: top-1 accuracy of this model's file on images that it was not trained on, in [0, 1]; None if unknown.
        measured_on: images on which `accuracy` was measured, for people: the name of a data set, or `HELD_OUT` for
            images that were held out of the model's own training data; None if unknown.
            Only figures of the same data set may be compared.
        quantization: quantisation of the weights, "none", "float16", "dynamic" or "int8"; None for a file that was
            installed unchanged.
        agreement: share of images for which this network and the network that it was compiled from have the same best
            label, in [0, 1]; None if the two were not compared.
        score_difference: mean difference between the scores of the same two networks, in [0, 1]; None if the two were
            not compared.
        fit: how an image gets the input's shape: "crop", "squash" or "pad"; see `load_pixels`.
        squash_from: side ratio from which an image is long, at least 4/3. If `fit` is "crop", the central 4:3 of a long
            image is squashed to the input's shape. None if no image is long; see `load_pixels`.
        chat: id of the chat that taught some of the classes, and in which alone a bot may answer with the model; None
            for a model for all chats.

    Raises:
        ModelError: a field has a wrong type or is out of its range.
    """

    name: str
    version: str
    height: int
    width: int
    input_range: tuple[float, float]
    crop: float
    classes: int
    activation: str = "none"
    outputs: tuple[str, ...] = ("probabilities",)
    threshold: float = 0.3
    temperature: float = 1.0
    engine: str = "litert"
    licence: str = "unknown"
    source: str = "unknown"
    format: int = FORMAT
    head: bool = False
    base: str | None = None
    accuracy: float | None = None
    measured_on: str | None = None
    quantization: str | None = None
    agreement: float | None = None
    score_difference: float | None = None
    fit: Fit = "crop"
    squash_from: float | None = None
    chat: int | None = None

    @property
    def framing(self) -> Framing:
        """The arguments for `load_pixels` and `load_views`."""
        return Framing(height=self.height, width=self.width, crop=self.crop, fit=self.fit, squash_from=self.squash_from)

    def __post_init__(self) -> None:
        for field, (valid, expected) in _EXPECTED.items():
            value = getattr(self, field)
            if not valid(value):
                raise ModelError(f"{field}: expected {expected}. Received: {short(value)}")
        if self.head and ("embedding" not in self.outputs or self.activation != "softmax"):
            raise ModelError(
                "head: expected the output embedding, which a head reads, and the activation softmax. "
                f"Received: {', '.join(self.outputs)} and {self.activation}"
            )


def _matches(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _whole(low: int, high: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def short(value: Any) -> str:
    """Return a value as text for an error message; a long text is cut off."""
    return shown if len(shown := ascii(value)) <= VALUE_CHARACTERS else f"{shown[:VALUE_CHARACTERS]}..."


def _number(value: Any) -> bool:
    """Return whether a value is a number in the range of a float; Python's integers can be larger."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def _range(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(map(_number, value)) and value[0] < value[1]


def _share_or_none(value: Any) -> bool:
    return value is None or (_number(value) and 0 <= value <= 1)


def _outputs(value: Any) -> bool:
    return value in [("probabilities", *rest) for size in range(3) for rest in combinations(OUTPUTS[1:], size)]


# For each field of a specification: the check of its value, and a description of valid values for people.
_EXPECTED: dict[str, tuple[Callable[[Any], bool], str]] = {
    "name": (_matches(NAME), NAME_RULE),
    "version": (_matches(VERSION), "12 hexadecimal digits"),
    "height": (_whole(1, MAX_SIDE), f"pixels from 1 to {MAX_SIDE}"),
    "width": (_whole(1, MAX_SIDE), f"pixels from 1 to {MAX_SIDE}"),
    "input_range": (_range, "two numbers, the lower first"),
    "crop": (lambda value: _number(value) and 0 < value <= 1, "a share above 0 and at most 1"),
    # Each class has one line in the label file.
    "classes": (_whole(2, MAX_FILE_BYTES), f"a number from 2 to {MAX_FILE_BYTES:,}"),
    "activation": (lambda value: value in ("none", "softmax"), '"none" or "softmax"'),
    "outputs": (_outputs, f"probabilities and perhaps others of {', '.join(OUTPUTS)}, in this order"),
    "threshold": (lambda value: _number(value) and 0 <= value <= 1, "a score from 0 to 1"),
    "temperature": (lambda value: _number(value) and value > 0, "a number above 0"),
    "engine": (lambda value: value in (*NETWORK_FILES,), f"one of {', '.join(NETWORK_FILES)}"),
    "licence": (lambda value: _text(value) and value.isprintable(), "a line of text that can be shown"),
    "source": (_text, "a text"),
    "format": (_whole(FORMAT, FORMAT), str(FORMAT)),
    "head": (lambda value: isinstance(value, bool), "true or false"),
    "chat": (lambda value: value is None or _whole(-(2**63), 2**63 - 1)(value), "the id of a chat, or null"),
    "base": (lambda value: value is None or _text(value), "a text, or null"),
    "accuracy": (_share_or_none, "a share from 0 to 1, or null"),
    "measured_on": (
        lambda value: value is None or (_text(value) and value.isprintable()),
        "a line of text that can be shown, or null",
    ),
    "quantization": (
        lambda value: value in (None, "none", "float16", "dynamic", "int8"),
        "one of none, float16, dynamic, int8, or null",
    ),
    "agreement": (_share_or_none, "a share from 0 to 1, or null"),
    "score_difference": (_share_or_none, "a share from 0 to 1, or null"),
    "fit": (lambda value: value in FITS, f"one of {', '.join(FITS)}"),
    "squash_from": (
        lambda value: value is None or (_number(value) and value >= SQUASHED_RATIO),
        "a side ratio of at least 4/3, or null",
    ),
}
