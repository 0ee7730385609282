"""The parts of the running bot that its handlers work with."""

from __future__ import annotations

from dataclasses import dataclass

from bot.storage.database import Storage
from bot.turns import ChatTurns
from inference import InferencePool, ModelSpec


@dataclass(frozen=True, slots=True)
class Services:
    """What `app` builds and handlers use.

    Attributes:
        model: which answers.
        pool: labels images.
        storage: remembers.
        turns: keep one chat from holding up the others.
    """

    model: ModelSpec
    pool: InferencePool
    storage: Storage
    turns: ChatTurns
