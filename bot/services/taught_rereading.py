"""Taught classes follow the model of their chat: a new model reads their photos again, in the background."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import structlog
from sqlalchemy.exc import SQLAlchemyError
from telegram import Bot
from telegram.constants import ParseMode
from telegram.error import TelegramError

from bot.services.background import repeated
from bot.services.image_fetching import FileGone, FileUnavailable
from bot.services.labelling import Labeller
from bot.services.model_selection import ModelSelection
from bot.services.taught_recognition import TaughtRecognition
from bot.storage.engine import StorageError, reason_of
from bot.storage.storage import Storage
from bot.storage.taught import StoredPhoto
from bot.transport.retries import with_retries
from bot.views import replies
from bot.views.texts import Languages
from inference import ModelSpec, errors
from inference.teaching.quantisation import quantise

log = structlog.get_logger()

# Seconds between two looks for photos that could not be read, for a model that was removed from the disk, and for
# requests that are over.
PERIOD_S = 60.0
# Limit in seconds on storing the last uses of classes while the bot stops.
LAST_SAVE_TIMEOUT_S = 1.0
# Number of photos after which a chat's classes are fitted again.
PHOTOS_AT_ONCE = 20


class TaughtRereading:
    """Reads taught photos again if another model version answers in their chat. One photo is read at a time.

    Args:
        storage: the database.
        labeller: reads photos.
        models: selection of models.
        recognition: recognises the classes.
        bot: sends the names of photos that Telegram does not have any more.
        languages: languages of the bot.
        leading: event from which on this replica reads photos again; None without replicas.
    """

    def __init__(
        self,
        storage: Storage,
        labeller: Labeller,
        models: ModelSelection,
        recognition: TaughtRecognition,
        bot: Bot,
        languages: Languages,
        leading: asyncio.Event | None = None,
    ) -> None:
        self._leading = leading
        self._storage = storage
        self._labeller = labeller
        self._models = models
        self._recognition = recognition
        self._bot = bot
        self._languages = languages
        # Chats whose photos were all tried, with the model that tried them.
        self._done: dict[int, ModelSpec] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Read photos again while the block runs. What is left is read after the next start."""
        try:
            async with repeated(self._follow_models, PERIOD_S, early=self._models.changed.wait):
                yield
        finally:
            try:
                async with asyncio.timeout(LAST_SAVE_TIMEOUT_S):
                    await self._recognition.save_uses()
            except (SQLAlchemyError, StorageError, TimeoutError) as error:
                log.warning("last uses of taught classes not stored", reason=type(error).__name__)

    async def catch_up(self) -> None:
        """Read all photos that the present models of their chats have not read.

        Raises:
            StorageError, SQLAlchemyError: the database failed.
        """
        for chat_id in sorted(self._recognition.chats()):
            spec = self._models.selected(chat_id).spec
            if self._done.get(chat_id) != spec and await self._read_chat(chat_id, spec):
                self._done[chat_id] = spec
                await self._tell_lost(chat_id)

    async def _follow_models(self) -> None:
        if self._models.changed.is_set():
            self._models.changed.clear()
            self._done.clear()
        try:
            if self._leading is None or self._leading.is_set():
                await self.catch_up()
            await self._recognition.save_uses()
            await self._storage.teach_requests.delete_expired()
        except (SQLAlchemyError, StorageError) as error:
            reason = reason_of(error) if isinstance(error, SQLAlchemyError) else str(error)
            log.warning("taught photos not read again", reason=reason)

    async def _read_chat(self, chat_id: int, spec: ModelSpec) -> bool:
        """Read the photos of a chat; return whether all were tried with this model."""
        photos = await self._storage.taught.outdated(chat_id, spec.name, spec.version)
        for number, photo in enumerate(photos, start=1):
            try:
                classification = await self._labeller.read(chat_id, (photo.media,), client=chat_id)
            except (FileGone, errors.ImageError, errors.TooManyBytes) as error:
                log.info("a taught photo is lost", reason=type(error).__name__)
                await self._storage.taught.note_lost(photo.id)
                continue
            except (FileUnavailable, errors.InferenceError) as error:
                log.info("taught photos are read again later", left=len(photos) - number + 1, reason=str(error))
                return False
            if classification.embedding is None:
                log.info("taught photos wait for another model", model=classification.model)
                return True
            embedding = quantise(classification.embedding)
            await self._storage.taught.set_embedding(photo.id, embedding, classification.model, classification.version)
            if number % PHOTOS_AT_ONCE == 0 or number == len(photos):
                self._recognition.changed(chat_id)
            if (classification.model, classification.version) != (spec.name, spec.version):
                return False  # the model was switched meanwhile
        if photos:
            self._recognition.changed(chat_id)
            log.info("taught photos were read again", photos=len(photos), model=spec.name)
        return True

    async def _tell_lost(self, chat_id: int) -> None:
        """Name the classes with photos that were lost since the chat was told last."""
        untold = [
            photo
            for photo in await self._storage.taught.photos(chat_id)
            if photo.lost_at is not None and photo.lost_told_at is None
        ]
        if not untold:
            return
        names = {each.id: each.name for each in await self._storage.taught.classes(chat_id)}
        # First: the chat is told once, also after a crash. /classes shows the photos in any case.
        await self._storage.taught.note_told([photo.id for photo in untold], int(time.time()))
        text = await self._lost(chat_id, untold, names)
        try:
            await with_retries(lambda: self._bot.send_message(chat_id, text, parse_mode=ParseMode.HTML))
        except TelegramError as error:
            log.warning("a chat was not told of its lost photos", reason=error.message)

    async def _lost(self, chat_id: int, photos: Sequence[StoredPhoto], names: dict[int, str]) -> str:
        texts = self._languages.closest((await self._storage.chats.settings(chat_id)).language)
        counts = Counter(names[photo.class_id] for photo in photos if photo.class_id in names)
        classes = [texts("taught-lost-class", name=replies.plain(name), count=count) for name, count in counts.items()]
        return texts("taught-lost", classes=", ".join(classes))
