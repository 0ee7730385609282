"""Figures that outlast the program."""

from __future__ import annotations

from datetime import date

from sqlalchemy import insert

from bot.storage.database import Database
from bot.storage.storage import Storage
from bot.storage.tables import counters


async def test_counts_add_up_over_days(storage: Storage, database: Database) -> None:
    assert await storage.counters.totals() == {}
    await storage.counters.add("photos", 3)
    await storage.counters.add("photos", 4)
    await storage.counters.add("errors", 1)
    await database.execute(insert(counters), {"day": date(2026, 1, 31), "name": "photos", "value": 2**40})
    assert await storage.counters.totals() == {"photos": 2**40 + 7, "errors": 1}
