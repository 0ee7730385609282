"""/settings: the permissions to open the screens, and the actions of their buttons."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TypeAlias

import structlog
from telegram import CallbackQuery, Chat, ChatFullInfo, MaybeInaccessibleMessage, Message, Update
from telegram.constants import ChatType
from telegram.ext import CallbackQueryHandler, CommandHandler

from bot.domain.callback_data import SET, SettingsCallback, pattern, read_settings_callback, resolve
from bot.domain.reports import CommandRefused
from bot.domain.settings_options import (
    ADD,
    CHATS,
    CLOSE,
    MAIN,
    MODEL,
    NEVER_SAY,
    NOTHING,
    QUIET,
    QUIET_HOURS,
    TIME_ZONE,
    UTC_OFFSET,
    ChatKind,
    ShownChat,
    change_by,
    has_screen,
    removal_by,
)
from bot.handlers import filters
from bot.handlers.admin import whole_number
from bot.handlers.context import BotApplication, Context
from bot.handlers.quota import check_callback_quota, check_quota
from bot.services.awaited_names import NameNeverSaid
from bot.transport.permissions import find_chat, hides_photos, is_admin, successor_of
from bot.views.settings_screens import Screen, chats_screen, choice_screen, main_screen, overview
from bot.views.texts import Texts
from inference import errors

log = structlog.get_logger()

# Number of chats about which Telegram is asked at once for the list of a person's chats, and the number that is checked
# for one list. A list has some more chats than the minimum; a keyboard has at most 100 buttons.
CHATS_AT_ONCE = 50
MAX_CHECKED_CHATS = 200
MIN_LISTED_CHATS = 20
# Cost of the list of a person's chats, in requests of the quota.
LIST_COST = 10
# Ids of supergroups and channels are lower than this id; those of groups that are neither are higher.
FIRST_SUPERGROUP = -1_000_000_000_000
AnyChat: TypeAlias = Chat | ChatFullInfo

LANGUAGE_NAME = "settings-language-name"
KINDS: dict[str, ChatKind] = {ChatType.PRIVATE: "private", ChatType.CHANNEL: "channel"}


def register(application: BotApplication) -> None:
    """Register before the handler of all other buttons."""
    application.add_handler(CommandHandler("settings", settings, filters=filters.CHATS))
    application.add_handler(CallbackQueryHandler(handle_callback, pattern=pattern([SET])))


async def settings(update: Update, context: Context) -> None:
    message = update.message
    assert message is not None, "the filters ask for a new message"
    texts, is_allowed = await context.texts(update), await may_open(message, context)
    # A group's admins have no quota here, because they may want to make a busy bot answer less.
    if not (is_allowed and message.chat.type != ChatType.PRIVATE) and not await check_quota(update, context):
        return
    if is_allowed:
        await context.outbox.reply(message, *main_screen(texts, await shown_chat(message.chat, message.chat, context)))
    else:
        await context.outbox.reply(message, texts("settings-admins-only"))


async def handle_callback(update: Update, context: Context) -> None:
    """Run the action of a button, and show the next screen in the button's message.

    Only admins of a chat may change its settings, in that chat or in their private chat with the bot. The settings of a
    private chat belong to its person. Actions that a kind of chat does not offer are refused.
    """
    query = update.callback_query
    assert query is not None, "only callback queries come here"
    texts, callback, message = await context.texts(update), read_settings_callback(query.data or ""), query.message
    context.services.awaited_names.take(query.from_user.id)
    if callback is None or message is None:
        await context.outbox.answer_callback(query, texts("settings-old-button"))
    elif message.chat.id not in (callback.chat_id, query.from_user.id):
        if not await _lead_on(query, callback, texts, context):
            await context.outbox.answer_callback(query, texts("settings-old-button"))
    elif callback.screen == CHATS and message.chat.id == query.from_user.id:
        # Anyone may open the list in their private chat, but each list needs many calls to Telegram.
        if await check_callback_quota(query, update, context, cost=LIST_COST):
            await context.outbox.answer_callback(query)
            start = whole_number([callback.value]) or 0
            await context.outbox.edit(message, *await _chats_screen(query.from_user.id, start, texts, context))
    elif not await is_admin(context.bot, callback.chat_id, query.from_user.id):
        if not await _lead_on(query, callback, texts, context):
            await context.outbox.answer_callback(query, texts("settings-not-yours"))
    elif (chat := await resolve_chat(callback.chat_id, message.chat, context)) is None:
        await context.outbox.answer_callback(query, texts("settings-old-button"))
    else:
        await _SettingsAction(update, query, message, callback, chat, context).run()


async def _lead_on(query: CallbackQuery, callback: SettingsCallback, texts: Texts, context: Context) -> bool:
    """Show the settings of the supergroup that the chat of a button became; return False if it became none."""
    person_id, message = query.from_user.id, query.message
    assert message is not None, "buttons without a message are refused before"
    if not FIRST_SUPERGROUP < callback.chat_id < 0:
        return False
    new_id = await successor_of(context.bot, callback.chat_id)
    if new_id is None or message.chat.id not in (callback.chat_id, new_id, person_id):
        return False
    if not await is_admin(context.bot, new_id, person_id):
        await context.outbox.answer_callback(query, texts("settings-not-yours"))
    elif message.chat.id == callback.chat_id or (chat := await resolve_chat(new_id, message.chat, context)) is None:
        # Telegram no longer lets anyone write in the former group.
        await context.outbox.answer_callback(query, texts("settings-group-moved-there"), stays=True)
    else:
        await context.outbox.answer_callback(query, texts("settings-group-moved"))
        await context.outbox.edit(message, *main_screen(texts, await shown_chat(chat, message.chat, context)))
    return True


@dataclass(frozen=True, slots=True)
class _SettingsAction:
    """An admin's callback query about a chat's settings."""

    update: Update
    query: CallbackQuery
    message: MaybeInaccessibleMessage
    callback: SettingsCallback
    chat: AnyChat
    context: Context

    async def run(self) -> None:
        """Change a setting or open a screen, and answer the callback query."""
        texts, shown = await self._load()
        screen, value = self.callback.screen, self.callback.value
        if screen == MODEL and value and has_screen(shown.kind, MODEL):
            await self._use_model(texts, shown)
        elif screen == NEVER_SAY and value:
            await self._say_again(texts)
        elif (change := change_by(shown, self.callback)) is not None:
            await self.context.services.storage.chats.change(shown.chat_id, change)
            log.info("settings changed", settings=sorted(change))
            texts, shown = await self._load()  # the language may have changed
            await self._confirm(texts, shown)
            await self._show(self._next_screen(texts, shown))
        elif screen == CLOSE:
            await self.context.outbox.answer_callback(self.query)
            await self.context.outbox.edit(self.message, overview(texts, shown))
        elif has_screen(shown.kind, screen):
            await self.context.outbox.answer_callback(self.query)
            await self._show(choice_screen(texts, shown, screen, value))
        else:
            await self.context.outbox.answer_callback(
                self.query, "" if screen == MAIN else texts("settings-old-button")
            )
            await self._show(main_screen(texts, shown))

    def _next_screen(self, texts: Texts, shown: ShownChat) -> Screen:
        """Return the screen after a change. Hours mean nothing as long as nobody has told the time of the chat."""
        screen = self.callback.screen
        if screen in ("quiet_from", "quiet_to") and not shown.settings.knows_zone:
            return choice_screen(texts, shown, TIME_ZONE)
        if screen in (QUIET, UTC_OFFSET, *QUIET_HOURS):
            return choice_screen(texts, shown, QUIET)
        return main_screen(texts, shown)

    async def _load(self) -> tuple[Texts, ShownChat]:
        models = self.callback.screen == MODEL
        shown = await shown_chat(self.chat, self.message.chat, self.context, models=models)
        return await self.context.texts(self.update), shown

    async def _show(self, screen: Screen) -> None:
        await self.context.outbox.edit(self.message, *screen)

    async def _confirm(self, texts: Texts, shown: ShownChat) -> None:
        chats = self.context.services.storage.chats
        if shown.hides_photos and (await chats.record(shown.chat_id)).privacy_mode_notified_at is None:
            await self.context.outbox.answer_callback(self.query, texts("settings-photos-hidden-alert"), stays=True)
            await chats.note_privacy_mode_notified(shown.chat_id)
        else:
            await self.context.outbox.answer_callback(self.query, texts("settings-saved"))

    async def _say_again(self, texts: Texts) -> None:
        """Remove the name of the button from the names that are never said; the button "Add" says how to add one."""
        if self.callback.value == ADD:
            how, person_id = "settings-never-say-how", self.query.from_user.id
            if self.message.chat.id == person_id:
                self.context.services.awaited_names.wait_for(person_id, NameNeverSaid(self.callback.chat_id))
                how = "settings-never-say-how-in-private"
            await self.context.outbox.answer_callback(self.query, texts(how), stays=True)
            return
        chats = self.context.services.storage.chats
        await chats.revise(self.callback.chat_id, partial(removal_by, callback=self.callback))
        log.info("settings changed", settings=[NEVER_SAY])
        texts, shown = await self._load()
        await self._confirm(texts, shown)
        await self._show(choice_screen(texts, shown, NEVER_SAY))

    async def _use_model(self, texts: Texts, shown: ShownChat) -> None:
        """Use the model of the button in the chat, and report the result."""
        models, value = self.context.services.models, self.callback.value
        name = None if value == NOTHING else resolve(value, shown.models)
        if name is None and value != NOTHING:
            await self.context.outbox.answer_callback(self.query, texts("settings-model-gone"))
            await self._show(choice_screen(texts, shown, MODEL))
            return
        # The answer to the callback query comes first: Telegram waits 15 s for it, and a switch may take that long.
        await self.context.outbox.answer_callback(self.query, texts("settings-model-trying"))
        news = ""
        try:
            await (models.use(name, shown.chat_id) if name else models.reset_to_default(shown.chat_id))
        except CommandRefused as refused:
            log.info("model as it was", reason=refused.refusal)
        except errors.InferenceError as error:
            log.warning("model refused", model=name, reason=str(error))
            news = texts("settings-model-refused")
        texts, shown = await self._load()
        await self._show(main_screen(texts, shown, news))


async def may_open(message: Message, context: Context) -> bool:
    """Return whether the author of a message is an admin of its chat, or the person of a private chat."""
    if message.sender_chat is not None:
        # Only anonymous admins write in the name of their group.
        return message.sender_chat.id == message.chat_id
    user = message.from_user
    return user is not None and await is_admin(context.bot, message.chat_id, user.id)


async def _chats_screen(person_id: int, start: int, texts: Texts, context: Context) -> Screen:
    """Return a screen with groups and channels of which a person is an admin.

    Args:
        person_id: id of the person.
        start: id of the chat from which the list goes on; 0 for the start.
        texts: texts in the person's language.
        context: context of the update.
    """
    found: list[tuple[str, int]] = []
    checked, known = 0, await context.services.storage.chats.active_groups(before=start, limit=MAX_CHECKED_CHATS + 1)
    while checked < min(len(known), MAX_CHECKED_CHATS) and len(found) < MIN_LISTED_CHATS:
        asked = known[checked : min(checked + CHATS_AT_ONCE, MAX_CHECKED_CHATS)]
        checked += len(asked)
        titles = await asyncio.gather(*(_title_for_admin(chat_id, person_id, context) for chat_id in asked))
        found += [(title, chat_id) for title, chat_id in zip(titles, asked, strict=True) if title is not None]
    further = known[checked - 1] if checked < len(known) else None
    return chats_screen(texts, person_id, [(chat_id, title) for title, chat_id in sorted(found)], further=further)


async def _title_for_admin(chat_id: int, person_id: int, context: Context) -> str | None:
    """Return the title of a chat; None if a person is no admin there, or the bot is no longer in it."""
    if not await is_admin(context.bot, chat_id, person_id):
        return None
    chat = await find_chat(context.bot, chat_id)
    return None if chat is None else chat.title or ""


async def resolve_chat(chat_id: int, here: Chat, context: Context) -> AnyChat | None:
    return here if chat_id == here.id else await find_chat(context.bot, chat_id)


async def shown_chat(chat: AnyChat, here: Chat, context: Context, *, models: bool = False) -> ShownChat:
    """Collect the data of a chat for the screens. `models` says whether to list the models, which takes time."""
    services = context.services
    settings = await services.storage.chats.settings(chat.id)
    kind = KINDS.get(chat.type, "group")
    languages = {code: services.languages.closest(code)(LANGUAGE_NAME) for code in services.languages.codes}
    installed = await asyncio.to_thread(services.models.installed) if models else []
    usable = services.models.names_in(chat.id)
    return ShownChat(
        chat_id=chat.id,
        kind=kind,
        title=chat.title or "",
        settings=settings,
        model=services.models.selected(chat.id).spec.name,
        chosen_model=services.models.chosen(chat.id),
        models=tuple(found.name for found in installed if found.spec is not None and found.name in usable),
        languages=languages,
        hides_photos=kind == "group" and settings.mode == "auto" and await hides_photos(context.bot, chat.id),
        in_private=here.type == ChatType.PRIVATE,
        now=datetime.now(UTC),
    )
