"""Updates that are not handled any more, because they are too old or are dead letters."""

from __future__ import annotations

import structlog
from telegram import Message, Update
from telegram.constants import ChatType
from telegram.ext import TypeHandler

from bot.handlers.context import BotApplication, Context
from bot.limits.notices import RecentNotices
from bot.transport.idempotency import MessageName
from bot.transport.inbox import DEAD_LETTER_AFTER, Inbox

log = structlog.get_logger()


class StaleHandler(TypeHandler[Update, Context, None]):
    """Takes stale updates, so that handlers registered later do not get them.

    Args:
        inbox: inbox of the updates.
        max_age_s: maximum age, in seconds, of a message that is still answered. It is also the minimum time between two
            apologies in a chat.
    """

    def __init__(self, inbox: Inbox, max_age_s: float) -> None:
        super().__init__(Update, self._turn_away)
        self._inbox = inbox
        self._apologised = RecentNotices(max_age_s)

    def check_update(self, update: object) -> bool:
        return isinstance(update, Update) and self._inbox.is_stale(update)

    async def _turn_away(self, update: Update, context: Context) -> None:
        texts = await context.texts(update)
        message = update.effective_message
        if self._inbox.is_too_old(update):
            log.info("too old")
            if update.message is not None and self._is_to_be_told(update.message):
                await context.outbox.reply(update.message, texts("inbox-too-old"))
            return
        log.error("dead letter: the program crashed each time it was in flight", times=DEAD_LETTER_AFTER)
        if isinstance(message, Message):
            await context.outbox.reply(message, texts("inbox-retired"), name=MessageName.DEAD_LETTER_APOLOGY)
        admin_texts = context.services.languages.closest(None)
        for rank, admin in enumerate(sorted(context.services.admins)):
            news = admin_texts("inbox-retired-for-admins", id=str(update.update_id), count=DEAD_LETTER_AFTER)
            await context.outbox.send(admin, news, name=MessageName.DEAD_LETTER_NEWS, index=rank)

    def _is_to_be_told(self, message: Message) -> bool:
        """Return whether to tell a person that messages were missed: not too often, and never in a group."""
        return message.chat.type == ChatType.PRIVATE and self._apologised.is_due(message.chat_id)


def register(application: BotApplication, inbox: Inbox, *, max_age_s: float) -> None:
    """Register before all handlers that answer."""
    application.add_handler(StaleHandler(inbox, max_age_s))
