"""What people taught, in each kind of database."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import URL, select, update

from bot.domain.media import Media
from bot.domain.teaching import OfferedPhoto, TeachRequest
from bot.storage.backup import back_up, restore
from bot.storage.database import Database
from bot.storage.database_url import postgresql_url, sqlite_url
from bot.storage.storage import Storage
from bot.storage.tables import taught_classes, taught_photos, teach_requests
from bot.storage.taught import StoredPhoto
from inference.teaching.quantisation import quantise
from tests.support.databases import Databases

GROUP, OTHER_GROUP, ANN, BEN = -1001234567890, -1009876543210, 2**52 - 1, 7
VERSION = "efficientnet_lite0", "a86423a03b6b"


def stored(number: int, class_id: int, *, giver: int = ANN, chat: int = GROUP, file: int | None = None) -> StoredPhoto:
    unique = f"AQADfile{number if file is None else file:08}"
    media = Media(f"AgACAgIAAxkB{number:070}", unique, None, short_side_px=960)
    return StoredPhoto(number, class_id, chat, giver, 100 + number, media, *VERSION, 1, int(time.time()))


async def class_of(storage: Storage, name: str, *photos: StoredPhoto, chat: int = GROUP) -> int:
    await storage.taught.add_class(chat, name, ANN)
    class_id = await storage.taught.class_id(chat, name)
    assert class_id is not None
    await storage.taught.add_photos([(replace(photo, class_id=class_id), b"\0" * 9) for photo in photos])
    return class_id


async def names(storage: Storage, chat: int = GROUP) -> dict[str, int]:
    return {each.name: each.photos for each in await storage.taught.classes(chat)}


async def test_a_class_is_found_by_its_name_whatever_its_case(storage: Storage) -> None:
    class_id = await class_of(storage, "Straße ①", stored(1, 0))
    assert await storage.taught.class_id(GROUP, "STRASSE 1") == class_id
    assert await storage.taught.class_id(OTHER_GROUP, "Straße ①") is None
    assert await names(storage) == {"Straße ①": 1}
    assert await storage.taught.chat_ids() == {GROUP}


async def test_the_longest_name_of_any_script_is_stored(storage: Storage) -> None:
    name = "\ufdfa" * 64  # a ligature of 18 letters
    class_id = await class_of(storage, name, stored(1, 0))
    assert await storage.taught.class_id(GROUP, name) == class_id


async def test_a_file_is_stored_once_in_a_class(storage: Storage) -> None:
    class_id = await class_of(storage, "Rex", stored(1, 0), stored(2, 0, file=1), stored(3, 0))
    assert [photo.id for photo in await storage.taught.photos(GROUP, class_id)] == [1, 3]
    await class_of(storage, "Luna", stored(4, 0, file=1))
    assert await names(storage) == {"Luna": 1, "Rex": 2}


async def test_a_class_without_photos_is_none_and_its_name_is_free(storage: Storage) -> None:
    await class_of(storage, "Rex")
    assert await names(storage) == {}
    await class_of(storage, "REX", stored(1, 0))
    assert await names(storage) == {"REX": 1}
    await storage.taught.delete_photos(GROUP, [1])
    assert await names(storage) == {}
    assert await storage.taught.class_id(GROUP, "rex") is None


async def test_photos_of_another_chat_cannot_be_removed(storage: Storage) -> None:
    await class_of(storage, "Rex", stored(1, 0))
    await storage.taught.delete_photos(OTHER_GROUP, [1])
    await storage.taught.move_photos(OTHER_GROUP, [1], 99)
    assert await names(storage) == {"Rex": 1}


async def test_photos_move_and_a_copy_goes(storage: Storage) -> None:
    await class_of(storage, "Rex", stored(1, 0), stored(2, 0))
    luna = await class_of(storage, "Luna", stored(3, 0, file=1))
    await storage.taught.move_photos(GROUP, [1, 2, 3], luna)
    assert await names(storage) == {"Luna": 2}
    assert [photo.id for photo in await storage.taught.photos(GROUP)] == [2, 3]


async def test_an_embedding_is_replaced_unless_the_photo_was_removed(storage: Storage) -> None:
    class_id = await class_of(storage, "Rex", stored(1, 0))
    assert [photo.id for photo in await storage.taught.outdated(GROUP, "other", "v2")] == [1]
    await storage.taught.note_lost(1)
    for photo_id in (1, 2):
        await storage.taught.set_embedding(photo_id, b"new bytes", "other", "v2")
    assert await storage.taught.outdated(GROUP, "other", "v2") == ()
    assert await storage.taught.embeddings(GROUP, "other", "v2") == [(1, class_id, b"new bytes")]
    assert await storage.taught.embedding_of_file(GROUP, ["x", "AQADfile00000001"], "other", "v2") == b"new bytes"
    assert await storage.taught.embedding_of_file(OTHER_GROUP, ["AQADfile00000001"], "other", "v2") is None
    (photo,) = await storage.taught.photos(GROUP)
    assert photo.lost_at is None


async def test_a_persons_data_goes_everywhere_or_in_one_chat(storage: Storage, database: Database) -> None:
    await storage.consents.add(GROUP, ANN)
    await storage.consents.add(GROUP, BEN)
    await storage.consents.add(OTHER_GROUP, ANN)
    await class_of(storage, "Rex", stored(1, 0), stored(2, 0, giver=BEN))
    await class_of(storage, "Luna", stored(3, 0))
    await class_of(storage, "Rex", stored(4, 0, chat=OTHER_GROUP), chat=OTHER_GROUP)
    await storage.taught.erase_person(ANN, OTHER_GROUP)
    await storage.consents.erase_person(ANN, OTHER_GROUP)
    assert await names(storage, OTHER_GROUP) == {}
    assert await storage.consents.of(GROUP, [ANN, BEN]) == {ANN, BEN}
    await storage.taught.erase_person(ANN)
    await storage.consents.erase_person(ANN)
    assert await names(storage) == {"Rex": 1}
    assert await storage.consents.of(GROUP, [ANN, BEN]) == {BEN}
    assert await storage.taught.given_by(ANN) == []
    assert set((await database.execute(select(taught_classes.c.created_by))).scalars()) == {None}


async def test_a_chats_data_goes(storage: Storage) -> None:
    await storage.consents.add(GROUP, ANN)
    await class_of(storage, "Rex", stored(1, 0))
    await storage.taught.erase_chat(GROUP)
    await storage.consents.erase_chat(GROUP)
    assert (await names(storage), await storage.consents.all(GROUP)) == ({}, {})
    assert await storage.taught.chat_ids() == set()


@pytest.mark.parametrize("taught_meanwhile", [False, True])
async def test_a_group_that_is_upgraded_keeps_what_it_taught(storage: Storage, taught_meanwhile: bool) -> None:
    await storage.consents.add(-7, ANN)
    await class_of(storage, "Rex", stored(1, 0, chat=-7), stored(2, 0, chat=-7), chat=-7)
    await class_of(storage, "Luna", stored(3, 0, chat=-7), chat=-7)
    if taught_meanwhile:
        await storage.consents.add(GROUP, ANN)
        await class_of(storage, "REX", stored(4, 0, file=1), stored(5, 0))
    for _ in range(2):
        await storage.taught.move_chat(-7, GROUP)
        await storage.consents.move_chat(-7, GROUP)
    rex = {"REX": 3} if taught_meanwhile else {"Rex": 2}
    assert await names(storage) == {"Luna": 1} | rex
    assert (await names(storage, -7), await storage.consents.all(-7)) == ({}, {})
    assert set(await storage.consents.all(GROUP)) == {ANN}


async def test_an_upgrade_that_was_cut_off_is_finished(storage: Storage, database: Database) -> None:
    class_id = await class_of(storage, "Rex", stored(1, 0, chat=-7), chat=-7)
    photos = update(taught_photos).where(taught_photos.c.class_id == class_id)
    await database.execute(photos.values(chat_id=GROUP))  # and then the power went
    await storage.taught.move_chat(-7, GROUP)
    assert await names(storage) == {"Rex": 1}


async def test_ids_grow(storage: Storage) -> None:
    ids = [storage.taught.new_id() for _ in range(100)]
    assert ids == sorted(set(ids))
    assert len(str(ids[-1])) <= 16


async def test_a_request_is_kept_for_an_hour(storage: Storage, database: Database) -> None:
    photo = OfferedPhoto((Media("file", "unique", 9, short_side_px=90), Media("big", "other", None)), ANN, 5)
    request = TeachRequest(1, GROUP, BEN, None, (photo,))
    await storage.teach_requests.save(request)
    named = replace(request, name="Rex")
    await storage.teach_requests.save(named)
    assert await storage.teach_requests.find(1) == named
    assert await storage.teach_requests.of(GROUP, BEN) == (named,)
    await database.execute(update(teach_requests).values(created_at=int(time.time()) - 3601))
    assert await storage.teach_requests.find(1) is None
    assert await storage.teach_requests.of(GROUP, BEN) == ()
    await storage.teach_requests.delete_expired()
    assert (await database.execute(select(teach_requests))).all() == []


async def test_a_persons_photos_leave_the_requests_of_others(storage: Storage) -> None:
    size = (Media("file", "unique", 9),)
    for request_id, asker, givers in ((1, BEN, (ANN, BEN)), (2, BEN, (ANN,)), (3, ANN, (BEN,)), (4, BEN, ())):
        photos = tuple(OfferedPhoto(size, giver, giver) for giver in givers)
        await storage.teach_requests.save(TeachRequest(request_id, GROUP, asker, "Rex", photos))
    await storage.teach_requests.erase_person(ANN, OTHER_GROUP)
    assert await storage.teach_requests.find(3) is not None
    await storage.teach_requests.erase_person(ANN)
    left = [await storage.teach_requests.find(request_id) for request_id in (1, 2, 3, 4)]
    assert [None if each is None else [photo.giver_id for photo in each.photos] for each in left] == [
        [BEN],
        None,
        None,
        [],
    ]
    await storage.teach_requests.move_chat(GROUP, OTHER_GROUP)
    await storage.teach_requests.erase_chat(OTHER_GROUP)
    assert await storage.teach_requests.find(1) is None


@pytest.mark.parametrize("into", ["sqlite", "postgresql"])
async def test_what_was_taught_survives_a_backup(
    request: pytest.FixtureRequest, storage: Storage, url: URL, tmp_path: Path, into: str
) -> None:
    await storage.consents.add(GROUP, ANN)
    await class_of(storage, "Rex", stored(1, 0), stored(2, 0))
    before = await storage.taught.embeddings(GROUP, *VERSION), await storage.consents.all(GROUP)
    await asyncio.to_thread(back_up, url, tmp_path / "backup")
    target = sqlite_url(tmp_path / "new" / "labelbot.sqlite3")
    if into == "postgresql":
        target = postgresql_url(await asyncio.to_thread(request.getfixturevalue("postgresql_server").database))
    await asyncio.to_thread(restore, tmp_path / "backup", target, replace=False)
    restored = await Storage.open(target)
    try:
        assert (await restored.taught.embeddings(GROUP, *VERSION), await restored.consents.all(GROUP)) == before
        await class_of(restored, "Luna", stored(3, 0))
        assert await names(restored) == {"Luna": 1, "Rex": 2}
    finally:
        await restored.close()


@pytest.mark.parametrize(("channels", "max_bytes"), [(1_280, 2_200), (2_048, 4_200)])
async def test_a_photo_takes_little_room(tmp_path: Path, databases: Databases, channels: int, max_bytes: int) -> None:
    file = tmp_path / "labelbot.sqlite3"
    opened = await Storage.open(databases.sqlite(file))
    before, photos, batch = _bytes(file), 2_000, 20
    embeddings = np.random.default_rng(0).normal(size=(batch, channels)).astype(np.float32)
    for first in range(0, photos, batch):
        chat, class_id = -1_000_000_000_000 - first % 700, opened.taught.new_id()
        rows = []
        for number in range(batch):
            photo = stored(first + number, class_id, giver=5_000_000_000 + first % 60, chat=chat)
            media = replace(photo.media, file_unique_id=f"AQAD{(first + number) * 7_919 % 99_991:012}")
            rows.append((replace(photo, id=opened.taught.new_id(), media=media), quantise(embeddings[number])))
        await opened.taught.add_photos(rows)
    await opened.close()
    assert (_bytes(file) - before) / photos <= max_bytes, "bytes a photo"


def _bytes(file: Path) -> int:
    """Size of a database once its write-ahead log is written into it."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return file.stat().st_size
