"""`labelbot models`: list, show, choose and remove installed models; options that several commands share."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inference.commands.network_options import read_device, read_network_options
from inference.system.terminal import print_message

if TYPE_CHECKING:
    from inference.models.bundle import Bundle
    from inference.models.store import ModelStore

Home = Annotated[
    Path | None,
    typer.Option(
        "--home",
        envvar="LABELBOT_HOME",
        help="Folder of Labelbot's data, with the installed models.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object per model, one per line.")]
Model = Annotated[
    str | None,
    typer.Option(
        envvar="LABELBOT_MODEL",
        help="Name of a model; a published model is downloaded if it is not installed. The default is the one of "
        "`labelbot models use`, else auto: inception_v3 if it is installed, else efficientnet_lite0.",
        show_default=False,
    ),
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of an installed model.", show_default=False)]
MODEL_VARIABLE = "LABELBOT_MODEL"

# Fields that are shares of images, printed as rounded percentages.
MEASURED_SHARES = ("accuracy", "agreement")


def home_folder(home: Path | None) -> Path:
    """Return the given folder; for None, the platform's folder for Labelbot's data."""
    from inference.system.home import default_home

    return home or default_home()


def open_store(home: Path | None) -> ModelStore:
    """Open the model store in a home folder; None is the default folder."""
    from inference.models.store import ModelStore

    return ModelStore(home_folder(home), device=read_device())


def list_models(as_json: AsJson = False, home: Home = None) -> None:
    """List the installed models."""
    store = open_store(home)
    if as_json:
        for bundle in store.bundles():
            print(json.dumps(_describe(store, bundle)))
        return
    rows = [("NAME", "VERSION", "INPUT", "CLASSES", "SIZE", "LICENCE", "DEFAULT")]
    for bundle in store.bundles():
        spec = bundle.spec
        size = f"{bundle.size_bytes / 1e6:.1f}MB"
        shape, default = f"{spec.width}x{spec.height}", "yes" if spec.name == store.resolve(store.default) else ""
        rows.append((spec.name, spec.version, shape, str(spec.classes), size, spec.licence, default))
    print_table(rows)


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows as aligned columns; the first row is the heading."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def show_model(name: Name, as_json: AsJson = False, home: Home = None) -> None:
    """Show the details of a model, and where its files are."""
    store = open_store(home)
    described = _describe(store, store.find(name))
    if as_json:
        print(json.dumps(described))
        return
    for field, value in described.items():
        if value is not None and value != []:
            print(f"{field.removesuffix('_bytes')}: {_field_text(field, value)}")


def _describe(store: ModelStore, bundle: Bundle) -> dict[str, object]:
    """Return what is known of a model: the fields of its specification, its size and its files."""
    # A new version replaces the folder behind the link, and the link stays.
    link = bundle.directory.parent / bundle.spec.name
    folder = link if link.is_symlink() else bundle.directory
    card = folder / "MODEL_CARD.md"
    return {
        **asdict(bundle.spec),
        "default": bundle.spec.name == store.resolve(store.default),
        "size_bytes": bundle.size_bytes,
        "path": str(folder),
        "card": str(card) if card.exists() else None,
        "pictures": [str(path) for path in sorted(folder.glob("*.png"))],
    }


def _field_text(name: str, value: object) -> str:
    if name in MEASURED_SHARES:
        return f"{value:.1%}"
    if name == "size_bytes":
        return f"{value:,} bytes"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def use_model(name: Name, home: Home = None) -> None:
    """Choose the default model, which is used if no other is named."""
    from inference.models.classifier import Classifier

    store = open_store(home)
    # A model that cannot be loaded here is not chosen.
    Classifier(options=read_network_options()).load(store.find(name))
    store.set_default(name)
    print(f"{name} is the default now; a running bot uses it after a restart, and chats keep what their admins chose")
    if (named := os.environ.get(MODEL_VARIABLE, name)) != name:
        print_message(f"{MODEL_VARIABLE} is set to {named}, which goes first")


def remove_model(name: Name, home: Home = None) -> None:
    """Remove an installed model."""
    open_store(home).remove(name)
    print(f"removed {name}")
