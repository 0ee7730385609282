"""Answers: messages with the labels of photos, and with buttons. The content of each answer is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakValueDictionary

import structlog
from sqlalchemy.exc import SQLAlchemyError
from telegram import InlineKeyboardMarkup, MaybeInaccessibleMessage, Message
from telegram.constants import ChatType

from bot.domain.answers import Answer, AnsweredPhoto
from bot.domain.chat_settings import ChatSettings
from bot.domain.corrections import Standing, standings_of
from bot.domain.media import Content
from bot.services.answered_photos import answered_photo
from bot.services.chat_upgrade import ChatUpgrade
from bot.services.labelling import Labeller, Result
from bot.services.merged_answers import MergedAnswers
from bot.services.model_selection import ModelSelection
from bot.storage.answers import Answers
from bot.storage.corrections import Corrections
from bot.storage.durable import patient
from bot.storage.engine import StorageError
from bot.transport.flood_control import FloodControl
from bot.transport.idempotency import MessageName
from bot.transport.outbox import Outbox
from bot.views import answer_replies, correction_replies, replies
from bot.views.texts import Texts
from inference import DEFAULT_MODEL, PREFERRED_MODEL, STARTER, Classification

# Models that a bot uses or installs by itself. If no other model is installed, people need not know which one answers.
AUTO_MODELS = frozenset({DEFAULT_MODEL, PREFERRED_MODEL})
COMMON_MODELS = AUTO_MODELS | {STARTER}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ReplyContext:
    """Data for answering in the chat of an update; it is loaded once for each update.

    Attributes:
        settings: settings of the chat.
        texts: texts in the chat's language.
        outbox: outbox of the update.
    """

    settings: ChatSettings
    texts: Texts
    outbox: Outbox


class Answerer:
    """Answers messages with the labels of photos.

    Args:
        labeller: labels of images.
        models: selection of models.
        answers: table of the answers.
        corrections: table of the votes on answers.
        chat_upgrade: moves the data of a group that became a supergroup.
        admins: user ids of the bot's admins, whose answers have details.
        flood: flood control of the bot.
    """

    def __init__(
        self,
        labeller: Labeller,
        models: ModelSelection,
        answers: Answers,
        corrections: Corrections,
        chat_upgrade: ChatUpgrade,
        admins: Container[int],
        flood: FloodControl,
    ) -> None:
        self._admins = admins
        self._merged = MergedAnswers(flood, self._answer_merged)
        self._labeller = labeller
        self._models = models
        self._answers = answers
        self._corrections = corrections
        self._chat_upgrade = chat_upgrade
        # The lock of each chat in which photos are being added to an answer.
        self._adding: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def label_asked(self, message: Message, shown: Content, context: ReplyContext) -> None:
        """Answer a message that asks about the image of another message.

        Args:
            message: message that asks.
            shown: message of the same chat, or what is known of a message elsewhere, which cannot be replied to.
            context: settings, texts and outbox of the update.

        Raises:
            InferenceError, FileUnavailable: see `label_message`.
        """
        if isinstance(shown, Message):
            await self.label_message(shown, context, asked_by=message)
        else:
            await self.label_message(message, context, shown=shown)

    async def label_message(
        self,
        message: Message,
        context: ReplyContext,
        *,
        asked_by: Message | None = None,
        shown: Content | None = None,
    ) -> None:
        """Answer a message with the labels of its photo, image file, sticker or video frame.

        Args:
            message: message to reply to; it shows an image, or asks about one.
            context: settings, texts and outbox of the update.
            asked_by: message that asked for the labels, if it is not the message with the image.
            shown: what shows the image, if the message does not.

        Raises:
            InferenceError: there are no labels for the image.
            FileUnavailable: Telegram did not serve the file.
        """
        content = message if shown is None else shown
        result = await self._labeller.classify_message(message, shown=content)
        if result is None:
            await context.outbox.reply(message, context.texts(replies.no_image(content)))
            return
        own = shown is None and asker_of(asked_by or message) == asker_of(message)
        photo = answered_photo(message, result, content, own=own)
        alone = message.chat.type != ChatType.PRIVATE or context.outbox.may_be_sent(MessageName.ANSWER)
        if alone or asked_by is not None:
            await self.answer_photos(message, [photo], context, asked_by=asked_by)
        else:
            await self._merged.answer(message.chat_id, (message, photo, context))

    async def _answer_merged(self, photos: Sequence[tuple[Message, AnsweredPhoto, ReplyContext]]) -> None:
        """Answer photos that a person sent one by one, in the order of their messages."""
        ordered = sorted(photos, key=lambda photo: photo[0].message_id)
        # The handler of the first photo answers all of them.
        context, others = photos[0][2], [other.outbox for _, _, other in photos[1:]]
        await self.answer_photos(ordered[0][0], [photo for _, photo, _ in ordered], context, also_of=others)

    async def label_url(self, message: Message, url: str, context: ReplyContext) -> None:
        """Answer a message with the labels of the image at a public URL.

        Raises:
            InferenceError: there are no labels for the image, or the image could not be downloaded.
        """
        await self.answer(message, await self._labeller.classify_url(message, url), context)

    async def answer(self, message: Message, result: Result, context: ReplyContext) -> None:
        """Answer a message with the labels of its image. The arguments are the same as in `answer_photos`."""
        await self.answer_photos(message, [answered_photo(message, result, own=True)], context)

    async def answer_photos(
        self,
        message: Message,
        photos: Sequence[AnsweredPhoto],
        context: ReplyContext,
        *,
        asked_by: Message | None = None,
        also_of: Sequence[Outbox] = (),
    ) -> None:
        """Answer a message with the labels of photos.

        Args:
            message: message to reply to.
            photos: at least one photo, in the order of their messages.
            context: settings, texts and outbox of the update.
            asked_by: message that asked for the labels, if it is not the message with the image.
            also_of: outboxes of other updates that the answer is also for.
        """
        chat_id, top_k = message.chat_id, context.settings.top_k
        asker_id, shown = asker_of(asked_by or message), answer_replies.sayable(photos, context.settings)
        text = answer_replies.answer(
            context.texts,
            shown,
            top_k=top_k,
            details=self._shows_details(asker_id, photos),
            instead_of=self._missing(chat_id, photos),
        )
        # Only a photo that somebody asks about again may have been judged before.
        standings = {} if asked_by is None else await self._standings(chat_id, shown, context)
        buttons = answer_replies.keyboard(
            context.texts,
            shown,
            top_k=top_k,
            other_models=self._has_other_models(chat_id),
            below=correction_replies.rows(context.texts, shown, context.settings, standings),
        )
        sent = await context.outbox.reply(message, text, buttons, also_of=also_of)
        if sent is None:
            return
        if sent.message.chat.id != chat_id:
            await self._chat_upgrade.move(chat_id, sent.message.chat.id)
        # If a message asked about one photo of an album, late photos of the album are not added to the answer.
        album = message.media_group_id if asked_by is None else None
        answer = Answer(
            sent.message.chat.id, sent.message.message_id, message.message_id, asker_id, album, tuple(photos)
        )
        if album is None and not sent.before_restart:
            self._answers.store(answer)
            return
        # Late photos of an album look for its answer.
        await self._record(self._add if sent.before_restart else self._answers.save, answer)
        if sent.before_restart and album is not None:
            # Some photos of the album may have arrived after the restart.
            await context.outbox.edit(sent.message, text, buttons)

    async def _record(self, save: Callable[[Answer], Awaitable[None]], answer: Answer) -> None:
        """Store the content of an answer, which its buttons need. The answer is in the chat already."""
        try:
            await save(answer)
        except (SQLAlchemyError, StorageError) as error:
            log.warning("an answer has buttons that do nothing", reason=type(error).__name__)

    @patient
    async def _add(self, answer: Answer) -> None:
        """Add photos to the stored content of an answer.

        After a restart, each photo of an answer to several photos is handled separately.
        """
        async with self._adding.setdefault(answer.chat_id, asyncio.Lock()):
            stored = await self._answers.find(answer.chat_id, answer.message_id)
            await self._answers.save(answer if stored is None else stored.with_photos(answer.photos))

    async def write_caption(
        self,
        post: Message,
        photo: AnsweredPhoto | None,
        context: ReplyContext,
        *,
        earlier: AnsweredPhoto | None = None,
    ) -> None:
        """Write the labels of a channel's photo below its caption, in place of those of an earlier photo.

        Args:
            post: post with the photo.
            photo: photo with its labels; None if there is nothing to say.
            context: settings, texts and outbox of the update.
            earlier: photo that the post showed before an edit; None if it showed no other photo.
        """
        settings, caption = context.settings, post.caption or ""
        texts, top_k, above, written = context.texts, settings.top_k, caption, None
        if earlier is not None:
            before = _said_in_caption(earlier, settings)
            above = replies.caption_without_labels(texts, caption, before, top_k=top_k, taught=earlier.taught)
        if photo is not None:
            said = _said_in_caption(photo, settings)
            written = replies.caption_with_labels(texts, above, said, top_k=top_k, taught=photo.taught)
        written = above if written is None else written
        if written == caption:
            return
        await context.outbox.edit_caption(post, written, above, spoiler=photo is not None and photo.spoiler)
        if photo is not None:
            await self._record(
                self._answers.save,
                Answer(post.chat_id, post.message_id, post.message_id, None, None, (photo,)),
            )

    async def replace_photos(
        self, message: MaybeInaccessibleMessage, photos: Sequence[AnsweredPhoto], context: ReplyContext
    ) -> None:
        """Put other photos in place of those of the same messages, unless the answer was deleted meanwhile.

        The answer is read again, because late photos may have been added to it.

        Args:
            message: message of the bot.
            photos: photos with their new labels.
            context: settings, texts and outbox of the update.
        """
        async with self._adding.setdefault(message.chat.id, asyncio.Lock()):
            answer = await self._answers.find(message.chat.id, message.message_id)
            if answer is None:
                return
            for photo in photos:
                answer = answer.with_photo(photo)
            await self._answers.save(answer)
        await self.show(message, answer, context)

    async def show(
        self,
        message: MaybeInaccessibleMessage,
        answer: Answer,
        context: ReplyContext,
        *,
        expanded: bool = False,
        screen: InlineKeyboardMarkup | None = None,
        note: str | None = None,
    ) -> None:
        """Change the message of an answer.

        Args:
            message: message of the bot.
            answer: content of the answer.
            context: settings, texts and outbox of the update.
            expanded: whether the answer shows as many labels as fit.
            screen: buttons that are shown in place of the usual ones.
            note: line below the labels.
        """
        top_k = context.settings.top_k
        details = self._shows_details(answer.asker_id, answer.photos)
        photos = answer_replies.sayable(answer.photos, context.settings)
        text = answer_replies.answer(context.texts, photos, top_k=top_k, expanded=expanded, details=details)
        standings = await self._standings(answer.chat_id, photos, context)
        lines = [text, *correction_replies.corrected(context.texts, photos, standings)]
        buttons = screen or answer_replies.keyboard(
            context.texts,
            photos,
            top_k=top_k,
            other_models=self._has_other_models(answer.chat_id),
            expanded=expanded,
            below=correction_replies.rows(context.texts, photos, context.settings, standings),
        )
        await context.outbox.edit(message, "\n".join(lines if note is None else [*lines, note]), buttons)

    async def _standings(
        self, chat_id: int, photos: Sequence[AnsweredPhoto], context: ReplyContext
    ) -> Mapping[int, Standing]:
        """Return what people say about photos; {} if nobody is asked in the chat, or the database fails."""
        if context.settings.corrections == "never":
            return {}
        try:
            votes = await self._corrections.of_photos(chat_id, [photo.message_id for photo in photos])
        except (SQLAlchemyError, StorageError) as error:
            log.warning("an answer does not show what people say about it", reason=type(error).__name__)
            return {}
        return standings_of(photos, votes)

    def _has_other_models(self, chat_id: int) -> bool:
        return self._models.has_choice(chat_id)

    def _shows_details(self, asker_id: int | None, photos: Sequence[AnsweredPhoto]) -> bool:
        """Return whether an answer names the model and its time: for admins, and if several models may answer."""
        used = {photo.classification.model for photo in photos if photo.classification is not None}
        if asker_id in self._admins or len(used) != 1 or not used <= AUTO_MODELS:
            return True
        return not COMMON_MODELS.issuperset(self._models.names())

    def _missing(self, chat_id: int, photos: Sequence[AnsweredPhoto]) -> str | None:
        """Return the name of the model that should have labelled photos, but is missing; None if none is missing."""
        missing = self._models.selected(chat_id).missing
        used = {photo.classification.model for photo in photos if photo.classification is not None}
        return None if missing in used else missing


def _said_in_caption(photo: AnsweredPhoto, settings: ChatSettings) -> Classification | None:
    """Return the labels of a photo for a caption; None if none are said.

    A caption has no room to say that the photo looks like nothing that the model has learned.
    """
    said = None if photo.classification is None else settings.sayable(photo.classification)
    return None if said is None or said.unfamiliar else said


def asker_of(message: Message) -> int | None:
    """Return the id of a message's author; None for a channel, or for an admin who writes as the group."""
    return message.from_user.id if message.from_user is not None and message.sender_chat is None else None
