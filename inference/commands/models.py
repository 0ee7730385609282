"""`labelbot models`: list, show and remove installed models; options that several commands share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inference.commands.network_options import read_device

if TYPE_CHECKING:
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
Name = Annotated[str, typer.Argument(help="Name of an installed model.", show_default=False)]

# Fields that are shares of images, printed as rounded percentages.
MEASURED_SHARES = ("accuracy", "agreement")


def home_folder(home: Path | None) -> Path:
    """Return the given folder; for None, the platform's folder for Labelbot's data."""
    from platformdirs import user_data_path

    return home or user_data_path("labelbot")


def open_store(home: Path | None) -> ModelStore:
    """Open the model store in a home folder; None is the default folder."""
    from inference.models.store import ModelStore

    return ModelStore(home_folder(home), device=read_device())


def list_models(home: Home = None) -> None:
    """List the installed models."""
    rows = [("NAME", "VERSION", "INPUT", "CLASSES", "SIZE", "LICENCE")]
    for bundle in open_store(home).bundles():
        spec = bundle.spec
        size = f"{bundle.size_bytes / 1e6:.1f}MB"
        rows.append((spec.name, spec.version, f"{spec.width}x{spec.height}", str(spec.classes), size, spec.licence))
    print_table(rows)


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows as aligned columns; the first row is the heading."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def show_model(name: Name, home: Home = None) -> None:
    """Show the details of a model."""
    bundle = open_store(home).find(name)
    for field in fields(bundle.spec):
        value = getattr(bundle.spec, field.name)
        if value is None:
            continue
        print(f"{field.name}: {_field_text(field.name, value)}")
    print(f"size: {bundle.size_bytes:,} bytes")
    # A new version replaces the folder behind the link, and the link stays.
    link = bundle.directory.parent / name
    print(f"path: {link if link.is_symlink() else bundle.directory}")


def _field_text(name: str, value: object) -> str:
    if name in MEASURED_SHARES:
        return f"{value:.1%}"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def remove_model(name: Name, home: Home = None) -> None:
    """Remove an installed model."""
    open_store(home).remove(name)
    print(f"removed {name}")
