"""The parts of the running bot that its handlers work with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.storage.database import Storage
from bot.turns import ChatTurns
from bot.typing_indicator import TypingIndicator
from inference import InferencePool, ModelSpec, ModelStore


@dataclass(frozen=True, slots=True)
class Services:
    """What `app` builds and handlers use.

    Attributes:
        model: the name of the one that answers.
        store: knows it.
        pool: labels images.
        storage: remembers.
        typing: shows that something is in hand.
        turns: keep one chat from holding up the others.
        download: fetches an image from an address that a stranger gave.
    """

    model: str
    store: ModelStore
    pool: InferencePool
    storage: Storage
    typing: TypingIndicator
    turns: ChatTurns
    download: Callable[[str], Awaitable[bytes]]

    def spec(self) -> ModelSpec:
        """Read the specification of the model that answers; it may be installed anew while the bot runs.

        Raises:
            ModelNotFound: it was removed.
            ModelError: its specification is broken.
        """
        return self.store.find(self.model).spec
