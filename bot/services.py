"""The parts of the running bot that its handlers work with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.active_models import ActiveModels
from bot.pulls import Pulls
from bot.statistics import Statistics
from bot.storage.bans import Bans
from bot.storage.storage import Storage
from bot.texts import Languages
from bot.turns import ChatTurns
from bot.typing_indicator import TypingIndicator
from inference import InferencePool


@dataclass(frozen=True, slots=True)
class Services:
    """What `app` builds and handlers use.

    Attributes:
        languages: that the bot speaks.
        admins: Telegram's ids of the people who may give commands of admins.
        models: know which of them answers where.
        pulls: install published models.
        pool: labels images.
        storage: remembers.
        bans: of people and chats that are ignored.
        statistics: of what was done.
        typing: shows that something is in hand.
        turns: keep one chat from holding up the others.
        download: fetches an image from an address that a stranger gave.
    """

    languages: Languages
    admins: frozenset[int]
    models: ActiveModels
    pulls: Pulls
    pool: InferencePool
    storage: Storage
    bans: Bans
    statistics: Statistics
    typing: TypingIndicator
    turns: ChatTurns
    download: Callable[[str], Awaitable[bytes]]
