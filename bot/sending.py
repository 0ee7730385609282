"""Sending to a chat: what is tried again, what is given up, and how a reply is attached to its photo."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import structlog
from telegram import LinkPreviewOptions, Message, ReplyParameters
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.telegram_http import NotSent, ServerFailed

T = TypeVar("T")
log = structlog.get_logger()

MAX_ATTEMPTS = 4
FIRST_BACKOFF_S = 0.5
# Telegram asks for minutes only after gross flooding; an answer that old helps nobody.
MAX_RETRY_AFTER_S = 60.0
# Telegram shows "typing" for five seconds.
TYPING_RENEWAL_S = 4.5

# BadRequest is also what our own mistakes come back as. These are the ones that say that nobody is there to read.
UNREACHABLE = (
    "chat not found",
    "chat_write_forbidden",
    "have no rights to send",
    "message thread not found",
    "need administrator rights",
    "not enough rights",
    "peer_id_invalid",
    "topic_closed",
    "topic_deleted",
    "user_is_blocked",
)


async def attempt(call: Callable[[], Awaitable[T]], *, repeatable: bool = False) -> T:
    """Make a call to the Bot API, and again where that is safe and may help.

    Flood waits that Telegram asks for are waited out, a bounded number of them, and hold up nobody but this caller. A
    request that never left and one that the server failed at (5xx) are made again. One whose fate is unknown (the
    server fell silent, the connection broke) may have been carried out: it is made again only where it is `repeatable`.

    Raises:
        TelegramError: as the last attempt left it.
    """
    backoff_s = FIRST_BACKOFF_S
    for remaining in reversed(range(MAX_ATTEMPTS)):
        try:
            return await call()
        except RetryAfter as error:
            wait_s = _retry_after_s(error)
            if not remaining or wait_s > MAX_RETRY_AFTER_S:
                raise
        except NetworkError as error:
            safe = isinstance(error, NotSent | ServerFailed) or (repeatable and not isinstance(error, BadRequest))
            if not remaining or not safe:
                raise
            wait_s = backoff_s
            backoff_s *= 2
        await asyncio.sleep(wait_s)
    raise AssertionError("unreachable: the last attempt returns or raises")


async def reply(message: Message, text: str) -> None:
    """Answer with a text that quotes `message`.

    Where nobody is there to read it any more, or Telegram cannot be reached for too long, that is logged and all.

    Raises:
        BadRequest: Telegram refused the text itself, which is our mistake.
    """
    try:
        await attempt(lambda: _send(message, message.chat_id, text))
    except ChatMigrated as error:
        new_chat_id = error.new_chat_id
        await attempt(lambda: _send(message, new_chat_id, text))
    except Forbidden as error:
        log.info("chat unreachable", reason=error.message)
    except BadRequest as error:
        if not any(reason in error.message.lower() for reason in UNREACHABLE):
            raise
        log.info("chat unreachable", reason=error.message)
    except (InvalidToken, NetworkError, RetryAfter) as error:
        log.warning("reply lost, or its fate unknown", reason=error.message)


@asynccontextmanager
async def typing(message: Message) -> AsyncIterator[None]:
    """Show "typing" in the chat, and the topic, of `message` at once and for as long as the block lasts."""
    showing = asyncio.create_task(_keep_typing(message))
    await asyncio.sleep(0)  # lets the task send before the block does anything
    try:
        yield
    finally:
        showing.cancel()


async def _keep_typing(message: Message) -> None:
    while True:
        try:
            await message.get_bot().send_chat_action(
                message.chat_id, ChatAction.TYPING, message_thread_id=_topic(message)
            )
        except TelegramError as error:
            log.debug("typing not shown", reason=error.message)
        await asyncio.sleep(TYPING_RENEWAL_S)


async def _send(message: Message, chat_id: int, text: str) -> Message:
    return await message.get_bot().send_message(
        chat_id,
        text,
        parse_mode=ParseMode.HTML,
        message_thread_id=_topic(message),
        reply_parameters=ReplyParameters(message.message_id, allow_sending_without_reply=True),
        link_preview_options=LinkPreviewOptions(is_disabled=True),
    )


def _topic(message: Message) -> int | None:
    # A reply outside a forum carries a thread id too, and Telegram refuses it when it is sent back.
    return message.message_thread_id if message.is_topic_message else None


def _retry_after_s(error: RetryAfter) -> float:
    given = error.retry_after
    return float(given) if isinstance(given, int) else given.total_seconds()
