"""Idempotency records of sent messages. A record is claimed before the message is sent, and confirmed afterwards."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import bindparam, func, select, update

from bot.storage.database import Database
from bot.storage.tables import sends

CONFIRM = (
    update(sends)
    .where(sends.c.update_id == bindparam("id"), sends.c.ordinal == bindparam("number"))
    .values(chat_id=bindparam("chat"), message_id=bindparam("message"))
)
OF_UPDATES = select(sends.c.update_id, sends.c.ordinal, sends.c.chat_id, sends.c.message_id).where(
    sends.c.update_id.in_(bindparam("ids", expanding=True))
)
LATEST_IN = (
    select(sends.c.chat_id, func.max(sends.c.message_id).label("message_id"))
    .where(sends.c.chat_id.in_(bindparam("ids", expanding=True)), sends.c.message_id.is_not(None))
    .group_by(sends.c.chat_id)
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A message that the bot sent, or was about to send.

    Attributes:
        chat_id: id of the message's chat.
        message_id: Telegram's id of the message; None if it is unknown whether the message was sent.
    """

    chat_id: int
    message_id: int | None


class Sends:
    """The table of messages that answer updates, by update id and the message's ordinal within the update."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, update_id: int, ordinal: int, *, chat_id: int) -> None:
        """Record that a message is about to be sent, maybe for the second time."""
        row = {"update_id": update_id, "ordinal": ordinal, "chat_id": chat_id, "claimed_at": int(time.time())}
        await self._database.upsert(sends, row)

    def confirm(self, update_id: int, ordinal: int, *, chat_id: int, message_id: int) -> None:
        """Start to record that a message was sent. It is stored within milliseconds, and nobody waits for it."""
        row = {"id": update_id, "number": ordinal, "chat": chat_id, "message": message_id}
        self._database.store(CONFIRM, row, lost="not stored: the next start may do it again")

    async def of_updates(self, update_ids: Collection[int]) -> dict[int, dict[int, Claim]]:
        """Return the claims of the given updates, by update id and ordinal."""
        claims: defaultdict[int, dict[int, Claim]] = defaultdict(dict)
        for row in await self._database.execute(OF_UPDATES, {"ids": list(update_ids)}):
            claims[row.update_id][row.ordinal] = Claim(row.chat_id, row.message_id)
        return dict(claims)

    async def latest_in(self, chat_ids: Collection[int]) -> dict[int, int]:
        """Return the highest id of the messages sent to each of the given chats, if there is one."""
        rows = await self._database.execute(LATEST_IN, {"ids": list(chat_ids)})
        return {row.chat_id: row.message_id for row in rows}
