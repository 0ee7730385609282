"""The cache of labels, by file and model version."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import astuple

from sqlalchemy import bindparam, delete, select, tuple_

from bot.storage.database import Database
from bot.storage.durable import patient
from bot.storage.labels_json import labels_from_json, labels_to_json
from bot.storage.tables import predictions
from inference import Classification, Frames, KindScore, Timings

# Maximum number of rows. A row takes about 750 bytes, so the table takes about 75 MB.
MAX_ROWS = 100_000
# Number of rows that are added between evictions. An eviction takes as long as a thousand other statements.
MAX_SURPLUS = 1_000

GET = select(
    predictions.c.predictions,
    predictions.c.threshold,
    predictions.c.kind,
    predictions.c.kind_probability,
    predictions.c.frames,
    predictions.c.familiarity,
).where(
    predictions.c.file_unique_id == bindparam("file_unique_id"),
    predictions.c.model == bindparam("model"),
    predictions.c.version == bindparam("version"),
)

ERASE = delete(predictions).where(predictions.c.file_unique_id.in_(bindparam("ids", expanding=True)))
# Number of ids per statement. A statement may have a few thousand values, but other statements wait while it runs.
IDS_AT_ONCE = 200


class Predictions:
    """The table of labels, by file and model version."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stored = 0

    async def get(self, file_unique_id: str, *, model: str, version: str) -> Classification | None:
        """Return the cached labels of a file, with timings of zero; None if the model version has no labels of it."""
        key = {"file_unique_id": file_unique_id, "model": model, "version": version}
        rows = await self._database.fetch(GET, key)
        if not rows:
            return None
        (row,) = rows
        found = labels_from_json(row.predictions)
        kind = None if row.kind is None else KindScore(row.kind, row.kind_probability)
        frames = None if row.frames is None else Frames(*row.frames)
        timings = Timings(decode_ms=0.0, inference_ms=0.0)
        return Classification(model, version, found, row.threshold, timings, kind, frames, row.familiarity)

    async def put(self, file_unique_id: str, classification: Classification) -> None:
        """Store the labels of a file. They replace older labels."""
        kind, frames = classification.kind, classification.frames
        row = {
            "file_unique_id": file_unique_id,
            "model": classification.model,
            "version": classification.version,
            "predictions": labels_to_json(classification.predictions),
            "threshold": classification.threshold,
            "kind": kind and kind.kind,
            "kind_probability": kind and kind.probability,
            "frames": frames and astuple(frames),
            "familiarity": classification.familiarity,
            "created_at": int(time.time()),
        }
        await self._database.upsert(predictions, row, urgent=False)
        self._stored += 1
        if self._stored % MAX_SURPLUS == 0:
            await self._evict_surplus()

    @patient
    async def erase(self, file_unique_ids: Collection[str]) -> None:
        """Delete the labels of files from all models."""
        ids = sorted(file_unique_ids)
        for first in range(0, len(ids), IDS_AT_ONCE):
            await self._database.execute(ERASE, {"ids": ids[first : first + IDS_AT_ONCE]})

    async def _evict_surplus(self) -> None:
        key = tuple(predictions.primary_key)
        surplus = select(*key).order_by(predictions.c.created_at.desc()).offset(MAX_ROWS)
        await self._database.execute(delete(predictions).where(tuple_(*key).in_(surplus)))
