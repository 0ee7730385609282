"""What chats taught is listed and exported beside a running bot."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from sqlalchemy import URL, text, update

from bot.domain.media import Media
from bot.storage.database import Database
from bot.storage.database_url import sqlite_url
from bot.storage.engine import StorageError
from bot.storage.storage import Storage
from bot.storage.tables import taught_photos
from bot.storage.taught import StoredPhoto
from bot.storage.taught_reading import list_classes, read_chat
from inference import ModelStore
from inference.models.unrelated import unrelated_embeddings
from inference.teaching.quantisation import quantise
from inference.teaching.taught_folder import TaughtExport
from tests.support.program import Outcome, Program

GROUP, ANN, BEN = -1001234567890, 5, 7
VERSION = "a86423a03b6b"
EMBEDDINGS = np.random.default_rng(0).normal(size=(5, 32)).astype(np.float32)


async def fill(storage: Storage, embeddings: npt.NDArray[np.float32] = EMBEDDINGS, version: str = VERSION) -> None:
    """Rex with three photos of two people, Luna with two."""
    taught = storage.taught
    for person in (ANN, BEN):
        await storage.consents.add(GROUP, person)
    for name, numbers in (("Rex", (0, 1, 2)), ("Luna <🐕>", (3, 4))):
        await taught.add_class(GROUP, name, ANN)
        class_id = await taught.class_id(GROUP, name)
        assert class_id is not None
        rows = [
            StoredPhoto(
                *(
                    number + 1,
                    class_id,
                    GROUP,
                    BEN if number == 2 else ANN,
                    number,
                    Media(f"file {number}", f"{number}", 9),
                ),
                *("starter", version, 1, int(time.time())),
            )
            for number in numbers
        ]
        await taught.add_photos([(row, quantise(embeddings[row.id - 1])) for row in rows])


async def test_classes_are_listed(storage: Storage, url: URL) -> None:
    assert await asyncio.to_thread(list_classes, url) == []
    await fill(storage)
    luna, rex = await asyncio.to_thread(list_classes, url)
    assert (luna.chat_id, luna.name, luna.photos, luna.people) == (GROUP, "Luna <🐕>", 2, 1)
    assert (rex.name, rex.photos, rex.people, rex.models, rex.last_used_at) == ("Rex", 3, 2, ("starter",), None)


async def test_a_chat_is_read_with_its_consents(storage: Storage, url: URL) -> None:
    await fill(storage)
    export, left_out = await asyncio.to_thread(read_chat, url, GROUP)
    assert export is not None
    assert (export.chat, export.model, export.version, left_out) == (GROUP, "starter", "a86423a03b6b", 0)
    assert [photo.class_name for photo in export.photos] == ["Rex"] * 3 + ["Luna <🐕>"] * 2
    assert [photo.giver for photo in export.photos] == [ANN, ANN, BEN, ANN, ANN]
    assert all(photo.agreed_at > 0 for photo in export.photos)
    assert np.abs(export.embeddings - EMBEDDINGS).max() < 0.02
    assert await asyncio.to_thread(read_chat, url, 5) == (None, 0)


async def test_photos_of_another_model_are_left_out(storage: Storage, database: Database, url: URL) -> None:
    await fill(storage)
    await database.execute(update(taught_photos).where(taught_photos.c.id == 1).values(model="other"))
    export, left_out = await asyncio.to_thread(read_chat, url, GROUP)
    assert export is not None
    assert (len(export.photos), left_out) == (4, 1)


async def test_a_database_of_another_version_is_refused(storage: Storage, url: URL) -> None:
    database = await Database.open(url)
    await database.execute(text("UPDATE alembic_version SET version_num = '0008'"))
    await database.close()
    with pytest.raises(StorageError, match="run labelbot migrate first"):
        await asyncio.to_thread(list_classes, url)


def test_the_commands_list_and_export(program: Program, tmp_path: Path) -> None:
    assert program("taught", "list") == Outcome(0, "no chat has taught anything\n", "")
    asyncio.run(fill_home(program.home))
    listed = program("taught", "list").out.splitlines()
    assert listed[0].split() == ["CHAT", "CLASS", "PHOTOS", "PEOPLE", "MODEL", "LAST", "USED"]
    assert listed[2].split() == [str(GROUP), "Rex", "3", "2", "starter"]
    as_json = program("taught", "list", "--json").out.splitlines()
    assert [json.loads(line)["name"] for line in as_json] == ["Luna <🐕>", "Rex"]
    out = tmp_path / "out"
    exported = program("taught", "export", str(GROUP), "--out", out)
    assert exported.status == 0
    assert exported.out.startswith(f"5 photos of 2 classes in {out}, ")
    assert TaughtExport.read(out).chat == GROUP
    again = program("taught", "export", str(GROUP), "--out", out)
    assert (again.status, "expected a new folder" in again.err) == (2, True)
    refused = program("taught", "export", "5", "--out", tmp_path / "new")
    assert refused == Outcome(1, "", f"labelbot: The chat 5 has taught nothing; these have: {GROUP}.\n")
    assert not (tmp_path / "new").exists()


def test_a_chat_becomes_a_model(program: Program) -> None:
    starter = ModelStore(program.home).find("starter")
    unrelated = unrelated_embeddings(starter)
    assert unrelated is not None
    noise = np.random.default_rng(0).normal(scale=0.1, size=(5, unrelated.shape[1]))
    embeddings = np.asarray(unrelated[[0, 0, 0, 1, 1]] + noise, np.float32)
    asyncio.run(fill_home(program.home, embeddings, starter.spec.version))
    made = program("retrain", "--taught", str(GROUP), "--name", "ours")
    assert made.status == 0, made.err
    assert "taught classes: Luna <🐕>, Rex; " in made.out
    assert "ours" in program("models", "list").out
    assert ModelStore(program.home).find("ours").spec.chat == GROUP


async def fill_home(home: Path, embeddings: npt.NDArray[np.float32] = EMBEDDINGS, version: str = VERSION) -> None:
    storage = await Storage.open(sqlite_url(home / "labelbot.sqlite3"))
    await fill(storage, embeddings, version)
    await storage.close()
