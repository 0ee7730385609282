"""The `labelbot` program, with the commands of the bot and of `inference`.

Each command imports its modules when it runs, so that `labelbot label` starts fast.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperGroup

import inference.cli
from bot.commands import keys
from bot.commands.deployment_files import DeploymentFile
from inference.commands.pull_missing import NoPull
from inference.errors import ProgramError, describe_os_error
from inference.system.expectations import expectation
from inference.system.extras import require_extra
from inference.system.terminal import clean_output, encode_all, print_message

if TYPE_CHECKING:
    from sqlalchemy import URL

    from bot.config import Settings
    from inference.teaching.taught_folder import TaughtExport


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
    """The commands, whose options are refused in plain words."""

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
    _taught(app)
    return app


def _taught(app: typer.Typer) -> None:
    from inference.commands.taught import forget

    taught = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="List, forget and export what was taught.")
    taught.command("forget")(forget)
    taught.command("list")(taught_list)
    # The ids of groups are negative numbers, which must not be taken for options.
    taught.command("export", context_settings={"ignore_unknown_options": True})(taught_export)
    app.add_typer(taught, name="taught")


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
    context.obj = read_taught_chat


def read_taught_chat(chat_id: int) -> TaughtExport:
    """Return what a chat taught, for `retrain --taught CHAT`.

    Raises:
        ProgramError: the chat has taught nothing, or the database cannot be used.
    """
    from bot.commands.taught import read_taught

    return read_taught(read_database(), chat_id)


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

    raise typer.Exit(trial.run(read_settings(), photos or [], once=once, port=port, model=model, no_pull=no_pull))


def run(model: BotModel = None, no_pull: NoPull = False, cluster: ClusterAddress = None) -> None:
    """Run the bot until SIGTERM or SIGINT.

    Settings come from environment variables (LABELBOT_TOKEN is required), a file .env, and files with secrets.
    """
    from bot.commands import run as starting

    starting.run(model, no_pull=no_pull, cluster=cluster)


def migrate(
    no_backup: Annotated[bool, typer.Option("--no-backup", help="Do not back up an older database first.")] = False,
) -> None:
    """Migrate the database to this version.

    `labelbot run` does the same at its start. Before a change, both back up the database into the folder `backups` of
    LABELBOT_HOME, where the last three such backups are kept.
    """
    from bot.storage.database_url import database_url, name_of
    from bot.storage.dated_backups import back_up_before_migration
    from bot.storage.migrate import migrate as migrate_database
    from bot.storage.single_instance import no_instance

    settings = read_settings()
    database = database_url(settings)
    with no_instance(database):
        if not no_backup and (file := back_up_before_migration(database, settings.home)) is not None:
            print(f"backed up {name_of(database)} to {file}")
        print(f"{name_of(database)} is at revision {migrate_database(database)}")


def backup(
    file: Annotated[
        Path,
        typer.Argument(help="Path of the new backup file, or a folder for backups with dates.", show_default=False),
    ],
    keep: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Add the date to the name, and delete all but the last N backups of this name.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Back up the database to a file.

    The bot may keep running.
    """
    from bot.storage.backup import back_up
    from bot.storage.backup_record import note_failure, note_success
    from bot.storage.database_url import database_url, name_of
    from bot.storage.dated_backups import NAME, back_up_dated

    settings = read_settings()
    database = database_url(settings)
    try:
        if file.is_dir():
            file = back_up_dated(database, file / NAME, keep=keep)
        elif keep is not None:
            file = back_up_dated(database, file, keep=keep)
        else:
            back_up(database, file)
    except (ProgramError, OSError) as error:
        # On a terminal, a person sees the error. Without a terminal, the running bot tells its admins.
        if not sys.stderr.isatty():
            note_failure(settings.home, describe_os_error(error) if isinstance(error, OSError) else str(error))
        raise
    note_success(settings.home)
    print(f"backed up {name_of(database)} to {file}")


def restore(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Backup file.", show_default=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Replace existing data.")] = False,
) -> None:
    """Restore the database from a backup; stop the bot first."""
    from bot.storage.backup import restore as restore_database
    from bot.storage.database_url import name_of
    from bot.storage.single_instance import no_instance

    database = read_database()
    with no_instance(database):
        restore_database(file, database, replace=yes)
    print(f"{name_of(database)} holds what {file} holds")


