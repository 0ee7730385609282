"""Deletion of the stored data of a chat or a person.

Two things stay. Bans stay, because banned people could otherwise remove their own bans. The ids of updates and messages
stay for a day, because an update that Telegram sends twice would otherwise be answered twice. So does the row of a
chat in `chat_leases`, which says which replica answers the chat, the request to delete included.
"""

from __future__ import annotations

import structlog

from bot.services.admins import Admins
from bot.services.model_selection import ModelSelection
from bot.services.teaching import Teaching
from bot.storage.answers import Answers
from bot.storage.chats import Chats
from bot.storage.corrections import Corrections
from bot.storage.predictions import Predictions

log = structlog.get_logger()


class Erasure:
    """Deletes the data of chats and people.

    Args:
        chats: table of the chats' settings.
        models: selection of models.
        answers: table of the answers.
        corrections: table of the votes on answers.
        predictions: cache of labels.
        admins: admins of the bot.
        teaching: classes that chats have taught.
    """

    def __init__(
        self,
        chats: Chats,
        models: ModelSelection,
        answers: Answers,
        corrections: Corrections,
        predictions: Predictions,
        admins: Admins,
        teaching: Teaching,
    ) -> None:
        self._chats = chats
        self._models = models
        self._answers = answers
        self._corrections = corrections
        self._predictions = predictions
        self._admins = admins
        self._teaching = teaching

    async def erase_chat(self, chat_id: int) -> None:
        """Delete all data of a chat.

        That is its settings, its choice of a model, its answers with the votes on them, the labels of the files in the
        answers, and what was taught there.
        """
        # The labels go first: without the answers, nobody would know any more which labels to delete.
        await self._predictions.erase(await self._answers.files_of_chat(chat_id))
        await self._predictions.erase(await self._answers.erase_chat(chat_id))
        await self._corrections.erase_chat(chat_id)
        await self._models.erase(chat_id)
        await self._chats.erase(chat_id)
        # Last, because it also overwrites what was deleted before.
        await self._teaching.erase_chat(chat_id)
        log.info("data of a chat deleted")

    async def erase_person(self, user_id: int) -> None:
        """Delete a person's data: votes, answers to the person, photos that they gave, and the private chat's data.

        A person who became an admin by the link is no admin any more. People in LABELBOT_ADMINS stay admins.
        """
        await self._teaching.erase_person(user_id)
        await self._predictions.erase(await self._answers.files_of_person(user_id))
        await self._predictions.erase(await self._answers.erase_person(user_id))
        await self._corrections.erase_person(user_id)
        await self._admins.withdraw(user_id)
        # The id of a private chat is the person's id.
        await self.erase_chat(user_id)
