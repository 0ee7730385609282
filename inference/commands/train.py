"""`labelbot train`: a network from scratch, or from another one's weights."""

from __future__ import annotations

import math
import re
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inference.commands.command_line import command_line
from inference.commands.models import Home, home_folder, open_store
from inference.commands.network_options import read_network_options
from inference.commands.progress import progress_bar
from inference.system.extras import require_extra
from inference.system.stderr import quiet_tensorflow

if TYPE_CHECKING:
    from inference.models.bundle import Bundle, ModelSpec
    from inference.models.store import ModelStore
    from inference.training.data.training_data import TrainingData
    from inference.training.evaluation.evaluate import Evaluation
    from inference.training.from_scratch.config import Phase
    from inference.training.from_scratch.history import EpochReport, StepReport
    from inference.training.from_scratch.recipe import Install
    from inference.training.from_scratch.settings import Recipe
    from inference.training.from_scratch.tensorboard import TensorBoard

PHASES = re.compile(r"\d+:\d+(,\d+:\d+)*")
# Options whose names are not those of the settings.
OPTIONS = {"peak_learning_rate": "--learning-rate", "checkpoint_every_steps": "--checkpoint-every"}
# What does not belong to the command that trains a model again.
OF_ONE_RUN = ("home", "work", "resume", "replace", "tensorboard")


def train(
    context: typer.Context,
    data: Annotated[Path, typer.Argument(help="Folder of TFRecords, or of images in a folder a class.")],
    name: Annotated[str, typer.Option("--out", "--name", help="Name of the new model.", show_default=False)],
    network: Annotated[str, typer.Option(help="inception-mini or inception-v3.")] = "inception-mini",
    phases: Annotated[
        str, typer.Option(help="Image side in pixels and number of epochs, as SIDE:EPOCHS,...; small images first.")
    ] = "32:6,48:5,64:6",
    batch_size: Annotated[int, typer.Option(help="Images a step.")] = 128,
    optimizer: Annotated[str, typer.Option(help="sgd (with Nesterov's momentum), adamw or rmsprop.")] = "sgd",
    learning_rate: Annotated[
        float | None, typer.Option(help="The peak.", show_default="0.2, adamw 0.002, rmsprop 0.045")
    ] = None,
    schedule: Annotated[
        str, typer.Option(help="How the learning rate falls: linear, cosine or exponential; or one-cycle.")
    ] = "linear",
    warmup_epochs: Annotated[float, typer.Option(help="In which the learning rate rises to its peak.")] = 1.0,
    decay: Annotated[float, typer.Option(help="Factor of the exponential schedule ...")] = 0.94,
    decay_epochs: Annotated[float, typer.Option(help="... for so many epochs.")] = 2.0,
    momentum: Annotated[float, typer.Option(help="Of sgd and rmsprop.")] = 0.9,
    weight_decay: Annotated[
        float | None, typer.Option(help="Decoupled, of kernels only.", show_default="0.005, adamw 0.05")
    ] = None,
    label_smoothing: Annotated[float, typer.Option(help="Share of the target for all classes.")] = 0.1,
    averaging: Annotated[
        float, typer.Option(help="Share of the moving average of the weights that a step keeps; 0 for none.")
    ] = 0.0,
    precision: Annotated[str, typer.Option(help="Of the activations: bfloat16 or float32.")] = "bfloat16",
    teacher: Annotated[
        str | None, typer.Option(help="Installed model whose scores are learnt beside the labels.")
    ] = None,
    teacher_share: Annotated[
        float, typer.Option(help="Weight of the teacher's scores; the labels have the rest.")
    ] = 0.5,
    init_from: Annotated[
        str | None, typer.Option(help="Model trained here, or a .keras file, whose weights to begin with.")
    ] = None,
    exclude: Annotated[
        str, typer.Option(metavar="BLOCKS", help="Begin with random weights there all the same, as in logits.")
    ] = "",
    train_only: Annotated[
        str, typer.Option(metavar="BLOCKS", help="Leave all others as they began, as in mixed3_1,logits.")
    ] = "",
    seed: Annotated[int, typer.Option(help="Of everything random.")] = 0,
    work: Annotated[
        Path | None,
        typer.Option(help="Folder of the run, for checkpoints.", show_default="training/NAME in the models' home"),
    ] = None,
    checkpoint_every: Annotated[int, typer.Option(help="Steps between checkpoints.")] = 400,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the newest checkpoint.")] = False,
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Write what TensorBoard shows.")] = False,
    licence: Annotated[str, typer.Option(help="SPDX identifier of the new model's licence.")] = "unknown",
    replace: Annotated[bool, typer.Option("--replace", help="Take the place of a model of this name.")] = False,
    bundle: Annotated[
        Path | None, typer.Option(help="Write the model's files into this folder instead of installing it.")
    ] = None,
    home: Home = None,
) -> None:
    """Train a network and install it. It begins from scratch, or from the weights of another one."""
    require_extra("tensorflow", "to train")
    store = open_store(home)
    install = _installer(store, name, bundle, replace=replace)
    recipe = _read_recipe(context)
    work = work or home_folder(home) / "training" / name
    _expect_run(work, resume=resume)
    _expect_models(recipe, store)
    made, outcome = _run(recipe, data, store, work, install, tensorboard=tensorboard)
    where = f"wrote {bundle}" if bundle else f"installed {name}"
    print(
        f"{where}, version {made.spec.version}: top-1 {outcome.top1:.1%}, top-5 {outcome.top5:.1%} "
        f'on {outcome.images:,} validation images; "not sure" under {made.spec.threshold:.2f}'
    )


