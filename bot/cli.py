"""The `labelbot` program: the bot's commands beside those of `inference`.

Modules are imported inside the command that needs them, so that `labelbot label` starts no slower than its network.
"""

from __future__ import annotations

import io
import sys
from typing import Annotated

import typer

import inference.cli
from inference.errors import InferenceError


def main() -> None:
    """Run the program; what is wrong outside it becomes one line on stderr and exit status 1."""
    # A file name that is no valid UTF-8 is printed as the bytes that it is.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="surrogateescape")
    try:
        build_app()()
    except (InferenceError, OSError) as error:
        print(f"labelbot: {error}", file=sys.stderr)
        sys.exit(1)


def build_app() -> typer.Typer:
    app = typer.Typer(
        name="labelbot",
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(labelbot)
    app.command("run")(run)
    inference.cli.register(app)
    return app


def show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"labelbot {version('labelbot')}")
        raise typer.Exit


def labelbot(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Tell people what is in their photos: in a chat, or here."""


def run() -> None:
    """Run the bot until SIGTERM or SIGINT. Settings come from the environment, .env and secret files."""
    from bot.app import run as run_bot
    from bot.config import load_settings

    raise typer.Exit(run_bot(load_settings()))
