from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util.tensor_util import make_ndarray

from inference.training.evaluation.summaries import Summaries
from inference.training.from_scratch.config import Phase
from inference.training.from_scratch.tensorboard import TensorBoard
from inference.training.from_scratch.train import train
from tests.support.training import CLASSES, CONFIG, coloured_squares, tiny_network


def test_a_run_shows_its_curves_its_weights_and_what_it_took_for_something_else(tmp_path: Path) -> None:
    validation = coloured_squares(60, seed=1)
    # The labels are wrong on purpose, so that images are misclassified.
    validation.labels[:5] = (validation.labels[:5] + 1) % 3
    with Summaries(tmp_path / "board") as summaries:
        train(
            tiny_network,
            coloured_squares(96),
            validation,
            config=replace(CONFIG, phases=(Phase(8, 2),)),
            directory=tmp_path / "run",
            report=lambda _: None,
            board=TensorBoard(summaries, validation, CLASSES),
        )
    events = EventAccumulator(str(tmp_path / "board"), size_guidance={"tensors": 0}).Reload()
    written = {tag: [event.step for event in events.Tensors(tag)] for tag in events.Tags()["tensors"]}
    # Two epochs of six steps, with a checkpoint every third step.
    assert written["training/loss"] == written["training/learning_rate"] == list(range(3, 13, 3))
    assert written["validation/top1"] == written["validation/loss"] == [6, 12]
    assert written["weights/conv/kernel"] == [6, 12]
    assert written["misclassified"][-1] == 12
    png = events.Tensors("misclassified")[-1].tensor_proto.string_val[2]
    assert png.startswith(b"\x89PNG")
    losses = [float(make_ndarray(event.tensor_proto)) for event in events.Tensors("training/loss")]
    assert 0 < losses[-1] < losses[0]
