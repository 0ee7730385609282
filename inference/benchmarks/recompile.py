"""A program that writes a model in another format, and compares its answers with those of a TensorFlow session.

`python -m inference.benchmarks.recompile FORMAT SOURCE FOLDER PHOTOS [DEVICE]` writes a model into the existing
FOLDER and prints a `Recompiled` as JSON. If FORMAT is "reference", SOURCE is an installed model, and FOLDER gets this
model as a graph. If FORMAT is one of the compiler's quantisations, SOURCE is such a graph from an earlier run.

Each format has a process of its own, since TensorFlow takes a gigabyte of memory, and since a crash of the converter
then affects one format only.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import get_args

import tensorflow as tf

from inference.benchmarks.variants import FAILED, REFERENCE, REFUSED
from inference.compiler.comparison import compare_bundle, sample_images
from inference.compiler.compile import compile_model
from inference.compiler.model import CompileOptions, Quantization, Verification
from inference.compiler.photos import read_photos
from inference.compiler.session_reference import SessionReference
from inference.errors import InferenceError, describe_os_error
from inference.litert.signature import IMAGE
from inference.models.bundle import Bundle, read_bundle, read_labels, write_bundle
from inference.models.tensorflow_engine import read_bundle_graph
from inference.training.export.formats import Format
from inference.training.export.writing import export_model


@dataclass(frozen=True, slots=True)
class Recompiled:
    """Result of writing a model in another format.

    Attributes:
        verification: comparison of the model's answers with those of the session.
        device: device of sessions on this machine, such as "CPU:0".
    """

    verification: Verification
    device: str


def write_reference(bundle: Bundle, folder: Path, photos: Path, device: str | None) -> Verification:
    """Write an installed model as a graph for a TensorFlow session, and compare the model with the graph.

    Args:
        bundle: installed model.
        folder: existing folder for the new bundle.
        photos: folder of photos to compare on.
        device: device of the session; None for the default one.

    Raises:
        InferenceError: the model is damaged or has an operator without a counterpart in TensorFlow, or the graph's
            answers differ from the model's.
        OSError: a file cannot be written.
    """
    spec = bundle.spec
    complete = replace(spec, engine="tensorflow", head=False, activation="none", temperature=1.0, quantization="none")
    with tempfile.TemporaryDirectory() as scratch:
        exported = export_model(bundle, Format.GRAPHDEF, Path(scratch, "graph.pb"), device=device)
        written = write_bundle(folder, complete, network=exported.path, labels=read_labels(bundle))
    graph = read_bundle_graph(written)
    with SessionReference(
        graph, image=f"{IMAGE}:0", scores="probabilities", activation="none", input_range=spec.input_range
    ) as reference:
        images = sample_images(read_photos(photos, spec.height, spec.width), spec.height, spec.width)
        return compare_bundle(bundle, reference, images, device=device)


def write_quantised(reference: Bundle, quantize: Quantization, folder: Path, photos: Path) -> Verification:
    """Compile a reference for LiteRT, and compare both. Any difference between their answers is accepted.

    Args:
        reference: bundle that `write_reference` wrote.
        quantize: quantisation of the new network.
        folder: existing folder for the new bundle.
        photos: folder of photos to calibrate on and to compare on.

    Raises:
        ModelError: LiteRT cannot run the network.
        OSError: a file cannot be written.
    """
    options = CompileOptions(
        input_range=reference.spec.input_range, quantize=quantize, photos=photos, engine="litert", force=True
    )
    compiled = compile_model(reference.network, options=options)
    spec = replace(
        reference.spec,
        engine=compiled.engine,
        activation=compiled.activation,
        outputs=compiled.outputs,
        quantization=compiled.quantization,
    )
    write_bundle(folder, spec, network=compiled.content, labels=read_labels(reference))
    assert compiled.verification is not None, "a graph is compared with what it became"
    return compiled.verification


def main(model_format: str, source: Path, folder: Path, photos: Path, device: str | None) -> int:
    try:
        if model_format == REFERENCE:
            verification = write_reference(read_bundle(source), folder, photos, device)
        else:
            quantize = next(known for known in get_args(Quantization) if known == model_format)
            verification = write_quantised(read_bundle(source), quantize, folder, photos)
    except InferenceError as error:
        sys.stdout.write(str(error))
        return REFUSED
    except (OSError, tf.errors.OpError) as error:
        # TensorFlow reports a failed write as an OpError.
        sys.stdout.write(error.message if isinstance(error, tf.errors.OpError) else describe_os_error(error))
        return FAILED
    gpus = tf.config.list_physical_devices("GPU")
    used_device = device or ("GPU:0" if gpus else "CPU:0")
    sys.stdout.write(json.dumps(asdict(Recompiled(verification, used_device))))
    return 0


if __name__ == "__main__":
    model_format, source, folder, photos, *rest = sys.argv[1:]
    sys.exit(main(model_format, Path(source), Path(folder), Path(photos), rest[0] if rest else None))
