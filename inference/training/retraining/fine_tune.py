"""Fine-tuning: after a head was trained, the base's top blocks are trained with it at a small learning rate."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np

from inference.compiler.keras_model import compile_keras
from inference.litert.signature import OUTPUTS
from inference.models.bundle import KERAS_FILE, Bundle, write_bundle
from inference.models.head import Head
from inference.models.spec import HELD_OUT, ModelSpec
from inference.networks.archive import encode_network, load_network
from inference.networks.blocks import LOGITS, with_outputs
from inference.networks.errors import NetworkError
from inference.networks.transfer import select_layers, train_only
from inference.training.data.dataset import LabelledImages, load_images
from inference.training.data.examples import Example, Examples
from inference.training.data.folders import Skipped
from inference.training.data.photos import PhotoSet
from inference.training.data.splits import Split
from inference.training.data.training_data import check_memory
from inference.training.errors import InvalidSetting
from inference.training.evaluation.calibrate import apply_temperature, calibrated
from inference.training.evaluation.evaluate import Evaluation, evaluate
from inference.training.evaluation.summaries import Summaries
from inference.training.from_scratch.config import Phase, TrainingConfig
from inference.training.from_scratch.history import EpochReport
from inference.training.from_scratch.tensorboard import TensorBoard
from inference.training.from_scratch.train import train
from inference.training.retraining.embeddings import EmbeddedPhotos
from inference.training.retraining.retrain import Retrained, find_misclassified

# Lowest and highest pixel value in the input of networks from `labelbot train`, also during their training.
INPUT_RANGE = (-1.0, 1.0)


@dataclass(frozen=True, slots=True)
class FineTuneConfig:
    """Settings of fine-tuning.

    Attributes:
        blocks: blocks of the base to train together with the new last layer. The name of a block is a prefix of the
            names of its layers.
        epochs: number of epochs.
        learning_rate: peak learning rate; it is small, since the blocks need little change.
        batch_size: number of photos per step.
        seed: random seed for the order of the photos and their augmentation.

    Raises:
        InvalidSetting: a field is out of range.
    """

    blocks: tuple[str, ...]
    epochs: int = 5
    learning_rate: float = 0.001
    batch_size: int = 32
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.blocks or not all(self.blocks):
            raise InvalidSetting("fine tune", "names of blocks, as mixed3,mixed2_3", ",".join(self.blocks))
        if self.epochs < 1:
            raise InvalidSetting("fine tune epochs", "at least 1", self.epochs)
        self.settings(1, self.batch_size)

    def settings(self, image_size: int, images: int) -> TrainingConfig:
        """Return the settings of the training run.

        Args:
            image_size: side of the images, in pixels.
            images: number of training images; the batch size is at most this number.
        """
        return TrainingConfig(
            phases=(Phase(image_size, self.epochs),),
            batch_size=min(self.batch_size, images),
            schedule="cosine",
            peak_learning_rate=self.learning_rate,
            weight_decay=5e-4,
            label_smoothing=0.0,
            precision="float32",
            seed=self.seed,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Tunable:
    """A base that can be fine-tuned, with the settings.

    Attributes:
        base: installed model.
        network: network from the Keras archive of the base.
        config: settings; the network has all blocks that the settings name.
    """

    base: Bundle
    network: keras.Model
    config: FineTuneConfig


def load_tunable(base: Bundle, config: FineTuneConfig) -> Tunable:
    """Load the Keras archive of a base, and check that it has the blocks of the settings.

    Raises:
        NetworkError: the base has no Keras archive, has no network from `labelbot train`, or lacks a block.
    """
    path, spec = base.directory / KERAS_FILE, base.spec
    if (
        not path.is_file()
        or spec.input_range != INPUT_RANGE
        or (spec.crop, spec.fit, spec.squash_from) != (1, "crop", None)
        or spec.height != spec.width
    ):
        raise NetworkError(
            f"expected a base with a {KERAS_FILE}, as `labelbot train` installs, to fine-tune. Received: {spec.name!r}"
        )
    network = load_network(path)
    names = {layer.name for layer in network.layers}
    if missing := sorted({*OUTPUTS[1:], LOGITS} - names):
        raise NetworkError(f"expected layers named {', '.join(missing)} in {path}. Received: none")
    select_layers(network, config.blocks)
    return Tunable(base, network, config)


def fine_tune(
    tunable: Tunable,
    data: PhotoSet,
    embedded: EmbeddedPhotos,
    retrained: Retrained,
    *,
    report: Callable[[EpochReport], None],
    summaries: Summaries | None = None,
) -> Retrained:
    """Train a base's top blocks together with a trained head.

    Args:
        tunable: base and settings.
        data: photos.
        embedded: photos that could be read.
        retrained: model with the trained head on the base.
        report: called after each epoch.
        summaries: writer of TensorBoard's summaries; None for no summaries.

    Returns:
        A model with a network of its own, calibrated and evaluated on the same photos as `retrained`.

    Raises:
        TrainingDiverged: the loss or a weight is infinite or NaN.
        DatasetError: the images do not fit into memory.
        OSError: a file cannot be read or written.
    """
    readable = {photo.name for photo in embedded.photos}
    trained, epochs = _train_blocks(tunable, data, embedded, retrained, report, summaries)
    base = tunable.base
    side = base.spec.height
    content = compile_keras(with_outputs(trained), height=side, width=side)
    spec = replace(
        retrained.spec,
        outputs=OUTPUTS,
        activation="none",
        temperature=1.0,
        head=False,
        quantization="dynamic",
        source=f"fine-tuned from {base.spec.name}",
    )
    spec, evaluation = _measure(spec, content, data, readable)
    return replace(
        retrained,
        spec=spec,
        network=content,
        head=None,
        familiarity=None,
        archive=encode_network(trained),
        history=(*retrained.history, *_continued_history(epochs, len(retrained.history))),
        evaluation=evaluation,
        misclassified=find_misclassified(evaluation, embedded.of(data.measured), data.labels),
    )


def _train_blocks(
    tunable: Tunable,
    data: PhotoSet,
    embedded: EmbeddedPhotos,
    retrained: Retrained,
    report: Callable[[EpochReport], None],
    summaries: Summaries | None,
) -> tuple[keras.Model, list[EpochReport]]:
    """Train the blocks and the head; return the network and the report of each epoch."""
    head = retrained.head
    assert head is not None, "fine-tuning begins from a head"
    side = tunable.base.spec.height
    readable = {photo.name for photo in embedded.photos}
    check_memory(len(embedded.of("train")) + len(embedded.of("validation")), image_size=side)
    training, _ = load_images(_Readable(data.splits["train"], readable), image_size=side)
    validation, _ = load_images(_Readable(data.splits["validation"], readable), image_size=side)
    training = _balanced(training, len(data.labels))
    epochs: list[EpochReport] = []

    def keep(epoch: EpochReport) -> None:
        report(epoch)
        epochs.append(epoch)

    with tempfile.TemporaryDirectory() as folder:
        trained = train(
            lambda: _begin(tunable, head),
            training,
            validation,
            config=tunable.config.settings(side, len(training)),
            directory=Path(folder),
            report=keep,
            board=None if summaries is None else TensorBoard(summaries, validation, data.labels),
        )
    return trained, epochs


def _begin(tunable: Tunable, head: Head) -> keras.Model:
    """Return the base with the head. Only the head and the blocks in the settings are trainable."""
    model = _with_head(tunable.network, head)
    train_only(model, (*tunable.config.blocks, LOGITS))
    for layer in model.layers:
        # The statistics in the base come from many images, so they are better than statistics of a few photos.
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
    return model


def _continued_history(epochs: Sequence[EpochReport], began: int) -> Iterator[dict[str, float]]:
    """Yield rows that continue the head's history; the first row has the number after the head's last epoch.

    Args:
        epochs: reports of the fine-tuning's epochs.
        began: number of epochs of the head.
    """
    for epoch in epochs:
        yield {
            "epoch": began + epoch.epoch,
            "loss": epoch.loss,
            "validation_loss": epoch.validation_loss,
            "validation_accuracy": epoch.top1,
            "learning_rate": epoch.learning_rate,
        }


def _with_head(network: keras.Model, head: Head) -> keras.Model:
    """Return a copy of a network with a head as its last layer."""
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    last = keras.layers.Dense(head.classes, dtype="float32", name=LOGITS)
    model = keras.Model(copy.input, last(copy.get_layer(LOGITS).input), name=network.name)
    last.set_weights([head.weights, head.bias])
    return model


def _balanced(data: LabelledImages, classes: int) -> LabelledImages:
    """Repeat the images of rare classes, so that training sees about the same number of images of each class."""
    counts = np.bincount(data.labels, minlength=classes)
    repeats = np.maximum(np.round(counts.max() / np.maximum(counts, 1)), 1).astype(np.int64)
    order = np.repeat(np.arange(len(data)), repeats[data.labels])
    return LabelledImages(data.images[order], data.labels[order])


def _measure(spec: ModelSpec, network: bytes, data: PhotoSet, readable: set[str]) -> tuple[ModelSpec, Evaluation]:
    """Calibrate a compiled network on the validation photos, and evaluate it on the test photos, if there are any."""

    def scores(split: Split) -> Evaluation:
        return evaluate(candidate, _Readable(data.splits[split], readable))

    with tempfile.TemporaryDirectory() as folder:
        candidate = write_bundle(Path(folder), spec, network=network, labels=data.labels)
        spec, validated = calibrated(spec, scores("validation"))
        if data.measured == "validation":
            outcome = validated
        else:
            kept = scores(data.measured)
            outcome = Evaluation(apply_temperature(kept.probabilities, spec.temperature), kept.truth)
    return replace(spec, accuracy=outcome.top1, measured_on=HELD_OUT), outcome


class _Readable:
    """Examples without the photos that could not be read."""

    def __init__(self, examples: Examples, readable: set[str]) -> None:
        self.labels = examples.labels
        self.skipped: tuple[Skipped, ...] = ()
        self._examples = examples
        self._readable = readable

    def __len__(self) -> int:
        return len(self._examples)

    def __iter__(self) -> Iterator[Example]:
        return (example for example in self._examples if example.name in self._readable)
