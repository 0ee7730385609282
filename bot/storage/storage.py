"""All that the bot remembers, by subject."""

from __future__ import annotations

from typing import Self

from sqlalchemy import URL

from bot.storage.answers import Answers
from bot.storage.bans import Bans
from bot.storage.chats import Chats
from bot.storage.database import Database
from bot.storage.model_choices import ModelChoices
from bot.storage.predictions import MAX_PREDICTIONS, Predictions


class Storage:
    """The bot's database. `Storage.open` makes one.

    Attributes:
        chats: what chats have set.
        model_choices: of admins.
        bans: of people and chats.
        answers: that were given.
        predictions: labels of files seen before.
    """

    def __init__(self, database: Database, bans: Bans) -> None:
        self._database = database
        self.chats = Chats(database)
        self.model_choices = ModelChoices(database)
        self.bans = bans
        self.answers = Answers(database)
        self.predictions = Predictions(database)

    @classmethod
    async def open(cls, url: URL) -> Self:
        """Open a database, made or brought up to date first.

        Raises:
            StorageError: it cannot be used.
        """
        database = await Database.open(url)
        storage = cls(database, await Bans.load(database))
        await storage.predictions.prune(max_predictions=MAX_PREDICTIONS)
        return storage

    async def close(self) -> None:
        await self._database.close()
