"""Options and results of the compiler. This module imports neither TensorFlow nor LiteRT."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from inference.errors import ModelError
from inference.images.framing import SQUASH_FROM, Fit
from inference.models.spec import ModelSpec

# Called before a network is converted, with the number of its classes and with the labels in its file, if it has some.
OnClasses = Callable[[int, tuple[str | None, ...] | None], None]
Quantization = Literal["dynamic", "int8", "float16", "none"]
EngineName = Literal["litert", "tensorflow"]


def ignore_classes(_: int, __: tuple[str | None, ...] | None) -> None:
    """Do nothing; see `OnClasses`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompileOptions:
    """Options of the compiler: facts that a network's file does not contain, and choices of the user.

    Attributes:
        input: name of the node that takes the normalised image; None to find it by its shape.
        output: name of the node with the scores, a softmax or logits; None to find it by its shape and operator.
        input_size: (height, width) of the input in pixels, if the file leaves them free.
        input_range: values that the network expects for the pixel values 0 and 255, as (low, high); None to find them
            in the file.
        quantize: "dynamic" stores weights as int8 and computes the activations' scales at run time. "int8" also stores
            those scales, calibrated on `photos`. "float16" halves the size of the weights. The text "none" keeps
            float32. If this is None, the file's format decides: mostly "dynamic", and a .tflite file stays as it is.
        photos: folder of typical photos for calibration and for the comparison with the original.
        engine: engine that runs the network; "tensorflow" keeps the graph as it is. None is "litert", or "tensorflow"
            if LiteRT cannot run the network.
        force: True to accept a network whose answers differ from those of the original.
        device: device for comparing a network that runs in a TensorFlow session; see `NetworkOptions`.
        trust: True if the network may have operations that image networks do not use, such as reading and writing
            files or running Python.
    """

    input: str | None = None
    output: str | None = None
    input_size: tuple[int, int] | None = None
    input_range: tuple[float, float] | None = None
    quantize: Quantization | None = None
    photos: Path | None = None
    engine: EngineName | None = None
    force: bool = False
    device: str | None = None
    trust: bool = False


@dataclass(frozen=True, slots=True)
class Verification:
    """Comparison of a compiled network's answers with those of its original.

    Attributes:
        images: number of photos that both networks labelled.
        agreement: share of photos, in [0, 1], on which the networks agree: the original gives the compiled network's
            best label at least half of the score of its own best label.
        mean_difference: mean difference of all scores of all images, in [0, 1].
        max_difference: maximum difference of all scores of all images, in [0, 1].
    """

    images: int
    agreement: float
    mean_difference: float
    max_difference: float


@dataclass(frozen=True, slots=True)
class CompiledModel:
    """A network that an engine can run, with facts for its `ModelSpec`.

    Attributes:
        content: content of model.tflite, or of graph.pb for the engine "tensorflow".
        height, width: size of the input, in pixels.
        input_range: input values for the pixel values 0 and 255, as (low, high); None if they are not known.
        classes: number of scores.
        activation: activation that the scores still need, "none" or "softmax".
        outputs: names of the network's outputs; each is an output of a bundle.
        engine: engine that runs the network.
        quantization: quantisation of the weights; None if the file was not converted.
        verification: comparison with the original; None if the file was not converted, or not compared.
        findings: messages for people about what was found and decided, one sentence each.
        temperature: divisor of the logits, above 0.
        threshold: default threshold in [0, 1]; below this score, the best guess is "not sure".
        labels: label of each output, from the network's file; None if the file has no labels.
        told_range: input range that the network's file tells; None if it tells none.
    """

    content: bytes
    height: int
    width: int
    input_range: tuple[float, float] | None
    classes: int
    activation: str
    outputs: tuple[str, ...]
    engine: EngineName = "litert"
    quantization: Quantization | None = None
    verification: Verification | None = None
    findings: tuple[str, ...] = ()
    temperature: float = 1.0
    threshold: float = 0.3
    labels: tuple[str | None, ...] | None = None
    told_range: tuple[float, float] | None = None

    def report(self) -> tuple[str, ...]:
        """Return the findings and the comparison with the original as messages for people, one sentence each."""
        verified = self.verification
        if verified is None:
            return self.findings
        size = f"{len(self.content) / 1e6:.1f} MB for {self.engine}, quantisation {self.quantization}"
        images = f"{verified.images} photos"
        agreement = f"the original's best label for {verified.agreement:.0%} of {images}"
        differences = f"{verified.mean_difference:.1e} on average, {verified.max_difference:.1e} at most"
        return (*self.findings, f"{size}: {agreement}; scores differ by {differences}")

    def spec(
        self,
        name: str,
        *,
        crop: float = 0.875,
        fit: Fit = "crop",
        squash_from: float | None = SQUASH_FROM,
        threshold: float | None = None,
        licence: str = "unknown",
        source: str = "unknown",
        accuracy: float | None = None,
        measured_on: str | None = None,
    ) -> ModelSpec:
        """Return the specification of a bundle of this network; for the arguments, see `ModelSpec`.

        If `threshold` is None, the network's default applies.

        Raises:
            ModelError: a setting is out of range, or the input range is not known.
        """
        if self.input_range is None:
            raise ModelError(
                "expected an input range, since the network takes float32: -1,1 for most, 0,1 or 0,255 for some. "
                "Received: none (see --input-range)"
            )
        verified = self.verification
        return ModelSpec(
            name=name,
            version="0" * 12,
            height=self.height,
            width=self.width,
            input_range=self.input_range,
            crop=crop,
            fit=fit,
            squash_from=squash_from if fit == "crop" else None,
            classes=self.classes,
            activation=self.activation,
            outputs=self.outputs,
            temperature=self.temperature,
            threshold=self.threshold if threshold is None else threshold,
            engine=self.engine,
            licence=licence,
            source=source,
            accuracy=accuracy,
            measured_on=measured_on,
            quantization=self.quantization,
            agreement=None if verified is None else verified.agreement,
            score_difference=None if verified is None else verified.mean_difference,
        )
