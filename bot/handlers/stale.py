"""Updates that are not handled any more: those that waited too long, and those in hand at crash after crash."""

from __future__ import annotations

import structlog
from telegram import Message, Update
from telegram.constants import ChatType
from telegram.ext import TypeHandler

from bot.handlers.context import BotApplication, Context
from bot.limits.notices import RecentNotices
from bot.transport.inbox import DEAD_LETTER_AFTER, Inbox
from bot.transport.sending import reply, send

log = structlog.get_logger()


class StaleHandler(TypeHandler[Update, Context, None]):
    """Takes what is stale, so that no handler registered after it sees that.

    Args:
        inbox: knows what is stale.
        max_age_s: of messages that are still answered; so long one apology holds for a chat.
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
                await reply(update.message, texts("inbox-too-old"))
            return
        log.error("given up: the program ended each time while this was in hand", times=DEAD_LETTER_AFTER)
        if isinstance(message, Message):
            await reply(message, texts("inbox-retired"))
        admin_texts = context.services.languages.closest(None)
        for admin in sorted(context.services.admins):
            news = admin_texts("inbox-retired-for-admins", id=str(update.update_id), count=DEAD_LETTER_AFTER)
            await send(context.bot, admin, news)

    def _is_to_be_told(self, message: Message) -> bool:
        """Whether nobody told this person yet that messages were missed: groups are not told at all."""
        return message.chat.type == ChatType.PRIVATE and self._apologised.is_news(message.chat_id)


def register(application: BotApplication, inbox: Inbox, *, max_age_s: float) -> None:
    """Register before all that answers."""
    application.add_handler(StaleHandler(inbox, max_age_s))
