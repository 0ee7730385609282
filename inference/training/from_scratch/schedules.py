"""Schedules of the learning rate."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inference.training.from_scratch.config import TrainingConfig

# PyTorch's defaults for one cycle. The rise takes 30 % of the steps, and starts at 1/25 of the peak. The fall ends at
# 1/10,000 of the rate at the start.
RISE = 0.3
START = 1 / 25
END = START / 1e4


def learning_rate(step: int, *, steps_per_epoch: int, config: TrainingConfig) -> float:
    """Return the learning rate of a step, from 0 to the peak.

    "linear" rises to the peak during the warm-up, and then falls in a straight line to 0 at the end. "cosine" has the
    same warm-up, and falls to 0 in half a cosine (Loshchilov and Hutter, "SGDR", arXiv:1608.03983). "exponential" has
    the same warm-up, and falls by the same factor in each step. "one-cycle" has a long rise, and rises and falls in
    half cosines (Smith and Topin, "Super-Convergence", arXiv:1708.07120).

    Args:
        step: number of the step, from 0; steps after the end of the training have the rate at the end.
        steps_per_epoch: number of batches per epoch.
        config: settings with the schedule, its peak and its duration.
    """
    total = len(config.image_sizes) * steps_per_epoch
    warmup = config.warmup_epochs * steps_per_epoch
    step = min(step, total)
    if config.schedule == "one-cycle":
        share = _one_cycle(step / total)
    elif step < warmup:
        share = min(1.0, (step + 1) / warmup)
    elif config.schedule == "exponential":
        share = config.decay ** ((step - warmup) / (config.decay_epochs * steps_per_epoch))
    elif config.schedule == "cosine":
        share = _cosine(1.0, 0.0, (step - warmup) / max(1.0, total - warmup))
    else:
        share = 1.0 - (step - warmup) / max(1.0, total - warmup)
    return config.peak_learning_rate * share


def _one_cycle(done: float) -> float:
    if done < RISE:
        return _cosine(START, 1.0, done / RISE)
    return _cosine(1.0, END, (done - RISE) / (1.0 - RISE))


def _cosine(start: float, end: float, done: float) -> float:
    """Interpolate from start to end along half a cosine; `done` is in [0, 1]."""
    return end + (start - end) * (1.0 + math.cos(math.pi * done)) / 2.0
