"""Reads offered photos with the model of their chat."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from bot.domain.teaching import OfferedPhoto, PhotoProblem, RefusedPhoto
from bot.services.image_fetching import FileUnavailable
from bot.services.labelling import Labeller
from bot.services.model_selection import ModelSelection
from bot.views import replies
from inference import Classification, errors

log = structlog.get_logger()

# Number of times that photos are read if the chat's model is switched each time.
ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class ReadPhoto:
    """An offered photo, and the answer for it, with the embedding."""

    offered: OfferedPhoto
    classification: Classification

    @property
    def version(self) -> tuple[str, str]:
        """Name and version of the model that read the photo."""
        return self.classification.model, self.classification.version


async def read_offered(
    photos: Sequence[OfferedPhoto], chat_id: int, labeller: Labeller, models: ModelSelection
) -> tuple[list[ReadPhoto], list[RefusedPhoto]]:
    """Read photos. If the model of the chat is switched meanwhile, read them again.

    Returns:
        The photos in their order, and the photos that cannot be read.
    """
    for _ in range(ATTEMPTS):
        results = await asyncio.gather(*(_read(photo, chat_id, labeller) for photo in photos))
        read = [result for result in results if isinstance(result, ReadPhoto)]
        spec = models.selected(chat_id).spec
        if all(each.version == (spec.name, spec.version) for each in read):
            break
    return read, [result for result in results if isinstance(result, RefusedPhoto)]


async def _read(photo: OfferedPhoto, chat_id: int, labeller: Labeller) -> ReadPhoto | RefusedPhoto:
    try:
        classification = await labeller.read(chat_id, photo.sizes, photo.giver_id)
    except errors.InferenceError as error:
        log.info("not taught", error=type(error).__name__)
        reason = replies.failure_key(error)
    except FileUnavailable as error:
        log.warning("file unavailable", reason=str(error))
        reason = "answers-file-unavailable"
    else:
        if classification.embedding is not None:
            return ReadPhoto(photo, classification)
        reason = PhotoProblem.NO_EMBEDDING
    return RefusedPhoto(photo.message_id, photo.giver_id, reason)
