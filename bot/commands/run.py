"""`labelbot run`: checks the settings and reports all faults at once, or runs the bot."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import typer

from bot.config import ConfigError, Settings, load_with_defaults
from bot.domain.web_addresses import listen_address, webhook_address
from bot.storage.database_url import database_url
from bot.storage.inspection import inspect
from bot.storage.private_files import make_data_folder
from inference import ModelStore
from inference.commands.messages import INTERRUPTED
from inference.commands.pull_missing import PullRefused, describe_pull, missing_entry
from inference.errors import ModelNotBuilt, ProgramError
from inference.system.child_process import with_parent
from inference.system.environment import child_environment
from inference.system.proxy import environment_proxy
from inference.system.terminal import print_message


def run(model: str | None = None, *, no_pull: bool = False, cluster: str | None = None) -> None:
    """Run the bot until a signal ends it, such as that of Ctrl-C.

    Args:
        model: name of the default model; None or an empty name for the model of the settings.
        no_pull: whether no model may be downloaded, neither before the start nor in the background.
        cluster: address of the cluster; None or an empty text for that of the settings.

    Raises:
        ProgramError: the bot cannot start, or has ended with an error. The message has one line per cause.
    """
    overrides: dict[str, Any] = {"model": model} if model else {}
    if cluster:
        overrides["cluster"] = cluster
    if no_pull:
        overrides["auto_pull"] = False
    settings, unusable = load_with_defaults(**overrides)
    faults: list[ProgramError] = [*unusable]
    if settings is not None:
        faults += _faults_beyond(settings, no_pull=no_pull, hopeless=bool(unusable))
    if settings is None or faults:
        kind = ConfigError if any(isinstance(fault, ConfigError) for fault in faults) else ProgramError
        raise kind("\n".join(map(str, faults)))
    pull_missing(settings)
    from bot.commands.bot_process import run_bot

    run_bot(settings)


def _faults_beyond(settings: Settings, *, no_pull: bool, hopeless: bool) -> Sequence[ProgramError]:
    """Check everything that the settings refer to, and return the faults found.

    Args:
        settings: usable settings.
        no_pull: whether it is a fault if the model must be downloaded.
        hopeless: True if the bot is already known to be unable to start. The home folder and the database are checked
            only if this is True or another fault was found, as otherwise the start of the bot checks them.
    """
    checks = (
        settings.read_token,
        lambda: database_url(settings),
        lambda: listen_address(settings),
        lambda: webhook_address(settings),
        lambda: environment_proxy(settings.api_url),
        lambda: _find_model(settings, no_pull=no_pull),
    )
    faults = _failures(*checks)
    if not (faults or hopeless):
        return ()
    return _failures(*checks, lambda: make_data_folder(settings.home), lambda: inspect(database_url(settings)))


def _failures(*checks: Callable[[], object]) -> Sequence[ProgramError]:
    """Run all checks; return the errors that the checks raise, without repetitions."""
    failures = {}
    for check in checks:
        try:
            check()
        except ProgramError as error:
            failures[str(error)] = error
    return list(failures.values())


def _find_model(settings: Settings, *, no_pull: bool) -> None:
    store = ModelStore(settings.home)
    if missing_entry(store, settings.model, settings.catalog) is not None:
        if no_pull:
            raise PullRefused(settings.model)
        return
    with suppress(ModelNotBuilt):  # the model is built when the bot starts
        store.find(settings.model, build=False)


def pull_missing(settings: Settings, *, no_pull: bool = False) -> None:
    """Install the default model if it is published and not installed.

    A process of its own does this, as the bot would else keep the memory of the build for as long as it runs.

    Args:
        settings: usable settings.
        no_pull: whether it is an error if the model must be downloaded.

    Raises:
        PullRefused: the model must be downloaded, but may not be.
        Exit: the model was not installed; the process has printed why.
    """
    entry = missing_entry(ModelStore(settings.home), settings.model, settings.catalog)
    if entry is None:
        return
    if no_pull:
        raise PullRefused(settings.model)
    print_message(describe_pull(entry))
    command = (sys.executable, "-P", "-m", "bot.cli", "models", "pull", "--home", str(settings.home), "--", entry.name)
    try:
        pulled = subprocess.run(  # noqa: S603 - ours
            with_parent(*command),
            env=child_environment(network=True) | settings.command_variables(),
            stdout=sys.stderr,
            check=False,
        )
    except KeyboardInterrupt:  # the process got it, too, and has printed a message
        raise typer.Exit(INTERRUPTED) from None
    if pulled.returncode:
        raise typer.Exit(pulled.returncode if pulled.returncode > 0 else 1)
