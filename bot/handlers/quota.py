"""The request quota. People over their quota get one polite notice until they slow down.

In private chats, the bot also marks each message that gets no answer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from telegram import CallbackQuery, Update
from telegram.constants import ChatType, ReactionEmoji

from bot.domain.origins import written_at
from bot.handlers.context import Context
from bot.limits.request_quota import Decision
from bot.transport.idempotency import MessageName
from bot.views.texts import Texts

# Reaction to a message in a private chat that gets no answer.
LEFT_OUT = ReactionEmoji.SEE_NO_EVIL_MONKEY
NOTICES = {Decision.NOTIFY_PERSON: "limits-person", Decision.NOTIFY_GROUP: "limits-group"}


def limited(handler: Callable[[Update, Context], Awaitable[None]]) -> Callable[[Update, Context], Any]:
    """Wrap a handler so that it runs only within the quota."""

    async def guarded(update: Update, context: Context) -> None:
        if await check_quota(update, context):
            await handler(update, context)

    return guarded


async def check_callback_quota(query: CallbackQuery, update: Update, context: Context, *, cost: int = 1) -> bool:
    """Count a callback query as a request; return whether it may be carried out. Admins have no quota.

    Args:
        query: callback query.
        update: update with the callback query.
        context: context of the update.
        cost: number of requests that the callback query counts as.
    """
    person_id, quota = query.from_user.id, context.services.quota
    if person_id in context.services.admins:
        return True
    if quota.request(person_id, None, cost=cost) is Decision.ADMITTED:
        return True
    # Only the first few queries get an alert, as each alert is a call to Telegram.
    if quota.may_alert(person_id):
        await context.outbox.answer_callback(query, (await context.texts(update))("limits-person"))
    return False


async def check_group_quota(query: CallbackQuery, update: Update, context: Context) -> bool:
    """Count a callback query for its group; return whether it may be carried out.

    The callback query was counted for the person before.
    """
    chat, quota = update.effective_chat, context.services.quota
    if chat is None or chat.type == ChatType.PRIVATE or query.from_user.id in context.services.admins:
        return True
    if quota.request(None, chat.id) is Decision.ADMITTED:
        return True
    if quota.may_alert(query.from_user.id):
        await context.outbox.answer_callback(query, (await context.texts(update))("limits-group"))
    return False


async def check_quota(update: Update, context: Context, texts: Texts | None = None, *, silently: bool = False) -> bool:
    """Count a message as a request; return whether it may be answered. Admins have no quota.

    In a private chat, hundreds of requests may wait for their answers. Requests that get no answer are marked.

    Args:
        update: update with the message.
        context: context of the update.
        texts: texts in the chat's language; None to load the texts only for a notice.
        silently: True to send no notice, because nobody asked for an answer.
    """
    user, chat, message = update.effective_user, update.effective_chat, update.effective_message
    if chat is None or message is None or (user is not None and user.id in context.services.admins):
        return True
    if context.outbox.was_sent(MessageName.QUOTA_NOTICE):
        return False  # the request was refused before a restart
    asker = message.sender_chat or user
    group_id = None if chat.type == ChatType.PRIVATE else chat.id
    asker_id = asker.id if asker is not None else chat.id
    asked_at_s = written_at(message).timestamp()
    decision = context.services.quota.request(
        asker_id, group_id, asked_at_s=asked_at_s, silently=silently, queued=group_id is None
    )
    if decision in NOTICES:
        texts = texts or await context.texts(update)
        await context.outbox.reply(message, texts(NOTICES[decision]), name=MessageName.QUOTA_NOTICE)
    if decision is not Decision.ADMITTED and group_id is None and not silently:
        await context.outbox.react(message, LEFT_OUT)
    return decision is Decision.ADMITTED
