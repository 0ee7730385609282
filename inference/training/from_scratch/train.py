"""Training of a network with progressive resizing, a learning rate schedule, and exact resuming from checkpoints.

All random numbers are a function of (seed, step), so a resumed run has the same batches and the same augmentation as an
uninterrupted run.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from inference.training.data.dataset import LabelledImages
from inference.training.errors import TrainingDiverged
from inference.training.evaluation.evaluate import Evaluation
from inference.training.from_scratch.augmentation import augment, resize, to_unit_range
from inference.training.from_scratch.averaging import WeightAverage
from inference.training.from_scratch.batches import Batches, content_digest
from inference.training.from_scratch.checkpoints import Checkpoints, check_settings
from inference.training.from_scratch.config import Precision, TrainingConfig
from inference.training.from_scratch.history import EpochReport, History, StepReport
from inference.training.from_scratch.optimizers import build_optimizer
from inference.training.from_scratch.schedules import learning_rate
from inference.training.from_scratch.tensorboard import TensorBoard

# Number of steps between reports. On two cores, a report comes every few seconds, which is often enough for people. On
# a GPU, reports are rare enough not to slow it down.
STEPS_PER_REPORT = 50
# Number of images in an early validation: enough to tell whether a network learns. The validation takes a second or
# two.
EARLY_VALIDATION_IMAGES = 1000
VALIDATION_BATCH = 250


def train(
    build: Callable[[], keras.Model],
    training: LabelledImages,
    validation: LabelledImages,
    *,
    config: TrainingConfig,
    directory: Path,
    report: Callable[[EpochReport], None],
    progress: Callable[[StepReport], None] = lambda _: None,
    board: TensorBoard | None = None,
    teacher_scores: npt.NDArray[np.float16] | None = None,
    origin: Mapping[str, object] | None = None,
) -> keras.Model:
    """Train a network, or resume its training from the newest checkpoint in `directory`.

    Args:
        build: function that returns the untrained model; the model maps float32 (batch, height, width, 3) in [-1, 1] to
            logits (batch, classes).
        training: training images.
        validation: validation images, on which the model is evaluated after each epoch, at the epoch's image size.
        config: settings; a resumed run must have the same settings, apart from the learning rate.
        directory: folder for checkpoints, settings, and reports in `history.jsonl`; created if absent.
        report: called after each epoch.
        progress: called every 50 steps, after each checkpoint within an epoch, and at the end of each epoch.
        board: writer of TensorBoard's summaries; None for no summaries.
        teacher_scores: a teacher's scores, float16 (training images, classes) in [0, 1]; None without a teacher.
        origin: further settings, as plain values, that a resumed run must share.

    Returns:
        The trained model; if the settings have a moving average, the model's weights are this average.

    Raises:
        TrainingDiverged: the loss or a weight is infinite or NaN; the last checkpoint stays.
        DatasetError: there are too few training images for one batch, or the teacher's scores have another shape.
        CheckpointError: the run in this folder has other settings, other data or another network.
        OSError: a checkpoint cannot be written.
    """
    keras.utils.set_random_seed(config.seed)
    with precision(config.precision):
        model = build()
    batches = Batches(training, classes=model.output_shape[-1], config=config, teacher_scores=teacher_scores)
    data = {"parameters": model.count_params(), "data": content_digest(training, teacher_scores)}
    settings = {**asdict(config), **data, **(origin or {})}
    check_settings(directory, settings)
    run = _Run(model, batches, validation, config, directory, progress, board)
    for epoch in range(run.epochs_done, len(config.image_sizes)):
        report(run.train_epoch(epoch))
    if run.average is not None:
        run.average.apply()
    return model


class _Run:
    """A run, new or restored from its newest checkpoint."""

    def __init__(
        self,
        model: keras.Model,
        batches: Batches,
        validation: LabelledImages,
        config: TrainingConfig,
        directory: Path,
        progress: Callable[[StepReport], None],
        board: TensorBoard | None,
    ) -> None:
        self._model = model
        self._batches = batches
        self._validation = validation
        self._config = config
        self._progress = progress
        self._board = board
        self._optimizer = build_optimizer(model, config)
        self.average = WeightAverage(model, config.averaging) if config.averaging else None
        self._checkpoints = Checkpoints(directory, model=model, optimizer=self._optimizer, average=self.average)
        self._step = self._checkpoints.restore()
        self._history = History(directory, epochs_done=self.epochs_done)
        self._train_step = _train_step(model, self._optimizer, self.average, config)
        self._predict = _predict(model)

    @property
    def epochs_done(self) -> int:
        return self._step // self._batches.steps_per_epoch

    def train_epoch(self, epoch: int) -> EpochReport:
        image_size, first_step, began_s = self._config.image_sizes[epoch], self._step, time.perf_counter()
        losses = self._run_steps(epoch, image_size)
        elapsed_s = time.perf_counter() - began_s
        with self._evaluated_weights():
            outcome = self._validate(self._validation, image_size)
            own = outcome.probabilities[np.arange(outcome.images), outcome.truth]
            report = EpochReport(
                epoch=epoch + 1,
                image_size=image_size,
                learning_rate=float(self._optimizer.learning_rate),
                loss=float(np.mean(losses)),
                validation_loss=float(-np.log(np.maximum(own, np.finfo(np.float32).tiny)).mean()),
                top1=outcome.top1,
                top5=outcome.top5,
                images_per_s=(self._step - first_step) * self._config.batch_size / elapsed_s,
            )
            if self._board is not None:
                self._board.after_epoch(report, self._step, self._model, outcome)
        self._history.add(report)
        # The checkpoint is saved last. If the run is killed before that, the end of the epoch and its report are
        # repeated.
        self._checkpoints.save(self._step)
        return report

    def _run_steps(self, epoch: int, image_size: int) -> list[float]:
        """Run the remaining steps of an epoch; return their losses."""
        done = self._step - epoch * self._batches.steps_per_epoch
        losses: list[float] = []
        recent: list[tf.Tensor] = []
        since_s = time.perf_counter()
        for images, targets in self._batches.epoch(epoch, first=done):
            rate = learning_rate(self._step, steps_per_epoch=self._batches.steps_per_epoch, config=self._config)
            self._optimizer.learning_rate = rate
            recent.append(self._train_step(images, targets, tf.constant(self._step, tf.int32), image_size))
            self._step += 1
            last = self._step % self._batches.steps_per_epoch == 0
            due = self._step % self._config.checkpoint_every_steps == 0 and not last
            if last or due or self._step % STEPS_PER_REPORT == 0:
                losses += _finite(recent, self._step)
                if due:
                    self._checkpoints.save(self._step)
                images_per_s = len(recent) * self._config.batch_size / (time.perf_counter() - since_s)
                self._report_steps(losses[-len(recent) :], rate, images_per_s, validate=due and epoch == 0)
                recent, since_s = [], time.perf_counter()
        return losses

    def _report_steps(self, losses: Sequence[float], rate: float, images_per_s: float, *, validate: bool) -> None:
        report = StepReport(
            step=self._step,
            steps=self._batches.steps_per_epoch * len(self._config.image_sizes),
            loss=float(np.mean(losses)),
            learning_rate=rate,
            images_per_s=images_per_s,
            early_top1=self._early_top1() if validate else None,
        )
        self._progress(report)
        if self._board is not None:
            self._board.after_steps(report)

    def _early_top1(self) -> float:
        """Return the top-1 on a sample of the validation images. It is random, as the images may be sorted by class."""
        some = np.random.default_rng(self._config.seed).permutation(len(self._validation))[:EARLY_VALIDATION_IMAGES]
        sample = LabelledImages(self._validation.images[some], self._validation.labels[some])
        with self._evaluated_weights():
            return self._validate(sample, self._config.image_sizes[0]).top1

    def _evaluated_weights(self) -> AbstractContextManager[None]:
        return nullcontext() if self.average is None else self.average.applied()

    def _validate(self, data: LabelledImages, image_size: int) -> Evaluation:
        batches = range(0, len(data), VALIDATION_BATCH)
        scores = [self._predict(data.images[start : start + VALIDATION_BATCH], image_size).numpy() for start in batches]
        return Evaluation(np.concatenate(scores), data.labels.astype(np.int64))


@contextmanager
def precision(name: Precision) -> Iterator[None]:
    """Set the precision of the activations for layers that are built within the context. Weights stay float32."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16" if name == "bfloat16" else "float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _train_step(
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    average: WeightAverage | None,
    config: TrainingConfig,
) -> Callable[..., tf.Tensor]:
    loss_of = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=config.label_smoothing)
    # Dropout's seeds and counters are not in the checkpoints, so each step sets the counters.
    generators = [variable for variable in model.variables if variable.path.endswith("seed_generator_state")]

    @tf.function
    def train_step(images: tf.Tensor, targets: tf.Tensor, step: tf.Tensor, image_size: int) -> tf.Tensor:
        seed = tf.stack([config.seed, step])
        for generator in generators:
            generator.assign(tf.stack([generator.value[0], tf.cast(step, generator.dtype)]))
        inputs = augment(to_unit_range(images), image_size, seed, config.augmentation)
        with tf.GradientTape() as tape:
            loss = loss_of(targets, model(inputs, training=True))
        optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
        if average is not None:
            average.update(step)
        return loss

    return train_step


def _predict(model: keras.Model) -> Callable[..., tf.Tensor]:
    @tf.function(reduce_retracing=True)
    def predict(images: tf.Tensor, image_size: int) -> tf.Tensor:
        return tf.nn.softmax(model(resize(to_unit_range(images), image_size), training=False))

    return predict


def _finite(losses: Sequence[tf.Tensor], step: int) -> list[float]:
    numbers = [float(loss) for loss in losses]
    if not math.isfinite(numbers[-1]):
        raise TrainingDiverged(f"the loss is {numbers[-1]}", step)
    return numbers
