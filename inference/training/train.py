"""Training from scratch: progressive resizing, one learning rate cycle, checkpoints that resume exactly.

Everything random is a function of (seed, step), so a run that was killed continues with the same batches in the same
order and with the same augmentation as one that was not.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from inference.training.augmentation import Augmentation, augment, resize, to_unit_range
from inference.training.dataset import LabelledImages
from inference.training.errors import DatasetError, TrainingDiverged


@dataclass(frozen=True, slots=True)
class Phase:
    """A number of epochs at one image side, in pixels."""

    image_size: int
    epochs: int


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """Hyperparameters of one run.

    Attributes:
        phases: progressive resizing, small images first.
        batch_size: images a step; the last, smaller batch of an epoch is dropped.
        peak_learning_rate: reached after `warmup_epochs`, then falls linearly to zero at the end of the last phase.
        momentum: of SGD with Nesterov's correction.
        weight_decay: decoupled, times the learning rate, on kernels only.
        label_smoothing: share of the target spread over all classes.
        teacher_share: weight of a teacher's scores in the targets, in [0, 1]; the labels have the rest.
        augmentation: of the images.
        seed: of the batches' order, the augmentation, the initial weights and the dropout.
        checkpoint_every_steps: and at the end of each epoch.
    """

    phases: tuple[Phase, ...]
    batch_size: int = 128
    peak_learning_rate: float = 0.2
    warmup_epochs: float = 1.0
    momentum: float = 0.9
    weight_decay: float = 5e-3
    label_smoothing: float = 0.1
    teacher_share: float = 0.5
    augmentation: Augmentation = field(default_factory=Augmentation)
    seed: int = 0
    checkpoint_every_steps: int = 400


@dataclass(frozen=True, slots=True)
class EpochReport:
    """What one epoch brought; accuracies over the whole validation set, in [0, 1]."""

    epoch: int
    image_size: int
    loss: float
    top1: float
    top5: float
    images_per_s: float


def train(
    build: Callable[[], keras.Model],
    training: LabelledImages,
    validation: LabelledImages,
    *,
    config: TrainingConfig,
    directory: Path,
    report: Callable[[EpochReport], None],
    taught: npt.NDArray[np.float16] | None = None,
) -> keras.Model:
    """Train a network of logits from scratch, or go on from the newest checkpoint in `directory`.

    Args:
        build: makes the untrained model: float32 (batch, height, width, 3) in [-1, 1] -> logits (batch, classes).
        training: images to learn from.
        validation: images to report on after each epoch, at the phase's image size.
        config: hyperparameters; a resumed run must be given the same ones to reach the same result.
        directory: for checkpoints and `history.jsonl`; made if absent.
        report: called after each epoch.
        taught: (training images, classes), a teacher's scores in [0, 1], to learn beside the labels.

    Returns:
        The trained model.

    Raises:
        TrainingDiverged: the loss is no longer a number; the last checkpoint is from before.
        DatasetError: fewer training images than one batch.
    """
    steps_per_epoch = len(training) // config.batch_size
    if steps_per_epoch == 0:
        raise DatasetError(f"expected at least one batch of {config.batch_size} images. Received: {len(training)}")
    directory.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(config.seed)
    model = build()
    optimizer = keras.optimizers.SGD(
        config.peak_learning_rate, momentum=config.momentum, nesterov=True, weight_decay=config.weight_decay
    )
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    optimizer.build(model.trainable_variables)
    step = tf.Variable(0, dtype=tf.int64, name="step")
    checkpoints = tf.train.CheckpointManager(
        tf.train.Checkpoint(model=model, optimizer=optimizer, step=step), str(directory), max_to_keep=2
    )
    if checkpoints.latest_checkpoint:
        checkpoints.checkpoint.restore(checkpoints.latest_checkpoint).assert_consumed()
    train_step = _train_step(model, optimizer, config)
    one_hot = np.eye(model.output_shape[-1], dtype=np.float32)
    epochs = [phase.image_size for phase in config.phases for _ in range(phase.epochs)]
    first_epoch, first_batch = divmod(int(step), steps_per_epoch)
    for epoch in range(first_epoch, len(epochs)):
        order = np.random.default_rng([config.seed, epoch]).permutation(len(training))
        losses: list[tf.Tensor] = []
        started = time.perf_counter()
        for batch in range(first_batch, steps_per_epoch):
            chosen = order[batch * config.batch_size : (batch + 1) * config.batch_size]
            optimizer.learning_rate = learning_rate(int(step), steps_per_epoch, len(epochs), config)
            seed = tf.constant([config.seed, int(step)], tf.int32)
            targets = one_hot[training.labels[chosen]]
            if taught is not None:
                targets = blend(targets, taught[chosen].astype(np.float32), config.teacher_share)
            losses.append(train_step(training.images[chosen], targets, seed, epochs[epoch]))
            step.assign_add(1)
            if int(step) % config.checkpoint_every_steps == 0:
                _check_finite(losses, int(step))
                checkpoints.save(checkpoint_number=int(step))
        elapsed_s = time.perf_counter() - started
        _check_finite(losses, int(step))
        checkpoints.save(checkpoint_number=int(step))
        top1, top5 = top_k_accuracy(model, validation, image_size=epochs[epoch])
        outcome = EpochReport(
            epoch=epoch + 1,
            image_size=epochs[epoch],
            loss=float(np.mean([float(loss) for loss in losses])) if losses else math.nan,
            top1=top1,
            top5=top5,
            images_per_s=len(losses) * config.batch_size / elapsed_s,
        )
        with (directory / "history.jsonl").open("a") as history:
            history.write(json.dumps(asdict(outcome)) + "\n")
        report(outcome)
        first_batch = 0
    return model


def learning_rate(step: int, steps_per_epoch: int, epochs: int, config: TrainingConfig) -> float:
    """Linear warm-up to the peak, then linear to zero at the last step."""
    warmup = config.warmup_epochs * steps_per_epoch
    if step < warmup:
        return config.peak_learning_rate * (step + 1) / warmup
    return config.peak_learning_rate * max(0.0, 1.0 - (step - warmup) / (epochs * steps_per_epoch - warmup))


def blend(targets: npt.NDArray[np.float32], taught: npt.NDArray[np.float32], share: float) -> npt.NDArray[np.float32]:
    """Mix a teacher's scores into targets, (batch, classes) both.

    What the teacher gives to classes that the student does not have goes to the student's own target, so that each row
    still sums to 1.
    """
    missing = 1.0 - taught.sum(axis=1, keepdims=True)
    return np.asarray(share * (taught + missing * targets) + (1.0 - share) * targets, np.float32)


def top_k_accuracy(
    model: keras.Model, data: LabelledImages, *, image_size: int, ks: Sequence[int] = (1, 5)
) -> tuple[float, ...]:
    """Share of images whose class is among the k highest logits, for each k."""
    batch_size = 250

    @tf.function
    def ranks(images: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        logits = model(resize(to_unit_range(images), image_size), training=False)
        own = tf.gather(logits, labels, batch_dims=1)[:, None]
        return tf.reduce_sum(tf.cast(logits > own, tf.int32), axis=1)

    found = np.concatenate(
        [
            ranks(data.images[start : start + batch_size], data.labels[start : start + batch_size]).numpy()
            for start in range(0, len(data), batch_size)
        ]
    )
    return tuple(float(np.mean(found < k)) for k in ks)


def _train_step(
    model: keras.Model, optimizer: keras.optimizers.Optimizer, config: TrainingConfig
) -> Callable[..., tf.Tensor]:
    loss_of = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=config.label_smoothing)

    @tf.function
    def train_step(images: tf.Tensor, targets: tf.Tensor, seed: tf.Tensor, image_size: int) -> tf.Tensor:
        inputs = augment(to_unit_range(images), image_size, seed, config.augmentation)
        with tf.GradientTape() as tape:
            loss = loss_of(targets, model(inputs, training=True))
        optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
        return loss

    return train_step


def _check_finite(losses: Sequence[tf.Tensor], step: int) -> None:
    if losses and not math.isfinite(float(losses[-1])):
        raise TrainingDiverged(float(losses[-1]), step)
