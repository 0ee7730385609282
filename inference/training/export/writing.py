"""Export of an installed model. The new file gets its final name only after it was compared with the model."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from tensorflow.lite.python.convert_phase import ConverterError

from inference.compiler.comparison import SAMPLE
from inference.compiler.model import Quantization
from inference.compiler.saved_model import Network, compile_saved_model, encode_graph, write_saved_model
from inference.compiler.tflite_output_layers import append_output_layers
from inference.images.augmented_views import STANDARD_VIEW, View
from inference.images.decode import load_views
from inference.litert.signature import IMAGE, SIGNATURE
from inference.models.bundle import Bundle, read_head, read_labels, write_bundle
from inference.models.engine import load_engine
from inference.models.labels import format_labels
from inference.models.network import NetworkOptions
from inference.models.spec import ModelSpec
from inference.models.trust import trust
from inference.training.errors import ExportError
from inference.training.export.formats import Format
from inference.training.export.served_network import PROBABILITIES, served_networks

Pixels = npt.NDArray[np.uint8]
Probabilities = npt.NDArray[np.float32]


# Images for the comparison: parts of one photo in three sizes, and images of noise, which are unlike any photo.
PARTS = (
    STANDARD_VIEW,
    *(View(scale=scale, x=x, y=y) for scale in (0.7, 0.35) for x in (-0.8, 0.8) for y in (-0.8, 0.8)),
)
NOISE_IMAGES = 4

# Maximum difference between the scores of a written file and the scores of the network that was written to it. The
# limit for float16 is higher, because float16 has 11 bits of precision and float32 has 24.
MAX_DIFFERENCE = 1e-4
MAX_FLOAT16_DIFFERENCE = 2e-2
# Maximum difference between the scores of the installed file and the scores of the same operators in TensorFlow. If a
# sum is near a half, the file may round it up and TensorFlow down. The largest difference on 48 photos and 6 networks
# was 0.08. A wrong operator gives entirely different scores.
MAX_ROUNDING_DIFFERENCE = 0.2


@dataclass(frozen=True, slots=True)
class Exported:
    """An exported model.

    Attributes:
        path: path of the file, or of the SavedModel's folder.
        labels: text file with one line per class.
        images: number of images in the comparison.
        difference: maximum difference, in [0, 1], between the file's probabilities and the probabilities of the
            network that was written to it.
        installed_difference: maximum difference, in [0, 1], between the file's probabilities and the probabilities of
            the installed model, which may compute with fewer bits.
    """

    path: Path
    labels: Path
    images: int
    difference: float
    installed_difference: float


def export_model(bundle: Bundle, file_format: Format, out: Path, *, device: str | None = None) -> Exported:
    """Write a model as one network that maps `image` to calibrated `probabilities` and the model's other outputs.

    Integer weights become floats, with one exception: if LiteRT runs the model, `Format.LITERT` keeps its weights.

    Args:
        bundle: installed model.
        file_format: format to write.
        out: path of the new file, or of the new folder for a SavedModel. The labels are written beside the file as
            NAME.labels.txt, or into the SavedModel's `assets.extra`.
        device: device of the comparison; see `NetworkOptions`.

    Raises:
        ExportError: the path is taken, or the written file's answers differ from the model's.
        ModelError: the model is damaged, or has an operator without a counterpart in TensorFlow.
        OSError: a file cannot be written; nothing is left behind.
    """
    is_folder = file_format is Format.SAVED_MODEL
    labels = out / "assets.extra" / "labels.txt" if is_folder else out.with_suffix(".labels.txt")
    for path in (out, labels):
        if path.exists():
            raise ExportError(f"expected a path that is not taken. Received: {path}")
    if not out.parent.is_dir():
        raise ExportError(f"expected a path in a folder that exists. Received: {out}")
    pixels = comparison_images(bundle.spec)
    options = NetworkOptions(device)
    installed = load_engine(bundle, options=options).run(pixels).probabilities
    with tempfile.TemporaryDirectory(prefix=".export-", dir=out.parent) as scratch:
        written, listed = Path(scratch, "network"), Path(scratch, "labels")
        intended = _write(bundle, file_format, written, pixels, installed)
        answers = _answers(bundle, file_format, written, pixels, options)
        limit = MAX_FLOAT16_DIFFERENCE if file_format is Format.LITERT_FLOAT16 else MAX_DIFFERENCE
        difference = _difference(answers, intended, limit, f"the written {file_format}")
        listed.write_text(format_labels(read_labels(bundle)), encoding="utf-8")
        if is_folder:
            (written / "assets.extra").mkdir()
            listed.rename(written / "assets.extra" / labels.name)
        else:
            listed.rename(labels)
        written.rename(out)
    return Exported(out, labels, len(pixels), difference, float(np.abs(answers - installed).max()))


def comparison_images(spec: ModelSpec) -> Pixels:
    """Return parts of a photo, and noise, as uint8 (images, height, width, 3), RGB in [0, 255]."""
    photo = SAMPLE.read_bytes()
    parts = load_views(photo, **spec.framing, views=PARTS)
    noise = np.random.default_rng(0).integers(0, 256, (NOISE_IMAGES, spec.height, spec.width, 3), dtype=np.uint8)
    return np.concatenate([np.stack(parts), noise])


def _write(bundle: Bundle, file_format: Format, path: Path, pixels: Pixels, installed: Probabilities) -> Probabilities:
    """Write a model; return the probabilities, float32 (images, classes), that the written file must give.

    Args:
        bundle: installed model.
        file_format: format to write.
        path: path of the new file or folder.
        pixels: images for the comparison, uint8 (images, height, width, 3).
        installed: probabilities of the installed model on these images, float32 (images, classes).

    Raises:
        ExportError: the conversion to TensorFlow changes the answers, or LiteRT cannot run the network.
    """
    spec = bundle.spec
    if file_format is Format.LITERT and spec.engine == "litert":
        content = append_output_layers(
            bundle.network.read_bytes(),
            head=read_head(bundle),
            activation=spec.activation,
            temperature=spec.temperature,
        )
        path.write_bytes(content)
        return installed
    exact, rounded = served_networks(bundle)
    image = _normalised(pixels, spec)
    _difference(rounded(image)[PROBABILITIES].numpy(), installed, MAX_ROUNDING_DIFFERENCE, "its steps in TensorFlow")
    if file_format is Format.SAVED_MODEL:
        _save(exact, path, spec)
    elif file_format is Format.GRAPHDEF:
        path.write_bytes(encode_graph(exact, height=spec.height, width=spec.width))
    else:
        path.write_bytes(_converted(exact, spec, "float16" if file_format is Format.LITERT_FLOAT16 else "none"))
    return np.asarray(exact(image)[PROBABILITIES])


def _converted(network: Network, spec: ModelSpec, quantize: Quantization) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        _save(network, Path(folder), spec)
        try:
            return compile_saved_model(Path(folder), quantize=quantize)
        except ConverterError as error:
            reason = str(error).split("\n", 1)[0]
            raise ExportError(f"expected a network that LiteRT can run. Received: {reason}") from error


def _save(network: Network, folder: Path, spec: ModelSpec) -> None:
    try:
        write_saved_model(network, folder, height=spec.height, width=spec.width)
    except tf.errors.OpError as error:
        raise OSError(error.message) from error


def _answers(bundle: Bundle, file_format: Format, path: Path, pixels: Pixels, options: NetworkOptions) -> Probabilities:
    """Return the probabilities of a written file, loaded as other programs load it."""
    spec = bundle.spec
    if file_format is Format.SAVED_MODEL:
        signature = tf.saved_model.load(str(path)).signatures[SIGNATURE]
        return np.asarray(signature(**{IMAGE: _normalised(pixels, spec)})[PROBABILITIES])
    engine = "tensorflow" if file_format is Format.GRAPHDEF else "litert"
    complete = replace(spec, engine=engine, head=False, activation="none", temperature=1.0)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "exported")
        folder.mkdir()
        written = write_bundle(folder, complete, network=path, labels=read_labels(bundle))
        # The installed model from which this file was written was checked or trusted when it was installed.
        trust(written)
        return load_engine(written, options=options).run(pixels).probabilities


def _normalised(pixels: Pixels, spec: ModelSpec) -> tf.Tensor:
    """Return pixels in the model's input range, as float32 (images, height, width, 3)."""
    return tf.constant(np.linspace(*spec.input_range, 256, dtype=np.float32)[pixels])


def _difference(answers: Probabilities, expected: Probabilities, limit: float, what: str) -> float:
    """Return the maximum difference between two arrays of probabilities.

    Raises:
        ExportError: the difference is above the limit.
    """
    difference = float(np.abs(answers - expected).max())
    if not difference <= limit:
        raise ExportError(
            f"expected answers of {what} within {limit:g} of the model's. Received: {difference:.3g} away"
        )
    return difference
