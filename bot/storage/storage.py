"""All tables of the bot's database."""

from __future__ import annotations

from typing import Self

import structlog
from sqlalchemy import URL, select
from sqlalchemy.exc import SQLAlchemyError

from bot.storage.answers import Answers
from bot.storage.bans import Bans
from bot.storage.chat_upgrades import ChatUpgrades
from bot.storage.chats import Chats
from bot.storage.claimed_admins import ClaimedAdmins
from bot.storage.connections import Connect
from bot.storage.consents import Consents
from bot.storage.corrections import Corrections
from bot.storage.counters import Counters
from bot.storage.database import Database
from bot.storage.engine import reason_of
from bot.storage.inbox import ReceivedUpdates
from bot.storage.model_choices import ModelChoices
from bot.storage.predictions import Predictions
from bot.storage.retention import delete_expired
from bot.storage.sends import Sends
from bot.storage.tables import inbox
from bot.storage.taught import Taught
from bot.storage.teach_requests import TeachRequests

log = structlog.get_logger()

PING = select(inbox.c.update_id).limit(1)


class Storage:
    """The bot's database. `Storage.open` creates the object.

    Attributes:
        chats: settings of chats.
        model_choices: models that admins chose.
        bans: banned people and chats.
        claimed_admins: people who became admins by a link.
        chat_upgrades: new ids of allowed groups that became supergroups.
        inbox: received updates.
        sends: idempotency records of sent messages.
        answers: the bot's answers.
        corrections: votes on the answers.
        predictions: cache of labels.
        taught: classes that people taught.
        consents: people who agreed that their photos are kept as numbers.
        teach_requests: photos that were offered for a class.
        counters: daily counters.
    """

    def __init__(self, database: Database, bans: Bans) -> None:
        self._database = database
        self.chats = Chats(database)
        self.model_choices = ModelChoices(database)
        self.bans = bans
        self.claimed_admins = ClaimedAdmins(database)
        self.chat_upgrades = ChatUpgrades(database)
        self.inbox = ReceivedUpdates(database)
        self.sends = Sends(database)
        self.answers = Answers(database)
        self.corrections = Corrections(database)
        self.predictions = Predictions(database)
        self.taught = Taught(database)
        self.consents = Consents(database)
        self.teach_requests = TeachRequests(database)
        self.counters = Counters(database)

    @classmethod
    async def open(cls, url: URL, connect: Connect | None = None) -> Self:
        """Create or migrate a database, and open it. The arguments are those of `Database.open`.

        Raises:
            StorageError: the database cannot be used.
            SQLAlchemyError: a query failed.
        """
        database = await Database.open(url, connect)
        return cls(database, await Bans.load(database))

    async def ping(self) -> None:
        """Read from the table of updates.

        Raises:
            SQLAlchemyError: the database does not answer.
        """
        await self._database.execute(PING)

    async def overwrite_deleted(self) -> None:
        """Remove what was deleted from the files of an SQLite database, so that nobody can read it there any more."""
        try:
            await self._database.empty_log()
        except SQLAlchemyError as error:
            # It is deleted all the same, and the log is emptied later.
            log.warning("deleted data stays in the write-ahead log for now", reason=reason_of(error))

    async def delete_expired(self, *, retention_days: int) -> None:
        """Delete expired rows in small steps. `retention_days` applies to answers, votes and labels."""
        await delete_expired(self._database, retention_days=retention_days)

    async def close(self) -> None:
        await self._database.close()