def _run(
    recipe: Recipe, data: Path, store: ModelStore, work: Path, install: Install, *, tensorboard: bool
) -> tuple[Bundle, Evaluation]:
    from inference.training.data.training_data import load_data
    from inference.training.from_scratch.recipe import score_with_teacher, train_model

    found = load_data(data, image_size=recipe.config.phases[-1].image_size)
    for item in found.skipped:
        print(f"labelbot: left out {item.name}: {item.reason}", file=sys.stderr)
    counts = f"{len(found.training):,} training and {len(found.validation):,} validation images"
    print(f"{counts} of {len(found.labels)} classes", flush=True)
    teacher_scores = None
    if recipe.teacher is not None:
        with progress_bar(len(found.training), "Asking the teacher") as advance:
            teacher_scores = score_with_teacher(
                recipe, found, store, work=work, scored=lambda _: advance(), options=read_network_options()
            )
    with _board(work / "tensorboard", found, wanted=tensorboard) as board, _steps_bar(recipe, found) as progress:
        return train_model(
            recipe,
            found,
            store,
            work=work,
            install=install,
            report=_print_epoch,
            progress=progress,
            board=board,
            teacher_scores=teacher_scores,
        )


def _expect_run(work: Path, *, resume: bool) -> None:
    """Neither overwrite a run nor go on from none without a word."""
    from inference.training.from_scratch.checkpoints import has_checkpoint

    if has_checkpoint(work) and not resume:
        raise typer.BadParameter(
            f"expected --resume to go on with the run that was begun there, or another folder. Received: {work}",
            param_hint="--work",
        )
    if resume and not has_checkpoint(work):
        print(f"labelbot: no checkpoint in {work} yet: begins with the first step", file=sys.stderr)


def _expect_models(recipe: Recipe, store: ModelStore) -> None:
    """Refuse at once, and not after all images were read, models that are not there."""
    from inference.networks.archive import find_archive

    if recipe.teacher is not None:
        store.find(recipe.teacher)
    if recipe.init_from is not None:
        find_archive(store, recipe.init_from)


