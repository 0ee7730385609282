"""The cache of labels. Answers never wait long for the cache, and a failure of the cache prevents no answer."""

from __future__ import annotations

import asyncio

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.storage.predictions import Predictions
from inference import Classification

log = structlog.get_logger()

# Seconds to wait for the cache. Classifying a photo takes less time, so a longer wait is of no use.
READ_TIMEOUT_S = 1.0
# Limit on the writes under way. If it is reached because the database hangs, further labels are not cached.
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
        """Return the labels that a version of a model gave a file; None if they are unknown or not read in time."""
        try:
            async with asyncio.timeout(READ_TIMEOUT_S):
                return await self._predictions.get(file_unique_id, model=model, version=version)
        except (SQLAlchemyError, TimeoutError) as error:
            log.warning("cache not read", reason=type(error).__name__)
            return None

    def put(self, file_unique_id: str, classification: Classification) -> None:
        """Start to store the labels of a file, without waiting for the end."""
        if len(self._writes) < MAX_WRITES:
            task = asyncio.create_task(self._write(file_unique_id, classification))
            self._writes.add(task)
            task.add_done_callback(self._writes.discard)

    async def close(self) -> None:
        """Wait for the writes under way. A write that takes too long is dropped, as the labels can be found again."""
        if self._writes:
            _, late = await asyncio.wait(self._writes, timeout=READ_TIMEOUT_S)
            for write in late:
                write.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _write(self, file_unique_id: str, classification: Classification) -> None:
        try:
            await self._predictions.put(file_unique_id, classification)
        except SQLAlchemyError as error:
            log.warning("labels not cached", reason=type(error).__name__)
