"""All steps from a data set to a model: train, compile, evaluate the compiled network, calibrate, and install."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt

from inference.compiler.keras_model import compile_keras
from inference.litert.signature import OUTPUTS
from inference.models.bundle import CARD_FILE, KERAS_FILE, Bundle, write_bundle
from inference.models.network import DEFAULT_OPTIONS, NetworkOptions
from inference.models.spec import HELD_OUT, ModelSpec
from inference.models.store import ModelStore
from inference.networks import NETWORKS
from inference.networks.archive import ARCHIVE_SUFFIX, encode_network, find_archive, load_network
from inference.networks.blocks import with_outputs
from inference.networks.transfer import copy_weights, train_only
from inference.training.data.training_data import TrainingData
from inference.training.evaluation.calibrate import calibrated
from inference.training.evaluation.evaluate import Evaluation, evaluate
from inference.training.evaluation.report import plot_curves
from inference.training.from_scratch.batches import content_digest
from inference.training.from_scratch.distillation import teacher_targets
from inference.training.from_scratch.history import EpochReport, StepReport, read_history
from inference.training.from_scratch.model_card import training_card
from inference.training.from_scratch.settings import Recipe
from inference.training.from_scratch.tensorboard import TensorBoard
from inference.training.from_scratch.train import train

CURVES_FILE = "curves.png"
# Prefix of the folder of a teacher's scores; a digest of the images follows.
TEACHER_PREFIX = "teacher-scores-"

# A function that installs a model from its specification, network, labels and further files by name.
Install = Callable[[ModelSpec, bytes, tuple[str, ...], Mapping[str, bytes]], Bundle]


def score_with_teacher(
    recipe: Recipe,
    data: TrainingData,
    store: ModelStore,
    *,
    work: Path,
    scored: Callable[[int], None],
    options: NetworkOptions = DEFAULT_OPTIONS,
) -> npt.NDArray[np.float16]:
    """Return the teacher's scores of the training images: from the folder of the run, or else computed.

    Args:
        recipe: recipe with the name of the teacher.
        data: data set with the training images.
        store: store with the teacher.
        work: folder of the run; created if absent.
        scored: called after each image with the number of images so far.
        options: device and batch size, if the teacher runs in a TensorFlow session.

    Returns:
        float16 (training images, classes), scores in [0, 1]; see `teacher_targets`.

    Raises:
        ModelNotFound: the teacher is not installed.
        DatasetError: the teacher has none of the student's labels.
    """
    if recipe.teacher is None:
        raise ValueError("expected a recipe with a teacher. Received: none")
    cache = work / f"{TEACHER_PREFIX}{content_digest(data.training)}"
    cache.mkdir(parents=True, exist_ok=True)
    return teacher_targets(store, recipe.teacher, data.training_examples, cache=cache, report=scored, options=options)


def train_model(
    recipe: Recipe,
    data: TrainingData,
    store: ModelStore,
    *,
    work: Path,
    install: Install,
    report: Callable[[EpochReport], None],
    progress: Callable[[StepReport], None] = lambda _: None,
    board: TensorBoard | None = None,
    teacher_scores: npt.NDArray[np.float16] | None = None,
) -> tuple[Bundle, Evaluation]:
    """Train a network and install it. If `work` has a checkpoint, the training resumes from this checkpoint.

    Args:
        recipe: recipe of the training.
        data: data set, decoded at the image side of the recipe's last phase.
        store: store with the models that the recipe names.
        work: folder of the run, for checkpoints and reports; created if absent.
        install: function that installs the model.
        report: called after each epoch.
        progress: called every few steps.
        board: writer of TensorBoard's summaries; None for no summaries.
        teacher_scores: result of `score_with_teacher`; None without a teacher.

    Returns:
        The installed model, and the evaluation of its compiled and calibrated network on the validation images.

    Raises:
        TrainingError: the recipe and the data do not match, or the training diverged.
        ModelNotFound: the model for the initial weights is not installed.
        OSError: a file cannot be written; the model is not installed.
    """
    base = _origin(recipe, store)
    trained = train(
        lambda: _begin(recipe, len(data.labels), store),
        data.training,
        data.validation,
        config=recipe.config,
        directory=work,
        report=report,
        progress=progress,
        board=board,
        teacher_scores=teacher_scores,
        origin={
            "network": recipe.network,
            "init_from": base or recipe.init_from,
            "exclude": recipe.exclude,
            "train_only": recipe.train_only,
            "teacher": recipe.teacher,
        },
    )
    serving = NETWORKS[recipe.network](len(data.labels))
    serving.set_weights(trained.get_weights())
    size = recipe.config.phases[-1].image_size
    network = compile_keras(with_outputs(serving), height=size, width=size)
    spec, outcome = _measure(recipe, network, data)
    spec = replace(spec, base=base)
    extras = {
        KERAS_FILE: encode_network(serving),
        CARD_FILE: training_card(recipe, data, spec, outcome, network_bytes=len(network)).encode(),
        CURVES_FILE: _curves(read_history(work)),
    }
    return install(spec, network, data.labels, extras), outcome


def _begin(recipe: Recipe, classes: int, store: ModelStore) -> keras.Model:
    model = NETWORKS[recipe.network](classes)
    if recipe.init_from is not None:
        copy_weights(load_network(find_archive(store, recipe.init_from)), model, exclude=recipe.exclude)
    if recipe.train_only:
        train_only(model, recipe.train_only)
    return model


def _origin(recipe: Recipe, store: ModelStore) -> str | None:
    """Return name and version of the installed model with the initial weights; None if there is no such model."""
    if recipe.init_from is None or recipe.init_from.endswith(ARCHIVE_SUFFIX):
        return None
    return f"{recipe.init_from} {store.find(recipe.init_from).spec.version}"


def _measure(recipe: Recipe, network: bytes, data: TrainingData) -> tuple[ModelSpec, Evaluation]:
    """Evaluate and calibrate a compiled network, with the same code that labels photos."""
    size = recipe.config.phases[-1].image_size
    spec = ModelSpec(
        name=recipe.name,
        version="0" * 12,
        height=size,
        width=size,
        input_range=(-1.0, 1.0),
        crop=1.0,
        classes=len(data.labels),
        outputs=OUTPUTS,
        licence=recipe.licence,
        source=f"trained from {recipe.network}",
    )
    with tempfile.TemporaryDirectory() as folder:
        candidate = write_bundle(Path(folder), spec, network=network, labels=data.labels)
        spec, outcome = calibrated(spec, evaluate(candidate, data.validation_examples))
    return replace(spec, accuracy=round(outcome.top1, 4), measured_on=HELD_OUT), outcome


def _curves(history: Sequence[Mapping[str, float]]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, CURVES_FILE)
        plot_curves(history, path)
        return path.read_bytes()