def _read_recipe(context: typer.Context) -> Recipe:
    with quiet_tensorflow():
        from inference.training.errors import InvalidSetting
        from inference.training.from_scratch.config import TrainingConfig
        from inference.training.from_scratch.optimizers import USUAL_RATES
        from inference.training.from_scratch.settings import Recipe

    options = dict(context.params)
    rate, weight_decay = USUAL_RATES.get(options["optimizer"], (math.nan, math.nan))  # refused with its name
    settings = {setting.name: options[setting.name] for setting in fields(TrainingConfig) if setting.name in options}
    settings |= {
        "phases": _parse_phases(options["phases"]),
        "peak_learning_rate": rate if options["learning_rate"] is None else options["learning_rate"],
        "weight_decay": weight_decay if options["weight_decay"] is None else options["weight_decay"],
        "checkpoint_every_steps": options["checkpoint_every"],
    }
    try:
        return Recipe(
            name=options["name"],
            network=options["network"],
            config=TrainingConfig(**settings),
            licence=options["licence"],
            command=command_line(context, leave_out=OF_ONE_RUN),
            init_from=options["init_from"],
            exclude=tuple(filter(None, options["exclude"].split(","))),
            train_only=tuple(filter(None, options["train_only"].split(","))),
            teacher=options["teacher"],
        )
    except InvalidSetting as error:
        option = OPTIONS.get(error.setting, f"--{error.setting.replace('_', '-')}")
        raise typer.BadParameter(
            f"expected {error.expected}. Received: {error.received!r}", param_hint=option
        ) from None


def _parse_phases(text: str) -> tuple[Phase, ...]:
    from inference.training.from_scratch.config import Phase

    if not PHASES.fullmatch(text):
        raise typer.BadParameter(f"expected SIDE:EPOCHS,... Received: {text!r}", param_hint="--phases")
    pairs = (part.split(":") for part in text.split(","))
    return tuple(Phase(int(side), int(epochs)) for side, epochs in pairs)


def _installer(store: ModelStore, name: str, folder: Path | None, *, replace: bool) -> Install:
    """What puts the model in place; refuses now, not after hours of training, what could not be."""
    from inference.errors import ModelError
    from inference.models.bundle import NAME, NAME_RULE, Bundle, write_bundle

    if folder is not None and not NAME.fullmatch(name):
        raise typer.BadParameter(f"expected a name of {NAME_RULE}. Received: {name!r}", param_hint="--out")
    if folder is not None and folder.exists():
        raise typer.BadParameter(f"expected a folder that is not there yet. Received: {folder}", param_hint="--bundle")
    if folder is None:
        try:
            store.check_name(name, replace=replace)
        except ModelError as error:
            raise typer.BadParameter(str(error), param_hint="--out") from None

    def install(spec: ModelSpec, network: bytes, labels: tuple[str, ...], extras: Mapping[str, bytes]) -> Bundle:
        if folder is None:
            return store.add(spec, network=network, labels=labels, extras=extras, replace=replace)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            partial = Path(scratch, "bundle")
            partial.mkdir()
            spec = write_bundle(partial, spec, network=network, labels=labels, extras=extras).spec
            partial.rename(folder)
        return Bundle(folder, spec)

    return install


@contextmanager
def _board(folder: Path, data: TrainingData, *, wanted: bool) -> Iterator[TensorBoard | None]:
    if not wanted:
        yield None
        return
    from inference.training.evaluation.summaries import Summaries
    from inference.training.from_scratch.tensorboard import TensorBoard

    print(f"watch it with: tensorboard --logdir {shlex.quote(str(folder))}")
    with Summaries(folder) as summaries:
        yield TensorBoard(summaries, data.validation, data.labels)


@contextmanager
def _steps_bar(recipe: Recipe, data: TrainingData) -> Iterator[Callable[[StepReport], None]]:
    """A bar of the run's steps, and a line for each early validation."""
    config = recipe.config
    steps = len(config.image_sizes) * (len(data.training) // config.batch_size)
    with progress_bar(steps, "Training") as advance:
        done = 0

        def progress(report: StepReport) -> None:
            nonlocal done
            for _ in range(report.step - done):
                advance()
            done = report.step
            if report.early_top1 is not None:
                print(
                    f"step {report.step:5d} of {report.steps}: loss {report.loss:.3f}, "
                    f"top-1 {report.early_top1:.1%} of some validation images",
                    flush=True,
                )

        yield progress


def _print_epoch(epoch: EpochReport) -> None:
    print(
        f"epoch {epoch.epoch:3d} at {epoch.image_size} px: loss {epoch.loss:.3f}, "
        f"validation {epoch.validation_loss:.3f}, top-1 {epoch.top1:.1%}, top-5 {epoch.top5:.1%}, "
        f"{epoch.images_per_s:.0f} images/s",
        flush=True,
    )
