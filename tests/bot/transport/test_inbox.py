"""The durable inbox: each update is handled once, through crashes and stops at any point."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TypeAlias, cast, get_args

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete
from telegram import Bot, Chat, Message, Update

from bot.storage import tables
from bot.storage.database import Database
from bot.storage.database_url import sqlite_url
from bot.storage.inbox import ReceivedUpdates
from bot.storage.sends import Sends
from bot.transport.admission import Admission
from bot.transport.bot_client import TelegramBot
from bot.transport.idempotency import MessageName, MessageRecord
from bot.transport.inbox import DEAD_LETTER_AFTER, QUARANTINED_AFTER, Inbox
from bot.transport.outbox import Outbox

# How often the messages of each update were delivered, by its id and their names.
Delivered: TypeAlias = Counter[tuple[int, str]]
CrashPoint = Literal["at the start", "before a message arrives", "before its id is stored", "before it is done"]
NAMES = (MessageName.ANSWER, MessageName.QUOTA_NOTICE)
NAMES_OF_DEAD_LETTER = (MessageName.DEAD_LETTER_APOLOGY, MessageName.DEAD_LETTER_NEWS)
CHAT = Chat(5, Chat.PRIVATE)
NOW = datetime.now(UTC)


class Crash(BaseException):
    """The process ends here."""


def update_with(update_id: int) -> Update:
    return Update(update_id, message=Message(update_id, NOW, CHAT, text=f"text {update_id}"))


class Telegram:
    """Stands for the library's bot with its flood control: it delivers messages unless the program ends meanwhile."""

    def __init__(self, delivered: Delivered, update_id: int, crash: CrashPoint | None) -> None:
        self._delivered = delivered
        self._update_id = update_id
        self._crash = crash

    async def say(self, chat_id: int, text: str, *, rate_limit_args: MessageRecord, **_: object) -> Message:
        await rate_limit_args.mark_sending()
        if self._crash == "before a message arrives":
            raise Crash
        self._delivered[self._update_id, text] += 1
        if self._crash == "before its id is stored":
            raise Crash
        return Message(1000 + len(text), NOW, Chat(chat_id, Chat.PRIVATE))


class Run:
    """One run of a program: from the opening of its inbox to a crash or a stop."""

    def __init__(self, database: Database, delivered: Delivered) -> None:
        self.updates = ReceivedUpdates(database)
        self.sends = Sends(database)
        self.inbox = Inbox(max_age_s=3600, admission=Admission(max_in_flight=10_000, max_per_sender=1_000))
        self._delivered = delivered

    async def open(self) -> None:
        await self.inbox.open(self.updates, self.sends, Bot("1:x"))

    async def handle(self, update: Update, *, turned: bool, crash: CrashPoint | None = None) -> None:
        """Answer an update with some messages, in either order, unless the program ends meanwhile."""
        telegram = cast("TelegramBot", Telegram(self._delivered, update.update_id, crash))
        outbox = Outbox(telegram, self.inbox.records(update))
        if crash == "at the start":
            raise Crash
        names = NAMES_OF_DEAD_LETTER if self.inbox.is_dead_letter(update) else NAMES
        for name in reversed(names) if turned else names:
            sent = await outbox.send(CHAT.id, name.name, name=name)
            assert sent is not None
            assert sent.message.message_id == 1000 + len(name.name)
        if crash is not None:
            raise Crash
        await self.inbox.mark_done(update)


