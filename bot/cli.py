"""The `labelbot` program, with the commands of the bot and of `inference`.

Each command imports its modules when it runs, so that `labelbot label` starts fast.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import inference.cli
from bot.commands import keys, taught
from bot.commands.benchmark_command import benchmark
from bot.commands.database import backup, migrate, restore
from bot.commands.deployment_files import DeploymentFile
from bot.commands.help_types import name_types
from inference.commands.pull_missing import NoPull
from inference.errors import ProgramError, describe_os_error
from inference.system.expectations import expectation
from inference.system.extras import require_extra
from inference.system.terminal import clean_output, encode_all, print_message

BotModel = Annotated[
    str | None,
    typer.Option(
        help="Name of a model, instead of LABELBOT_MODEL; a published model is downloaded if it is not installed.",
        show_default=False,
    ),
]

ClusterAddress = Annotated[
    str | None,
    typer.Option(
        metavar="HOST:PORT",
        help="Address of a Ray cluster's head: the cluster's nodes label. `auto` is the cluster of this machine. "
        "Replaces LABELBOT_CLUSTER.",
        show_default=False,
    ),
]


def main() -> None:
    """Run the program. An error is printed on standard error, one line per cause, and sets the exit status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Line buffering shows each line at once, and makes Typer notice a closed pipe.
        sys.stdout.reconfigure(errors=encode_all(), line_buffering=True)
    with clean_output():
        try:
            build_app()()
        except ProgramError as error:
            for line in str(error).splitlines():
                print_message(line)
            sys.exit(error.exit_status)
        except OSError as error:
            print_message(describe_os_error(error))
            sys.exit(1)


class Commands(TyperGroup):
    """The commands, whose options are described and refused in plain words."""

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override]
        command = super().get_command(ctx, cmd_name)
        name_types(command, ctx)
        return command

    def invoke(self, ctx: typer.Context) -> object:  # type: ignore[override]
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            errors = getattr(error.__cause__, "errors", None)  # of Pydantic, which reads the options
            if errors is not None:
                (first, *_) = errors()
                error.message = expectation(first)
                if "error" not in first.get("ctx", {}):  # which names the value
                    error.message += f". Received: {first['input']!r}"
            raise


def build_app() -> typer.Typer:
    app = typer.Typer(
        cls=Commands,
        name="labelbot",
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(labelbot)
    app.command("try")(try_)
    app.command("run")(run)
    app.command("migrate")(migrate)
    app.command("backup")(backup)
    app.command("restore")(restore)
    app.command("stats")(stats)
    app.command("config")(config)
    app.command("doctor")(doctor)
    app.command("healthcheck")(healthcheck)
    app.command("deploy")(deploy)
    app.command("benchmark")(benchmark)
    app.command("serve")(serve)
    app.command("mcp")(mcp)
    app.add_typer(keys.commands())
    inference.cli.register(app)
    app.add_typer(taught.commands())
    return app


def show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"labelbot {version('labelbot')}")
        raise typer.Exit


def labelbot(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001 -- its callback prints it
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Label photos, in a Telegram chat or on the command line."""
    # `retrain --taught CHAT` is a command of `inference`, which knows no database.
    context.obj = taught.read_taught


def try_(
    photos: Annotated[
        list[Path] | None, typer.Argument(metavar="PHOTO", help="Photos to send; by default two sample photos.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Exit after the conversation, without a chat page.")] = False,
    port: Annotated[
        int | None, typer.Option(min=1, max=65_535, help="Port of the chat page, which only this machine can reach.")
    ] = None,
    model: BotModel = None,
    no_pull: NoPull = False,
) -> None:
    """Chat with the bot here, without token or network."""
    from bot.commands import try_ as trial
    from bot.config import load_settings

    raise typer.Exit(trial.run(load_settings(), photos or [], once=once, port=port, model=model, no_pull=no_pull))


def run(model: BotModel = None, no_pull: NoPull = False, cluster: ClusterAddress = None) -> None:
    """Run the bot until Ctrl-C or a signal stops it.

    Settings come from environment variables (LABELBOT_TOKEN is required), a file .env, and files with secrets.
    """
    from bot.commands import run as starting

    starting.run(model, no_pull=no_pull, cluster=cluster)


def stats(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")] = False,
) -> None:
    """Show what the bot did, and how often it was right.

    The bot may keep running. It saves its counts every ten seconds.
    """
    from bot.commands.stats import run
    from bot.config import load_settings

    run(load_settings(), as_json=as_json)


def config(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")] = False,
) -> None:
    """Print all settings, where they come from, and their meaning.

    Secrets are hidden. Exit with status 2 if a setting cannot be used.
    """
    from bot.commands import config as settings_now

    raise typer.Exit(settings_now.run(as_json=as_json))


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")] = False,
    gpu: Annotated[bool, typer.Option("--gpu", help="Look for GPUs even if no installed model needs one.")] = False,
) -> None:
    """Check whether this machine can run the bot.

    If not, print advice and exit with status 1.
    """
    from bot.commands.doctor import report

    raise typer.Exit(report.run(as_json=as_json, gpu=gpu))


def healthcheck(
    live: Annotated[
        bool, typer.Option("--live", help="Ask only whether the bot runs, not whether it receives and answers.")
    ] = False,
) -> None:
    """Ask the running bot whether it receives and answers.

    If not, print why and exit with status 1. LABELBOT_HOME is that of the bot.
    """
    from bot.commands import healthcheck as checking
    from bot.config import load_settings

    checking.run(load_settings().home, live=live)


def deploy(
    file: Annotated[
        DeploymentFile, typer.Argument(metavar="FILE", help="Program that reads the file.", show_default=False)
    ],
) -> None:
    """Print a file that runs or watches the bot.

    It is filled in with this installation and its settings, without secrets. Save it, read it, and change what differs
    on your machine.
    """
    from bot.commands import deploy as deployment
    from bot.config import load_settings

    deployment.run(file, load_settings())


def serve(
    listen: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Address, instead of LABELBOT_LISTEN.", show_default="127.0.0.1:8080"),
    ] = None,
    model: BotModel = None,
    no_pull: NoPull = False,
    cluster: ClusterAddress = None,
) -> None:
    """Label images over HTTP, without Telegram.

    Open the address in a browser, or see docs/http.md. Other machines need keys; see `labelbot keys`.
    """
    from bot import serve as serving
    from bot.commands.run import pull_missing
    from bot.config import load_settings

    given = {"listen": listen, "model": model, "cluster": cluster}
    settings = load_settings(**{name: value for name, value in given.items() if value})
    pull_missing(settings, no_pull=no_pull)
    serving.run(settings)


def mcp(model: BotModel = None) -> None:
    """Offer labels to agents, by the Model Context Protocol.

    It is spoken on standard input and output.
    """
    require_extra("mcp", "labelbot mcp")
    from bot.commands.mcp_server import run as run_server
    from bot.config import load_settings

    run_server(load_settings(**({"model": model} if model else {})))


if __name__ == "__main__":
    main()
