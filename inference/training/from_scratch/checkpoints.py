"""The state of a run on disk: its checkpoints, and its settings, which a resumed run must not change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from inference.errors import naming
from inference.training.errors import CheckpointError, TrainingDiverged
from inference.training.from_scratch.averaging import WeightAverage

SETTINGS_FILE = "settings.json"
# Names of the settings that a resumed run may change: a run that diverged can resume with a lower learning rate.
CHANGEABLE = ("peak_learning_rate",)


class Checkpoints:
    """The checkpoints in a folder.

    A checkpoint has the state of the network and the optimiser, the step and, if there is one, the average of the
    weights. A checkpoint on disk is always complete. The two newest checkpoints are kept.
    """

    def __init__(
        self,
        directory: Path,
        *,
        model: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        average: WeightAverage | None,
    ) -> None:
        """Open a folder, which is created if absent.

        Args:
            directory: folder of the run.
            model: network to save and restore.
            optimizer: optimiser of the network.
            average: moving average of the network's weights; None if there is no average.

        Raises:
            OSError: the folder cannot be created.
        """
        directory.mkdir(parents=True, exist_ok=True)
        self._step = tf.Variable(0, dtype=tf.int64, name="step")
        parts = {"model": model, "optimizer": optimizer, "step": self._step}
        self._variables = [*model.variables, *optimizer.variables]
        if average is not None:
            parts["average"] = average
        self._manager = tf.train.CheckpointManager(tf.train.Checkpoint(**parts), str(directory), max_to_keep=2)

    def restore(self) -> int:
        """Restore the newest checkpoint, if there is one; return the number of steps done.

        Raises:
            CheckpointError: the checkpoint is damaged, or belongs to another network or optimiser.
        """
        latest = self._manager.latest_checkpoint
        if latest is None:
            return 0
        try:
            self._manager.checkpoint.restore(latest).assert_consumed()
        except (AssertionError, ValueError, LookupError, RuntimeError, tf.errors.OpError) as error:
            reason = str(error).splitlines()[0]
            raise CheckpointError(
                f"expected a checkpoint of this network and optimiser in {latest}. Received: {reason}"
            ) from error
        return int(self._step)

    def save(self, step: int) -> None:
        """Write a checkpoint after a number of steps.

        Raises:
            TrainingDiverged: a weight is infinite or NaN; the last checkpoint stays.
            OSError: the checkpoint cannot be written, for example because the disk is full.
        """
        if not all(np.isfinite(variable.numpy()).all() for variable in self._variables):
            raise TrainingDiverged("the weights are no longer finite", step)
        self._step.assign(step)
        try:
            self._manager.save(checkpoint_number=step)
        except tf.errors.OpError as error:
            raise OSError(f"the checkpoint of step {step} cannot be written: {error.message}") from error


def has_checkpoint(directory: Path) -> bool:
    """Return whether a folder has a checkpoint to resume from."""
    return tf.train.latest_checkpoint(str(directory)) is not None


def check_settings(directory: Path, settings: Mapping[str, Any]) -> None:
    """Write the settings of a run into its folder. If there is a checkpoint, first compare them with the old settings.

    Args:
        directory: folder of the run; created if absent.
        settings: settings as plain values; only the settings in `CHANGEABLE` may differ.

    Raises:
        CheckpointError: a setting that is not in `CHANGEABLE` differs.
        OSError: the file cannot be written.
    """
    file = directory / SETTINGS_FILE
    settings = json.loads(json.dumps(settings))
    if has_checkpoint(directory) and file.exists():
        began = json.loads(file.read_text(encoding="utf-8"))
        names = sorted(name for name in began.keys() | settings.keys() if began.get(name) != settings.get(name))
        if changed := [name for name in names if name not in CHANGEABLE]:
            raise CheckpointError(
                f"expected the settings that the run in {directory} began with: "
                f"{', '.join(f'{name} {began.get(name)}' for name in changed)}. "
                f"Received: {', '.join(f'{name} {settings.get(name)}' for name in changed)}"
            )
    directory.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial")
    with naming(file):
        partial.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
    partial.replace(file)
