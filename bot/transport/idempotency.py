"""Each message that answers an update is sent once, whatever becomes of the program meanwhile.

A claim is stored as a message leaves, Telegram's id of the message when that is known. When an update is taken up anew
after a crash, its handler runs again and counts its messages in the same way: those with an id are not sent again. A
crash between the sending and the storing of the id leaves a claim without one, and is the only way to a duplicate.
"""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError
from telegram import Bot, Chat, Message

from bot.storage.sends import Claim, Sends
from bot.transport.http import UnreadableResult

log = structlog.get_logger()

# Stands for the id of a message of which Telegram said that it was sent, and not under which id.
UNTOLD_ID = 0


class Claims:
    """The messages that answer one update, numbered in the order in which they are asked for.

    Args:
        sends: where they are stored.
        update_id: of the update.
        earlier: what was claimed before a crash, by number.
        first: the number of the first message.
    """

    def __init__(
        self, sends: Sends, update_id: int, earlier: Mapping[int, Claim] | None = None, *, first: int = 0
    ) -> None:
        self._sends = sends
        self._update_id = update_id
        self._earlier = earlier or {}
        self._numbers = itertools.count(first)
        self._sending: set[int] = set()

    @property
    def sending(self) -> bool:
        """Whether a message is on its way to Telegram, so that a crash now may lead to a duplicate."""
        return bool(self._sending)

    async def send(self, chat_id: int, send: Callable[[], Awaitable[Message]]) -> Message:
        """Send the next message, unless that was done before a crash; `send` calls `mark_sending`.

        Raises:
            UnreadableResult: it was sent, now or before a crash, and Telegram did not say under which id.
        """
        number = next(self._numbers)
        earlier = self._earlier.get(number)
        if earlier is not None and earlier.message_id is not None:
            log.info("sent before the restart", message=number)
            if earlier.message_id == UNTOLD_ID:
                raise UnreadableResult("sent before the restart, under an id that is not known")
            return _sent_before(earlier.chat_id, earlier.message_id)
        if earlier is not None:
            log.warning("sent again, maybe twice", message=number)

        async def claim() -> None:
            if number not in self._sending:
                self._sending.add(number)
                await _store(self._sends.claim(self._update_id, number, chat_id=chat_id))

        before = _current_claim.set(claim)
        try:
            message = await send()
            assert number in self._sending, "whatever sends says when the message leaves"
            ids = {"chat_id": message.chat_id, "message_id": message.message_id}
            await _store(self._sends.confirm(self._update_id, number, **ids))
        except UnreadableResult:
            await _store(self._sends.confirm(self._update_id, number, chat_id=chat_id, message_id=UNTOLD_ID))
            raise
        finally:
            _current_claim.reset(before)
            self._sending.discard(number)
        return message


# Of the update that the current task, or the one that started it, works on.
current_claims: ContextVar[Claims | None] = ContextVar("claims_at_hand", default=None)
# Stores that the message which is being sent leaves now.
_current_claim: ContextVar[Callable[[], Awaitable[None]] | None] = ContextVar("claim_at_hand", default=None)


async def send_once(bot: Bot, chat_id: int, send: Callable[[], Awaitable[Message]]) -> Message:
    """Send a message that answers the update at hand, if there is one.

    Args:
        bot: that sends it.
        chat_id: where to.
        send: sends it.

    Returns:
        The message; where it was sent before a crash, no more of it than its chat and its id.
    """
    claims = current_claims.get()
    message = await send() if claims is None else await claims.send(chat_id, send)
    message.set_bot(bot)
    return message


async def mark_sending() -> None:
    """Claim the message that is being sent: it has waited for its turn, and leaves for Telegram next."""
    claim = _current_claim.get()
    if claim is not None:
        await claim()


async def _store(statement: Awaitable[None]) -> None:
    """Store something, or go on without that: whoever waits is answered also while the database fails."""
    try:
        await statement
    except SQLAlchemyError as error:
        log.error("the database fails: after a crash, a message may be sent twice", reason=type(error).__name__)


def _sent_before(chat_id: int, message_id: int) -> Message:
    kind = Chat.PRIVATE if chat_id > 0 else Chat.SUPERGROUP
    return Message(message_id, datetime.now(UTC), Chat(chat_id, kind))
