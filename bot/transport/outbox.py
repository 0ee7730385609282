"""The outbox: everything that the bot says, changes or does in a chat goes through the outbox.

If a chat is gone, or Telegram does not accept a message in time, the outbox logs the failure and returns. The outbox
masks bots' tokens, and passwords in addresses, in each text: an admin may have pasted one into a command.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

import structlog
from telegram import (
    CallbackQuery,
    Chat,
    InaccessibleMessage,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    LinkPreviewOptions,
    MaybeInaccessibleMessage,
    Message,
    MessageEntity,
    ReplyParameters,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated

from bot.storage.sends import Claim
from bot.transport.bot_client import TelegramBot
from bot.transport.http import UnreadableResult
from bot.transport.idempotency import UNKNOWN_ID, MessageName, MessageRecord, UpdateRecords
from bot.transport.refusals import failures_logged, is_unreachable
from bot.transport.retries import until_sent, with_retries
from bot.views.replies import utf16_length
from inference.system.terminal import mask

log = structlog.get_logger()

# Seconds for which a message that answers no update may wait for Telegram.
PATIENCE_S = 600.0
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that the bot has sent.

    Attributes:
        message: the message: its chat and its id.
        before_restart: whether an earlier run of the program sent it, maybe with another text.
    """

    message: MaybeInaccessibleMessage
    before_restart: bool = False


