"""The command `labelbot train`."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inference.commands.models import Home, open_store

if TYPE_CHECKING:
    from inference.bundle import Bundle, ModelSpec
    from inference.training.train import EpochReport, Phase

PHASES = re.compile(r"\d+:\d+(,\d+:\d+)*")


def register(app: typer.Typer) -> None:
    """Add this command to the program."""
    app.command("train")(train)


def train(
    data: Annotated[Path, typer.Argument(help="Folder with train-*.tfrecord, validation-*.tfrecord and labels.txt.")],
    name: Annotated[str, typer.Option(help="Name of the new model.")],
    work: Annotated[Path, typer.Option(help="Folder for checkpoints; a run that was stopped goes on from there.")],
    network: Annotated[str, typer.Option(help="Network to train.")] = "inception-mini",
    phases: Annotated[
        str, typer.Option(help="Image side in pixels and number of epochs, as SIDE:EPOCHS,...; small images first.")
    ] = "32:6,48:5,64:6",
    batch_size: Annotated[int, typer.Option(min=2, help="Images a step.")] = 128,
    learning_rate: Annotated[float, typer.Option(min=0.0, help="The peak, reached after the first epoch.")] = 0.2,
    seed: Annotated[int, typer.Option(min=0, help="Of everything random.")] = 0,
    licence: Annotated[str, typer.Option(help="SPDX identifier of the new model's licence.")] = "unknown",
    bundle: Annotated[
        Path | None, typer.Option(help="Write the model's files into this folder instead of installing it.")
    ] = None,
    home: Home = None,
) -> None:
    """Train a network from scratch, and install it."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow's notes on its own build say nothing to our users
    from inference.bundle import NAME, write_bundle
    from inference.training.errors import TrainingError
    from inference.training.networks import NETWORKS
    from inference.training.recipe import find_records, train_bundle
    from inference.training.train import TrainingConfig

    if network not in NETWORKS:
        raise typer.BadParameter(f"expected one of {', '.join(NETWORKS)}. Received: {network}", param_hint="--network")
    store = open_store(home)
    # Asked now, not after hours of training.
    if not NAME.fullmatch(name) or (bundle is None and name in store.names()):
        raise typer.BadParameter(
            f"expected a name that is not taken, of a-z, 0-9, _, . and -. Received: {name!r}", param_hint="--name"
        )
    config = TrainingConfig(
        phases=_parse_phases(phases), batch_size=batch_size, peak_learning_rate=learning_rate, seed=seed
    )

    def install(spec: ModelSpec, content: bytes, labels: tuple[str, ...], extras: Mapping[str, bytes]) -> Bundle:
        if bundle is None:
            return store.add(spec, network=content, labels=labels, extras=extras)
        bundle.mkdir(parents=True, exist_ok=True)
        return write_bundle(bundle, spec, network=content, labels=labels, extras=extras)

    try:
        made, outcome = train_bundle(
            find_records(data),
            name=name,
            licence=licence,
            network=network,
            config=config,
            work=work,
            install=install,
            report=_print_epoch,
        )
    except TrainingError as error:
        print(f"labelbot: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
    print(
        f"{name} {made.spec.version} in {made.directory}: top-1 {outcome.top1:.1%}, top-5 {outcome.top5:.1%} "
        f'on {outcome.images} validation images; "not sure" under {made.spec.threshold:.2f}'
    )


def _print_epoch(epoch: EpochReport) -> None:
    print(
        f"epoch {epoch.epoch:3d} at {epoch.image_size} px: loss {epoch.loss:.3f}, validation top-1 {epoch.top1:.1%}, "
        f"top-5 {epoch.top5:.1%}, {epoch.images_per_s:.0f} images/s",
        flush=True,
    )


def _parse_phases(text: str) -> tuple[Phase, ...]:
    from inference.training.train import Phase

    if not PHASES.fullmatch(text):
        raise typer.BadParameter(f"expected SIDE:EPOCHS,... Received: {text!r}", param_hint="--phases")
    pairs = (part.split(":") for part in text.split(","))
    return tuple(Phase(int(side), int(epochs)) for side, epochs in pairs)
