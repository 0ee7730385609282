"""What augmentation, schedule, order and reports cost beside the network: `pytest -m benchmark -s tests/benchmarks`."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from statistics import median

import keras
import numpy as np
import pytest

from inference.networks.inception_mini import inception_mini
from inference.training.data.dataset import LabelledImages
from inference.training.from_scratch.augmentation import Augmentation
from inference.training.from_scratch.config import Phase, TrainingConfig
from inference.training.from_scratch.history import EpochReport
from inference.training.from_scratch.optimizers import build_optimizer
from inference.training.from_scratch.train import precision, train

SIDE, CLASSES, BATCH, STEPS, ROUNDS = 64, 200, 128, 20, 4
# Whole images, so that both sides train on 64 x 64 pixels.
CONFIG = TrainingConfig(
    phases=(Phase(SIDE, 1 + ROUNDS),), batch_size=BATCH, augmentation=replace(Augmentation(), crop=1.0)
)


class BareLoop:
    """The same network and optimiser, fed the same batch by `train_on_batch` again and again."""

    def __init__(self) -> None:
        with precision(CONFIG.precision):
            self._model = inception_mini(CLASSES)
        loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=CONFIG.label_smoothing)
        self._model.compile(build_optimizer(self._model, CONFIG), loss, jit_compile=False)
        rng = np.random.default_rng(0)
        self._images = rng.uniform(-1, 1, (BATCH, SIDE, SIDE, 3)).astype(np.float32)
        self._targets = np.eye(CLASSES, dtype=np.float32)[rng.integers(0, CLASSES, BATCH)]
        self._model.train_on_batch(self._images, self._targets)

    def images_per_s(self) -> float:
        began_s = time.perf_counter()
        for _ in range(STEPS):
            self._model.train_on_batch(self._images, self._targets)
        return STEPS * BATCH / (time.perf_counter() - began_s)


@pytest.mark.benchmark
def test_training_is_as_fast_as_a_bare_loop_of_steps(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    count = STEPS * BATCH
    data = LabelledImages(
        rng.integers(0, 256, (count, SIDE, SIDE, 3), dtype=np.uint8), rng.integers(0, CLASSES, count).astype(np.int32)
    )
    bare = BareLoop()
    turns: list[tuple[float, float]] = []

    def take_turns(report: EpochReport) -> None:
        # The first epoch traces the step.
        if report.epoch > 1:
            turns.append((report.images_per_s, bare.images_per_s()))

    sample = LabelledImages(data.images[:BATCH], data.labels[:BATCH])
    train(lambda: inception_mini(CLASSES), data, sample, config=CONFIG, directory=tmp_path, report=take_turns)
    for ours, theirs in turns:
        print(f"\n{ours:.0f} images/s in training, {theirs:.0f} in a bare loop", end="")
    ratio = median(ours / theirs for ours, theirs in turns)
    print(f"\nmedian ratio {ratio:.3f}; the goal is at least 0.9")
    assert len(turns) == ROUNDS
