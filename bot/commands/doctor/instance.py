"""Checks whether an instance of the bot uses the database."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bot.commands.doctor.findings import Findings, ok

if TYPE_CHECKING:
    from bot.config import Settings


def check_instance(settings: Settings) -> Findings:
    """Report the process that runs the bot, if there is one, without affecting it."""
    from bot.config import ConfigError
    from bot.storage.engine import StorageError

    try:
        holder = asyncio.run(running_instance(settings))
    except (ConfigError, StorageError):  # `check_database` reports the error
        return
    yield ok("instance", "the bot does not run" if holder is None else f"the bot runs: {holder}")


async def running_instance(settings: Settings) -> str | None:
    """Return the process that runs the bot with this database; None if there is none.

    Raises:
        ConfigError: the address of the database cannot be used.
        StorageError: the database cannot be used.
    """
    from bot.storage.database_url import database_url
    from bot.storage.single_instance import instance_lock

    holder = await instance_lock(database_url(settings)).holder()
    return None if holder is None else str(holder)
