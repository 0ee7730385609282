"""The bot's answers, for the buttons below them and for late photos of albums."""

from __future__ import annotations

import time
from dataclasses import fields
from typing import Any

from sqlalchemy import Result, Row, bindparam, delete, select

from bot.domain.answers import Answer, AnsweredPhoto
from bot.domain.media import Media
from bot.storage.database import Database
from bot.storage.durable import patient
from bot.storage.labels_json import labels_from_json, labels_to_json
from bot.storage.tables import answers
from inference import Classification, Frames, KindScore, TaughtScore, Timings

TIMINGS = fields(Timings)
# Number of answers among which the answers about a message are found. One answer is about at most ten messages.
ANSWERS_BEFORE = 30

FIND = select(answers).where(answers.c.chat_id == bindparam("chat_id"), answers.c.message_id == bindparam("message_id"))
FIND_ALBUM = select(answers).where(
    answers.c.chat_id == bindparam("chat_id"), answers.c.media_group_id == bindparam("media_group_id")
)
# A message of a photo comes no earlier than the first message of its answer.
FIND_BEGUN_BY = (
    select(answers)
    .where(answers.c.chat_id == bindparam("chat_id"), answers.c.asked_message_id <= bindparam("message_id"))
    .order_by(answers.c.asked_message_id.desc())
    .limit(ANSWERS_BEFORE)
)

PHOTOS_OF_CHAT = select(answers.c.photos).where(answers.c.chat_id == bindparam("chat_id"))
PHOTOS_OF_PERSON = select(answers.c.photos).where(answers.c.asker_id == bindparam("asker_id"))
ERASE_CHAT = delete(answers).where(answers.c.chat_id == bindparam("chat_id")).returning(answers.c.photos)
ERASE_PERSON = delete(answers).where(answers.c.asker_id == bindparam("asker_id")).returning(answers.c.photos)


class Answers:
    """The table of answers, by chat and id of the bot's message."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @patient
    async def save(self, answer: Answer) -> None:
        """Store an answer. It replaces an earlier answer in the same message."""
        await self._database.upsert(answers, _row(answer))

    def store(self, answer: Answer) -> None:
        """Start to store a new answer. It is stored within milliseconds, and nobody waits for it."""
        self._database.store_row(answers, _row(answer), lost="an answer has buttons that do nothing")

    @patient
    async def find(self, chat_id: int, message_id: int) -> Answer | None:
        """Return the answer in a message of the bot; None if no answer is stored."""
        found = await self._database.execute(FIND, {"chat_id": chat_id, "message_id": message_id})
        row = found.one_or_none()
        return None if row is None else _answer(row)

    async def find_album(self, chat_id: int, media_group_id: str) -> Answer | None:
        """Return the answer to an album; None if there is no answer."""
        found = await self._database.execute(FIND_ALBUM, {"chat_id": chat_id, "media_group_id": media_group_id})
        row = found.first()
        return None if row is None else _answer(row)

    @patient
    async def find_about(self, chat_id: int, message_id: int, media_group_id: str | None) -> list[Answer]:
        """Return the answers about the photo of a message.

        Args:
            chat_id: id of the chat.
            message_id: id of the message with the photo.
            media_group_id: id of the message's album; None if it is in no album.
        """
        found = await self._database.execute(FIND_BEGUN_BY, {"chat_id": chat_id, "message_id": message_id})
        known = {answer.message_id: answer for answer in map(_answer, found)}
        if media_group_id is not None and (of_album := await self.find_album(chat_id, media_group_id)) is not None:
            known[of_album.message_id] = of_album
        return [answer for answer in known.values() if answer.photo_of(message_id) is not None]

    @patient
    async def files_of_chat(self, chat_id: int) -> set[str]:
        """Return the unique ids of the files in all answers in a chat."""
        return _files(await self._database.execute(PHOTOS_OF_CHAT, {"chat_id": chat_id}))

    @patient
    async def files_of_person(self, asker_id: int) -> set[str]:
        """Return the unique ids of the files in all answers to a person, in every chat."""
        return _files(await self._database.execute(PHOTOS_OF_PERSON, {"asker_id": asker_id}))

    @patient
    async def erase_chat(self, chat_id: int) -> set[str]:
        """Delete all answers in a chat; return the unique ids of the files in the answers."""
        return _files(await self._database.execute(ERASE_CHAT, {"chat_id": chat_id}))

    @patient
    async def erase_person(self, asker_id: int) -> set[str]:
        """Delete all answers to a person, in every chat; return the unique ids of the files in the answers."""
        return _files(await self._database.execute(ERASE_PERSON, {"asker_id": asker_id}))


def _row(answer: Answer) -> dict[str, Any]:
    return {
        "chat_id": answer.chat_id,
        "message_id": answer.message_id,
        "asked_message_id": answer.asked_message_id,
        "asker_id": answer.asker_id,
        "media_group_id": answer.media_group_id,
        "photos": [_photo_to_json(photo) for photo in answer.photos],
        "answered_at": int(time.time()),
    }


def _files(rows: Result[Any]) -> set[str]:
    photos = [_photo_from_json(photo) for row in rows for photo in row.photos]
    return {size.file_unique_id for photo in photos for size in photo.sizes}


def _answer(row: Row[Any]) -> Answer:
    return Answer(
        row.chat_id,
        row.message_id,
        row.asked_message_id,
        row.asker_id,
        row.media_group_id,
        tuple(_photo_from_json(photo) for photo in row.photos),
    )


def _photo_to_json(photo: AnsweredPhoto) -> dict[str, Any]:
    stored: dict[str, Any] = {
        "message_id": photo.message_id,
        "sizes": [_values(size) for size in photo.sizes],
        "failure": photo.failure,
        "seen_before": photo.cached,
        "taught": [_values(score) for score in photo.taught],
        "own": photo.own,
        "spoiler": photo.spoiler,
        "seen": None,
    }
    if photo.classification is not None:
        stored["seen"] = {
            "model": photo.classification.model,
            "version": photo.classification.version,
            "threshold": photo.classification.threshold,
            "predictions": labels_to_json(photo.classification.predictions),
            "timings": {field.name: getattr(photo.classification.timings, field.name) for field in TIMINGS},
            "kind": photo.classification.kind and _values(photo.classification.kind),
            "frames": photo.classification.frames and _values(photo.classification.frames),
            "familiarity": photo.classification.familiarity,
        }
    return stored


def _values(flat: Media | KindScore | Frames | TaughtScore) -> list[Any]:
    """Return the values of an object's fields. `dataclasses.astuple` takes ten times as long, since it copies them."""
    return [getattr(flat, name) for name in flat.__slots__]


def _photo_from_json(stored: dict[str, Any]) -> AnsweredPhoto:
    sizes = tuple(Media(*size) for size in stored["sizes"])
    return AnsweredPhoto(
        stored["message_id"],
        sizes,
        _classification_from_json(stored["seen"]),
        stored["failure"],
        stored["seen_before"],
        tuple(TaughtScore(*score) for score in stored.get("taught", ())),
        # Answers of earlier versions do not say whose photo it is.
        stored.get("own", False),
        stored.get("spoiler", False),
    )


def _classification_from_json(stored: dict[str, Any] | None) -> Classification | None:
    if stored is None:
        return None
    return Classification(
        stored["model"],
        stored["version"],
        labels_from_json(stored["predictions"]),
        stored["threshold"],
        Timings(**stored["timings"]),
        KindScore(*kind) if (kind := stored.get("kind")) else None,
        Frames(*frames) if (frames := stored.get("frames")) else None,
        stored.get("familiarity"),
    )
