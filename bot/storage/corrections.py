"""The table of corrections: votes of people on the bot's answers."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Executable, Integer, Row, bindparam, case, cast, delete, func, or_, select, update

from bot.domain.corrections import Confusion, Correction, LiveAccuracy, Tally
from bot.storage.database import Database
from bot.storage.durable import patient
from bot.storage.tables import corrections

# Number of corrections that are listed, and number of photos from which one is: a single photo says little.
MAX_CONFUSIONS = 5
MIN_CONFUSED_PHOTOS = 2

OF_PHOTOS = select(corrections).where(
    corrections.c.chat_id == bindparam("chat"), corrections.c.photo_id.in_(bindparam("photos", expanding=True))
)
WITHDRAW = delete(corrections).where(
    corrections.c.chat_id == bindparam("chat"),
    corrections.c.photo_id == bindparam("photo"),
    corrections.c.model == bindparam("of_model"),
    corrections.c.voter_id == bindparam("voter"),
)
ERASE_PHOTO = delete(corrections).where(
    corrections.c.chat_id == bindparam("chat"), corrections.c.photo_id == bindparam("photo")
)
ERASE_CHAT = delete(corrections).where(corrections.c.chat_id == bindparam("chat"))
ERASE_PERSON = delete(corrections).where(
    or_(corrections.c.voter_id == bindparam("person"), corrections.c.asker_id == bindparam("person"))
)
MOVE = (
    update(corrections)
    .where(corrections.c.chat_id == bindparam("old"))
    .values(chat_id=bindparam("new"), photo_id=-corrections.c.photo_id)
)


def _tallies() -> Executable:
    """Return the statement that counts photos; `bot.domain.corrections` describes how voters decide."""
    is_right = cast(corrections.c.is_right, Integer)
    photo = (corrections.c.chat_id, corrections.c.photo_id)
    kind = (corrections.c.model, corrections.c.version, corrections.c.certainty)
    photos = (
        select(
            *kind,
            func.count().label("votes"),
            func.sum(is_right).label("right_votes"),
            func.max(case((corrections.c.voter_id == corrections.c.asker_id, is_right))).label("asker"),
        )
        .group_by(*photo, *kind)
        .subquery()
    )
    verdict = case(
        (photos.c.asker.is_not(None), photos.c.asker),
        (photos.c.right_votes == photos.c.votes, 1),
        (photos.c.right_votes == 0, 0),
        else_=-1,
    )
    counts = [func.sum(case((verdict == value, 1), else_=0)).label(name) for name, value in VERDICTS]
    by = (photos.c.model, photos.c.version, photos.c.certainty)
    return select(*by, *counts).group_by(*by).order_by(func.count().desc(), *by)


def _confusions() -> Executable:
    """Return the statement that counts the photos of each correction of a wrong answer."""
    pair = (corrections.c.model, corrections.c.said, corrections.c.label)
    photos = (
        select(corrections.c.chat_id, corrections.c.photo_id, *pair)
        .where(~corrections.c.is_right, corrections.c.said.is_not(None), corrections.c.label.is_not(None))
        .distinct()
        .subquery()
    )
    by, count = (photos.c.model, photos.c.said, photos.c.label), func.count().label("photos")
    often = select(*by, count).group_by(*by).having(count >= MIN_CONFUSED_PHOTOS)
    return often.order_by(count.desc(), *by).limit(MAX_CONFUSIONS)


VERDICTS = (("right", 1), ("wrong", 0), ("disputed", -1))
TALLIES, CONFUSIONS = _tallies(), _confusions()


class Corrections:
    """The table of corrections, by chat, photo, model and voter."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @patient
    async def save(self, correction: Correction) -> None:
        """Store a vote. It replaces an earlier vote of the same person on the same photo and model."""
        row = {name: getattr(correction, name) for name in correction.__slots__}
        await self._database.upsert(corrections, row | {"voted_at": int(time.time())})

    @patient
    async def withdraw(self, vote: Correction) -> None:
        """Delete a vote, if it is there."""
        key = {"chat": vote.chat_id, "photo": vote.photo_id, "of_model": vote.model, "voter": vote.voter_id}
        await self._database.execute(WITHDRAW, key)

    @patient
    async def of_photos(self, chat_id: int, photo_ids: Collection[int]) -> list[Correction]:
        """Return all votes on photos of a chat."""
        rows = await self._database.execute(OF_PHOTOS, {"chat": chat_id, "photos": list(photo_ids)})
        return [_correction(row) for row in rows]

    @patient
    async def live_accuracy(self) -> LiveAccuracy:
        """Return the counts over all stored votes."""
        tallies = await self._database.execute(TALLIES)
        return read_live_accuracy(tallies.all(), (await self._database.execute(CONFUSIONS)).all())

    @patient
    async def move(self, old_id: int, new_id: int) -> None:
        """Move the votes of a group to the supergroup that replaced it. A second call does nothing.

        A supergroup numbers its messages anew. The photos of the former group get negative ids, which no message has.
        """
        await self._database.execute(MOVE, {"old": old_id, "new": new_id})

    @patient
    async def erase_photo(self, chat_id: int, photo_id: int) -> None:
        """Delete all votes on a photo, whose message shows another photo now."""
        await self._database.execute(ERASE_PHOTO, {"chat": chat_id, "photo": photo_id})

    @patient
    async def erase_chat(self, chat_id: int) -> None:
        """Delete all votes in a chat."""
        await self._database.execute(ERASE_CHAT, {"chat": chat_id})

    @patient
    async def erase_person(self, person_id: int) -> None:
        """Delete all votes of a person, and all votes on answers to the person."""
        await self._database.execute(ERASE_PERSON, {"person": person_id})


def read_live_accuracy(tallies: Sequence[Row[Any]], confusions: Sequence[Row[Any]]) -> LiveAccuracy:
    """Convert the rows of `TALLIES` and `CONFUSIONS`."""
    return LiveAccuracy(
        tuple(Tally(row.model, row.version, row.certainty, row.right, row.wrong, row.disputed) for row in tallies),
        tuple(Confusion(row.model, row.said, row.label, row.photos) for row in confusions),
    )


def _correction(row: Row[Any]) -> Correction:
    return Correction(
        row.chat_id,
        row.photo_id,
        row.model,
        row.version,
        row.voter_id,
        row.asker_id,
        row.certainty,
        row.said,
        row.is_right,
        row.label,
    )
