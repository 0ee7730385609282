"""What happens to those who ask too much: a kind word, then silence until they have rested."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from telegram import CallbackQuery, Update
from telegram.constants import ChatType

from bot.handlers.context import Context
from bot.limits.request_quota import Verdict
from bot.transport.sending import answer_callback, reply

WORDS = {Verdict.PERSON_TOLD: "limits-person", Verdict.GROUP_TOLD: "limits-group"}


def limited(handler: Callable[[Update, Context], Awaitable[None]]) -> Callable[[Update, Context], Any]:
    """Have a handler that answers whatever it is handed do so within the limits."""

    async def guarded(update: Update, context: Context) -> None:
        if await admitted(update, context):
            await handler(update, context)

    return guarded


async def callback_admitted(query: CallbackQuery, update: Update, context: Context, *, cost: int = 1) -> bool:
    """Count a press of a button, like a request; tell whether it may be followed. Admins press as much as they like.

    Args:
        query: the press.
        update: that brought it.
        context: of it.
        cost: how many requests it counts for.
    """
    person_id, limits = query.from_user.id, context.services.limits
    if person_id in context.services.admins:
        return True
    if limits.ask(person_id, None, cost=cost) is Verdict.ADMITTED:
        return True
    # A few are told why; the button of any further press just waits, as each answer is a call to Telegram.
    if limits.may_alert(person_id):
        await answer_callback(query, (await context.texts(update))("limits-person"))
    return False


async def group_admits(query: CallbackQuery, update: Update, context: Context) -> bool:
    """Count a press in a group that costs an answer, for the group; the person was counted before."""
    chat, limits = update.effective_chat, context.services.limits
    if chat is None or chat.type == ChatType.PRIVATE or query.from_user.id in context.services.admins:
        return True
    if limits.ask(None, chat.id) is Verdict.ADMITTED:
        return True
    if limits.may_alert(query.from_user.id):
        await answer_callback(query, (await context.texts(update))("limits-group"))
    return False


async def admitted(update: Update, context: Context, *, silently: bool = False) -> bool:
    """Count a message that is about to be answered; tell whether it may be. Admins ask as much as they like.

    Args:
        update: with the message.
        context: of it.
        silently: without a word to whoever asked too much, as nobody asked at all.
    """
    user, chat, message = update.effective_user, update.effective_chat, update.effective_message
    if chat is None or message is None or (user is not None and user.id in context.services.admins):
        return True
    asker = message.sender_chat or user
    group_id = None if chat.type == ChatType.PRIVATE else chat.id
    asker_id = asker.id if asker is not None else chat.id
    asked_at_s = message.date.timestamp()
    verdict = context.services.limits.ask(asker_id, group_id, asked_at_s=asked_at_s, silently=silently)
    if verdict in WORDS:
        await reply(message, (await context.texts(update))(WORDS[verdict]))
    return verdict is Verdict.ADMITTED
