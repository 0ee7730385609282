"""From a folder of TFRecords to a bundle: train, compile, measure the compiled file, write."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import keras

from inference.bundle import KERAS_FILE, OUTPUTS, Bundle, ModelSpec, write_bundle
from inference.compiler.keras_model import compile_keras
from inference.labels import parse_labels
from inference.training.calibrate import choose_threshold
from inference.training.dataset import load_records, read_encoded
from inference.training.errors import DatasetError
from inference.training.evaluate import Evaluation, evaluate
from inference.training.networks import NETWORKS
from inference.training.networks.archive import encode_network
from inference.training.networks.blocks import with_outputs
from inference.training.train import EpochReport, TrainingConfig, train


@dataclass(frozen=True, slots=True)
class Records:
    """A data set on disk: train-*.tfrecord, validation-*.tfrecord and labels.txt, a line a class."""

    training: tuple[Path, ...]
    validation: tuple[Path, ...]
    labels: tuple[str, ...]


def find_records(directory: Path) -> Records:
    """Find the files of a data set.

    Raises:
        DatasetError: a part is missing, or a class has no name.
    """
    training = tuple(sorted(directory.glob("train-*.tfrecord")))
    validation = tuple(sorted(directory.glob("validation-*.tfrecord")))
    names = directory / "labels.txt"
    if not (training and validation and names.is_file()):
        raise DatasetError(
            f"expected train-*.tfrecord, validation-*.tfrecord and labels.txt in {directory}. Received: "
            f"{len(training)} training files, {len(validation)} validation files, "
            f"{'a' if names.is_file() else 'no'} labels.txt"
        )
    text = names.read_text(encoding="utf-8")
    labels = tuple(label for label in parse_labels(text, len(text.splitlines())) if label is not None)
    if len(labels) != len(text.splitlines()):
        raise DatasetError(f"expected a name on each line of {names}. Received: an empty one")
    return Records(training, validation, labels)


def train_bundle(
    records: Records,
    *,
    name: str,
    licence: str,
    network: str,
    config: TrainingConfig,
    work: Path,
    install: Callable[[ModelSpec, bytes, tuple[str, ...], Mapping[str, bytes]], Bundle],
    report: Callable[[EpochReport], None],
) -> tuple[Bundle, Evaluation]:
    """Train a network, or go on from the checkpoints in `work`, and install what comes of it.

    Args:
        records: the data.
        name: of the model.
        licence: of the model, an SPDX identifier.
        network: one of `NETWORKS`.
        config: hyperparameters; the image size of the last phase is the model's input.
        work: folder for checkpoints.
        install: takes the specification, the network's file, the labels and further files, and puts them in place.
        report: called after each epoch.

    Returns:
        The installed bundle, and the figures of its compiled file on the validation records.

    Raises:
        TrainingError: the data is unfit, or the training diverged.
    """
    size = config.phases[-1].image_size
    training = load_records(records.training, image_size=size)
    validation = load_records(records.validation, image_size=size)

    def build() -> keras.Model:
        return NETWORKS[network](len(records.labels))

    # bfloat16 activations, float32 weights: 2.5 times as fast on processors that multiply in bfloat16.
    keras.config.set_dtype_policy("mixed_bfloat16")
    trained = train(build, training, validation, config=config, directory=work, report=report)
    keras.config.set_dtype_policy("float32")
    serving = build()
    serving.set_weights(trained.get_weights())
    content = compile_keras(with_outputs(serving), height=size, width=size)
    spec = ModelSpec(
        name=name,
        version="0" * 12,
        height=size,
        width=size,
        input_range=(-1.0, 1.0),
        crop=1.0,
        classes=len(records.labels),
        outputs=OUTPUTS,
        licence=licence,
        source=f"trained from {network}",
    )
    with tempfile.TemporaryDirectory() as folder:
        candidate = write_bundle(Path(folder), spec, network=content, labels=records.labels)
        outcome = evaluate(candidate, read_encoded(records.validation))
    threshold = choose_threshold(outcome.scores, outcome.correct)
    return install(
        replace(spec, threshold=round(threshold, 3)), content, records.labels, {KERAS_FILE: encode_network(serving)}
    ), outcome
