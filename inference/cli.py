"""Commands that need no chat: label, models."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.add_typer(models(), name="models")


def models() -> typer.Typer:
    app = typer.Typer(no_args_is_help=True, help="List, show, install and remove models.", rich_markup_mode=None)
    app.command("list")(list_models)
    return app


def list_models() -> None:
    """List the installed models."""