class InboxMachine(RuleBasedStateMachine):
    """The inbox over a real database, beside a model of what it should do."""

    database: Database
    runner: asyncio.Runner

    @initialize()
    def start(self) -> None:
        self.runner.run(self._clear())
        self.delivered: Delivered = Counter()
        self.ids = itertools.count(1)
        self.order: list[int] = []
        self.undone: set[int] = set()
        self.crashes: Counter[int] = Counter()
        self.torn: Delivered = Counter()
        self._restart()

    async def _clear(self) -> None:
        await self.database.execute(delete(tables.inbox))
        await self.database.execute(delete(tables.sends))

    def _restart(self) -> None:
        self.run = Run(self.database, self.delivered)
        self.runner.run(self.run.open())
        waiting = [number for number in self.order if number in self.undone]
        quarantined = [number for number in waiting if QUARANTINED_AFTER <= self.crashes[number] < DEAD_LETTER_AFTER]
        self.quarantined = quarantined
        self.in_flight: list[Update] = []
        self._take_up()
        expected = [number for number in waiting if number not in quarantined] + quarantined[:1]
        assert [update.update_id for update in self.in_flight] == expected
        for update in self.in_flight:
            assert self.run.inbox.is_dead_letter(update) == (self.crashes[update.update_id] >= DEAD_LETTER_AFTER)

    def _take_up(self) -> None:
        while not self.run.inbox.empty():
            update = self.run.inbox.get_nowait()
            assert isinstance(update, Update)
            self.in_flight.append(update)

    @rule(new=st.integers(0, 4), again=st.lists(st.integers(1, 30), max_size=3))
    def take(self, new: int, again: list[int]) -> None:
        known = [number for number in again if number in self.order]
        fresh = [next(self.ids) for _ in range(new)]
        self.runner.run(
            self.run.inbox.enqueue([update_with(number).to_dict() for number in (*known, *fresh, *fresh[:1])])
        )
        self.order += fresh
        self.undone |= set(fresh)
        before = len(self.in_flight)
        self._take_up()
        assert [update.update_id for update in self.in_flight[before:]] == fresh

    @precondition(lambda self: self.in_flight)
    @rule(data=st.data(), turned=st.booleans())
    def handle(self, data: st.DataObject, turned: bool) -> None:
        update = data.draw(st.sampled_from(self.in_flight))
        self.runner.run(self.run.handle(update, turned=turned))
        self.in_flight.remove(update)
        self.undone.discard(update.update_id)
        before = len(self.in_flight)
        self._take_up()
        if self.quarantined[:1] == [update.update_id]:
            del self.quarantined[0]
            assert [each.update_id for each in self.in_flight[before:]] == self.quarantined[:1]
        else:
            assert len(self.in_flight) == before

    @precondition(lambda self: self.in_flight)
    @rule(data=st.data(), point=st.sampled_from(get_args(CrashPoint)), turned=st.booleans())
    def crash(self, data: st.DataObject, point: CrashPoint, turned: bool) -> None:
        update = data.draw(st.sampled_from(self.in_flight))
        before = Counter(self.delivered)
        with pytest.raises(Crash):
            self.runner.run(self.run.handle(update, turned=turned, crash=point))
        if point == "before its id is stored":
            self.torn += self.delivered - before
        self.crashes.update(
            each.update_id for each in self.in_flight if self.crashes[each.update_id] < DEAD_LETTER_AFTER
        )
        self._restart()

    @rule()
    def stop(self) -> None:
        self.runner.run(self.run.inbox.release(self.in_flight))
        self._restart()

    @invariant()
    def nothing_is_lost_and_only_torn_sends_are_repeated(self) -> None:
        for key, times in self.delivered.items():
            assert times <= 1 + self.torn[key]
        for number in set(self.order) - self.undone:
            for name in NAMES_OF_DEAD_LETTER if self.crashes[number] >= DEAD_LETTER_AFTER else NAMES:
                assert self.delivered[number, name.name] >= 1


@pytest.mark.parametrize("examples", [4, pytest.param(60, marks=pytest.mark.slow)])
def test_nothing_is_lost_or_said_twice_whenever_the_program_ends(tmp_path: Path, examples: int) -> None:
    """The rules and invariants of `InboxMachine` assert."""
    with asyncio.Runner() as runner:
        database = runner.run(Database.open(sqlite_url(tmp_path / "labelbot.sqlite3")))
        kind = type("Machine", (InboxMachine,), {"database": database, "runner": runner})
        try:
            chosen = settings(deadline=None, max_examples=examples, stateful_step_count=30)
            run_state_machine_as_test(kind, settings=chosen)
        finally:
            runner.run(database.close())
