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
    from bot.storage.database_url import database_url
    from bot.storage.engine import StorageError
    from bot.storage.single_instance import instance_lock

    try:
        holder = asyncio.run(instance_lock(database_url(settings)).holder())
    except (ConfigError, StorageError):  # `check_database` reports the error
        return
    yield ok("instance", "the bot does not run" if holder is None else f"the bot runs: {holder}")
