"""The commands that work without a chat.

Each command imports the modules that it needs when it runs. Labelling a photo takes less time than loading all modules.
"""

from __future__ import annotations

import typer

from inference.commands.catalog import available_models, pull_model
from inference.commands.evaluate import evaluate
from inference.commands.export import export
from inference.commands.install import install_model
from inference.commands.label import label
from inference.commands.models import list_models, remove_model, show_model, use_model
from inference.commands.records import records
from inference.commands.retrain import retrain
from inference.commands.teach import teach
from inference.commands.train import train


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command("label")(label)
    models = typer.Typer(
        no_args_is_help=True, rich_markup_mode=None, help="List, show, choose, pull, install and remove models."
    )
    models.command("list")(list_models)
    models.command("available")(available_models)
    models.command("show")(show_model)
    models.command("use")(use_model)
    models.command("pull")(pull_model)
    models.command("install")(install_model)
    models.command("remove")(remove_model)
    app.add_typer(models, name="models")
    app.command("evaluate")(evaluate)
    app.command("export")(export)
    app.command("records")(records)
    app.command("retrain")(retrain)
    app.command("teach")(teach)
    app.command("train")(train)
