"""The options of `labelbot label`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from inference.commands.models import Home, Model
from inference.commands.pull_missing import NoPull
from inference.naming.tables import ENGLISH


@dataclass(frozen=True, kw_only=True)
class LabelOptions:
    """The options of the command; each field is a parameter."""

    images: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="IMAGE_OR_FOLDER",
            help="Image files, folders of images, http(s) addresses, quoted patterns such as 'photos/**/*.jpg', or - "
            "for standard input.",
            show_default=False,
        ),
    ] = None
    list_file: Annotated[
        str | None,
        typer.Option(
            "--list",
            metavar="FILE",
            help="File that lists images, folders or addresses, one a line; - for standard input.",
        ),
    ] = None
    exclude: Annotated[
        list[str] | None,
        typer.Option(
            "--exclude",
            metavar="PATTERN",
            help="In folders, leave out files and folders with such a name, as in '*.png'. May be repeated.",
            show_default=False,
        ),
    ] = None
    model: Model = None
    top: Annotated[
        int, typer.Option("--top", "--num-top-predictions", min=1, help="Number of labels to print per image.")
    ] = 5
    min_score: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=1.0,
            help="Leave out labels with a lower score, as in 0.5. It also decides what --sort-into does.",
        ),
    ] = None
    full_names: Annotated[
        bool, typer.Option("--full-names", help="Print labels as the model has them, with all synonyms.")
    ] = False
    language: Annotated[
        str,
        typer.Option(
            metavar="CODE", help="Language of the names: en, de, es, pt, ru, uk, ar, or one of the model's own."
        ),
    ] = ENGLISH
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per image, one per line.")] = False
    as_csv: Annotated[bool, typer.Option("--csv", help="Print a table for spreadsheets, one row per image.")] = False
    sort_into: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Copy each image into a folder of its label in this folder; into 'not sure' if the model is not sure "
            "of one, or its score is below --min-score. No file is changed or replaced.",
        ),
    ] = None
    link: Annotated[
        bool, typer.Option("--link", help="With --sort-into: make links to the images instead of copies.")
    ] = False
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Also download from this machine and its private network.")
    ] = False
    no_pull: NoPull = False
    home: Home = None
