"""`labelbot run`: checks the settings and reports all faults at once, or runs the bot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

from bot.config import ConfigError, Settings, load_with_defaults
from bot.storage.database_url import database_url
from bot.storage.inspection import inspect
from bot.storage.private_files import make_data_folder
from inference import ModelStore
from inference.errors import ModelNotBuilt, ProgramError


def run() -> None:
    """Run the bot until SIGTERM or SIGINT.

    Raises:
        ProgramError: the bot cannot start, or has ended with an error. The message has one line per cause.
    """
    settings, unusable = load_with_defaults()
    faults: list[ProgramError] = [*unusable]
    if settings is not None:
        faults += _faults_beyond(settings, hopeless=bool(unusable))
    if settings is None or faults:
        kind = ConfigError if any(isinstance(fault, ConfigError) for fault in faults) else ProgramError
        raise kind("\n".join(map(str, faults)))
    from bot import app

    app.run(settings)


def _faults_beyond(settings: Settings, *, hopeless: bool) -> Sequence[ProgramError]:
    """Check everything that the settings refer to, and return the faults found.

    Args:
        settings: usable settings.
        hopeless: True if the bot is already known to be unable to start. The home folder and the database are checked
            only if this is True or another fault was found, as otherwise the start of the bot checks them.
    """
    checks = (settings.read_token, lambda: database_url(settings), lambda: _find_model(settings))
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


def _find_model(settings: Settings) -> None:
    with suppress(ModelNotBuilt):  # the model is built when the bot starts
        ModelStore(settings.home).find(settings.model, build=False)