class Outbox:
    """Sends the messages that answer one update.

    Each message is sent once, even if the program crashes and the update is handled again: see `idempotency`. All
    other calls are idempotent.

    Args:
        bot: the library's bot.
        records: idempotency records of the update; None for messages that answer no update.
    """

    def __init__(self, bot: TelegramBot, records: UpdateRecords | None = None) -> None:
        self._bot = bot
        self._records = records

    @property
    def records(self) -> UpdateRecords | None:
        """Idempotency records of the update; None for messages that answer no update."""
        return self._records

    @property
    def answered(self) -> bool:
        """Whether the handler is past the sending of its answer. The answer may have been sent before a restart."""
        return self._records is not None and self._records.answered

    def was_sent(self, name: MessageName) -> bool:
        """Return whether a message of the update was sent before a restart."""
        return self._records is not None and self._records.was_sent(name)

    def may_be_sent(self, name: MessageName) -> bool:
        """Return whether a message of the update may have been sent before a restart."""
        return self._records is not None and self._records.is_claimed(name)

    async def reply(
        self,
        message: Message,
        text: str,
        keyboard: InlineKeyboardMarkup | None = None,
        *,
        name: MessageName = MessageName.ANSWER,
        index: int = 0,
        quoted_id: int | None = None,
        also_of: Sequence[Outbox] = (),
    ) -> Sent | None:
        """Send a text that quotes a message; right below its message in a private chat, it quotes nothing.

        Args:
            message: message to reply to.
            text: HTML.
            keyboard: buttons below the text.
            name: name of the reply among the messages that answer the update.
            index: number of the reply among the messages with the same name, from 0.
            quoted_id: id of another message of the same chat to quote in place of the message.
            also_of: outboxes of other updates that the reply answers, too.

        Returns:
            The reply; None if it was not sent, or if its id is unknown.

        Raises:
            BadRequest: Telegram refused the text itself, which is a mistake of the program.
        """
        send = partial(
            self._bot.say,
            text=mask(text),
            parse_mode=ParseMode.HTML,
            message_thread_id=topic(message),
            direct_messages_topic_id=direct_topic(message),
            reply_parameters=ReplyParameters(quoted_id or message.message_id, allow_sending_without_reply=True),
            link_preview_options=NO_PREVIEW,
            reply_markup=keyboard,
        )
        with failures_logged():
            try:
                return await self._send_once(send, message.chat_id, name, index, also_of=also_of)
            except ChatMigrated as error:
                return await self._send_once(send, error.new_chat_id, name, index, also_of=also_of)
        return None

    async def show_photos(self, message: Message, photos: Mapping[str, str]) -> frozenset[str]:
        """Send photos that Telegram has, as an album if there are several; return the file ids of those that it sent.

        Args:
            message: message of the chat and topic to send to.
            photos: captions of at most ten photos, by file id.
        """
        if len(photos) > 1 and await self._show(message, photos, 0):
            return frozenset(photos)
        # Telegram refuses a whole album if it no longer has one of the photos.
        alone = [(file_id, {file_id: caption}) for file_id, caption in photos.items()]
        return frozenset(
            [file_id for index, (file_id, one) in enumerate(alone) if await self._show(message, one, index)]
        )

    async def _show(self, message: Message, photos: Mapping[str, str], index: int) -> bool:
        thread_id, direct_id = topic(message), direct_topic(message)

        async def send(chat_id: int, rate_limit_args: MessageRecord | None = None) -> Message:
            if len(photos) == 1:
                ((file_id, caption),) = photos.items()
                return await self._bot.send_photo(
                    chat_id,
                    file_id,
                    caption,
                    message_thread_id=thread_id,
                    direct_messages_topic_id=direct_id,
                    rate_limit_args=rate_limit_args,
                )
            sent = await self._bot.send_media_group(
                chat_id,
                [InputMediaPhoto(file_id, caption) for file_id, caption in photos.items()],
                message_thread_id=thread_id,
                direct_messages_topic_id=direct_id,
                rate_limit_args=rate_limit_args,
            )
            return sent[0]

        with failures_logged():
            try:
                await self._send_once(send, message.chat_id, MessageName.PHOTOS, index)
            except BadRequest as error:
                if is_unreachable(error):
                    raise
                log.info("photos not shown", reason=error.message)
                return False
        return True

    async def send(
        self, chat_id: int, text: str, *, name: MessageName = MessageName.ANSWER, index: int = 0
    ) -> Sent | None:
        """Send a text that quotes no message. Returns and raises the same as `reply`.

        Args:
            chat_id: chat to send to.
            text: HTML.
            name: name of the message among the messages that answer the update.
            index: number of the message among the messages with the same name, from 0.
        """
        send = partial(self._bot.say, text=mask(text), parse_mode=ParseMode.HTML, link_preview_options=NO_PREVIEW)
        with failures_logged():
            return await self._send_once(send, chat_id, name, index)
        return None

    async def edit(
        self, message: MaybeInaccessibleMessage, text: str, keyboard: InlineKeyboardMarkup | None = None
    ) -> None:
        """Change the text of a message of the bot. Raises the same as `reply`.

        Without a keyboard, the message loses its buttons.

        Args:
            message: message of the bot.
            text: HTML.
            keyboard: buttons below the text.
        """
        await _do(
            partial(
                self._bot.edit_message_text,
                mask(text),
                chat_id=message.chat.id,
                message_id=message.message_id,
                parse_mode=ParseMode.HTML,
                reply_markup=keyboard,
                link_preview_options=NO_PREVIEW,
            )
        )

    async def edit_caption(self, message: Message, caption: str, kept: str, *, spoiler: bool = False) -> None:
        """Change the caption of a photo. Raises the same as `reply`.

        Args:
            message: post with the photo.
            caption: plain text.
            kept: start of the caption that stays as it is, with its formatting.
            spoiler: whether the rest of the caption is hidden until a reader taps it.
        """
        kept_length, length = utf16_length(kept), utf16_length(caption)
        entities = [entity for entity in message.caption_entities if entity.offset < kept_length]
        if spoiler and length > kept_length:
            entities.append(MessageEntity(MessageEntity.SPOILER, kept_length, length - kept_length))
        await _do(
            partial(
                self._bot.edit_message_caption,
                chat_id=message.chat_id,
                message_id=message.message_id,
                caption=caption,
                caption_entities=entities,
                show_caption_above_media=message.show_caption_above_media,
            )
        )

    async def react(self, message: Message, emoji: str) -> None:
        """React to a message. If the chat does not allow the reaction, nothing is sent.

        Args:
            message: message to react to; anybody may have written it.
            emoji: one of the emoji that Telegram allows.
        """
        await _do(partial(self._bot.set_message_reaction, message.chat_id, message.message_id, emoji))

    async def answer_callback(self, query: CallbackQuery, text: str = "", *, stays: bool = False) -> None:
        """Answer a callback query, which ends the waiting sign on its button. Raises the same as `reply`.

        Args:
            query: callback query.
            text: plain text of at most 200 characters, shown to the person who pressed the button; "" shows nothing.
            stays: whether the text stays on the screen until the person closes it.
        """
        await _do(partial(self._bot.answer_callback_query, query.id, mask(text), show_alert=stays))

    async def leave(self, chat_id: int) -> None:
        """Leave a group or channel. Raises the same as `reply`."""
        await _do(partial(self._bot.leave_chat, chat_id))

    async def _send_once(
        self,
        send: Callable[..., Awaitable[MaybeInaccessibleMessage]],
        chat_id: int,
        name: MessageName,
        index: int = 0,
        *,
        also_of: Sequence[Outbox] = (),
    ) -> Sent:
        """Send a message, unless it was sent before a restart.

        Args:
            send: call of the library, which takes the chat's id and `rate_limit_args`.
            chat_id: chat to send to.
            name: name of the message.
            index: number of the message among the messages with the same name.
            also_of: outboxes of other updates that the message answers, too.

        Raises:
            UnreadableResult: the message was sent, now or before a restart, but its id is unknown.
        """
        if self._records is None:
            # Nobody waits long for such a message.
            give_up_at_s = time.monotonic() + PATIENCE_S
            message = await until_sent(
                partial(send, chat_id),
                patience_s=lambda: give_up_at_s - time.monotonic(),
            )
            return Sent(message)
        with ExitStack() as stack:
            record = stack.enter_context(self._records.of(name, index, chat_id))
            others = [other.records.of(name, index, chat_id) for other in also_of if other.records is not None]
            record.others = [stack.enter_context(other) for other in others]
            if record.earlier is not None and (sent := _sent_before(record.earlier, name)) is not None:
                return sent
            if self._records.turn is not None:
                await self._records.turn([other.records.update_id for other in also_of if other.records is not None])
            try:
                message = await until_sent(
                    partial(send, chat_id, rate_limit_args=record),
                    patience_s=record.patience_s,
                    on_unknown_fate=record.count_unknown_fate,
                    on_given_up=record.count_given_up,
                )
            except UnreadableResult:
                record.complete(chat_id, UNKNOWN_ID)
                raise
            record.complete(message.chat.id, message.message_id)
            return Sent(message)


