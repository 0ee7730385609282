"""The connection to the database."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from bot.storage.storage import Storage


async def test_a_reader_beside_the_bot_does_not_lock_it_out(storage: Storage, database: Path) -> None:
    with sqlite3.connect(database, isolation_level=None) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM chats").fetchall()
        await storage.chats.set_top_k(1, 4)
        reader.execute("COMMIT")
    assert await storage.chats.top_k(1) == 4
