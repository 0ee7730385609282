"""Whether an instance of the bot works with the database."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bot.commands.doctor.findings import Findings, ok

if TYPE_CHECKING:
    from bot.config import Settings


def check_instance(settings: Settings) -> Findings:
    """Tell which process runs the bot, if any; nothing of it is touched."""
    from bot.config import ConfigError
    from bot.storage.database_url import database_url
    from bot.storage.engine import StorageError
    from bot.storage.single_instance import instance_lock

    try:
        holder = asyncio.run(instance_lock(database_url(settings)).holder())
    except (ConfigError, StorageError):  # which the check of the database tells
        return
    yield ok("instance", "the bot does not run" if holder is None else f"the bot runs: {holder}")