def topic(message: Message) -> int | None:
    """Return the id of the topic that a message belongs to; None outside a forum.

    A reply outside a forum has a thread id, too, but Telegram refuses this id in a call.
    """
    return message.message_thread_id if message.is_topic_message else None


def direct_topic(message: Message) -> int | None:
    """Return the id of a person's topic in the direct messages to a channel; None elsewhere."""
    return message.direct_messages_topic.topic_id if message.direct_messages_topic is not None else None


def _sent_before(earlier: Claim, name: MessageName) -> Sent | None:
    """Return a message that was sent before a restart; None if nobody knows whether it was sent.

    Raises:
        UnreadableResult: the message was sent, but its id is unknown.
    """
    if earlier.message_id is None:
        return None
    log.info("sent before the restart", message=name.name.lower())
    if earlier.message_id == UNKNOWN_ID:
        raise UnreadableResult("sent before the restart, under an id that is not known")
    kind = Chat.PRIVATE if earlier.chat_id > 0 else Chat.SUPERGROUP
    return Sent(InaccessibleMessage(Chat(earlier.chat_id, kind), earlier.message_id), before_restart=True)


async def _do(call: Callable[[], Awaitable[object]]) -> None:
    """Make an idempotent call."""
    with failures_logged():
        await with_retries(call, idempotent=True)
