"""The durable inbox: what was taken is done once, through crashes and stops at any point."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Literal, TypeAlias, get_args

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
from bot.transport.idempotency import mark_sending
from bot.transport.inbox import DEAD_LETTER_AFTER, QUARANTINED_AFTER, Inbox

# How often the messages of each update were delivered, by its id, whether it was retired, and their number.
Delivered: TypeAlias = Counter[tuple[int, bool, int]]
CrashPoint = Literal["at the start", "before a message arrives", "before its id is stored", "before it is done"]
MESSAGES = 2
CHAT = Chat(5, Chat.PRIVATE)
NOW = datetime.now(UTC)


class Crash(BaseException):
    """The process ends here."""


def update_with(update_id: int) -> Update:
    return Update(update_id, message=Message(update_id, NOW, CHAT, text=f"text {update_id}"))


class Run:
    """One run of a program: from the opening of its inbox to a crash or a stop."""

    def __init__(self, database: Database, delivered: Delivered) -> None:
        self.updates = ReceivedUpdates(database)
        self.sends = Sends(database)
        self.inbox = Inbox(max_age_s=3600)
        self._delivered = delivered

    async def open(self) -> None:
        await self.inbox.open(self.updates, self.sends, Bot("1:x"))

    async def handle(self, update: Update, crash: CrashPoint | None = None) -> None:
        """Answer an update with some messages, unless the program ends meanwhile."""
        claims = self.inbox.claims(update)
        if crash == "at the start":
            raise Crash
        for number in range(MESSAGES):
            await claims.send(CHAT.id, partial(self._send, update, number, crash))
        if crash is not None:
            raise Crash
        await self.inbox.finish(update)

    async def _send(self, update: Update, number: int, crash: CrashPoint | None) -> Message:
        await mark_sending()
        if crash == "before a message arrives":
            raise Crash
        self._delivered[update.update_id, self.inbox.is_dead_letter(update), number] += 1
        if crash == "before its id is stored":
            raise Crash
        return Message(1000 + number, NOW, CHAT)


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
        suspects = [number for number in waiting if QUARANTINED_AFTER <= self.crashes[number] < DEAD_LETTER_AFTER]
        self.suspects = suspects
        self.in_hand: list[Update] = []
        self._take_up()
        expected = [number for number in waiting if number not in suspects] + suspects[:1]
        assert [update.update_id for update in self.in_hand] == expected
        for update in self.in_hand:
            assert self.run.inbox.is_dead_letter(update) == (self.crashes[update.update_id] >= DEAD_LETTER_AFTER)

    def _take_up(self) -> None:
        while not self.run.inbox.empty():
            update = self.run.inbox.get_nowait()
            assert isinstance(update, Update)
            self.in_hand.append(update)

    @rule(new=st.integers(0, 4), again=st.lists(st.integers(1, 30), max_size=3))
    def take(self, new: int, again: list[int]) -> None:
        known = [number for number in again if number in self.order]
        fresh = [next(self.ids) for _ in range(new)]
        self.runner.run(self.run.inbox.take([update_with(number).to_dict() for number in (*known, *fresh, *fresh[:1])]))
        self.order += fresh
        self.undone |= set(fresh)
        before = len(self.in_hand)
        self._take_up()
        assert [update.update_id for update in self.in_hand[before:]] == fresh

    @precondition(lambda self: self.in_hand)
    @rule(data=st.data())
    def handle(self, data: st.DataObject) -> None:
        update = data.draw(st.sampled_from(self.in_hand))
        self.runner.run(self.run.handle(update))
        self.in_hand.remove(update)
        self.undone.discard(update.update_id)
        before = len(self.in_hand)
        self._take_up()
        if self.suspects[:1] == [update.update_id]:
            del self.suspects[0]
            assert [each.update_id for each in self.in_hand[before:]] == self.suspects[:1]
        else:
            assert len(self.in_hand) == before

    @precondition(lambda self: self.in_hand)
    @rule(data=st.data(), point=st.sampled_from(get_args(CrashPoint)))
    def crash(self, data: st.DataObject, point: CrashPoint) -> None:
        update = data.draw(st.sampled_from(self.in_hand))
        before = Counter(self.delivered)
        with pytest.raises(Crash):
            self.runner.run(self.run.handle(update, point))
        if point == "before its id is stored":
            self.torn += self.delivered - before
        self.crashes.update(each.update_id for each in self.in_hand if self.crashes[each.update_id] < DEAD_LETTER_AFTER)
        self._restart()

    @rule()
    def stop(self) -> None:
        self.runner.run(self.run.inbox.leave(self.in_hand))
        self._restart()

    @invariant()
    def nothing_is_lost_and_only_torn_sends_are_repeated(self) -> None:
        for key, times in self.delivered.items():
            assert times <= 1 + self.torn[key]
        for number in set(self.order) - self.undone:
            for message in range(MESSAGES):
                assert self.delivered[number, self.crashes[number] >= DEAD_LETTER_AFTER, message] >= 1


@pytest.mark.parametrize("examples", [4, pytest.param(60, marks=pytest.mark.slow)])
def test_nothing_is_lost_or_said_twice_whenever_the_program_ends(tmp_path: Path, examples: int) -> None:
    with asyncio.Runner() as runner:
        database = runner.run(Database.open(sqlite_url(tmp_path / "labelbot.sqlite3")))
        kind = type("Machine", (InboxMachine,), {"database": database, "runner": runner})
        try:
            chosen = settings(deadline=None, max_examples=examples, stateful_step_count=30)
            run_state_machine_as_test(kind, settings=chosen)
        finally:
            runner.run(database.close())
