"""Reads the figures of the bot's work from a database without changing it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import URL, Connection

from bot.domain.corrections import LiveAccuracy
from bot.storage.corrections import CONFUSIONS, TALLIES, read_live_accuracy
from bot.storage.counters import TOTALS, read_totals
from bot.storage.database_url import name_of
from bot.storage.engine import StorageError
from bot.storage.inspection import has_tables, read_only


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of the bot's work.

    Attributes:
        counts: sums of the daily counters, by name.
        live: what people say about the bot's answers.
    """

    counts: Mapping[str, int]
    live: LiveAccuracy


def read_figures(url: URL) -> Figures:
    """Read the figures. Blocking.

    Raises:
        StorageError: the database cannot be read, or has no tables, or tables of another version of the program.
    """
    if not has_tables(url):
        raise StorageError(f"The database {name_of(url)} has no tables yet: the bot makes them when it starts.")
    return asyncio.run(read_only(url, _read))


def _read(connection: Connection) -> Figures:
    live = read_live_accuracy(connection.execute(TALLIES).all(), connection.execute(CONFUSIONS).all())
    return Figures(read_totals(connection.execute(TOTALS)), live)