def stats(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")] = False,
) -> None:
    """Show what the bot did, and how often it was right.

    The bot may keep running. It saves its counts every ten seconds.
    """
    from bot.commands.stats import run

    run(read_settings(), as_json=as_json)


def taught_list(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per class, one per line.")] = False,
) -> None:
    """List the classes that were taught on the command line, and those that chats have taught the bot."""
    from bot.commands.taught import run_list
    from inference.commands.taught import print_home

    if print_home(read_settings().home, as_json=as_json) and not as_json:
        print()
    run_list(read_database(), as_json=as_json)


def taught_export(
    chat: Annotated[int, typer.Argument(metavar="CHAT", help="Id of the chat; see taught list.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="New folder.", show_default=False)],
) -> None:
    """Export what a chat has taught: embeddings, labels and consents, but no images.

    The bot may keep running.
    """
    from bot.commands.taught import run_export

    run_export(read_database(), chat, out)


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

    checking.run(read_settings().home, live=live)


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

    deployment.run(file, read_settings())


def benchmark(
    model: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="Installed model to measure, on each engine and with one worker to many.",
            show_default=False,
        ),
    ] = None,
    photo: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Photo to measure with; by default a sample photo."),
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each side of a comparison.")] = 9,
    instructions: Annotated[
        bool, typer.Option("--instructions", help="Without NAME: also count instructions, with valgrind.")
    ] = False,
    photos: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            file_okay=False,
            help="With NAME: folder of photos for int8 calibration and for comparing labels; by default parts of the "
            "photo.",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="With NAME: maximum number of workers to measure; by default one per core."),
    ] = None,
    chart: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False, help="With NAME: file of the chart; by default benchmark-NAME.png in this folder."
        ),
    ] = None,
    teaching: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            file_okay=False,
            metavar="FOLDER",
            help="Instead, measure how well classes are recognised that are taught with a few photos: a folder of "
            "photos with one folder per class.",
        ),
    ] = None,
    unrelated: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            file_okay=False,
            metavar="FOLDER",
            help="With --teaching: folder of photos of none of the classes.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")] = False,
) -> None:
    """Measure the speed of this machine or of a model.

    The results for the machine are ratios to named references. Each has the range that contains the true figure with
    a probability of 90 %, and the result "too noisy" if that range reaches to both sides of the goal. The results for a
    model compare engines.
    """
    from bot.sample import sample

    if teaching is not None:
        from inference.commands.benchmark_teaching import measure

        if unrelated is None:
            raise typer.BadParameter("expected --unrelated beside it. Received: none", param_hint="--teaching")
        measure(read_settings().home, model, teaching, unrelated, as_json=as_json)
        return

    if model is not None:
        if instructions:
            raise typer.BadParameter("expected no NAME beside it. Received: one", param_hint="--instructions")
        from inference.commands.benchmark import compare

        settings = read_settings()
        compare(
            settings.home,
            model,
            photo or sample(),
            photos=photos,
            rounds=rounds,
            workers=workers,
            chart=chart,
            as_json=as_json,
            device=settings.device,
            max_batch_size=settings.max_batch_size,
        )
        return
    for option, value in (("--photos", photos), ("--workers", workers), ("--chart", chart)):
        if value is not None:
            raise typer.BadParameter("expected the NAME of a model beside it. Received: none", param_hint=option)
    require_extra("tensorflow", "measuring this machine")
    import asyncio

    from bot.commands import benchmark_report

    measuring = benchmark_report.run(
        read_settings().home, photo or sample(), rounds=rounds, instructions=instructions, as_json=as_json
    )
    asyncio.run(measuring)


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


def read_settings() -> Settings:
    """Read the settings.

    Raises:
        ConfigError: a setting is invalid.
    """
    from bot.config import load_settings

    return load_settings()


def read_database() -> URL:
    """Read the address of the database from the settings.

    Raises:
        ConfigError: a setting is invalid.
    """
    from bot.storage.database_url import database_url

    return database_url(read_settings())


if __name__ == "__main__":
    main()
