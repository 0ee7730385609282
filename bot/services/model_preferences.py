"""The order in which models are preferred in each chat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from bot.storage.model_choices import ModelChoice
from inference import STARTER

# Id that stands for all chats; no chat has this id.
EVERYWHERE = 0
NO_CHOICE = ModelChoice(None, None)


@dataclass(frozen=True, slots=True)
class Preferences:
    """The choices of admins, and the models where nothing was chosen.

    Attributes:
        choices: choice by chat id; `EVERYWHERE` is the id of the choice for all chats.
        defaults: names of the models without a choice, the preferred one first.
    """

    choices: Mapping[int, ModelChoice]
    defaults: tuple[str, ...]

    def choice(self, chat_id: int) -> ModelChoice:
        """Return the choice for a chat itself."""
        return self.choices.get(chat_id, NO_CHOICE)

    def wanted(self, chat_id: int) -> tuple[str, ...]:
        """Return the names of the models for a chat in the order of preference; the starter comes last."""
        chosen = (self.choice(place).model for place in (chat_id, EVERYWHERE))
        return tuple(dict.fromkeys(name for name in (*chosen, *self.defaults, STARTER) if name is not None))

    def with_choice(self, chat_id: int, choice: ModelChoice) -> Self:
        return replace(self, choices={**self.choices, chat_id: choice})

    def without_chat(self, chat_id: int) -> Self:
        return replace(self, choices={place: choice for place, choice in self.choices.items() if place != chat_id})
