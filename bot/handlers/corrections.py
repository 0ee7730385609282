"""The buttons below an answer that ask whether it is right.

Everybody who sees an answer may say so; what a person says last counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from telegram import CallbackQuery, MaybeInaccessibleMessage, Message, Update
from telegram.ext import CallbackQueryHandler

from bot.domain.answers import Answer, AnsweredPhoto
from bot.domain.callback_data import (
    DONE,
    JUDGE,
    LESS,
    NAMED,
    OF_CORRECTIONS,
    RIGHT,
    TAKE_BACK,
    WRONG,
    CorrectionCallback,
    button_data,
    pattern,
    read_correction_callback,
    resolve,
)
from bot.domain.corrections import Correction, correction, said_first
from bot.domain.teaching import TaughtClass
from bot.handlers.context import BotApplication, Context
from bot.handlers.quota import check_group_quota
from bot.handlers.taught_corrections import teach_corrected
from bot.services.answering import ReplyContext
from bot.services.awaited_names import NameOfPhoto
from bot.views.answer_replies import sayable
from bot.views.correction_replies import (
    Screen,
    album_screen,
    choices_of,
    choices_screen,
    judged,
    noted_name,
    photo_screen,
    take_back_screen,
    taught_key,
    typing_screen,
)
from bot.views.replies import plain


def register(application: BotApplication) -> None:
    """Register before the handler of unknown buttons."""
    application.add_handler(CallbackQueryHandler(handle_callback, pattern=pattern(OF_CORRECTIONS)))


async def handle_callback(update: Update, context: Context) -> None:
    """Store what a person says about an answer, or ask what the photo shows."""
    query, reply_context = update.callback_query, await context.reply_context(update)
    assert query is not None, "only callback queries come here"
    callback, message, texts = read_correction_callback(query.data or ""), query.message, reply_context.texts
    answers = context.services.storage.answers
    answer = None if message is None else await answers.find(message.chat.id, message.message_id)
    if callback is None or message is None or answer is None:
        await context.outbox.answer_callback(query, texts("buttons-forgotten"))
    elif await check_group_quota(query, update, context):
        await _Judgement(update, query, message, callback, answer, reply_context, context).run()


@dataclass(frozen=True, slots=True)
class _Judgement:
    """A person's callback query about whether an answer is right."""

    update: Update
    query: CallbackQuery
    message: MaybeInaccessibleMessage
    callback: CorrectionCallback
    answer: Answer
    reply_context: ReplyContext
    context: Context

    async def run(self) -> None:
        """Carry out the action of the button, and answer the callback query."""
        texts, photos = self.reply_context.texts, sayable(self.answer.photos, self.reply_context.settings)
        asked = judged(photos, self.reply_context.settings)
        photo = next((photo for photo in asked if photo.message_id == self.callback.photo_id), None)
        number = None if photo is None or len(photos) == 1 else photos.index(photo) + 1
        self.context.services.awaited_names.take(self.query.from_user.id)
        if self.callback.action == DONE:
            await self._show()
        elif self.callback.action == JUDGE and self.callback.photo_id is None and len(photos) > 1 and asked:
            await self._show(album_screen(texts, photos, asked))
        elif photo is None:
            await self._show(told=texts("corrections-closed"))
        elif self.callback.action == JUDGE:
            await self._show(await self._question(photo, number))
        else:
            await self._say(photo, number)

    async def _question(self, photo: AnsweredPhoto, number: int | None) -> Screen:
        texts = self.reply_context.texts
        if number is None or said_first(photo)[0] == "unsure":
            return await self._choices(photo, number)
        return photo_screen(texts, photo, number, await self.context.services.votes.standing(self.answer, photo))

    async def _choices(self, photo: AnsweredPhoto, number: int | None) -> Screen:
        return choices_screen(self.reply_context.texts, photo, number, await self._taught())

    async def _taught(self) -> Sequence[TaughtClass]:
        return await self.context.services.teaching.classes(self.answer.chat_id)

    async def _say(self, photo: AnsweredPhoto, number: int | None) -> None:
        """Store or take back a vote, and confirm it."""
        texts, votes, action = self.reply_context.texts, self.context.services.votes, self.callback.action
        before = await votes.of_person(self.query.from_user.id, self.answer, photo)
        if action == TAKE_BACK:
            await self._take_back(before)
        elif action == RIGHT and before is not None and before.is_right:
            # Taking it back here would undo the vote if the update is handled again after a crash.
            await self._show(take_back_screen(texts, photo))
        elif action == RIGHT:
            await votes.save(self._vote(photo, is_right=True))
            await self._show(told=texts("corrections-noted-right"))
        elif action == WRONG:
            if before is None or before.is_right:
                await votes.save(self._vote(photo))
            await self._show(await self._choices(photo, number), told=texts("corrections-noted-wrong"))
        elif action == NAMED:
            await self._name(photo)
        else:
            await votes.save(self._vote(photo))
            await self._ask_to_type(photo)

    async def _ask_to_type(self, photo: AnsweredPhoto) -> None:
        texts, person_id = self.reply_context.texts, self.query.from_user.id
        in_private = self.answer.chat_id == person_id
        if in_private:
            awaited = self.context.services.awaited_names
            awaited.wait_for(person_id, NameOfPhoto(self.answer.message_id, photo.message_id))
        question = texts("corrections-type-in-private" if in_private else "corrections-type")
        told = texts("corrections-type-now-in-private") if in_private else texts("corrections-type-now")
        await self._show((question, typing_screen(texts, photo, person_id)), told=told)

    async def _name(self, photo: AnsweredPhoto) -> None:
        """Store which of the names on the buttons a person chose."""
        texts, taught = self.reply_context.texts, await self._taught()
        names = choices_of(photo, texts.language, taught)
        key = resolve(self.callback.value, names)
        if key is None:
            await self._show(told=texts("corrections-closed"))
        elif key in map(taught_key, taught):
            await self.context.services.votes.save(self._vote(photo))
            await self._show(
                told=noted_name(texts, names[key]),
                note=texts("corrections-corrected", name=plain(names[key])),
            )
            await self._teach(photo, names[key])
        else:
            await self.context.services.votes.save(self._vote(photo, label=key))
            await self._show(told=noted_name(texts, names[key]))

    async def _teach(self, photo: AnsweredPhoto, name: str) -> None:
        """Add the photo to a class that the chat has taught."""
        texts, person_id = self.reply_context.texts, self.query.from_user.id
        if not isinstance(self.message, Message):
            return
        refusal = await teach_corrected(
            self.message, person_id, self.answer, photo, name, self.update, self.context, texts
        )
        if refusal is not None:
            await self.context.services.answerer.show(self.message, self.answer, self.reply_context, note=refusal)

    async def _take_back(self, before: Correction | None) -> None:
        if before is not None:
            await self.context.services.votes.withdraw(before)
        texts = self.reply_context.texts
        await self._show(told=texts("corrections-nothing-said" if before is None else "corrections-taken-back"))

    def _vote(self, photo: AnsweredPhoto, *, is_right: bool = False, label: str | None = None) -> Correction:
        return correction(self.answer, photo, self.query.from_user.id, is_right=is_right, label=label)

    async def _show(self, screen: Screen | None = None, *, told: str = "", note: str | None = None) -> None:
        """Answer the callback query, and show a screen in place of the usual buttons, or the usual buttons."""
        await self.context.outbox.answer_callback(self.query, told)
        note, keyboard = (note, None) if screen is None else screen
        await self.context.services.answerer.show(
            self.message,
            self.answer,
            self.reply_context,
            expanded=_is_expanded(self.message),
            screen=keyboard,
            note=note,
        )


def _is_expanded(message: MaybeInaccessibleMessage) -> bool:
    """Return whether an answer shows as many labels as fit."""
    markup = message.reply_markup if isinstance(message, Message) else None
    rows = markup.inline_keyboard if markup is not None else ()
    return any(button.callback_data == button_data(LESS) for row in rows for button in row)
