"""Sending to a chat: what is tried again, what is given up, and how a reply is attached to its photo.

No text that leaves here holds a bot's token or a password in an address: an admin may have pasted one in a command.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from telegram import (
    Bot,
    CallbackQuery,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    MaybeInaccessibleMessage,
    Message,
    ReplyParameters,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError, TelegramError

from bot.transport.flood_control import GivenUp
from bot.transport.http import ConnectionBroke, NotSent, ServerFailed, TooLarge, TooSlow, UnreadableResult
from bot.transport.idempotency import send_once
from bot.transport.refusals import nobody_is_there, nothing_is_to_do
from inference.system.terminal import mask

T = TypeVar("T")
log = structlog.get_logger()

# Four seconds, for whoever waits for a photo to be fetched.
MAX_FAILURES = 5
# Ten minutes, for the answer that is all that is missing: networks come back.
PATIENCE_FOR_MESSAGES = 26
FIRST_BACKOFF_S = 0.25
MAX_BACKOFF_S = 30.0


async def attempt(call: Callable[[], Awaitable[T]], *, repeatable: bool = False, patience: int = MAX_FAILURES) -> T:
    """Make a call to the Bot API, and again where that may help, a bounded number of times.

    That is where the request never left, the server failed at it (5xx) or does not know the bot for a moment, or the
    connection broke, by which a message may be sent twice: better than not at all. A server that fell silent is most
    likely still at it, and one whose answer cannot be read has done it: if it may do its work twice, as all that
    puts something into a chat, nobody tries again.

    Args:
        call: makes it.
        repeatable: whether doing it twice is no more than doing it once.
        patience: how often it may not reach the server, or the server fail at it.

    Raises:
        TelegramError: as the last attempt left it.
    """
    failures = 0
    while True:
        try:
            return await call()
        except (InvalidToken, NetworkError) as error:
            failures += 1
            if failures >= _max_failures(error, repeatable=repeatable, patience=patience):
                raise
            log.info("a call failed and is made again", reason=error.message, failures=failures)
        await asyncio.sleep(min(FIRST_BACKOFF_S * 2 ** (failures - 1), MAX_BACKOFF_S))


def _max_failures(error: TelegramError, *, repeatable: bool, patience: int) -> int:
    if isinstance(error, BadRequest | TooLarge | TooSlow):
        return 1
    if isinstance(error, InvalidToken):
        # A server on the way may refuse for a moment. Only messages wait for that: a file whose address has expired is
        # refused alike, and is asked for anew at once.
        return patience if patience > MAX_FAILURES else 1
    if isinstance(error, NotSent | ServerFailed):
        return patience
    return MAX_FAILURES if repeatable or isinstance(error, ConnectionBroke) else 1


async def reply(message: Message, text: str, keyboard: InlineKeyboardMarkup | None = None) -> Message | None:
    """Answer with a text that quotes `message`; return the answer, None where there is none.

    Within an update, it is sent once, also where the update is taken up anew: see `bot.transport.idempotency`.

    Where nobody is there to read it any more, or Telegram cannot be reached for too long, that is logged and all.

    Raises:
        BadRequest: Telegram refused the text itself, which is our mistake.
    """

    async def send() -> Message:
        try:
            return await attempt(
                lambda: _send(message, message.chat_id, text, keyboard), patience=PATIENCE_FOR_MESSAGES
            )
        except ChatMigrated as error:
            new_chat_id = error.new_chat_id
            return await attempt(lambda: _send(message, new_chat_id, text, keyboard), patience=PATIENCE_FOR_MESSAGES)

    return await _delivered(lambda: send_once(message.get_bot(), message.chat_id, send))


async def send(bot: Bot, chat_id: int, text: str) -> Message | None:
    """Say something that answers no message; return it, None where it is not there. Fails as `reply` does."""

    async def say() -> Message:
        return await attempt(
            lambda: bot.send_message(
                chat_id,
                mask(text),
                parse_mode=ParseMode.HTML,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            ),
            patience=PATIENCE_FOR_MESSAGES,
        )

    return await _delivered(lambda: send_once(bot, chat_id, say))


async def react(message: Message, emoji: str) -> None:
    """React to a message with one of the emoji that Telegram takes. A chat that does not take it gets nothing."""
    await _delivered(lambda: attempt(lambda: message.set_reaction(emoji), repeatable=True))


async def edit_caption(message: Message, caption: str) -> None:
    """Change what stands under a photo; what of it was there before keeps its marks. Fails as `reply` does."""
    await _delivered(
        lambda: attempt(
            lambda: message.edit_caption(
                caption,
                caption_entities=message.caption_entities,
                show_caption_above_media=message.show_caption_above_media,
            ),
            repeatable=True,
        )
    )


async def edit(message: MaybeInaccessibleMessage, text: str, keyboard: InlineKeyboardMarkup | None = None) -> None:
    """Change a message of the bot; without a keyboard it loses the one that it has. Fails as `reply` does."""
    bot = message.get_bot()
    await _delivered(
        lambda: attempt(
            lambda: bot.edit_message_text(
                mask(text),
                chat_id=message.chat.id,
                message_id=message.message_id,
                parse_mode=ParseMode.HTML,
                reply_markup=keyboard,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            ),
            repeatable=True,
        )
    )


async def answer_callback(query: CallbackQuery, text: str = "", *, stays: bool = False) -> None:
    """Show a text, without markup and of at most 200 characters, to whoever pressed a button. Fails as `reply` does.

    Args:
        query: the press.
        text: none ends the waiting that the button shows, and that is all.
        stays: until it is closed, instead of for a moment.
    """
    await _delivered(lambda: attempt(lambda: query.answer(mask(text), show_alert=stays), repeatable=True))


async def leave(bot: Bot, chat_id: int) -> None:
    """Leave a group or channel. Fails as `reply` does."""
    await _delivered(lambda: attempt(lambda: bot.leave_chat(chat_id), repeatable=True))


async def _delivered(call: Callable[[], Awaitable[T]]) -> T | None:
    try:
        return await call()
    except (Forbidden, ChatMigrated) as error:
        log.info("chat unreachable", reason=error.message)
    except BadRequest as error:
        if nobody_is_there(error):
            log.info("chat unreachable", reason=error.message)
        elif not nothing_is_to_do(error):
            raise
    except UnreadableResult as error:
        log.warning("sent, and nothing more is known of it", reason=error.message)
    except (InvalidToken, NetworkError, GivenUp) as error:
        log.warning("message lost, or its fate unknown", reason=error.message)
    return None


async def _send(message: Message, chat_id: int, text: str, keyboard: InlineKeyboardMarkup | None) -> Message:
    return await message.get_bot().send_message(
        chat_id,
        mask(text),
        parse_mode=ParseMode.HTML,
        message_thread_id=topic(message),
        reply_parameters=ReplyParameters(message.message_id, allow_sending_without_reply=True),
        link_preview_options=LinkPreviewOptions(is_disabled=True),
        reply_markup=keyboard,
    )


def topic(message: Message) -> int | None:
    # A reply outside a forum carries a thread id too, and Telegram refuses it when it is sent back.
    return message.message_thread_id if message.is_topic_message else None
