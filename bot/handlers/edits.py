"""Edited messages: a photo that was replaced or added is looked at again. An edit of the caption alone does nothing."""

from __future__ import annotations

from dataclasses import replace

from telegram import InaccessibleMessage, Message, Update
from telegram.constants import ChatType
from telegram.ext import MessageHandler

from bot.domain.answers import Answer, AnsweredPhoto
from bot.domain.media import find_media, is_under_spoiler
from bot.domain.triggers import Trigger, trigger_of
from bot.handlers import filters
from bot.handlers.context import BotApplication, Context
from bot.handlers.groups import label_in_group, label_post
from bot.handlers.photo import label_photo
from bot.handlers.quota import check_quota, limited
from bot.services.answered_photos import look_at
from bot.transport.inbox import Inbox


def register(application: BotApplication, inbox: Inbox) -> None:
    application.add_handler(MessageHandler(filters.EDITED & filters.MEDIA, Edits(inbox).look_again))


class Edits:
    """Looks again at edited messages.

    Args:
        inbox: inbox of the updates.
    """

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    async def look_again(self, update: Update, context: Context) -> None:
        """Edit the answers about a photo that was replaced. Without an answer, handle the photo like a new one."""
        message = update.effective_message
        assert message is not None, "the filter asks for an edited message"
        await self._inbox.wait_for_earlier(update)
        answers = await context.services.storage.answers.find_about(
            message.chat_id, message.message_id, message.media_group_id
        )
        if message.chat.type == ChatType.CHANNEL:
            await self._look_at_post(message, answers, update, context)
        elif answers:
            await self._change(answers, message, update, context)
        elif self._has_other_media(message, self._inbox.seen.before(message)):
            in_private = message.chat.type == ChatType.PRIVATE
            await (limited(label_photo) if in_private else label_in_group)(update, context)

    async def _look_at_post(self, post: Message, answers: list[Answer], update: Update, context: Context) -> None:
        earlier = answers[0].photo_of(post.message_id) if answers else None
        before = self._inbox.seen.before(post) if earlier is None else _files(earlier)
        if self._has_other_media(post, before):
            await label_post(update, context, earlier)

    async def _change(self, answers: list[Answer], message: Message, update: Update, context: Context) -> None:
        """Put the new photo of a message into the answers about it, if it is another photo or is hidden now."""
        reply_context, new = await context.reply_context(update), None
        for answer in answers:
            photo = answer.photo_of(message.message_id)
            assert photo is not None, "these answers are about the message"
            if not self._has_other_media(message, _files(photo) or self._inbox.seen.before(message)):
                changed = replace(photo, spoiler=is_under_spoiler(message))
                if changed == photo:
                    continue
            else:
                silently = trigger_of(message, reply_context.settings) is not Trigger.REQUESTED
                if new is None and not await check_quota(update, context, reply_context.texts, silently=silently):
                    return
                if new is None:
                    await context.services.storage.corrections.erase_photo(message.chat_id, message.message_id)
                changed = new = new or await look_at(context.services.labeller, message, silently=silently)
            shown = InaccessibleMessage(message.chat, answer.message_id)
            await context.services.answerer.replace_photos(shown, [changed], reply_context)

    @staticmethod
    def _has_other_media(message: Message, before: frozenset[str] | None) -> bool:
        """Return whether a message shows other files than before; False if it is not known what it showed."""
        now = frozenset(size.file_unique_id for size in find_media(message))
        return before is not None and now != before and not now & before


def _files(photo: AnsweredPhoto) -> frozenset[str]:
    return frozenset(size.file_unique_id for size in photo.sizes)
