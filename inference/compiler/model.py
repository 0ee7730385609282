"""What the compiler is asked for, and what it makes of a file. Imports neither TensorFlow nor LiteRT."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from inference.errors import ModelError
from inference.images.augmented_views import Fit
from inference.models.bundle import ModelSpec

Quantization = Literal["dynamic", "int8", "float16", "none"]
EngineName = Literal["litert", "tensorflow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompileOptions:
    """What a file of a network does not tell, or what is to be done other than usual.

    Attributes:
        input: name of the node that takes the normalised image; found by shape where None.
        output: name of the node with the scores, a softmax or logits; found by shape and operator where None.
        input_size: (height, width) of the input in pixels, where the file leaves them free.
        input_range: what pixel values 0 and 255 become for the network, as (low, high).
        quantize: "dynamic" keeps weights as int8 and computes the activations' scales at run time; "int8" has those
            scales, too, calibrated on `photos`; "float16" halves the weights; "none" leaves float32. None is "dynamic"
            for what is converted; a .tflite file stays as it is.
        photos: folder of photos such as the network is meant for, to calibrate on and to compare with the original on.
        engine: "tensorflow" keeps the graph as it is. None is "litert", or "tensorflow" where LiteRT cannot have it.
        force: whether a file is taken although its answers are not those of the original.
        device: device on which a network in a TensorFlow session is compared; see `NetworkOptions`.
        trust: whether the file may do what image networks do not do, as to read and write files and to run Python.
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
    """How far the answers of a compiled network are from those of its original.

    Attributes:
        images: number of photos and random images that both labelled.
        agreement: share of the images whose best label is the same, or one that the original scores less than a tenth
            lower, in [0, 1].
        mean_difference: of all scores of all images, in [0, 1].
        max_difference: likewise.
    """

    images: int
    agreement: float
    mean_difference: float
    max_difference: float


@dataclass(frozen=True, slots=True)
class CompiledModel:
    """A network that an engine runs, and what its file says of it; the fields are those of `ModelSpec`.

    Attributes:
        content: of model.tflite or, for the engine "tensorflow", of graph.pb.
        height, width: of the input, in pixels.
        input_range: what pixel values 0 and 255 stand for, or None where nothing tells.
        classes: number of scores.
        activation: what the scores still need, "none" or "softmax".
        outputs: which of a bundle's outputs the file exposes.
        engine: what runs the content.
        quantization: of its weights; None where the file came as it is.
        verification: None where the file came as it is, since there is no other to compare with.
        findings: what was found or decided, a sentence each, for people.
        temperature: the logits are to be divided by this.
        threshold: score in [0, 1] under which the best guess is "not sure", if nothing else is known.
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

    def report(self) -> tuple[str, ...]:
        """What was found and how the network compares with the original, a sentence each, for people."""
        verified = self.verification
        if verified is None:
            return self.findings
        size = f"{len(self.content) / 1e6:.1f} MB for {self.engine}, quantisation {self.quantization}"
        images = f"{verified.images} images, some unclear on purpose"
        agreement = f"the original's best label for {verified.agreement:.0%} of {images}"
        differences = f"{verified.mean_difference:.1e} on average, {verified.max_difference:.1e} at most"
        return (*self.findings, f"{size}: {agreement}; scores differ by {differences}")

    def spec(
        self,
        name: str,
        *,
        crop: float = 0.875,
        fit: Fit = "crop",
        threshold: float | None = None,
        licence: str = "unknown",
        source: str = "unknown",
        accuracy: float | None = None,
    ) -> ModelSpec:
        """The specification of a bundle of this network; see `ModelSpec`. The threshold is the network's if None.

        Raises:
            ModelError: a setting is out of its range, or the input range is not known.
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
            classes=self.classes,
            activation=self.activation,
            outputs=self.outputs,
            temperature=self.temperature,
            threshold=self.threshold if threshold is None else threshold,
            engine=self.engine,
            licence=licence,
            source=source,
            accuracy=accuracy,
            quantization=self.quantization,
            agreement=None if verified is None else verified.agreement,
            score_difference=None if verified is None else verified.mean_difference,
        )
