"""The conversation that follows /teach, step by step: consent, name, photos, and what was learned from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from telegram import InlineKeyboardMarkup, Message, Update
from telegram.constants import ChatType

from bot.domain.teaching import OfferedPhoto, TeachingRefused, TeachRequest
from bot.handlers.context import Context
from bot.transport.idempotency import MessageName
from bot.views import teaching_replies
from bot.views.replies import plain
from bot.views.texts import Texts

# Number of photos from which the bot says that it is learning, as that takes a second or more.
MANY_PHOTOS = 4


@dataclass(frozen=True, slots=True)
class Lesson:
    """A step of the conversation.

    Attributes:
        update: update that is handled.
        context: context of the update.
        texts: texts in the chat's language.
        message: message to answer.
        edits: whether the message is the bot's own, which the answer replaces.
        note: sentence for the first thing that is said, as HTML; empty for none.
    """

    update: Update
    context: Context
    texts: Texts
    message: Message
    edits: bool = False
    note: str = ""

    @property
    def in_group(self) -> bool:
        return self.message.chat.type != ChatType.PRIVATE

    async def start(self, asker_id: int, name: str | None, photos: Sequence[OfferedPhoto]) -> None:
        """Start a request. In a private chat it takes the place of earlier ones."""
        teaching, chat_id = self.context.services.teaching, self.message.chat_id
        if not self.in_group:
            for earlier in await teaching.requests_of(chat_id, asker_id):
                await teaching.close_request(earlier.id)
        request_id = await teaching.open_request(chat_id, asker_id, name, photos)
        await self.proceed(TeachRequest(request_id, chat_id, asker_id, name, tuple(photos)))

    async def proceed(self, request: TeachRequest) -> None:
        """Ask for what a request lacks first: the consent of the person who teaches, a name, photos; else learn."""
        if not await self.context.services.teaching.consented(request.chat_id, request.asker_id):
            await self.say(*teaching_replies.consent(self.texts, request.id, request.asker_id))
        elif request.name is None or not request.photos:
            await self.ask(request)
        else:
            await self.learn(request)

    async def ask(self, request: TeachRequest) -> None:
        """Ask for a name or for photos."""
        await self.say(*teaching_replies.question(self.texts, request, in_group=self.in_group))

    async def learn(self, request: TeachRequest) -> None:
        """Learn from the photos of the person who teaches, and ask the senders of other photos."""
        others = [photo for photo in request.photos if photo.giver_id != request.asker_id]
        for rank, giver_id in enumerate(dict.fromkeys(photo.giver_id for photo in others)):
            theirs = [photo for photo in others if photo.giver_id == giver_id]
            await self._ask_sender(request, theirs, rank)
        own = tuple(photo for photo in request.photos if photo.giver_id == request.asker_id)
        if own:
            await self.teach(request, own)
            return
        await self.context.services.teaching.close_request(request.id)
        if self.edits:
            await self.say(self.texts("teaching-asked-sender", count=len(others)))

    async def teach(self, request: TeachRequest, photos: Sequence[OfferedPhoto]) -> None:
        """Learn from photos whose senders have agreed, and say what was learned."""
        teaching, name = self.context.services.teaching, request.name
        assert name is not None, "a name comes before the photos"
        if self.edits and len(photos) >= MANY_PHOTOS:
            news = self.texts("teaching-learning", count=len(photos), name=plain(name))
            await self.context.outbox.edit(self.message, news)
        try:
            result = await teaching.teach(
                request.chat_id, name, photos, request.asker_id, teaching_id=self.update.update_id
            )
        except TeachingRefused as refused:
            await self.say(teaching_replies.refusal(self.texts, refused))
        else:
            offered = [photo.message_id for photo in photos]
            await self.say(*teaching_replies.outcome(self.texts, result, request.asker_id, offered=offered))
        await teaching.close_request(request.id)

    async def say(self, text: str, keyboard: InlineKeyboardMarkup | None = None) -> None:
        """Answer the message, or replace the bot's own."""
        text = f"{text}\n\n{self.note}" if self.note else text
        if self.edits:
            await self.context.outbox.edit(self.message, text, keyboard)
        else:
            await self.context.outbox.reply(self.message, text, keyboard)

    async def _ask_sender(self, request: TeachRequest, photos: Sequence[OfferedPhoto], rank: int) -> None:
        """Ask the sender of photos that somebody else teaches, in reply to the first of them."""
        giver_id, teaching = photos[0].giver_id, self.context.services.teaching
        request_id = await teaching.open_request(request.chat_id, request.asker_id, request.name, photos)
        screen = teaching_replies.consent(self.texts, request_id, giver_id, taught_by_other=request.name)
        await self.context.outbox.reply(
            self.message,
            *screen,
            name=MessageName.CONSENT_QUESTION,
            index=rank,
            quoted_id=photos[0].message_id,
        )
