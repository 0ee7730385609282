"""The options of `labelbot train`, and the recipe that they become."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from inference.commands.models import Home
from inference.commands.options import usage_errors
from inference.system.stderr import quiet_tensorflow

if TYPE_CHECKING:
    from inference.training.from_scratch.config import Optimizer, Phase, Precision, Schedule, TrainingConfig
    from inference.training.from_scratch.settings import Recipe

PHASES = re.compile(r"\d+:\d+(,\d+:\d+)*")
# Options whose names differ from those of their settings.
OPTION_NAMES = {"peak_learning_rate": "--learning-rate", "checkpoint_every_steps": "--checkpoint-every"}


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """The options of the command, by the names of its parameters."""

    data: Annotated[Path, typer.Argument(help="Folder of TFRecords, or of images in a folder a class.")]
    name: Annotated[str, typer.Option("--out", "--name", help="Name of the new model.", show_default=False)]
    network: Annotated[str, typer.Option(help="inception-mini or inception-v3.")] = "inception-mini"
    phases: Annotated[
        str, typer.Option(help="Image side in pixels and number of epochs, as SIDE:EPOCHS,...; small images first.")
    ] = "32:6,48:5,64:6"
    batch_size: Annotated[int, typer.Option(help="Number of images in a step.")] = 128
    optimizer: Annotated[str, typer.Option(help="sgd (with Nesterov's momentum), adamw or rmsprop.")] = "sgd"
    learning_rate: Annotated[
        float | None, typer.Option(help="Peak learning rate.", show_default="0.2, adamw 0.002, rmsprop 0.045")
    ] = None
    schedule: Annotated[
        str, typer.Option(help="How the learning rate falls: linear, cosine or exponential; or one-cycle.")
    ] = "linear"
    warmup_epochs: Annotated[
        float, typer.Option(help="Number of epochs in which the learning rate rises to its peak.")
    ] = 1.0
    decay: Annotated[float, typer.Option(help="Factor of the exponential schedule.")] = 0.94
    decay_epochs: Annotated[
        float, typer.Option(help="Number of epochs for one factor of the exponential schedule.")
    ] = 2.0
    momentum: Annotated[float, typer.Option(help="Momentum (sgd, rmsprop).")] = 0.9
    weight_decay: Annotated[
        float | None, typer.Option(help="Decoupled weight decay of the kernels.", show_default="0.005, adamw 0.05")
    ] = None
    label_smoothing: Annotated[float, typer.Option(help="Share of the target that is spread over all classes.")] = 0.1
    averaging: Annotated[
        float, typer.Option(help="Share of the moving average of the weights that a step keeps; 0 for no average.")
    ] = 0.0
    precision: Annotated[str, typer.Option(help="Activation precision: bfloat16 or float32.")] = "bfloat16"
    teacher: Annotated[str | None, typer.Option(help="Installed model whose scores are targets beside the labels.")] = (
        None
    )
    teacher_share: Annotated[float, typer.Option(help="Weight of the teacher's scores; the labels have the rest.")] = (
        0.5
    )
    init_from: Annotated[
        str | None, typer.Option(help="Model that `train` made, or .keras file, whose weights training begins with.")
    ] = None
    exclude: Annotated[
        str, typer.Option(metavar="BLOCKS", help="Blocks that begin with random weights, for example logits.")
    ] = ""
    train_only: Annotated[
        str, typer.Option(metavar="BLOCKS", help="Train only these blocks, for example mixed3_1,logits.")
    ] = ""
    seed: Annotated[int, typer.Option(help="Random seed.")] = 0
    work: Annotated[
        Path | None,
        typer.Option(help="Folder of the run, for checkpoints.", show_default="training/NAME in the models' home"),
    ] = None
    checkpoint_every: Annotated[int, typer.Option(help="Number of steps between checkpoints.")] = 400
    resume: Annotated[bool, typer.Option("--resume", help="Resume from the newest checkpoint.")] = False
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Write summaries for TensorBoard.")] = False
    licence: Annotated[str, typer.Option(help="SPDX identifier of the new model's licence.")] = "unknown"
    replace: Annotated[bool, typer.Option("--replace", help="Replace an installed model of this name.")] = False
    bundle: Annotated[
        Path | None, typer.Option(help="Write the model's files into this folder instead of installing it.")
    ] = None
    home: Home = None

    def recipe(self, command: str) -> Recipe:
        """Return the recipe of the training.

        Args:
            command: command line that trains such a model, for the model card.

        Raises:
            BadParameter: an option is out of its range.
        """
        with quiet_tensorflow():
            from inference.training.from_scratch.settings import Recipe

        with usage_errors(OPTION_NAMES):
            return Recipe(
                name=self.name,
                network=self.network,
                config=self._config(),
                licence=self.licence,
                command=command,
                init_from=self.init_from,
                exclude=tuple(filter(None, self.exclude.split(","))),
                train_only=tuple(filter(None, self.train_only.split(","))),
                teacher=self.teacher,
            )

    def _config(self) -> TrainingConfig:
        from inference.training.from_scratch.config import TrainingConfig
        from inference.training.from_scratch.optimizers import USUAL_RATES

        # TrainingConfig refuses other names.
        optimizer = cast("Optimizer", self.optimizer)
        rate, weight_decay = USUAL_RATES.get(optimizer, (math.nan, math.nan))
        return TrainingConfig(
            phases=self._phases(),
            batch_size=self.batch_size,
            optimizer=optimizer,
            schedule=cast("Schedule", self.schedule),
            peak_learning_rate=rate if self.learning_rate is None else self.learning_rate,
            warmup_epochs=self.warmup_epochs,
            decay=self.decay,
            decay_epochs=self.decay_epochs,
            momentum=self.momentum,
            weight_decay=weight_decay if self.weight_decay is None else self.weight_decay,
            label_smoothing=self.label_smoothing,
            averaging=self.averaging,
            precision=cast("Precision", self.precision),
            teacher_share=self.teacher_share,
            seed=self.seed,
            checkpoint_every_steps=self.checkpoint_every,
        )

    def _phases(self) -> tuple[Phase, ...]:
        from inference.training.from_scratch.config import Phase

        if not PHASES.fullmatch(self.phases):
            raise typer.BadParameter(f"expected SIDE:EPOCHS,... Received: {self.phases!r}", param_hint="--phases")
        pairs = (part.split(":") for part in self.phases.split(","))
        return tuple(Phase(int(side), int(epochs)) for side, epochs in pairs)
