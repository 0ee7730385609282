"""What happens to those who ask too much: a kind word, then silence until they have rested."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from math import inf
from typing import Any

from telegram import Update
from telegram.constants import ChatType

from bot.handlers.context import Context
from bot.limits import Verdict
from bot.sending import answer_press, reply

WORDS = {Verdict.PERSON_TOLD: "limits-person", Verdict.GROUP_TOLD: "limits-group"}


def limited(handler: Callable[[Update, Context], Awaitable[None]]) -> Callable[[Update, Context], Any]:
    """Have a handler that answers whatever it is handed do so within the limits."""

    async def guarded(update: Update, context: Context) -> None:
        if await admitted(update, context):
            await handler(update, context)

    return guarded


async def admitted(update: Update, context: Context, *, silently: bool = False) -> bool:
    """Count an update that is about to be answered; tell whether it may be. Admins ask as much as they like.

    Args:
        update: that is about to be answered.
        context: of it.
        silently: without a word to whoever asked too much, as nobody asked at all.
    """
    user, chat, query = update.effective_user, update.effective_chat, update.callback_query
    message = update.effective_message if query is None else None
    if chat is None or (user is not None and user.id in context.services.admins):
        return True
    asker = user if message is None else message.sender_chat or user
    group_id = None if chat.type == ChatType.PRIVATE else chat.id
    asker_id = asker.id if asker is not None else chat.id
    asked_at_s = inf if message is None else message.date.timestamp()
    verdict = context.services.limits.ask(asker_id, group_id, asked_at_s=asked_at_s, silently=silently)
    if verdict is Verdict.ADMITTED:
        return True
    text = (await context.texts(update))(WORDS.get(verdict, "limits-person"))
    if query is not None:
        # The button shows that it waits until it is answered, and Telegram takes any number of these answers.
        await answer_press(query, text)
    elif message is not None and verdict in WORDS:
        await reply(message, text)
    return False
