"""/settings: who may open which screen, and what its buttons do."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TypeAlias

import structlog
from telegram import CallbackQuery, Chat, ChatFullInfo, MaybeInaccessibleMessage, Message, Update
from telegram.constants import ChatType
from telegram.error import BadRequest, ChatMigrated, Forbidden
from telegram.ext import CallbackQueryHandler, CommandHandler

from bot.domain.callback_data import SET, SettingsCallback, pattern, read_settings_callback, resolve
from bot.domain.reports import Refused
from bot.domain.settings_options import (
    CHATS,
    CLOSE,
    MAIN,
    MODEL,
    NOTHING,
    QUIET,
    QUIET_HOURS,
    ChatKind,
    ShownChat,
    change_by,
    has_screen,
)
from bot.handlers import filters
from bot.handlers.context import BotApplication, Context
from bot.handlers.limits import admitted, callback_admitted
from bot.transport.permissions import hides_photos, is_admin
from bot.transport.retries import with_retries
from bot.views.settings_screens import Screen, chats_screen, choice_screen, main_screen, overview
from bot.views.texts import Texts
from inference import errors

log = structlog.get_logger()

# Each is asked about, all at once.
MAX_GROUPS_ASKED = 50
# Of that list, in requests.
LIST_COST = 10
Place: TypeAlias = Chat | ChatFullInfo

LANGUAGE_NAME = "settings-language-name"
KINDS: dict[str, ChatKind] = {ChatType.PRIVATE: "private", ChatType.CHANNEL: "channel"}


def register(application: BotApplication) -> None:
    """Register before the handler of all other buttons."""
    application.add_handler(CommandHandler("settings", settings, filters=filters.CHATS))
    application.add_handler(CallbackQueryHandler(press, pattern=pattern([SET])))


async def settings(update: Update, context: Context) -> None:
    message = update.message
    assert message is not None, "the filters ask for a new message"
    texts, may_open = await context.texts(update), await _may_open(message, context)
    # A group's admins are not limited: they may want to end what keeps the bot so busy.
    if not (may_open and message.chat.type != ChatType.PRIVATE) and not await admitted(update, context):
        return
    if may_open:
        await context.outbox.reply(message, *main_screen(texts, await _shown(message.chat, message.chat, context)))
    else:
        await context.outbox.reply(message, texts("settings-admins-only"))


async def press(update: Update, context: Context) -> None:
    """Do what a button stands for, and have its message show the next screen.

    The admins of a chat may, in that chat or in their own with the bot; in a private chat, that is the person. No chat
    gets what one of its kind is not offered.
    """
    query = update.callback_query
    assert query is not None, "only presses of buttons come here"
    texts, pressed, message = await context.texts(update), read_settings_callback(query.data or ""), query.message
    if pressed is None or message is None or message.chat.id not in (pressed.chat_id, query.from_user.id):
        await context.outbox.answer_callback(query, texts("settings-old-button"))
    elif pressed.screen == CHATS and message.chat.id == query.from_user.id:
        # Anybody may, in their own chat with the bot, and Telegram is asked many questions each time.
        if await callback_admitted(query, update, context, cost=LIST_COST):
            await context.outbox.answer_callback(query)
            await context.outbox.edit(message, *await _list_chats(query.from_user.id, texts, context))
    elif not await is_admin(context.bot, pressed.chat_id, query.from_user.id):
        await context.outbox.answer_callback(query, texts("settings-not-yours"))
    elif (chat := await _chat(pressed.chat_id, message.chat, context)) is None:
        await context.outbox.answer_callback(query, texts("settings-old-button"))
    else:
        await _Press(update, query, message, pressed, chat, context).follow()


@dataclass(frozen=True, slots=True)
class _Press:
    """An admin's press of a button of some chat's settings."""

    update: Update
    query: CallbackQuery
    message: MaybeInaccessibleMessage
    pressed: SettingsCallback
    chat: Place
    context: Context

    async def follow(self) -> None:
        """Change what the button changes, and show the screen that it leads to."""
        texts, shown = await self._look()
        screen, value = self.pressed.screen, self.pressed.value
        if screen == MODEL and value and has_screen(shown.kind, MODEL):
            await self._use_model(texts, shown)
        elif (change := change_by(shown, self.pressed)) is not None:
            await self.context.services.storage.chats.change(shown.chat_id, change)
            log.info("settings changed", settings=sorted(change))
            texts, shown = await self._look()  # in another language, maybe
            await self._confirm(texts, shown)
            in_quiet_hours = screen == QUIET or screen in QUIET_HOURS
            await self._show(choice_screen(texts, shown, QUIET) if in_quiet_hours else main_screen(texts, shown))
        elif screen == CLOSE:
            await self.context.outbox.answer_callback(self.query)
            await self.context.outbox.edit(self.message, overview(texts, shown))
        elif has_screen(shown.kind, screen):
            await self.context.outbox.answer_callback(self.query)
            await self._show(choice_screen(texts, shown, screen))
        else:
            await self.context.outbox.answer_callback(
                self.query, "" if screen == MAIN else texts("settings-old-button")
            )
            await self._show(main_screen(texts, shown))

    async def _look(self) -> tuple[Texts, ShownChat]:
        models = self.pressed.screen == MODEL
        shown = await _shown(self.chat, self.message.chat, self.context, models=models)
        return await self.context.texts(self.update), shown

    async def _show(self, screen: Screen) -> None:
        await self.context.outbox.edit(self.message, *screen)

    async def _confirm(self, texts: Texts, shown: ShownChat) -> None:
        chats = self.context.services.storage.chats
        if shown.hides_photos and (await chats.record(shown.chat_id)).privacy_mode_told_at is None:
            await self.context.outbox.answer_callback(self.query, texts("settings-photos-hidden-alert"), stays=True)
            await chats.note_privacy_mode_told(shown.chat_id)
        else:
            await self.context.outbox.answer_callback(self.query, texts("settings-saved"))

    async def _use_model(self, texts: Texts, shown: ShownChat) -> None:
        """Have the model that the button names answer in the chat, and tell whether it does."""
        models, value = self.context.services.models, self.pressed.value
        name = None if value == NOTHING else resolve(value, shown.models)
        if name is None and value != NOTHING:
            await self.context.outbox.answer_callback(self.query, texts("settings-model-gone"))
            await self._show(choice_screen(texts, shown, MODEL))
            return
        # Telegram waits for the answer no longer than 15 s, which a switch may take.
        await self.context.outbox.answer_callback(self.query, texts("settings-model-trying"))
        news = ""
        try:
            await (models.use(name, shown.chat_id) if name else models.reset_to_default(shown.chat_id))
        except Refused as refused:
            log.info("model as it was", reason=refused.refusal)
        except errors.InferenceError as error:
            log.warning("model refused", model=name, reason=str(error))
            news = texts("settings-model-refused")
        texts, shown = await self._look()
        await self._show(main_screen(texts, shown, news))


async def _may_open(message: Message, context: Context) -> bool:
    if message.sender_chat is not None:
        # Admins who hide behind their group write in its name, and nobody else does.
        return message.sender_chat.id == message.chat_id
    user = message.from_user
    return user is not None and await is_admin(context.bot, message.chat_id, user.id)


async def _list_chats(person_id: int, texts: Texts, context: Context) -> Screen:
    """Find the groups and channels of which a person is an admin."""
    known = await context.services.storage.chats.active_groups(limit=MAX_GROUPS_ASKED + 1)
    asked = known[:MAX_GROUPS_ASKED]
    rights = await asyncio.gather(*(is_admin(context.bot, chat_id, person_id) for chat_id in asked))
    found = [await _find(chat_id, context) for chat_id, is_theirs in zip(asked, rights, strict=True) if is_theirs]
    chats = sorted((chat.title or "", chat.id) for chat in found if chat is not None)
    whole = len(known) == len(asked)
    return chats_screen(texts, person_id, [(chat_id, title) for title, chat_id in chats], is_whole=whole)


async def _chat(chat_id: int, here: Chat, context: Context) -> Place | None:
    return here if chat_id == here.id else await _find(chat_id, context)


async def _find(chat_id: int, context: Context) -> ChatFullInfo | None:
    """Ask Telegram about a chat; None where the bot is not in it any more."""
    try:
        return await with_retries(lambda: context.bot.get_chat(chat_id), idempotent=True)
    except (BadRequest, Forbidden, ChatMigrated) as error:
        log.info("chat unreachable", reason=error.message)
        return None


async def _shown(chat: Place, here: Chat, context: Context, *, models: bool = False) -> ShownChat:
    """Collect what the screens show of a chat; `models` only where it is shown, too, as it takes time."""
    services = context.services
    settings = await services.storage.chats.settings(chat.id)
    kind = KINDS.get(chat.type, "group")
    languages = {code: services.languages.closest(code)(LANGUAGE_NAME) for code in services.languages.codes}
    installed = await asyncio.to_thread(services.models.installed) if models else []
    return ShownChat(
        chat_id=chat.id,
        kind=kind,
        title=chat.title or "",
        settings=settings,
        model=services.models.selected(chat.id).spec.name,
        chosen_model=services.models.chosen(chat.id),
        models=tuple(found.name for found in installed if found.spec is not None),
        languages=languages,
        hides_photos=kind == "group" and settings.mode == "auto" and await hides_photos(context.bot, chat.id),
        in_private=here.type == ChatType.PRIVATE,
    )
