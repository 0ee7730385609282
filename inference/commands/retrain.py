"""`labelbot retrain`: a model for your own photos, a folder a class."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inference.commands.command_line import command_line
from inference.commands.models import Home, home_folder, open_store
from inference.commands.network_options import read_network_options
from inference.commands.progress import progress_bar
from inference.commands.retrain_output import print_epoch, print_outcome, print_photos, print_tuning_epoch
from inference.system.extras import has_extra, install_command, require_extra
from inference.system.stderr import quiet_tensorflow

if TYPE_CHECKING:
    from inference.models.bundle import Bundle
    from inference.models.head import Head
    from inference.models.store import ModelStore
    from inference.training.data.photos import PhotoSet
    from inference.training.evaluation.summaries import Summaries
    from inference.training.retraining.distortions import Distortions
    from inference.training.retraining.embeddings import EmbeddedPhotos
    from inference.training.retraining.fine_tune import Tunable
    from inference.training.retraining.head import HeadConfig, HeadEpoch
    from inference.training.retraining.retrain import Retrained

# Options whose names are not those of the settings.
OPTIONS = {
    "max_epochs": "--epochs",
    "learning rates": "--learning-rate",
    "peak_learning_rate": "--fine-tune-rate",
    "fine tune epochs": "--fine-tune-epochs",
}
# What does not belong to the command that makes a model again.
OF_ONE_RUN = ("home", "embeddings", "replace", "print_misclassified", "tensorboard")


def retrain(
    context: typer.Context,
    images: Annotated[Path, typer.Argument(metavar="IMAGE_DIR", help="A folder a class, or TFRecords.")],
    name: Annotated[str, typer.Option(help="Name of the new model.", show_default=False)],
    base: Annotated[
        str | None,
        typer.Option(help="Installed model to begin from.", show_default="the one that knows the most classes"),
    ] = None,
    validation_percentage: Annotated[
        float, typer.Option(help="Of the photos, to decide when training ends; of a plain folder a class.")
    ] = 10.0,
    testing_percentage: Annotated[float, typer.Option(help="Of the photos, to measure the result with.")] = 10.0,
    flip: Annotated[bool, typer.Option("--flip", "--flip-left-right", help="Learn from mirrored photos, too.")] = False,
    crop: Annotated[
        float, typer.Option("--crop", "--random-crop", metavar="PERCENT", help="... and from parts off the centre.")
    ] = 0.0,
    scale: Annotated[
        float, typer.Option("--scale", "--random-scale", metavar="PERCENT", help="... so much smaller, at most.")
    ] = 0.0,
    brightness: Annotated[
        float, typer.Option("--brightness", "--random-brightness", metavar="PERCENT", help="... and in another light.")
    ] = 0.0,
    copies: Annotated[int, typer.Option(help="How many such variants of each photo.")] = 4,
    learning_rate: Annotated[str, typer.Option(metavar="RATES", help="Tried at once.")] = "0.3,1,3,10",
    l2: Annotated[float, typer.Option(help="Weight of the squared weights in the loss.")] = 1e-4,
    epochs: Annotated[int, typer.Option(help="At most.")] = 50,
    batch_size: Annotated[int, typer.Option("--batch-size", "--train-batch-size", help="Embeddings a step.")] = 32,
    seed: Annotated[int, typer.Option(help="Of the order in which photos are learnt from.")] = 0,
    fine_tune: Annotated[
        str | None,
        typer.Option(
            metavar="BLOCKS",
            help="Train these blocks of the base on, too, after the head, as in mixed3: one that `train` made.",
            show_default=False,
        ),
    ] = None,
    fine_tune_epochs: Annotated[int, typer.Option(help="For that.")] = 5,
    fine_tune_rate: Annotated[float, typer.Option(help="Learning rate for that, a small one.")] = 0.001,
    min_accuracy: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Install nothing with a lower top-1, from 0 to 1.")
    ] = 0.0,
    print_misclassified: Annotated[
        bool,
        typer.Option(
            "--print-misclassified", "--print-misclassified-test-images", help="List the photos that come out wrong."
        ),
    ] = False,
    embeddings: Annotated[
        Path | None,
        typer.Option(
            "--embeddings",
            "--bottleneck-dir",
            help="Folder that keeps what the base made of photos.",
            show_default="embeddings in the models' home",
        ),
    ] = None,
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Write what TensorBoard shows.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Take the place of a model of this name.")] = False,
    home: Home = None,
) -> None:
    """Teach an installed model the classes of your own photos."""
    _expect_extras(context)
    distortions, config = _read_settings(context)
    store = open_store(home)
    data, chosen = _open(store, images, context)
    tunable = _read_tunable(context, chosen)
    print(f"base: {chosen.spec.name} {chosen.spec.version}, which knows {chosen.spec.classes:,} classes", flush=True)
    embedded = _embed(store, chosen, data, distortions, embeddings or home_folder(home) / "embeddings")
    print_photos(data, embedded)
    with _summaries(home_folder(home) / "training" / name / "tensorboard", wanted=tensorboard) as summaries:
        retrained = _train(chosen, data, embedded, config, tunable, summaries)
    print_outcome(retrained, data, print_misclassified=print_misclassified)
    from inference.training.retraining.card import retrain_card
    from inference.training.retraining.retrain import install_retrained

    # Another default base may be installed by the time that somebody does it again.
    context.params["base"] = chosen.spec.name
    command = command_line(context, leave_out=OF_ONE_RUN)
    made = install_retrained(
        store,
        retrained,
        name=name,
        card=retrain_card(retrained, data, embedded, distortions, name=name, command=command),
        min_accuracy=min_accuracy,
        replace_installed=replace,
    )
    print(f"installed {name}, version {made.spec.version}; models show {name} tells where its card and pictures are")


def _expect_extras(context: typer.Context) -> None:
    """Refuse what cannot be done here, and tell of what is left out."""
    if context.params["fine_tune"] is not None:
        require_extra("tensorflow", "--fine-tune")
    if context.params["tensorboard"]:
        require_extra("tensorflow", "--tensorboard")
    if not has_extra("plots"):
        command = install_command("plots")
        print(f"labelbot: draws no pictures, which need the extra [plots]: {command}", file=sys.stderr)


def _read_settings(context: typer.Context) -> tuple[Distortions, HeadConfig]:
    from inference.training.retraining.distortions import Distortions
    from inference.training.retraining.head import HeadConfig

    options = context.params
    try:
        rates = tuple(map(float, options["learning_rate"].split(",")))
    except ValueError:
        reason = f"expected numbers, as 0.3,1,3. Received: {options['learning_rate']!r}"
        raise typer.BadParameter(reason, param_hint="--learning-rate") from None
    with _wrong_options():
        distortions = Distortions(
            flip=options["flip"],
            crop_percent=options["crop"],
            scale_percent=options["scale"],
            brightness_percent=options["brightness"],
            copies=options["copies"],
        )
        config = HeadConfig(
            learning_rates=rates,
            l2=options["l2"],
            max_epochs=options["epochs"],
            batch_size=options["batch_size"],
            seed=options["seed"],
        )
    return distortions, config


def _read_tunable(context: typer.Context, base: Bundle) -> Tunable | None:
    options = context.params
    if options["fine_tune"] is None:
        return None
    with quiet_tensorflow():
        from inference.training.retraining.fine_tune import FineTuneConfig, load_tunable

    with _wrong_options():
        config = FineTuneConfig(
            blocks=tuple(options["fine_tune"].split(",")),
            epochs=options["fine_tune_epochs"],
            learning_rate=options["fine_tune_rate"],
            batch_size=options["batch_size"],
            seed=options["seed"],
        )
    return load_tunable(base, config)


@contextmanager
def _wrong_options() -> Iterator[None]:
    """Tell of a setting out of its range as of a wrong option."""
    from inference.training.errors import InvalidSetting

    try:
        yield
    except InvalidSetting as error:
        option = OPTIONS.get(error.setting, f"--{error.setting.replace('_', '-').replace(' ', '-')}")
        reason = f"expected {error.expected}. Received: {error.received!r}"
        raise typer.BadParameter(reason, param_hint=option) from None


def _open(store: ModelStore, images: Path, context: typer.Context) -> tuple[PhotoSet, Bundle]:
    """Find the photos and the base, and refuse now, not after minutes of work, what could not be installed."""
    from inference.errors import ModelError
    from inference.training.data.photos import open_photos
    from inference.training.retraining.bases import choose_base, find_base

    options = context.params
    try:
        store.check_name(options["name"], replace=options["replace"])
    except ModelError as error:
        raise typer.BadParameter(str(error), param_hint="--name") from None
    with _wrong_options():
        data = open_photos(
            images,
            validation_percent=options["validation_percentage"],
            testing_percent=options["testing_percentage"],
        )
    # Last, since one that comes with the program may have to be built.
    base = choose_base(store) if options["base"] is None else find_base(store, options["base"])
    return data, base


def _embed(store: ModelStore, base: Bundle, data: PhotoSet, distortions: Distortions, cache: Path) -> EmbeddedPhotos:
    import asyncio

    from inference.training.retraining.embedding_cache import EmbeddingCache
    from inference.training.retraining.embeddings import embed_photos

    with progress_bar(len(data), "Embedding") as advance:
        return asyncio.run(
            embed_photos(
                data,
                store=store,
                base=base,
                cache=EmbeddingCache(cache, base),
                distortions=distortions,
                advance=advance,
                options=read_network_options(),
            )
        )


@contextmanager
def _summaries(folder: Path, *, wanted: bool) -> Iterator[Summaries | None]:
    if not wanted:
        yield None
        return
    with quiet_tensorflow():
        from inference.training.evaluation.summaries import Summaries

    print(f"watch it with: tensorboard --logdir {shlex.quote(str(folder))}")
    # Runs of one name lie beside each other, to be compared.
    with Summaries(folder / f"{datetime.now(UTC):%Y%m%d-%H%M%S}") as summaries:
        yield summaries


def _train(
    base: Bundle,
    data: PhotoSet,
    embedded: EmbeddedPhotos,
    config: HeadConfig,
    tunable: Tunable | None,
    summaries: Summaries | None,
) -> Retrained:
    """Train a head, and then the blocks that are to be fine-tuned."""
    from inference.training.retraining.retrain import retrain

    board = None
    if summaries is not None:
        from inference.training.retraining.board import RetrainBoard

        board = RetrainBoard(summaries)

    def report(epoch: HeadEpoch, head: Head) -> None:
        print_epoch(epoch)
        if board is not None:
            board.after_epoch(epoch, head)

    retrained = retrain(base, data, embedded, config=config, report=report)
    if tunable is not None:
        from inference.training.retraining.fine_tune import fine_tune

        print(f"the head alone: top-1 {retrained.evaluation.top1:.1%} of the {data.measured} photos", flush=True)
        retrained = fine_tune(
            tunable,
            data,
            embedded,
            retrained,
            report=print_tuning_epoch,
            summaries=summaries,
        )
    if board is not None:
        board.show(base, data, embedded, retrained)
    return retrained
