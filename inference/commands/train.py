"""`labelbot train`: train a network from scratch or from the weights of another one."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from inference.commands.messages import print_copies, print_guessing, print_skipped
from inference.commands.models import home_folder, open_store
from inference.commands.network_options import read_network_options
from inference.commands.options import command_line, with_options
from inference.commands.progress import progress_bar
from inference.commands.train_options import TrainOptions
from inference.system.extras import require_extra
from inference.system.terminal import print_message

if TYPE_CHECKING:
    from inference.models.bundle import Bundle
    from inference.models.spec import ModelSpec
    from inference.models.store import ModelStore
    from inference.training.data.training_data import TrainingData
    from inference.training.evaluation.evaluate import Evaluation
    from inference.training.from_scratch.history import EpochReport, StepReport
    from inference.training.from_scratch.recipe import Install
    from inference.training.from_scratch.settings import Recipe
    from inference.training.from_scratch.tensorboard import TensorBoard

# Number of training images under which training from random weights seldom works. The starter learnt from 100,000.
FEW_IMAGES = 2000
RETRAIN = "labelbot retrain builds on a trained network, and learns from 20 photos of each class"
# Parameters that matter for one run only; the command in the model card leaves them out.
OF_ONE_RUN = ("home", "work", "resume", "replace", "tensorboard")


@with_options(TrainOptions)
def train(context: typer.Context, options: TrainOptions) -> None:
    """Train a network and install it.

    Training starts from random weights, or from those of another network.
    """
    require_extra("tensorflow", "training a network")
    store = open_store(options.home)
    install = _installer(store, options.name, options.bundle, replace=options.replace)
    recipe = options.recipe(command_line(context, leave_out=OF_ONE_RUN))
    work = options.work or home_folder(options.home) / "training" / options.name
    _check_run(work, resume=options.resume)
    _check_models(recipe, store)
    data = _load(options.data, recipe)
    recipe = replace(recipe, config=options.fitted(recipe.config, len(data.training)))
    _advise(data, recipe)
    made, outcome = _run(recipe, data, store, work, install, tensorboard=options.tensorboard)
    where = f"wrote {options.bundle}" if options.bundle else f"installed {options.name}"
    print(
        f"{where}, version {made.spec.version}: top-1 {outcome.top1:.1%}, top-5 {outcome.top5:.1%} "
        f'on {outcome.images:,} validation images; "not sure" under {made.spec.threshold:.2f}'
    )
    print_guessing(outcome, data.labels, f"More images or epochs help; {RETRAIN}.")


def _load(folder: Path, recipe: Recipe) -> TrainingData:
    from inference.training.data.training_data import load_data

    data = load_data(folder, image_size=recipe.config.phases[-1].image_size)
    print_skipped(data.skipped)
    print_copies(data.source.copies, data.source.leaks, data.source.uniform)
    counts = f"{len(data.training):,} training and {len(data.validation):,} validation images"
    print(f"{counts} of {len(data.labels)} classes", flush=True)
    return data


def _advise(data: TrainingData, recipe: Recipe) -> None:
    """Print the batch size if it was fitted to the data, and a way that needs fewer images."""
    from inference.training.from_scratch.config import USUAL_BATCH

    if recipe.config.batch_size < USUAL_BATCH:
        print(f"{recipe.config.batch_size} images per step", flush=True)
    if len(data.training) < FEW_IMAGES and recipe.init_from is None:
        print(f"{len(data.training):,} images are few to learn from without a trained network; {RETRAIN}", flush=True)


def _run(
    recipe: Recipe, found: TrainingData, store: ModelStore, work: Path, install: Install, *, tensorboard: bool
) -> tuple[Bundle, Evaluation]:
    from inference.training.from_scratch.recipe import score_with_teacher, train_model

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


def _check_run(work: Path, *, resume: bool) -> None:
    """Raise if an existing run would be overwritten; print a message if there is no run to resume."""
    from inference.training.from_scratch.checkpoints import has_checkpoint

    if has_checkpoint(work) and not resume:
        raise typer.BadParameter(
            f"expected --resume to go on with the run that was begun there, or another folder. Received: {work}",
            param_hint="--work",
        )
    if resume and not has_checkpoint(work):
        print_message(f"no checkpoint in {work} yet: begins with the first step")


def _check_models(recipe: Recipe, store: ModelStore) -> None:
    """Raise if a model of the recipe is absent. This check comes before the images are read."""
    from inference.networks.archive import find_archive

    if recipe.teacher is not None:
        store.find(recipe.teacher)
    if recipe.init_from is not None:
        find_archive(store, recipe.init_from)


def _installer(store: ModelStore, name: str, folder: Path | None, *, replace: bool) -> Install:
    """Return a function that installs the model.

    A taken name or path fails here, before hours of training.

    Args:
        store: store to install into.
        name: name of the new model.
        folder: new folder for the model's files; None to install it into the store.
        replace: True to replace an installed model of this name.

    Raises:
        BadParameter: the name or the folder is invalid or taken.
    """
    from inference.errors import ModelError
    from inference.models.bundle import Bundle, write_bundle
    from inference.models.spec import NAME, NAME_RULE

    if folder is not None and not NAME.fullmatch(name):
        raise typer.BadParameter(f"expected a name of {NAME_RULE}. Received: {name!r}", param_hint="--out")
    if folder is not None and folder.exists():
        raise typer.BadParameter(f"expected a folder that is not there yet. Received: {folder}", param_hint="--bundle")
    if folder is None:
        try:
            store.check_name(name, replace=replace)
        except ModelError as error:
            raise typer.BadParameter(str(error), param_hint="--out") from None
        store.check_writable()

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
    """Show a progress bar of the steps, and a line for each early validation."""
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
