"""`labelbot retrain`: train a model for your own photos, with one folder per class."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from inference.commands.messages import print_guessing, print_skipped
from inference.commands.models import home_folder, open_store
from inference.commands.network_options import read_network_options
from inference.commands.options import command_line, usage_errors, with_options
from inference.commands.progress import progress_bar
from inference.commands.pull_missing import find_or_pull
from inference.commands.retrain_options import OPTION_NAMES, RetrainOptions
from inference.commands.retrain_output import print_epoch, print_outcome, print_photos, print_tuning_epoch
from inference.system.extras import has_extra, install_command, require_extra
from inference.system.stderr import quiet_tensorflow
from inference.system.terminal import print_message

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

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

# Advice for a model that is no better than guessing.
ADVICE = (
    "More photos help most, 20 or more of each class that show it alone; --print-misclassified lists the photos that "
    "are labelled wrongly."
)
# Parameters that matter for one run only; the command in the model card leaves them out.
OF_ONE_RUN = ("home", "no_pull", "embeddings", "replace", "print_misclassified", "tensorboard")


@with_options(RetrainOptions)
def retrain(context: typer.Context, options: RetrainOptions) -> None:
    """Teach an installed model the classes of your own photos."""
    if options.taught is not None:
        from inference.commands.retrain_taught import retrain_taught

        if options.images is not None:
            raise typer.BadParameter("expected either photos or --taught. Received: both", param_hint="--taught")
        retrain_taught(options, options.taught, context.obj)
        return
    _check_extras(options)
    distortions, config = options.distortions(), options.head_config()
    store = open_store(options.home)
    home = home_folder(options.home)
    data, others, base = _open(store, options)
    tunable = _load_tunable(base, options)
    pictures = has_extra("plots")
    if not pictures:
        print_message(f"the model card gets no pictures without the extra [plots]: {install_command('plots')}")
    print(f"base: {base.spec.name} {base.spec.version}, which knows {base.spec.classes:,} classes", flush=True)
    cache = options.embeddings or home / "embeddings"
    embedded = _embed(store, base, data, distortions, cache)
    print_photos(data, embedded)
    other = None if others is None else _embed_others(store, base, others, cache)
    with _summaries(home / "training" / options.name / "tensorboard", wanted=options.tensorboard) as summaries:
        retrained = _train(base, data, embedded, config, tunable, summaries, other)
    print_outcome(retrained, data, print_misclassified=options.print_misclassified)
    from inference.training.retraining.card import retrain_card
    from inference.training.retraining.retrain import install_retrained

    # The card names the base, since the default base may change later.
    command = command_line(context, leave_out=OF_ONE_RUN, replacements={"base": base.spec.name})
    bundle = install_retrained(
        store,
        retrained,
        name=options.name,
        card=retrain_card(retrained, data, embedded, distortions, name=options.name, command=command),
        min_accuracy=options.min_accuracy,
        replace_installed=options.replace,
    )
    made = "its card and pictures" if pictures else "its card"
    print(f"installed {options.name}, version {bundle.spec.version}; {made}: labelbot models show {options.name}")
    print_guessing(retrained.evaluation, retrained.labels, ADVICE)


def _check_extras(options: RetrainOptions) -> None:
    """Raise if an option needs an absent extra."""
    if options.fine_tune is not None:
        require_extra("tensorflow", "--fine-tune")
    if options.tensorboard:
        require_extra("tensorflow", "--tensorboard")


def _open(store: ModelStore, options: RetrainOptions) -> tuple[PhotoSet, PhotoSet | None, Bundle]:
    """Open the photos, photos of something else, and the base.

    A taken or invalid name for the model fails here, before minutes of work.
    """
    from inference.errors import ModelError
    from inference.training.data.photos import open_others, open_photos
    from inference.training.retraining.bases import check_base, choose_base

    try:
        store.check_name(options.name, replace=options.replace)
    except ModelError as error:
        raise typer.BadParameter(str(error), param_hint="--name") from None
    store.check_writable()
    if options.images is None:
        raise typer.BadParameter("expected a folder of photos, or --taught. Received: none", param_hint="IMAGE_DIR")
    with usage_errors(OPTION_NAMES):
        data = open_photos(
            options.images,
            validation_percent=options.validation_percentage,
            testing_percent=options.testing_percentage,
            # Fine-tuning needs photos that tell when to stop.
            cross_validate=options.fine_tune is None,
        )
    others = None if options.other is None else open_others(options.other)
    # The base comes last, since building or downloading a model takes time.
    if options.base is None:
        return data, others, choose_base(store)
    base = check_base(find_or_pull(options.home, options.base, no_pull=options.no_pull))
    return data, others, base


def _load_tunable(base: Bundle, options: RetrainOptions) -> Tunable | None:
    config = options.fine_tune_config()
    if config is None:
        return None
    from inference.training.retraining.fine_tune import load_tunable

    return load_tunable(base, config)


def _embed(
    store: ModelStore, base: Bundle, data: PhotoSet, distortions: Distortions | None, cache: Path
) -> EmbeddedPhotos:
    """Compute the embeddings of photos; None for no augmentation."""
    import asyncio

    from inference.training.retraining.distortions import Distortions
    from inference.training.retraining.embedding_cache import EmbeddingCache
    from inference.training.retraining.embeddings import embed_photos

    with progress_bar(len(data), "Embedding") as advance:
        return asyncio.run(
            embed_photos(
                data,
                store=store,
                base=base,
                cache=EmbeddingCache(cache, base),
                distortions=distortions or Distortions(),
                advance=advance,
                options=read_network_options(),
            )
        )


def _embed_others(store: ModelStore, base: Bundle, others: PhotoSet, cache: Path) -> npt.NDArray[np.float32]:
    """Compute the embeddings of photos of none of the classes, and print the skipped ones."""
    embedded = _embed(store, base, others, None, cache)
    print_skipped((*others.skipped, *embedded.skipped))
    return embedded.standard("validation").embeddings


@contextmanager
def _summaries(folder: Path, *, wanted: bool) -> Iterator[Summaries | None]:
    if not wanted:
        yield None
        return
    with quiet_tensorflow():
        from inference.training.evaluation.summaries import Summaries

    print(f"watch it with: tensorboard --logdir {shlex.quote(str(folder))}")
    # Each run has its own folder, so that TensorBoard can compare the runs of the same model name.
    with Summaries(folder / f"{datetime.now(UTC):%Y%m%d-%H%M%S}") as summaries:
        yield summaries


def _train(
    base: Bundle,
    data: PhotoSet,
    embedded: EmbeddedPhotos,
    config: HeadConfig,
    tunable: Tunable | None,
    summaries: Summaries | None,
    others: npt.NDArray[np.float32] | None,
) -> Retrained:
    """Train a head; if `tunable` is given, then fine-tune its blocks."""
    from inference.training.retraining.retrain import retrain

    board = None
    if summaries is not None:
        from inference.training.retraining.board import RetrainBoard

        board = RetrainBoard(summaries)

    def report(epoch: HeadEpoch, head: Head) -> None:
        print_epoch(epoch)
        if board is not None:
            board.after_epoch(epoch, head)

    retrained = retrain(base, data, embedded, config=config, report=report, others=others)
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
