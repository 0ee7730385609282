"""Where the bot is: what happens when it is added, silenced, removed, and when a group gets another id."""

from __future__ import annotations

import asyncio
import time

import structlog
from telegram import Chat, ChatMember, ChatMemberAdministrator, ChatMemberRestricted, Message, Update
from telegram.constants import ChatMemberStatus, ChatType
from telegram.ext import ApplicationHandlerStop, ChatMemberHandler, MessageHandler, TypeHandler, filters

from bot.handlers.context import BotApplication, Context
from bot.services.chat_upgrade import move_chat
from bot.services.erasure import erase_chat
from bot.transport.permissions import hides_photos, member_of
from bot.transport.sending import leave, send

log = structlog.get_logger()

# Before the handlers that look who speaks: a banned chat, too, may be left, and get another id.
BEFORE_ALL = -2
# Of a group that becomes a supergroup, Telegram says that the bot was added to it (it does not say that it left the
# group, https://github.com/tdlib/telegram-bot-api/issues/266), and whose place it took; who knows in which order.
MIGRATION_S = 1.0
# How often a chat that goes on although the bot cannot be heard there is asked about: the word that it can again may
# have been lost, as Telegram keeps updates for a day.
RECHECK_S = 3600


def register(application: BotApplication) -> None:
    """Register before all that answers: nothing is sent to a chat where the bot cannot be heard."""
    membership = Membership()
    for handler in (
        ChatMemberHandler(membership.own_status, ChatMemberHandler.MY_CHAT_MEMBER),
        MessageHandler(filters.StatusUpdate.MIGRATE, membership.migrated),
        TypeHandler(Update, membership.leave_unheard),
    ):
        application.add_handler(handler, group=BEFORE_ALL)


class Membership:
    """Follows what becomes of the bot in its chats."""

    def __init__(self) -> None:
        # Updates are worked on side by side: what comes right after the bot's return must not overtake that.
        self._changing = asyncio.Lock()
        self._successors: set[int] = set()

    async def own_status(self, update: Update, context: Context) -> None:
        """Note whether the bot can be heard, and introduce it to a group that is new to it and may have it."""
        change, services = update.my_chat_member, context.services
        assert change is not None, "only changes of the bot's own status come here"
        chats = services.storage.chats
        chat, before, now = change.chat, change.old_chat_member, change.new_chat_member
        log.info("own status changed", before=_known(before), status=_known(now))
        is_added = chat.type != ChatType.PRIVATE and is_out(before) and not is_out(now)
        if is_added and chat.id not in self._successors and not services.access.may_add(change.from_user.id):
            await self._leave(update, chat, context)
            return
        async with self._changing:
            record = await chats.record(chat.id)
            if not can_be_heard(chat, now):
                if chat.type != ChatType.PRIVATE and is_out(now):
                    await erase_chat(chat.id, context.services)
                await chats.note_inactive(chat.id)
                return
            is_news = record.inactive_since is not None or (not record.known and chat.type != ChatType.PRIVATE)
            if not is_news or not (is_out(before) or record.known):
                return
            await chats.note_active(chat.id)
        if is_out(before) and chat.type in (ChatType.GROUP, ChatType.SUPERGROUP):
            await self._welcome(update, chat, context)

    async def migrated(self, update: Update, context: Context) -> None:
        """Keep what is known of a group that became a supergroup; both chats tell of it."""
        message = update.effective_message
        assert message is not None, "only messages that tell of it come here"
        old_id = message.migrate_from_chat_id or message.chat_id
        new_id = message.migrate_to_chat_id or message.chat_id
        self._successors.add(new_id)
        async with self._changing:
            await move_chat(old_id, new_id, context.services)
            await context.services.storage.chats.note_active(new_id)

    async def leave_unheard(self, update: Update, context: Context) -> None:
        """Let go of what came from a chat where the bot cannot be heard, also of what came just before."""
        chat, chats = update.effective_chat, context.services.storage.chats
        if chat is None or (await chats.record(chat.id)).inactive_since is None:
            return
        message = update.effective_message
        sent_at = message.date.timestamp() if isinstance(message, Message) else time.time()
        async with self._changing:
            since = (await chats.record(chat.id)).inactive_since
            if since is None:
                return
            if sent_at >= since + RECHECK_S:
                own = await member_of(context.bot, chat.id, context.bot.id)
                if own is not None and can_be_heard(chat, own):
                    await chats.note_active(chat.id)
                    return
                await chats.note_inactive(chat.id)
        raise ApplicationHandlerStop

    async def _leave(self, update: Update, chat: Chat, context: Context) -> None:
        """Leave a chat to which somebody added the bot who may not, with a word."""
        async with self._changing:
            await context.services.storage.chats.note_inactive(chat.id)
        if chat.type == ChatType.SUPERGROUP:
            await asyncio.sleep(MIGRATION_S)
        # That was no adding, and `migrated` has noted that the bot can be heard there.
        if chat.id in self._successors:
            return
        log.info("left, as no admin added the bot")
        if chat.type != ChatType.CHANNEL:
            await send(context.bot, chat.id, (await context.texts(update))("access-not-added"))
        await leave(context.bot, chat.id)

    async def _welcome(self, update: Update, chat: Chat, context: Context) -> None:
        if chat.type == ChatType.SUPERGROUP:
            await asyncio.sleep(MIGRATION_S)
        assert update.effective_user is not None, "whoever adds the bot is somebody"
        adder_id, services = update.effective_user.id, context.services
        if chat.id in self._successors or {chat.id, adder_id} & services.bans.ids:
            return
        texts = await context.texts(update)
        if not services.access.lets_in({chat.id}):
            # Whoever may not use the bot learns nothing from it here, as in all groups.
            if services.access.lets_in({adder_id}):
                await send(context.bot, chat.id, texts("access-group-not-allowed", id=str(chat.id)))
            return
        hidden = await hides_photos(context.bot, chat.id)
        text = texts("groups-welcome-privacy-mode" if hidden else "groups-welcome")
        if await send(context.bot, chat.id, text) is not None and hidden:
            await context.services.storage.chats.note_privacy_mode_told(chat.id)


def can_be_heard(chat: Chat, own: ChatMember) -> bool:
    """Tell whether what the bot is in a chat lets it write there."""
    if chat.type == ChatType.CHANNEL:
        return isinstance(own, ChatMemberAdministrator) and bool(own.can_post_messages or own.can_edit_messages)
    if isinstance(own, ChatMemberRestricted):
        return own.is_member and own.can_send_messages
    return not is_out(own)


def _known(own: ChatMember) -> str | None:
    """Return a status for the log: one that is none of Telegram's may be anything."""
    return own.status if isinstance(own.status, ChatMemberStatus) else None


def is_out(own: ChatMember) -> bool:
    left = isinstance(own, ChatMemberRestricted) and not own.is_member
    return left or own.status in (ChatMember.LEFT, ChatMember.BANNED)
