"""All that the bot remembers, by subject."""

from __future__ import annotations

from typing import Self

from sqlalchemy import URL

from bot.storage.answers import Answers
from bot.storage.bans import Bans
from bot.storage.chats import Chats
from bot.storage.counters import Counters
from bot.storage.database import Database
from bot.storage.inbox import ReceivedUpdates
from bot.storage.model_choices import ModelChoices
from bot.storage.predictions import Predictions
from bot.storage.retention import delete_expired
from bot.storage.sends import Sends


class Storage:
    """The bot's database. `Storage.open` makes one.

    Attributes:
        chats: what chats have set.
        model_choices: of admins.
        bans: of people and chats.
        inbox: updates that were received.
        sends: messages that answered them.
        answers: that were given.
        predictions: labels of files seen before.
        counters: of what the bot did.
    """

    def __init__(self, database: Database, bans: Bans) -> None:
        self._database = database
        self.chats = Chats(database)
        self.model_choices = ModelChoices(database)
        self.bans = bans
        self.inbox = ReceivedUpdates(database)
        self.sends = Sends(database)
        self.answers = Answers(database)
        self.predictions = Predictions(database)
        self.counters = Counters(database)

    @classmethod
    async def open(cls, url: URL) -> Self:
        """Open a database, made or brought up to date first.

        Raises:
            StorageError: it cannot be used.
            SQLAlchemyError: it failed right after.
        """
        database = await Database.open(url)
        return cls(database, await Bans.load(database))

    async def delete_expired(self, *, retention_days: int) -> None:
        """Delete what was kept long enough, a little at a time; days are those of answers and labels."""
        await delete_expired(self._database, retention_days=retention_days)

    async def close(self) -> None:
        await self._database.close()
