"""Votes: what people say about answers."""

from __future__ import annotations

import structlog

from bot.domain.answers import Answer, AnsweredPhoto
from bot.domain.corrections import Correction, Standing, standings_of
from bot.storage.corrections import Corrections

log = structlog.get_logger()


class Votes:
    """Stores what people say about answers. Each method raises `StorageError` if the database fails for too long.

    Args:
        corrections: table of the votes.
    """

    def __init__(self, corrections: Corrections) -> None:
        self._corrections = corrections

    async def standing(self, answer: Answer, photo: AnsweredPhoto) -> Standing:
        """Return the votes on the answer to a photo."""
        votes = await self._corrections.of_photos(answer.chat_id, [photo.message_id])
        return standings_of([photo], votes)[photo.message_id]

    async def of_person(self, person_id: int, answer: Answer, photo: AnsweredPhoto) -> Correction | None:
        """Return a person's vote on the answer to a photo; None if the person has not voted."""
        model = None if photo.classification is None else photo.classification.model
        votes = await self._corrections.of_photos(answer.chat_id, [photo.message_id])
        return next((vote for vote in votes if (vote.voter_id, vote.model) == (person_id, model)), None)

    async def save(self, vote: Correction) -> None:
        """Store a vote, in place of an earlier one of the same person."""
        await self._corrections.save(vote)
        log.info("answer judged", model=vote.model, certainty=vote.certainty, right=vote.is_right)

    async def withdraw(self, vote: Correction) -> None:
        """Delete a vote."""
        await self._corrections.withdraw(vote)
        log.info("judgement taken back", model=vote.model)
