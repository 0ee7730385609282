"""Consents: the people who agreed that the bot keeps their photos as numbers, each for one chat."""

from __future__ import annotations

import time
from collections.abc import Collection

from sqlalchemy import bindparam, delete, select

from bot.storage.database import Database
from bot.storage.durable import patient
from bot.storage.tables import consents

AGREED = select(consents.c.person_id).where(
    consents.c.chat_id == bindparam("of_chat"), consents.c.person_id.in_(bindparam("people", expanding=True))
)


class Consents:
    """The table of consents. Each method waits for a while if the database fails temporarily."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @patient
    async def of(self, chat_id: int, people: Collection[int]) -> frozenset[int]:
        """Return the people who agreed in a chat, of some people."""
        found = await self._database.execute(AGREED, {"of_chat": chat_id, "people": sorted(people)})
        return frozenset(found.scalars())

    @patient
    async def all(self, chat_id: int) -> dict[int, int]:
        """Return the people who agreed in a chat, each with the time, in seconds since 1970, UTC."""
        rows = await self._database.execute(select(consents).where(consents.c.chat_id == chat_id))
        return {row.person_id: row.agreed_at for row in rows}

    @patient
    async def add(self, chat_id: int, person_id: int, agreed_at: int | None = None) -> None:
        """Store a consent. The time of an earlier consent stays.

        Args:
            chat_id: id of the chat.
            person_id: id of the person.
            agreed_at: time of the consent, in seconds since 1970, UTC; None for now.
        """
        at = int(time.time()) if agreed_at is None else agreed_at
        row = {"chat_id": chat_id, "person_id": person_id, "agreed_at": at}
        await self._database.execute(self._database.insert_into(consents).on_conflict_do_nothing(), row)

    @patient
    async def erase_chat(self, chat_id: int) -> None:
        await self._database.execute(delete(consents).where(consents.c.chat_id == chat_id))

    @patient
    async def erase_person(self, person_id: int, chat_id: int | None = None) -> None:
        """Delete the consents of a person, in one chat or in all chats."""
        given = delete(consents).where(consents.c.person_id == person_id)
        await self._database.execute(given if chat_id is None else given.where(consents.c.chat_id == chat_id))

    @patient
    async def move_chat(self, old_id: int, new_id: int) -> None:
        """Move the consents of a group to the supergroup that replaced it. A second call does nothing."""
        for person_id, agreed_at in (await self.all(old_id)).items():
            await self.add(new_id, person_id, agreed_at)
        await self.erase_chat(old_id)
