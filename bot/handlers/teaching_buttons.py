"""The buttons of the conversation that follows /teach: consent, Done, Cancel, Undo, and choices about photos."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from telegram import CallbackQuery, InlineKeyboardMarkup, Message, Update
from telegram.ext import CallbackQueryHandler

from bot.domain.callback_data import TEACH, pattern, read_teaching_callback
from bot.domain.teaching import TeachingProblem, TeachingRefused, TeachRequest
from bot.handlers.context import BotApplication, Context
from bot.handlers.lesson import Lesson
from bot.handlers.offers import may_teach
from bot.handlers.quota import check_group_quota
from bot.transport.permissions import is_admin
from bot.views import teaching_replies
from bot.views.replies import plain
from bot.views.texts import Texts

log = structlog.get_logger()


def register(application: BotApplication) -> None:
    """Register before the handler of all other buttons."""
    application.add_handler(CallbackQueryHandler(handle_callback, pattern=pattern([TEACH])))


async def handle_callback(update: Update, context: Context) -> None:
    """Run the action of a button, if the person who pressed it may do that."""
    query, texts = update.callback_query, await context.texts(update)
    assert query is not None, "only callback queries come here"
    message = query.message
    assert isinstance(message, Message), "the gate admits only visible buttons"
    data = read_teaching_callback(query.data or "")
    if not await check_group_quota(query, update, context):
        return
    press = _Press(update, query, message, context, texts)
    try:
        match data and (data.step, data.ids):
            case ("agree" | "refuse") as step, (request_id, person_id):
                await press.follow(step, request_id, person_id)
            case ("done" | "cancel") as step, (request_id,):
                await press.follow(step, request_id)
            case "undo", (teaching_id, taught_by):
                await press.undo(teaching_id, taught_by)
            case ("drop" | "keep" | "ours" | "theirs" | "move" | "both") as step, (*ids, taught_by):
                await press.choose(step, ids, taught_by)
            case _:
                await context.outbox.answer_callback(query, texts("buttons-old"))
    except TeachingRefused as refused:
        await context.outbox.answer_callback(query, teaching_replies.refusal(texts, refused), stays=True)


@dataclass(frozen=True, slots=True)
class _Press:
    """A press of a button."""

    update: Update
    query: CallbackQuery
    message: Message
    context: Context
    texts: Texts

    async def follow(self, step: str, request_id: int, person_id: int | None = None) -> None:
        """Go on with a request, or end it; whoever taps twice gets one outcome.

        Raises:
            TeachingRefused: the request is closed or too old.
        """
        with self.context.services.teaching.following(request_id) as is_first:
            if not is_first:
                await self._tell()
            elif step in ("agree", "refuse") and self._presser_id != person_id:
                await self._tell("teaching-not-asked")
            elif step == "agree":
                await self.agree(request_id)
            elif step == "refuse":
                await self._end(await self._request(request_id))
            elif step == "done":
                await self.done(request_id)
            elif (request := await self._own_request(request_id)) is not None:
                await self._end(request)

    async def agree(self, request_id: int) -> None:
        """Record a consent, and go on with the request."""
        teaching, person_id = self.context.services.teaching, self._presser_id
        request = await self._request(request_id)
        if person_id == request.asker_id and await self._own_request(request_id) is None:
            return
        await self._tell()
        await teaching.agree(self.message.chat_id, person_id)
        log.info("consent given")
        lesson = self._lesson()
        if person_id == request.asker_id:
            await lesson.proceed(request)
        else:
            await lesson.teach(request, request.photos)

    async def done(self, request_id: int) -> None:
        """Learn from the photos that were sent."""
        request = await self._own_request(request_id)
        if request is None:
            return
        if not request.photos:
            await self._tell("teaching-no-photos-yet")
            return
        await self._tell()
        await self._lesson().proceed(request)

    async def undo(self, teaching_id: int, taught_by: int) -> None:
        """Forget what was learned in one go."""
        if not await self._may_revise(taught_by):
            await self._tell("teaching-undo-not-yours")
            return
        await self.context.services.teaching.undo(self.message.chat_id, teaching_id)
        await self._tell()
        await self.context.outbox.edit(self.message, self.texts("teaching-undone"))

    async def choose(self, step: str, ids: list[int], taught_by: int) -> None:
        """Follow a choice about one photo, and say so below the outcome."""
        if not await self._may_revise(taught_by):
            await self._tell("teaching-undo-not-yours")
            return
        teaching, chat_id, said = (
            self.context.services.teaching,
            self.message.chat_id,
            self.texts("teaching-choice-both"),
        )
        match step, ids:
            case "drop", [photo_id]:
                await teaching.remove_photo(chat_id, photo_id)
                said = self.texts("teaching-choice-removed")
            case "keep", [_, class_id]:
                said = await self._named(class_id)
            case "ours", [other_id, class_id]:
                await teaching.remove_photo(chat_id, other_id)
                said = await self._named(class_id)
            case "theirs", [photo_id, class_id]:
                await teaching.remove_photo(chat_id, photo_id)
                said = await self._named(class_id)
            case "move", [photo_id, class_id]:
                await teaching.move_photo(chat_id, photo_id, class_id)
                said = await self._named(class_id)
        await self._tell()
        rows = self.message.reply_markup.inline_keyboard if self.message.reply_markup is not None else ()
        left = [row for row in rows if all(button.callback_data != self.query.data for button in row)]
        keyboard = InlineKeyboardMarkup(left) if left else None
        await self.context.outbox.edit(self.message, f"{self.message.text_html}\n{said}", keyboard)

    @property
    def _presser_id(self) -> int:
        return self.query.from_user.id

    def _lesson(self) -> Lesson:
        return Lesson(self.update, self.context, self.texts, self.message, edits=True)

    async def _tell(self, key: str | None = None) -> None:
        await self.context.outbox.answer_callback(self.query, "" if key is None else self.texts(key))

    async def _request(self, request_id: int) -> TeachRequest:
        """Return an open request. The message of a closed request stays as it is, since it may tell the outcome.

        Raises:
            TeachingRefused: the request is closed or too old.
        """
        request = await self.context.services.teaching.request(request_id)
        if request is None or request.chat_id != self.message.chat_id:
            raise TeachingRefused(TeachingProblem.REQUEST_GONE)
        return request

    async def _own_request(self, request_id: int) -> TeachRequest | None:
        """Return an open request of the person who pressed, if the person may still teach; else say why not."""
        request = await self._request(request_id)
        if request.asker_id != self._presser_id:
            await self._tell("teaching-not-yours")
            return None
        if not await may_teach(self.message.chat, self._presser_id, self.context):
            await self._tell("teaching-admins-only")
            return None
        return request

    async def _end(self, request: TeachRequest) -> None:
        """Delete a request."""
        await self._tell()
        await self.context.services.teaching.close_request(request.id)
        await self.context.outbox.edit(self.message, self.texts("teaching-nothing-kept"))

    async def _may_revise(self, taught_by: int) -> bool:
        if self._presser_id == taught_by:
            return True
        return await is_admin(self.context.bot, self.message.chat_id, self._presser_id)

    async def _named(self, class_id: int) -> str:
        """Return the line that names the class which a photo belongs to now."""
        classes = await self.context.services.teaching.classes(self.message.chat_id)
        name = next((taught.name for taught in classes if taught.id == class_id), None)
        if name is None:
            return self.texts("teaching-class-gone")
        return self.texts("teaching-choice-made", name=plain(name))
