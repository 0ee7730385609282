"""Reads what chats taught from a database that a running bot may be using."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from sqlalchemy import URL, Connection, func, select

from bot.storage.inspection import has_tables, read_only
from bot.storage.tables import consents, taught_classes, taught_photos
from inference.teaching.quantisation import dequantise
from inference.teaching.taught_folder import TaughtExport, exported_photo

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ListedClass:
    """A class of a chat.

    Attributes:
        chat_id: id of the chat.
        name: name of the class.
        photos: number of photos.
        people: number of people who gave them.
        models: names of the models that have read them.
        last_used_at: time when the class was last recognised, in seconds since 1970, UTC; None for never.
    """

    chat_id: int
    name: str
    photos: int
    people: int
    models: tuple[str, ...]
    last_used_at: int | None


def list_classes(url: URL) -> list[ListedClass]:
    """Return the classes of all chats. Blocking.

    Raises:
        StorageError: the database cannot be used, or is of another version of the program.
    """
    return _read(url, _list) if has_tables(url) else []


def read_chat(url: URL, chat_id: int) -> tuple[TaughtExport | None, int]:
    """Return what a chat taught, and the number of photos that are left out. Blocking.

    All embeddings are of one model version: the one that has read the most photos of the chat. Photos that another
    version has read are left out, until the bot has read them again.

    Returns:
        None instead of an export if the chat has taught nothing.

    Raises:
        StorageError: the database cannot be used, or is of another version of the program.
    """
    return _read(url, lambda connection: _chat(connection, chat_id)) if has_tables(url) else (None, 0)


def _read(url: URL, work: Callable[[Connection], T]) -> T:
    return asyncio.run(read_only(url, work))


def _list(connection: Connection) -> list[ListedClass]:
    photo, of = taught_photos.c, taught_classes.c
    models = select(photo.class_id, photo.model).distinct().order_by(photo.model)
    by_class: defaultdict[int, list[str]] = defaultdict(list)
    for row in connection.execute(models):
        by_class[row.class_id].append(row.model)
    counted = (
        select(
            taught_classes, func.count(photo.id).label("photos"), func.count(photo.giver_id.distinct()).label("people")
        )
        .join(taught_photos, (photo.class_id == of.id) & (photo.chat_id == of.chat_id))
        .group_by(*taught_classes.c)
        .order_by(of.chat_id, of.key)
    )
    return [
        ListedClass(row.chat_id, row.name, row.photos, row.people, tuple(by_class[row.id]), row.last_used_at)
        for row in connection.execute(counted)
    ]


def _chat(connection: Connection, chat_id: int) -> tuple[TaughtExport | None, int]:
    photo = taught_photos.c
    rows = connection.execute(
        select(taught_photos, taught_classes.c.name, consents.c.agreed_at)
        .join(taught_classes, photo.class_id == taught_classes.c.id)
        # A photo whose giver withdraws while this runs has no consent any more.
        .join(consents, (photo.chat_id == consents.c.chat_id) & (photo.giver_id == consents.c.person_id))
        .where(photo.chat_id == chat_id)
        .order_by(photo.id)
    ).all()
    if not rows:
        return None, 0
    (version, _), *_ = Counter((row.model, row.version) for row in rows).most_common()
    read = [row for row in rows if (row.model, row.version) == version]
    photos = tuple(exported_photo(row.id, row.name, row.giver_id, row.given_at, row.agreed_at) for row in read)
    embeddings = np.stack([dequantise(row.embedding) for row in read])
    return TaughtExport(chat_id, *version, photos, embeddings), len(rows) - len(read)
