"""Questions to the database and their answers, in the words of the program: no row leaves this module."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, bindparam, delete, event, select, tuple_
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.storage.migrate import migrate
from bot.storage.tables import bans, chats, model_choices, predictions
from inference import Classification, Prediction, Timings

# A photo that comes back does so within days; older rows only take room.
MAX_AGE_S = 30 * 24 * 3600
# About 600 bytes each, so some 60 MB.
MAX_PREDICTIONS = 100_000
PRUNE_EVERY = 1_000
# Those heard from lately; about a megabyte.
MAX_CHATS_IN_MEMORY = 10_000
# Another process, `labelbot migrate` or a backup, may hold the database this long before a query fails.
BUSY_TIMEOUT_MS = 5_000


# Built once: putting a statement together costs more than SQLite takes to run it.
TOP_K = select(chats.c.top_k).where(chats.c.id == bindparam("chat_id"))
RECALL = select(predictions.c.predictions, predictions.c.threshold).where(
    predictions.c.file_unique_id == bindparam("file_unique_id"),
    predictions.c.model == bindparam("model"),
    predictions.c.version == bindparam("version"),
)
REMEMBER = insert(predictions).prefix_with("OR REPLACE")


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """The model that an admin chose, and the choice before it; None stands for what holds where nothing is chosen."""

    model: str | None
    previous: str | None


class Storage:
    """The bot's database: settings, choices of admins, and labels of files seen before. `Storage.open` makes one."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._remembered = 0
        # Asked for with every photo, and written by nobody else.
        self._top_k: dict[int, int | None] = {}

    @classmethod
    async def open(cls, database: Path) -> Storage:
        """Open a database, made or brought up to date first.

        Raises:
            StorageError: it cannot be used.
        """
        await asyncio.to_thread(migrate, database)
        # Every method is one statement, and so a transaction by itself; beginning and ending others around it would
        # send each of them to SQLite's thread and back three times more often.
        engine = create_async_engine(
            URL.create("sqlite+aiosqlite", database=str(database)),
            pool_size=1,  # a statement takes microseconds; more connections would be more threads to hand it to
            max_overflow=0,
            isolation_level="AUTOCOMMIT",
            pool_reset_on_return=None,
            skip_autocommit_rollback=True,
        )
        event.listen(engine.sync_engine, "connect", _set_up_connection)
        storage = cls(engine)
        await storage.prune(max_predictions=MAX_PREDICTIONS)
        return storage

    async def close(self) -> None:
        await self._engine.dispose()

    async def top_k(self, chat_id: int) -> int | None:
        """Return how many labels a chat asked for, None where it never did."""
        if chat_id not in self._top_k:
            async with self._engine.connect() as connection:
                found: int | None = await connection.scalar(TOP_K, {"chat_id": chat_id})
            if chat_id not in self._top_k:  # else it was set meanwhile
                self._hold(chat_id, found)
        return self._top_k[chat_id]

    async def set_top_k(self, chat_id: int, top_k: int) -> None:
        row = insert(chats).values(id=chat_id, top_k=top_k)
        async with self._engine.connect() as connection:
            await connection.execute(row.on_conflict_do_update(index_elements=[chats.c.id], set_={"top_k": top_k}))
        self._hold(chat_id, top_k)

    def _hold(self, chat_id: int, top_k: int | None) -> None:
        if len(self._top_k) >= MAX_CHATS_IN_MEMORY:
            self._top_k.clear()
        self._top_k[chat_id] = top_k

    async def model_choices(self) -> dict[int, ModelChoice]:
        """Return what admins chose, by chat; under 0 what holds in all chats."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(select(model_choices))
        return {row.chat_id: ModelChoice(row.model, row.previous) for row in rows}

    async def set_model_choice(self, chat_id: int, choice: ModelChoice) -> None:
        row = {"chat_id": chat_id, "model": choice.model, "previous": choice.previous}
        async with self._engine.connect() as connection:
            await connection.execute(insert(model_choices).prefix_with("OR REPLACE"), row)

    async def banned(self) -> set[int]:
        """Return the ids of people and chats that are banned."""
        async with self._engine.connect() as connection:
            return set(await connection.scalars(select(bans.c.id)))

    async def ban(self, banned_id: int) -> None:
        async with self._engine.connect() as connection:
            await connection.execute(insert(bans).on_conflict_do_nothing(), {"id": banned_id})

    async def unban(self, banned_id: int) -> None:
        async with self._engine.connect() as connection:
            await connection.execute(delete(bans).where(bans.c.id == banned_id))

    async def recall(self, file_unique_id: str, *, model: str, version: str) -> Classification | None:
        """Return what a version of a model said of a file, with no time spent on it; None where it never saw it."""
        key = {"file_unique_id": file_unique_id, "model": model, "version": version}
        async with self._engine.connect() as connection:
            row = (await connection.execute(RECALL, key)).one_or_none()
        if row is None:
            return None
        found = tuple(Prediction(label, score, index) for label, score, index in row.predictions)
        return Classification(model, version, found, row.threshold, Timings(decode_ms=0.0, inference_ms=0.0))

    async def remember(self, file_unique_id: str, classification: Classification) -> None:
        """Keep the labels of a file, instead of any kept before."""
        row = {
            "file_unique_id": file_unique_id,
            "model": classification.model,
            "version": classification.version,
            "predictions": [(found.label, found.score, found.index) for found in classification.predictions],
            "threshold": classification.threshold,
            "created_at": int(time.time()),
        }
        async with self._engine.connect() as connection:
            await connection.execute(REMEMBER, row)
        self._remembered += 1
        if self._remembered % PRUNE_EVERY == 0:
            await self.prune(max_predictions=MAX_PREDICTIONS)

    async def prune(self, *, max_predictions: int) -> None:
        """Forget the labels that are too old, then the oldest of those that are too many."""
        too_old = predictions.c.created_at < int(time.time()) - MAX_AGE_S
        key = tuple(predictions.primary_key)
        too_many = select(*key).order_by(predictions.c.created_at.desc()).offset(max_predictions)
        async with self._engine.connect() as connection:
            await connection.execute(delete(predictions).where(too_old))
            await connection.execute(delete(predictions).where(tuple_(*key).in_(too_many)))


def _set_up_connection(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    # A write-ahead log lets readers read while one writes; with it, NORMAL loses no transaction but to a power cut.
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.close()
