"""Photos that were offered for a class, while the bot waits for a name, for further photos or for consents."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

from sqlalchemy import Row, delete, select, update

from bot.domain.media import Media
from bot.domain.teaching import OfferedPhoto, TeachRequest
from bot.storage.database import Database
from bot.storage.durable import patient
from bot.storage.tables import teach_requests

# Seconds for which a request waits. The people who are asked look at the chat within that time, or not at all.
REQUEST_S = 3600


class TeachRequests:
    """The table of requests. A request that is older than an hour does not count, and is deleted."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # Chat and person of at least all requests: `of` is called for every private photo, and must cost little.
        self._waiting: set[tuple[int, int]] = set()
        self._waiting_read = False
        self._changes_elsewhere = 0

    @patient
    async def save(self, request: TeachRequest) -> None:
        """Store a request. It replaces an earlier state of the request, but waits no longer."""
        change = {"name": request.name, "photos": _to_json(request.photos)}
        row = {"id": request.id, "chat_id": request.chat_id, "asker_id": request.asker_id, **change}
        insert = self._database.insert_into(teach_requests).values(**row, created_at=int(time.time()))
        self._waiting.add((request.chat_id, request.asker_id))
        await self._database.execute(insert.on_conflict_do_update(index_elements=["id"], set_=change))
        self._waiting.add((request.chat_id, request.asker_id))  # `delete_expired` may have come in between

    def forget_waiting(self) -> None:
        """Forget who has requests, as another replica changed them."""
        self._changes_elsewhere += 1
        self._waiting_read = False

    @patient
    async def find(self, request_id: int) -> TeachRequest | None:
        """Return a request; None if it was deleted or is too old."""
        live = _live().where(teach_requests.c.id == request_id)
        row = (await self._database.execute(live)).one_or_none()
        return None if row is None else _request(row)

    @patient
    async def of(self, chat_id: int, asker_id: int) -> tuple[TeachRequest, ...]:
        """Return the requests of a person in a chat, the newest first."""
        if not self._waiting_read:
            changes_before = self._changes_elsewhere
            rows = await self._database.execute(select(teach_requests.c.chat_id, teach_requests.c.asker_id))
            self._waiting |= {(row.chat_id, row.asker_id) for row in rows}
            self._waiting_read = changes_before == self._changes_elsewhere
        if (chat_id, asker_id) not in self._waiting:
            return ()
        live = _live().where(teach_requests.c.chat_id == chat_id, teach_requests.c.asker_id == asker_id)
        rows = await self._database.execute(live.order_by(teach_requests.c.id.desc()))
        return tuple(map(_request, rows))

    @patient
    async def delete(self, request_id: int) -> None:
        await self._database.execute(delete(teach_requests).where(teach_requests.c.id == request_id))

    @patient
    async def delete_expired(self) -> None:
        await self._database.execute(delete(teach_requests).where(teach_requests.c.created_at < _oldest()))
        self._waiting.clear()
        self._waiting_read = False

    @patient
    async def erase_chat(self, chat_id: int) -> None:
        await self._database.execute(delete(teach_requests).where(teach_requests.c.chat_id == chat_id))

    @patient
    async def erase_person(self, person_id: int, chat_id: int | None = None) -> None:
        """Delete a person's requests, and the person's photos in other requests, in one chat or in all chats."""
        statement = _live() if chat_id is None else _live().where(teach_requests.c.chat_id == chat_id)
        for request in map(_request, await self._database.execute(statement)):
            kept = tuple(photo for photo in request.photos if photo.giver_id != person_id)
            here = teach_requests.c.id == request.id
            if request.asker_id == person_id or (request.photos and not kept):
                await self._database.execute(delete(teach_requests).where(here))
            elif kept != request.photos:
                await self._database.execute(update(teach_requests).where(here).values(photos=_to_json(kept)))

    @patient
    async def move_chat(self, old_id: int, new_id: int) -> None:
        """Move the requests of a group to the supergroup that replaced it."""
        here = update(teach_requests).where(teach_requests.c.chat_id == old_id)
        await self._database.execute(here.values(chat_id=new_id))
        self._waiting_read = False


def _live() -> Any:
    return select(teach_requests).where(teach_requests.c.created_at >= _oldest())


def _oldest() -> int:
    return int(time.time()) - REQUEST_S


def _to_json(photos: Sequence[OfferedPhoto]) -> list[Any]:
    return [[photo.message_id, photo.giver_id, [astuple(size) for size in photo.sizes]] for photo in photos]


def _request(row: Row[Any]) -> TeachRequest:
    photos = tuple(
        OfferedPhoto(tuple(Media(*size) for size in sizes), giver_id, message_id)
        for message_id, giver_id, sizes in row.photos
    )
    return TeachRequest(row.id, row.chat_id, row.asker_id, row.name, photos)
