"""Data that handlers get together with an update: the services, the update's outbox, and the texts of its chat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from telegram import Update
from telegram.constants import ChatType
from telegram.ext import Application, CallbackContext

from bot.domain.access import Access
from bot.domain.chat_settings import DEFAULT_SETTINGS, ChatSettings
from bot.limits.notices import RecentNotices
from bot.limits.request_quota import RequestQuota
from bot.services.admins import Admins
from bot.services.albums import Albums
from bot.services.answering import Answerer, ReplyContext
from bot.services.awaited_names import AwaitedNames
from bot.services.bursts import Bursts
from bot.services.chat_upgrade import ChatUpgrade
from bot.services.downloads import Downloads
from bot.services.erasure import Erasure
from bot.services.labelling import Labeller
from bot.services.metrics import Statistics
from bot.services.model_selection import ModelSelection
from bot.services.teaching import Teaching
from bot.services.votes import Votes
from bot.storage.storage import Storage
from bot.transport.bot_client import TelegramBot
from bot.transport.flood_control import FloodControl
from bot.transport.inbox import Inbox
from bot.transport.outbox import Outbox
from bot.views.texts import Languages, Texts
from inference import Cluster, InferencePool


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of the bot that handlers use. `app` builds them.

    Attributes:
        languages: texts in all languages.
        admins: live set of the ids of the bot's admins.
        access: people and chats that may use the bot.
        quota: limits on the requests of people and groups.
        storage: the database.
        models: selection of models.
        pool: inference pool.
        cluster: the cluster that its workers run on; None if they run on this machine.
        labeller: labels images.
        answerer: sends answers with labels and buttons.
        albums: albums that are arriving.
        bursts: photos that arrive one by one to be taught.
        downloads: installs published models.
        chat_upgrade: moves the data of a group that became a supergroup.
        teaching: classes that chats have taught.
        erasure: deletes the data of chats and people.
        statistics: counters of photos and their latencies.
        votes: what people say about answers.
        awaited_names: photos whose names people are asked for.
        flood: flood control of the bot.
        hints: groups that lately got a hint.
    """

    languages: Languages
    admins: Admins
    access: Access
    quota: RequestQuota
    storage: Storage
    models: ModelSelection
    pool: InferencePool
    cluster: Cluster | None
    labeller: Labeller
    answerer: Answerer
    albums: Albums
    bursts: Bursts
    downloads: Downloads
    chat_upgrade: ChatUpgrade
    teaching: Teaching
    erasure: Erasure
    statistics: Statistics
    votes: Votes
    awaited_names: AwaitedNames
    flood: FloodControl
    hints: RecentNotices


class Context(CallbackContext[TelegramBot, dict[Any, Any], dict[Any, Any], dict[Any, Any]]):
    """The library's context, with the bot's services.

    Attributes:
        outbox: sends the messages that answer the update; tasks that a handler starts use the same outbox.
    """

    outbox: Outbox

    @classmethod
    def from_update(cls, update: object, application: Application[Any, Any, Any, Any, Any, Any]) -> Self:
        context = super().from_update(update, application)
        assert isinstance(application.update_queue, Inbox), "build_application gave it one"
        records = application.update_queue.records(update) if isinstance(update, Update) else None
        context.outbox = Outbox(context.bot, records)
        return context

    @property
    def services(self) -> Services:
        services = self.bot_data["services"]
        assert isinstance(services, Services)
        return services

    async def reply_context(self, update: Update) -> ReplyContext:
        """Load the settings of an update's chat, and the texts in the chat's language."""
        chat = update.effective_chat
        settings = DEFAULT_SETTINGS
        if chat is not None:
            settings = await self.services.storage.chats.settings(chat.id)
        return ReplyContext(settings, self.texts_with(settings, update), self.outbox)

    async def texts(self, update: Update) -> Texts:
        """Load the texts in the language of an update's chat."""
        return (await self.reply_context(update)).texts

    def texts_with(self, settings: ChatSettings, update: Update) -> Texts:
        """Return the texts in the language that is set for a chat.

        If no language is set, a private chat has the language of the person's app.

        Args:
            settings: settings of the chat.
            update: update of the chat.
        """
        chat, user = update.effective_chat, update.effective_user
        language = settings.language
        if language is None and user is not None and (chat is None or chat.type == ChatType.PRIVATE):
            language = user.language_code
        return self.services.languages.closest(language)


class BotApplication(Application[TelegramBot, Context, dict[Any, Any], dict[Any, Any], dict[Any, Any], None]):
    """The library's application, changed so that it does not store who writes to the bot."""

    __slots__ = ()

    def _mark_for_persistence_update(self, **_changed: object) -> None:
        """Do nothing: the library would keep the ids of people and chats to save them, but the bot never saves them."""
