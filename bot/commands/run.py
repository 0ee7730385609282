"""`labelbot run`: reports all that is wrong on this machine at once, or runs the bot."""

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
        ProgramError: it cannot start, or has ended with an error. The message has a line for each cause.
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
    """Find what is wrong with all that the settings name.

    Args:
        settings: usable settings.
        hopeless: whether the bot cannot start anyway. If not, its start reports what is wrong with the database.
    """
    checks = (settings.read_token, lambda: database_url(settings), lambda: _find_model(settings))
    faults = _failures(*checks)
    if not (faults or hopeless):
        return ()
    return _failures(*checks, lambda: make_data_folder(settings.home), lambda: inspect(database_url(settings)))


def _failures(*checks: Callable[[], object]) -> Sequence[ProgramError]:
    """Run all checks; return the errors that they raise, each of them once."""
    failures = {}
    for check in checks:
        try:
            check()
        except ProgramError as error:
            failures[str(error)] = error
    return list(failures.values())


def _find_model(settings: Settings) -> None:
    with suppress(ModelNotBuilt):  # it is built at the start
        ModelStore(settings.home).find(settings.model, build=False)
