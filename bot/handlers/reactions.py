"""Reactions of people to answers: a thumb up says that an answer is right, a thumb down that it is wrong."""

from __future__ import annotations

from collections.abc import Iterable

from telegram import ReactionType, ReactionTypeEmoji, Update
from telegram.constants import ReactionEmoji
from telegram.ext import MessageReactionHandler

from bot.domain.corrections import correction
from bot.handlers.context import BotApplication, Context
from bot.limits.request_quota import Decision
from bot.views.answer_replies import sayable

THUMBS = {ReactionEmoji.THUMBS_UP: True, ReactionEmoji.THUMBS_DOWN: False}


def register(application: BotApplication) -> None:
    application.add_handler(MessageReactionHandler(handle_reaction))


async def handle_reaction(update: Update, context: Context) -> None:
    """Count a thumb on an answer about one photo; a thumb that is taken back takes the vote back.

    Telegram does not say who reacts anonymously, so such a reaction does not count. On an answer about several photos,
    nobody knows which photo is meant.
    """
    change, services = update.message_reaction, context.services
    if change is None or change.user is None or change.user.is_bot:
        return
    before, after = _thumb(change.old_reaction), _thumb(change.new_reaction)
    settings = await services.storage.chats.settings(change.chat.id)
    if before == after or settings.corrections == "never":
        return
    answer = await services.storage.answers.find(change.chat.id, change.message_id)
    if answer is None or len(answer.photos) != 1 or not _is_admitted(change.user.id, context):
        return
    (photo,) = sayable(answer.photos, settings)
    if photo.classification is None:
        return
    if after is not None:
        await services.votes.save(correction(answer, photo, change.user.id, is_right=after))
        return
    vote = await services.votes.of_person(change.user.id, answer, photo)
    if vote is not None and vote.is_right == before:
        await services.votes.withdraw(vote)


def _is_admitted(person_id: int, context: Context) -> bool:
    """Count a reaction as a request of a person; return whether it may be handled. Nobody gets a notice."""
    if person_id in context.services.admins:
        return True
    return context.services.quota.request(person_id, None, silently=True) is Decision.ADMITTED


def _thumb(reactions: Iterable[ReactionType]) -> bool | None:
    """Return whether a person's reactions say "right" (True) or "wrong"; None if they say neither, or both."""
    emoji = [each.emoji for each in reactions if isinstance(each, ReactionTypeEmoji)]
    thumbs = {is_right for thumb, is_right in THUMBS.items() if thumb in emoji}
    return thumbs.pop() if len(thumbs) == 1 else None
