"""The options of `labelbot train`, and their conversion to a recipe."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
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
# Options by the names of their settings, if the two names differ.
OPTION_NAMES = {"peak_learning_rate": "--learning-rate", "checkpoint_every_steps": "--checkpoint-every"}


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """The options of the command; each field is a parameter."""

    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="Folder of TFRecords, or of images with one folder per class.")
    ]
    name: Annotated[str, typer.Option("--out", "--name", help="Name of the new model.", show_default=False)]
    network: Annotated[str, typer.Option(help="Architecture: inception-mini or inception-v3.")] = "inception-mini"
    phases: Annotated[
        str,
        typer.Option(
            help="Phases of training as SIDE:EPOCHS,..., with the image side in pixels; sides must not shrink."
        ),
    ] = "32:6,48:5,64:6"
    batch_size: Annotated[
        int | None,
        typer.Option(
            help="Number of images per training step.", show_default="128; fewer for less than 1,024 training images"
        ),
    ] = None
    optimizer: Annotated[str, typer.Option(help="Optimiser: sgd (with Nesterov momentum), adamw or rmsprop.")] = "sgd"
    learning_rate: Annotated[
        float | None, typer.Option(help="Peak learning rate.", show_default="0.2, adamw 0.002, rmsprop 0.045")
    ] = None
    schedule: Annotated[
        str, typer.Option(help="Schedule of the learning rate: linear, cosine, exponential or one-cycle.")
    ] = "linear"
    warmup_epochs: Annotated[
        float, typer.Option(help="Number of epochs in which the learning rate rises to its peak.")
    ] = 1.0
    decay: Annotated[
        float, typer.Option(help="Exponential schedule: factor of the learning rate per --decay-epochs.")
    ] = 0.94
    decay_epochs: Annotated[
        float, typer.Option(help="Exponential schedule: number of epochs after which --decay has applied once.")
    ] = 2.0
    momentum: Annotated[float, typer.Option(help="Momentum of sgd and rmsprop.")] = 0.9
    weight_decay: Annotated[
        float | None, typer.Option(help="Decoupled weight decay of the kernels.", show_default="0.005, adamw 0.05")
    ] = None
    label_smoothing: Annotated[float, typer.Option(help="Share of the target that is spread over all classes.")] = 0.1
    averaging: Annotated[
        float, typer.Option(help="Decay of the moving average of the weights, for example 0.999; 0 for no average.")
    ] = 0.0
    precision: Annotated[str, typer.Option(help="Precision of the activations: bfloat16 or float32.")] = "bfloat16"
    teacher: Annotated[
        str | None, typer.Option(help="Installed model whose scores the network learns beside the labels.")
    ] = None
    teacher_share: Annotated[
        float, typer.Option(help="Share of the teacher's scores in the targets; the labels have the rest.")
    ] = 0.5
    init_from: Annotated[
        str | None,
        typer.Option(help="Source of the initial weights: a model from `labelbot train`, or a .keras file."),
    ] = None
    exclude: Annotated[
        str,
        typer.Option(
            metavar="BLOCKS", help="Blocks, such as logits, that start with random weights despite --init-from."
        ),
    ] = ""
    train_only: Annotated[
        str,
        typer.Option(metavar="BLOCKS", help="Blocks to train, such as mixed3_1,logits; the others keep their weights."),
    ] = ""
    seed: Annotated[int, typer.Option(help="Random seed of the run.")] = 0
    work: Annotated[
        Path | None,
        typer.Option(help="Folder of the run, with its checkpoints.", show_default="training/NAME in the models' home"),
    ] = None
    checkpoint_every: Annotated[int, typer.Option(help="Number of steps between checkpoints.")] = 400
    resume: Annotated[bool, typer.Option("--resume", help="Resume the run from its newest checkpoint.")] = False
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Write summaries for TensorBoard.")] = False
    licence: Annotated[str, typer.Option(help="SPDX identifier of the new model's licence.")] = "unknown"
    replace: Annotated[bool, typer.Option("--replace", help="Replace an installed model of this name.")] = False
    bundle: Annotated[
        Path | None, typer.Option(help="New folder for the model's files; the model is then not installed.")
    ] = None
    home: Home = None

    def recipe(self, command: str) -> Recipe:
        """Return the recipe of the training.

        Args:
            command: command line that repeats the training, for the model card.

        Raises:
            BadParameter: an option is out of range.
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

    def fitted(self, config: TrainingConfig, images: int) -> TrainingConfig:
        """Return settings whose batch size and learning rate suit the data, unless options name them.

        The rate falls in proportion to the batch size (Goyal et al., "Accurate, Large Minibatch SGD", 2017).

        Args:
            config: settings of the recipe from `recipe`.
            images: number of training images.

        Raises:
            BadParameter: the batch size that the option names is too large.
        """
        from inference.training.from_scratch.config import USUAL_BATCH, fit_batch_size

        if self.batch_size is not None:
            if self.batch_size > images:
                reason = f"expected at most {images:,}, the number of training images. Received: {self.batch_size}"
                raise typer.BadParameter(reason, param_hint="--batch-size")
            return config
        size, rate = fit_batch_size(images), config.peak_learning_rate
        if self.learning_rate is None:
            rate *= size / USUAL_BATCH
        return replace(config, batch_size=size, peak_learning_rate=rate)

    def _config(self) -> TrainingConfig:
        from inference.training.from_scratch.config import USUAL_BATCH, TrainingConfig
        from inference.training.from_scratch.optimizers import USUAL_RATES

        # TrainingConfig rejects unknown names.
        optimizer = cast("Optimizer", self.optimizer)
        rate, weight_decay = USUAL_RATES.get(optimizer, (math.nan, math.nan))
        return TrainingConfig(
            phases=self._phases(),
            batch_size=USUAL_BATCH if self.batch_size is None else self.batch_size,
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
