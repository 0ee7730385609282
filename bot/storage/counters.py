"""Daily counters of the bot's work."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, func, select

from bot.storage.database import Database
from bot.storage.tables import counters

TOTALS = select(counters.c.name, func.sum(counters.c.value).label("value")).group_by(counters.c.name)


class Counters:
    """The table of counters, by day (UTC) and name."""

    def __init__(self, database: Database) -> None:
        self._database = database
        insert = database.insert_into(counters)
        self._add = insert.on_conflict_do_update(
            index_elements=["day", "name"], set_={"value": counters.c.value + insert.excluded.value}
        )

    async def add(self, name: str, count: int) -> None:
        """Add to today's counter."""
        await self._database.execute(self._add, {"day": datetime.now(UTC).date(), "name": name, "value": count})

    async def totals(self) -> dict[str, int]:
        """Return the sum of each counter over all stored days, by name."""
        return read_totals(await self._database.execute(TOTALS))


def read_totals(rows: Iterable[Row[Any]]) -> dict[str, int]:
    """Convert the rows of `TOTALS`."""
    return {row.name: int(row.value) for row in rows}
