"""Updates as they come: what can be read is stored, and read again; what cannot is left out and holds up no other."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import random
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs
from telegram import Bot, Update

from bot import logs
from bot.storage.database import Database
from bot.storage.database_url import sqlite_url
from bot.storage.engine import StorageError
from bot.storage.inbox import ReceivedUpdates
from bot.storage.sends import Sends
from bot.transport.admission import Admission
from bot.transport.inbox import Inbox
from bot.transport.partial_json import UnreadItem
from tests.support.api_shapes import WORD, mutated, shapes
from tests.support.databases import Databases
from tests.support.logs import reset_logs
from tests.support.postgresql import Postgresql
from tests.support.processes import HANG_S, until

MUTATED = 500
# As many as come with one answer.
BATCH = 25
BOT = Bot("1:x")

pytestmark = pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")


@pytest.fixture(autouse=True)
def new_types_of_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # as the app does


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path, databases: Databases) -> AsyncIterator[Database]:
    server: Postgresql | None = request.getfixturevalue("postgresql_server") if request.param == "postgresql" else None
    if server is None:
        url = await asyncio.to_thread(databases.sqlite, tmp_path / "labelbot.sqlite3")
    else:
        url = await asyncio.to_thread(databases.postgresql, server)
    opened = await Database.open(url)
    yield opened
    await opened.close()
    if server is not None:
        await asyncio.to_thread(server.drop, url)


class Intake:
    """An inbox that is opened, and what it left out and queued."""

    def __init__(self, database: Database) -> None:
        self.left_out = 0
        self.inbox = Inbox(max_age_s=1e12, admission=Admission(max_in_flight=10_000, max_per_sender=10_000))
        self._database = database

    async def open(self) -> None:
        updates, sends = ReceivedUpdates(self._database), Sends(self._database)
        await self.inbox.open(updates, sends, BOT, on_left_out=self._count)

    def _count(self) -> None:
        self.left_out += 1

    def taken(self) -> list[Update]:
        """Take what is queued."""
        found = []
        while not self.inbox.empty():
            update = self.inbox.get_nowait()
            assert isinstance(update, Update)
            found.append(update)
        return found


async def intake(database: Database, items: Sequence[object] = ()) -> Intake:
    opened = Intake(database)
    await opened.open()
    for start in range(0, len(items), BATCH):
        await opened.inbox.enqueue(items[start : start + BATCH])
    return opened


def message(update_id: object, **content: Any) -> dict[str, Any]:
    chat = {"id": 7, "type": "private", "first_name": "Ann"}
    return {"update_id": update_id, "message": {"message_id": 1, "date": 1_795_940_000, "chat": chat, **content}}


GOOD = (message(8, text="before"), message(9, text="after"))


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True)
async def test_every_shape_of_the_bot_api_is_read_stored_and_read_again(database: Database) -> None:
    items = [{"update_id": number, **shape} for number, (_, shape) in enumerate(shapes(), start=1)]
    assert len(items) >= 1134
    first = await intake(database, items)
    assert (first.left_out, [update.update_id for update in first.taken()]) == (0, list(range(1, len(items) + 1)))
    again = await intake(database)
    taken = again.taken()
    assert [again.inbox.body(update) for update in taken] == items
    assert taken == [Update.de_json(item, BOT) for item in items]


async def test_spoilt_updates_are_taken_or_left_out(database: Database) -> None:
    generator = random.Random(3)
    all_shapes = [shape for _, shape in shapes()]
    items = [
        {"update_id": number, **mutated(generator.choice(all_shapes), generator)} for number in range(1, MUTATED + 1)
    ]
    first = await intake(database, items)
    taken = first.taken()
    assert 0 < first.left_out == MUTATED - len(taken) < MUTATED
    again = await intake(database)
    assert [update.update_id for update in again.taken()] == [update.update_id for update in taken]
    assert again.left_out == 0


def pinned(shared: Path | None = None) -> dict[str, Any]:
    if shared is not None:
        item: dict[str, Any] = json.loads((shared / "cases" / "attack" / "pinned_inaccessible.json").read_text())
        return item
    chat = {"id": -1001, "type": "supergroup", "title": "G"}
    return message(5, pinned_message={"chat": chat, "message_id": 3, "date": 0})


async def test_a_pinned_message_that_cannot_be_accessed_is_an_update_like_any_other(database: Database) -> None:
    first = await intake(database, [pinned(), *GOOD])
    assert (first.left_out, len(first.taken())) == (0, 3)
    assert len((await intake(database)).taken()) == 3


@pytest.mark.shared
async def test_the_pinned_message_that_once_stopped_the_bot_does_not(database: Database, shared: Path) -> None:
    assert len((await intake(database, [pinned(shared), *GOOD])).taken()) == 3


def deep(levels: int) -> dict[str, Any]:
    inner: dict[str, Any] = {"message_id": 1, "date": 1, "chat": {"id": 7, "type": "private"}}
    for _ in range(levels):
        inner = {"message_id": 1, "date": 1, "chat": {"id": 7, "type": "private"}, "reply_to_message": inner}
    return inner


UNREADABLE: dict[str, object] = {
    "no object": "update",
    "null": None,
    "a list": [message(5)],
    "a number": 5,
    "nothing": {},
    "no id": {"message": message(5)["message"]},
    "an id of text": message("5"),
    "an id that is true": message(True),
    "a broken id": message(5.0),
    "a negative id": message(-5),
    "no id at all": message(0),
    "an id of 33 bits": message(2**32),
    "an id of 64 bits": message(2**63),
    "an id of 300 digits": message(10**300),
    "a message that is a text": {"update_id": 5, "message": "text"},
    "no date": {"update_id": 5, "message": {"message_id": 1, "chat": {"id": 7, "type": "private"}}},
    "no chat": {"update_id": 5, "message": {"message_id": 1, "date": 1}},
    "a date after the year 9999": message(5, date=10**12),
    "a date that is nothing": message(5, date=None),
    "an infinite date": message(5, date=1e300),
    "a photo without a width": message(5, photo=[{"file_id": "a", "file_unique_id": "b", "height": 3}]),
    "photos that are numbers": message(5, photo=[1, 2]),
    "an empty sender": message(5, **{"from": [1]}),
    "a chat of 64 bits": message(5, chat={"id": 2**63, "type": "private"}),
    "a chat of text": message(5, chat={"id": "7", "type": "private"}),
    "a chat of a list": message(5, chat={"id": [7], "type": "private"}),
    "a chat without a kind": message(5, chat={"id": 7, "type": None}),
    "a sender whose language is a number": message(
        5, **{"from": {"id": 8, "is_bot": False, "first_name": "Ann", "language_code": 5}}
    ),
    "a sender of 70 bits": message(5, **{"from": {"id": 2**70, "is_bot": False, "first_name": "Ann"}}),
    "an id of a message of 64 bits": message(5, message_id=2**64),
    "nesting": {"update_id": 5, "message": deep(900)},
    "what no JSON can hold": message(5, text={1, 2}),
    "what was unreadable as JSON": UnreadItem(5, "message", "its JSON cannot be read"),
}


@pytest.mark.parametrize("item", UNREADABLE.values(), ids=UNREADABLE.keys())
async def test_an_update_that_cannot_be_read_or_stored_holds_up_no_other(tmp_path: Path, item: object) -> None:
    database = await Database.open(sqlite_url(tmp_path / "labelbot.sqlite3"))
    try:
        for _ in range(2):  # Telegram may send it again
            first = await intake(database, [GOOD[0], item, GOOD[1]])
            assert [update.update_id for update in first.taken()] == [8, 9]
            assert first.left_out == 1
            assert await ReceivedUpdates(database).unfinished_among([5, 8, 9]) == {8, 9}
    finally:
        await database.close()


ODD_BUT_READABLE: dict[str, dict[str, Any]] = {
    "a date before 1970": message(5, date=-86_400),
    "a character that PostgreSQL's texts cannot hold": message(5, text="a\x00b"),
    "half a character": message(5, text="\ud800"),
    "a kind from next year": {"update_id": 5, "telepathy": {"id": 1}},
    "a field from next year": message(5, telepathy={"id": [[1]]}),
    "nothing but an id": {"update_id": 5},
    "a text that is a number": message(5, text=5),
}


@pytest.mark.parametrize("item", ODD_BUT_READABLE.values(), ids=ODD_BUT_READABLE.keys())
async def test_what_is_odd_and_can_be_read_is_taken_and_read_again(database: Database, item: dict[str, Any]) -> None:
    first = await intake(database, [item, *GOOD])
    assert (first.left_out, [update.update_id for update in first.taken()]) == (0, [5, 8, 9])
    again = await intake(database)
    assert [again.inbox.body(update) for update in again.taken()] == [item, *GOOD]


@pytest.mark.parametrize("value", [float("inf"), 10**5000], ids=["infinity", "5,000 digits"])
async def test_of_what_the_database_cannot_hold_only_that_is_left_out(database: Database, value: float) -> None:
    first = await intake(database, [GOOD[0], message(5, live=value), GOOD[1]])
    assert ([update.update_id for update in first.taken()], first.left_out) == ([8, 9], 1)


@pytest.mark.parametrize("body", ["null", "5", '{"update_id": 5, "message": "text"}', "{", "[" * 9000, '{"update_id"'])
async def test_a_stored_update_that_cannot_be_read_keeps_no_bot_from_starting(tmp_path: Path, body: str) -> None:
    path = tmp_path / "labelbot.sqlite3"
    database = await Database.open(sqlite_url(path))
    try:
        await intake(database, [message(5), *GOOD])
        with sqlite3.connect(path) as beside:
            beside.execute("UPDATE inbox SET body = ? WHERE update_id = 5", [body])
        beside.close()
        started = await intake(database)
        assert ([update.update_id for update in started.taken()], started.left_out) == ([8, 9], 1)
        assert (await intake(database)).left_out == 0, "it is left out once"
    finally:
        await database.close()


async def test_what_a_database_may_have_stored_when_it_failed_is_taken_up_once(database: Database) -> None:
    first = await intake(database, [message(5)])
    (update,) = first.taken()
    await first.inbox.mark_done(update)
    added = ReceivedUpdates.add

    async def add_and_fail(self: ReceivedUpdates, updates: Any) -> frozenset[int]:
        await added(self, updates)
        await self._database.execute(text("SELECT nothing FROM nowhere"))
        raise AssertionError("there is no such table")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ReceivedUpdates, "add", add_and_fail)
        with pytest.raises(StorageError, match="could not be stored"):
            await first.inbox.enqueue([message(5), *GOOD])
    assert first.taken() == []
    for _ in range(2):
        await first.inbox.enqueue([message(5), *GOOD])
    assert [update.update_id for update in first.taken()] == [8, 9]


async def test_a_database_without_its_tables_leaves_nothing_out(database: Database) -> None:
    first = await intake(database)
    await database.execute(text("ALTER TABLE inbox RENAME TO elsewhere"))
    with pytest.raises(StorageError):
        await first.inbox.enqueue(GOOD)
    assert first.left_out == 0


async def test_what_waits_is_loaded_once_the_database_works_again_whatever_it_said(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.transport.inbox.FIRST_LOAD_PAUSE_S", 0.01)
    first = Intake(database)
    first.inbox = Inbox(max_age_s=1e12, admission=Admission(max_per_sender=1))
    await first.open()
    await first.inbox.enqueue([message(5), *GOOD])
    (update,) = first.taken()
    await database.execute(text("ALTER TABLE inbox RENAME TO elsewhere"))
    with capture_logs() as told:
        await first.inbox.mark_done(update)
        await until(lambda: [line for line in told if line["event"] == "updates cannot be loaded"])
    assert first.inbox.empty()
    await database.execute(text("ALTER TABLE elsewhere RENAME TO inbox"))
    async with asyncio.timeout(HANG_S):
        assert await first.inbox.get() == Update.de_json(GOOD[0], BOT)
    await first.inbox.close()


async def test_an_inbox_that_is_closed_loads_nothing_more_and_counts_no_attempt(database: Database) -> None:
    first = Intake(database)
    first.inbox = Inbox(max_age_s=1e12, admission=Admission(max_per_sender=1))
    await first.open()
    await first.inbox.enqueue([message(5), *GOOD])
    (update,) = first.taken()
    await first.inbox.mark_done(update)
    await first.inbox.close()
    assert first.inbox.empty()
    rows = await database.execute(text("SELECT attempts FROM inbox WHERE done_at IS NULL"))
    assert [row.attempts for row in rows] == [0, 0]


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What is logged, as the program logs it."""
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level, hook = root.handlers[:], root.level, sys.excepthook
    logs.configure("1:x", stream)
    yield stream
    logging.captureWarnings(False)
    root.handlers[:], root.level, sys.excepthook = handlers, level, hook
    reset_logs()


async def test_the_log_names_what_was_left_out_and_nothing_of_its_content(tmp_path: Path, written: io.StringIO) -> None:
    database = await Database.open(sqlite_url(tmp_path / "labelbot.sqlite3"))
    items = [{"update_id": 5, "message": {"text": WORD}}, {WORD: WORD}, message(6, date=10**12, text=WORD), WORD]
    await intake(database, items)
    await database.close()
    told = [json.loads(line) for line in written.getvalue().splitlines()]
    left_out = [(line.get("update_id"), line["kind"]) for line in told if line["event"] == "update left out"]
    assert left_out == [(5, "message"), (None, "unknown"), (6, "message"), (None, "unknown")]
    assert WORD not in written.getvalue()
