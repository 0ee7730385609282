from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from inference.training.errors import CheckpointError, TrainingDiverged
from inference.training.from_scratch.averaging import WeightAverage
from inference.training.from_scratch.checkpoints import Checkpoints, has_checkpoint
from inference.training.from_scratch.optimizers import build_optimizer
from tests.support.training import CONFIG, tiny_network


def checkpoints(directory: Path, model: keras.Model, *, averaging: bool = False) -> Checkpoints:
    average = WeightAverage(model, 0.9) if averaging else None
    return Checkpoints(directory, model=model, optimizer=build_optimizer(model, CONFIG), average=average)


def test_weights_come_back_with_their_step_and_the_two_newest_are_kept(tmp_path: Path) -> None:
    saved = tiny_network()
    assert not has_checkpoint(tmp_path)
    assert checkpoints(tmp_path, saved).restore() == 0
    for step in (3, 6, 9):
        checkpoints(tmp_path, saved).save(step)
    assert has_checkpoint(tmp_path)
    assert sorted(path.stem for path in tmp_path.glob("ckpt-*.index")) == ["ckpt-6", "ckpt-9"]
    restored = tiny_network()
    assert checkpoints(tmp_path, restored).restore() == 9
    for ours, theirs in zip(restored.get_weights(), saved.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_another_network_and_damage_are_refused(tmp_path: Path) -> None:
    checkpoints(tmp_path, tiny_network()).save(3)
    with pytest.raises(CheckpointError, match=r"a checkpoint of this network and optimiser in .*ckpt-3"):
        checkpoints(tmp_path, tiny_network(classes=4)).restore()
    with pytest.raises(CheckpointError, match="this network and optimiser"):
        checkpoints(tmp_path, tiny_network(), averaging=True).restore()
    (tmp_path / "ckpt-3.data-00000-of-00001").write_bytes(b"damaged")
    with pytest.raises(CheckpointError, match="this network and optimiser"):
        checkpoints(tmp_path, tiny_network()).restore()


def test_weights_that_are_no_numbers_are_not_written(tmp_path: Path) -> None:
    model = tiny_network()
    checkpoints(tmp_path, model).save(3)
    model.get_layer("conv").set_weights([np.full((3, 3, 3, 8), np.nan), np.zeros(8)])
    with pytest.raises(TrainingDiverged, match=r"no longer finite after step 6: .*lower learning rate"):
        checkpoints(tmp_path, model).save(6)
    assert checkpoints(tmp_path, tiny_network()).restore() == 3


@pytest.mark.slow
def test_a_full_disk_is_told_and_the_last_checkpoint_stays(tmp_path: Path) -> None:
    """The process may write no more than a few kilobytes into a file, which fails like a full disk."""
    command = [sys.executable, "-m", "tests.inference.training.from_scratch.test_checkpoints", str(tmp_path)]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[4], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout.startswith("OSError: the checkpoint of step 6 cannot be written: "), done.stderr
    assert checkpoints(tmp_path, tiny_network()).restore() == 3


if __name__ == "__main__":
    import resource

    folder = checkpoints(Path(sys.argv[1]), tiny_network())
    folder.save(3)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
    try:
        folder.save(6)
    except OSError as error:
        sys.stdout.write(f"{type(error).__name__}: {error}")
