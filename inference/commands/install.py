"""`labelbot models install`: install a network from a file."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from inference.commands.models import Home, open_store
from inference.commands.network_options import read_device
from inference.commands.options import with_options
from inference.images.framing import SQUASH_FROM, SQUASHED_RATIO, Fit

if TYPE_CHECKING:
    from inference.compiler.model import CompileOptions
    from inference.models.spec import ModelSpec

LANGUAGE = re.compile(r"[a-z]{2,3}")
INPUT_SIZE = re.compile(r"(\d{1,5})(?:x(\d{1,5}))?")

# Options of the compiler, shared with `labelbot models pull`.
Quantize = Annotated[
    Literal["dynamic", "int8", "float16", "none"] | None,
    typer.Option(
        help="Quantisation. dynamic: int8 weights, a quarter of the size. int8: int8 activations too, calibrated on "
        "--photos. float16: 16-bit weights. none: float32 weights.  [default: dynamic]"
    ),
]
Photos = Annotated[
    Path | None,
    typer.Option(
        exists=True,
        file_okay=False,
        help="Folder of photos for calibrating int8 and for comparing the compiled network with the original.",
    ),
]
Engine = Annotated[
    Literal["litert", "tensorflow"] | None,
    typer.Option(help="Engine that runs the network.  [default: litert, or tensorflow if LiteRT lacks an operator]"),
]
Force = Annotated[
    bool, typer.Option("--force", help="Install the model even if its answers differ from those of the original.")
]
Trust = Annotated[
    bool,
    typer.Option(
        "--trust",
        help="Install the model even if it can read and change files or run code here each time it labels an image.",
    ),
]


def parse_range(text: str) -> tuple[float, float]:
    low, _, high = text.partition(",")
    try:
        return float(low), float(high)
    except ValueError:
        reason = f"expected two numbers, as -1,1. Received: {text!r}"
        raise typer.BadParameter(reason, param_hint="--input-range") from None


def parse_size(text: str) -> tuple[int, int]:
    """Return the height and the width of a text such as "299" or "320x240", which has the width first."""
    match = INPUT_SIZE.fullmatch(text)
    if match is None:
        reason = f"expected pixels, as 299 or 320x240. Received: {text!r}"
        raise typer.BadParameter(reason, param_hint="--input-size")
    return int(match[2] or match[1]), int(match[1])


def parse_ratio(ratio: float) -> float | None:
    """Return the side ratio from which photos are squashed; None for 0.

    Raises:
        BadParameter: the ratio is below that of the part that is squashed.
    """
    if ratio == 0:
        return None
    if not SQUASHED_RATIO <= ratio < math.inf:
        reason = f"expected a side ratio of at least {SQUASHED_RATIO:.2f}, or 0. Received: {ratio:g}"
        raise typer.BadParameter(reason, param_hint="--squash-from")
    return ratio


def find_range(input_range: str | None, mean: float | None, std: float | None) -> tuple[float, float] | None:
    """Return the network's input values for the pixel values 0 and 255; None if no option is given.

    Args:
        input_range: text such as "-1,1".
        mean: mean of the pixel values, in [0, 255].
        std: standard deviation of the pixel values.

    Raises:
        BadParameter: `input_range` is given together with `mean` or `std`, or a value is invalid.
    """
    if mean is None and std is None:
        return None if input_range is None else parse_range(input_range)
    if input_range is not None:
        raise typer.BadParameter("expected no --mean or --std beside it", param_hint="--input-range")
    mean, std = mean or 0.0, 1.0 if std is None else std
    if not std > 0:
        raise typer.BadParameter(f"expected a number above 0. Received: {std:g}", param_hint="--std")
    return (0 - mean) / std, (255 - mean) / std


def parse_names(texts: Sequence[str]) -> dict[str, Path]:
    """Return the files by language code, from texts such as "de=labels.de.txt".

    Raises:
        BadParameter: a text does not have this form.
    """
    names = {}
    for text in texts:
        language, _, path = text.partition("=")
        if not LANGUAGE.fullmatch(language) or not Path(path).is_file():
            reason = f"expected the code of a language and a file, as de=names.txt. Received: {text!r}"
            raise typer.BadParameter(reason, param_hint="--names")
        names[language] = Path(path)
    return names


@dataclass(frozen=True, kw_only=True)
class InstallOptions:
    """The options of the command; each field is a parameter."""

    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            exists=True,
            help="An image classifier: a .tflite file, a frozen graph (.pb), the folder of a SavedModel, a Keras model "
            "(.keras, .h5), or the weights of Keras's Inception-v3 (.h5) or of EfficientNet-Lite 0, 1 or 2 (.pth).",
        ),
    ]
    name: Annotated[str, typer.Option(help="Name of the new model.")]
    labels: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="File with the labels: one per line, a JSON or Python list or dictionary, or a CSV table. Not needed "
            "for a .tflite file with labels inside.",
        ),
    ] = None
    names: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LANGUAGE=FILE",
            help="Text file with the labels' names in one language, in the order of --labels, such as de=names.txt. "
            "The option can be repeated.",
        ),
    ] = None
    input_range: Annotated[
        str | None,
        typer.Option(
            metavar="LOW,HIGH",
            help="Input values of the network for the pixel values 0 and 255. Not needed if the file tells them, as a "
            "quantised .tflite file, metadata or a Rescaling layer do.",
        ),
    ] = None
    mean: Annotated[float | None, typer.Option(help="Mean of the pixel values; replaces --input-range.")] = None
    std: Annotated[
        float | None,
        typer.Option(help="Standard deviation of the pixel values, used with --mean."),
    ] = None
    input_node: Annotated[
        str | None, typer.Option("--input", metavar="NODE", help="Name of the graph node that takes the image.")
    ] = None
    output_node: Annotated[
        str | None,
        typer.Option(
            "--output",
            metavar="NODE",
            help="Name of the graph node, or of the .tflite file's output, with the scores, a softmax or logits.",
        ),
    ] = None
    input_size: Annotated[
        str | None,
        typer.Option(metavar="PIXELS", help="Size of the input, such as 299 or 320x240, if the file leaves it open."),
    ] = None
    quantize: Quantize = None
    photos: Photos = None
    engine: Engine = None
    force: Force = False
    trust: Trust = False
    crop: Annotated[
        float, typer.Option(help="Part of the photo's width and height that the network sees, around the centre.")
    ] = 0.875
    fit: Annotated[
        Fit,
        typer.Option(
            help="How a photo gets the shape of the input. crop: cut out the centre. squash: change the aspect ratio. "
            "pad: add black borders."
        ),
    ] = "crop"
    squash_from: Annotated[
        float,
        typer.Option(
            metavar="RATIO",
            help="With --fit crop, photos whose long side is at least RATIO times the short side are squashed: the "
            "network sees the central 4:3 of them. 0: never.",
        ),
    ] = SQUASH_FROM
    threshold: Annotated[float, typer.Option(help='Below this score, the best guess counts as "not sure".')] = 0.3
    licence: Annotated[str, typer.Option(help="SPDX identifier of the model's licence.")] = "unknown"
    replace: Annotated[bool, typer.Option("--replace", help="Replace an installed model of this name.")] = False
    home: Home = None

    def compile_options(self) -> CompileOptions:
        """Return the options of the compiler.

        Raises:
            BadParameter: an option is out of its range.
        """
        from inference.compiler.model import CompileOptions

        return CompileOptions(
            input=self.input_node,
            output=self.output_node,
            input_size=None if self.input_size is None else parse_size(self.input_size),
            input_range=find_range(self.input_range, self.mean, self.std),
            quantize=self.quantize,
            photos=self.photos,
            engine=self.engine,
            force=self.force,
            device=read_device(),
            trust=self.trust,
        )


@with_options(InstallOptions)
def install_model(_: typer.Context, options: InstallOptions) -> None:
    """Install a model from a file."""
    from inference.catalog.install import install_file

    compile_options = options.compile_options()
    bundle = install_file(
        open_store(options.home),
        options.file,
        labels=options.labels,
        name=options.name,
        names=parse_names(options.names or ()),
        options=compile_options,
        crop=options.crop,
        fit=options.fit,
        squash_from=parse_ratio(options.squash_from),
        threshold=options.threshold,
        licence=options.licence,
        replace=options.replace,
        report=print,
    )
    print(describe_installed(bundle.spec))


def describe_installed(spec: ModelSpec) -> str:
    return f"installed {spec.name}, version {spec.version}: {spec.width}x{spec.height} pixels, {spec.classes} classes"
