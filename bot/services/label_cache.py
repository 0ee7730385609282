"""The cache of labels, beside the answers: it never keeps one waiting, and its failures cost none."""

from __future__ import annotations

import asyncio

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.storage.predictions import Predictions
from inference import Classification

log = structlog.get_logger()

# Looking at a photo takes less time.
READ_TIMEOUT_S = 1.0
# While the database hangs, further labels are not cached.
MAX_WRITES = 500


class LabelCache:
    """Labels of files seen before.

    Args:
        predictions: table of the labels.
    """

    def __init__(self, predictions: Predictions) -> None:
        self._predictions = predictions
        self._writes: set[asyncio.Task[None]] = set()

    async def get(self, file_unique_id: str, *, model: str, version: str) -> Classification | None:
        """Return what a version of a model said of a file; None if that is not known, or not read in time."""
        try:
            async with asyncio.timeout(READ_TIMEOUT_S):
                return await self._predictions.get(file_unique_id, model=model, version=version)
        except (SQLAlchemyError, TimeoutError) as error:
            log.warning("cache not read", reason=type(error).__name__)
            return None

    def put(self, file_unique_id: str, classification: Classification) -> None:
        """Start to store the labels of a file."""
        if len(self._writes) < MAX_WRITES:
            task = asyncio.create_task(self._write(file_unique_id, classification))
            self._writes.add(task)
            task.add_done_callback(self._writes.discard)

    async def close(self) -> None:
        """Wait for the writes under way."""
        await asyncio.gather(*self._writes)

    async def _write(self, file_unique_id: str, classification: Classification) -> None:
        try:
            await self._predictions.put(file_unique_id, classification)
        except SQLAlchemyError as error:
            log.warning("labels not cached", reason=type(error).__name__)
