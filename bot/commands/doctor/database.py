"""Checks whether the database can be opened, and whether its tables have this program's version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.commands.doctor.findings import Finding, Findings, failed, ok, warning

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.storage.inspection import Inspection


def check_database(settings: Settings) -> Findings:
    """Check the database without changing it."""
    from bot.config import ConfigError
    from bot.storage.database_url import database_url, name_of
    from bot.storage.engine import StorageError
    from bot.storage.inspection import inspect

    try:
        url = database_url(settings)
        inspection = inspect(url)
    except ConfigError as error:
        yield failed("database", str(error), "correct it")
    except StorageError as error:
        yield failed(
            "database",
            str(error),
            "make it reachable, restore a backup, or name another in LABELBOT_DATABASE_URL or LABELBOT_HOME",
        )
    else:
        yield assess_inspection(name_of(url), inspection)


def chosen_models(settings: Settings) -> frozenset[str]:
    """Return the names of the models that admins chose in chat; empty if the database cannot be read."""
    from bot.config import ConfigError
    from bot.storage.database_url import database_url
    from bot.storage.engine import StorageError
    from bot.storage.inspection import inspect

    try:
        return inspect(database_url(settings)).chosen_models
    except (ConfigError, StorageError):  # `check_database` reports the error
        return frozenset()


def claimed_admins(settings: Settings) -> int:
    """Return the number of people who became admins by a link; 0 if the database cannot be read."""
    from bot.config import ConfigError
    from bot.storage.database_url import database_url
    from bot.storage.engine import StorageError
    from bot.storage.inspection import inspect

    try:
        return inspect(database_url(settings)).claimed_admins
    except (ConfigError, StorageError):  # `check_database` reports the error
        return 0


def assess_inspection(name: str, inspection: Inspection) -> Finding:
    revision = inspection.revision
    if revision is None:
        return ok("database", f"{name} has no tables yet; the bot makes them when it starts")
    if not inspection.known:
        detail = f"{name} was written by a newer version of labelbot (revision {revision}, here {inspection.newest})"
        return failed("database", detail, "update the program, or use another database")
    if revision != inspection.newest:
        detail = f"{name} is at revision {revision}, this program at {inspection.newest}"
        return warning(
            "database", detail, "`labelbot run` brings it up to date when it starts, as `labelbot migrate` does"
        )
    return ok("database", f"{name} is at revision {revision}")
