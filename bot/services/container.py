"""The parts of the running bot that its handlers work with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.domain.access import Access
from bot.limits.concurrency import ConcurrencyLimit, MemoryBudget
from bot.limits.request_quota import RequestQuota
from bot.services.albums import Albums
from bot.services.downloads import Downloads
from bot.services.metrics import Statistics
from bot.services.model_selection import ModelSelection
from bot.storage.bans import Bans
from bot.storage.storage import Storage
from bot.transport.files import TelegramFiles
from bot.transport.flood_control import FloodControl
from bot.transport.inbox import Inbox
from bot.transport.typing_indicator import TypingIndicator
from bot.views.texts import Languages
from inference import InferencePool


@dataclass(frozen=True, slots=True)
class Services:
    """What `app` builds and handlers use.

    Attributes:
        languages: that the bot speaks.
        admins: Telegram's ids of the people who may give commands of admins.
        access: of all others.
        models: know which of them answers where.
        downloads: install published models.
        retention_days: for which answers are kept.
        pool: labels images.
        albums: of which photos are coming in.
        inbox: holds the updates in hand.
        storage: remembers.
        bans: of people and chats that are ignored.
        statistics: of what was done.
        typing: shows that something is in hand.
        limits: how much people may ask for.
        flood: what Telegram takes from the bot.
        concurrency: keep one person from holding up the others.
        files: fetch images from Telegram.
        photo_memory: of small images that come from Telegram.
        file_memory: of large ones, which may take long to come; never at the expense of small ones.
        web_memory: of images that come from addresses, whose servers may be slow on purpose.
        download: fetches an image from an address that a stranger gave.
    """

    languages: Languages
    admins: frozenset[int]
    access: Access
    models: ModelSelection
    downloads: Downloads
    retention_days: int
    pool: InferencePool
    albums: Albums
    inbox: Inbox
    storage: Storage
    bans: Bans
    statistics: Statistics
    typing: TypingIndicator
    limits: RequestQuota
    flood: FloodControl
    concurrency: ConcurrencyLimit
    files: TelegramFiles
    photo_memory: MemoryBudget
    file_memory: MemoryBudget
    web_memory: MemoryBudget
    download: Callable[[str], Awaitable[bytes]]
