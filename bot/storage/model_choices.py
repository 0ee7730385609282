"""The models that admins chose."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, select

from bot.storage.database import Database
from bot.storage.durable import patient
from bot.storage.tables import model_choices


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """The model that an admin chose, and the model that was chosen before; None stands for the default."""

    model: str | None
    previous: str | None


class ModelChoices:
    """The table of choices, by chat id; the id 0 stands for all chats."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> dict[int, ModelChoice]:
        rows = await self._database.execute(select(model_choices))
        return {row.chat_id: ModelChoice(row.model, row.previous) for row in rows}

    @patient
    async def set(self, chat_id: int, choice: ModelChoice) -> None:
        row = {"chat_id": chat_id, "model": choice.model, "previous": choice.previous}
        await self._database.upsert(model_choices, row)

    @patient
    async def erase(self, chat_id: int) -> None:
        await self._database.execute(delete(model_choices).where(model_choices.c.chat_id == chat_id))

    @patient
    async def move(self, old_id: int, new_id: int, choice: ModelChoice) -> None:
        """Move a choice to the supergroup that replaced a group."""
        await self.set(new_id, choice)
        await self._database.execute(delete(model_choices).where(model_choices.c.chat_id == old_id))
