"""The bot's membership: the bot is added, muted or removed, or a group becomes a supergroup."""

from __future__ import annotations

import asyncio
import time

import structlog
from telegram import Chat, ChatMember, ChatMemberAdministrator, ChatMemberRestricted, Message, Update
from telegram.constants import ChatMemberStatus, ChatType
from telegram.ext import ApplicationHandlerStop, ChatMemberHandler, MessageHandler, TypeHandler

from bot.domain.origins import written_at
from bot.handlers import filters
from bot.handlers.context import BotApplication, Context
from bot.transport.permissions import hides_photos, member_of

log = structlog.get_logger()

# Group of the handlers here. They run before the ban check, because also in banned chats, it must be recorded that the
# bot has left or that the group was upgraded.
BEFORE_ALL = -2
# Seconds to wait for the notice of an upgrade. When a group becomes a supergroup, Telegram sends this notice and also
# reports that the bot was added to the new chat, in any order. Telegram does not report that the bot left the old chat
# (https://github.com/tdlib/telegram-bot-api/issues/266).
MIGRATION_S = 1.0
# Seconds between two checks whether a muted bot may write again. The update about it may be lost, because Telegram
# keeps updates for one day only.
RECHECK_S = 3600


def register(application: BotApplication) -> None:
    """Register before all handlers that answer, so that nothing is sent to a chat in which the bot is muted."""
    membership = Membership()
    for handler in (
        ChatMemberHandler(membership.own_status, ChatMemberHandler.MY_CHAT_MEMBER),
        MessageHandler(filters.UPGRADES, membership.migrated),
        TypeHandler(Update, membership.drop_if_muted),
    ):
        application.add_handler(handler, group=BEFORE_ALL)


class Membership:
    """Tracks the bot's membership in its chats."""

    def __init__(self) -> None:
        # Updates are handled concurrently. A message sent right after the bot's return must not be handled before it.
        self._changing = asyncio.Lock()
        self._successors: set[int] = set()

    async def own_status(self, update: Update, context: Context) -> None:
        """Record whether the bot may write in a chat, and introduce the bot to a new group."""
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
            if not may_write(chat, now):
                if chat.type != ChatType.PRIVATE and is_out(now):
                    await services.erasure.erase_chat(chat.id)
                await chats.note_inactive(chat.id)
                return
            is_news = record.inactive_since is not None or (not record.known and chat.type != ChatType.PRIVATE)
            if not is_news or not (is_out(before) or record.known):
                return
            await chats.note_active(chat.id)
        if is_out(before) and chat.type in (ChatType.GROUP, ChatType.SUPERGROUP):
            await self._welcome(update, chat, context)

    async def migrated(self, update: Update, context: Context) -> None:
        """Move the data of a group that became a supergroup. Telegram sends an update from both chats."""
        message = update.effective_message
        assert message is not None, "only messages about upgrades come here"
        old_id = message.migrate_from_chat_id or message.chat_id
        new_id = message.migrate_to_chat_id or message.chat_id
        self._successors.add(new_id)
        async with self._changing:
            await context.services.chat_upgrade.move(old_id, new_id)
            await context.services.storage.chats.note_active(new_id)

    async def drop_if_muted(self, update: Update, context: Context) -> None:
        """Drop updates of a chat in which the bot is muted, including updates sent just before."""
        chat, chats = update.effective_chat, context.services.storage.chats
        if chat is None or (await chats.record(chat.id)).inactive_since is None:
            return
        message = update.effective_message
        sent_at = written_at(message).timestamp() if isinstance(message, Message) else time.time()
        async with self._changing:
            since = (await chats.record(chat.id)).inactive_since
            if since is None:
                return
            if sent_at >= since + RECHECK_S:
                own = await member_of(context.bot, chat.id, context.bot.id)
                if own is not None and may_write(chat, own):
                    await chats.note_active(chat.id)
                    return
                await chats.note_inactive(chat.id)
        raise ApplicationHandlerStop

    async def _leave(self, update: Update, chat: Chat, context: Context) -> None:
        """Leave a chat to which a person without permission added the bot, and tell the chat the reason."""
        async with self._changing:
            await context.services.storage.chats.note_inactive(chat.id)
        if chat.type == ChatType.SUPERGROUP:
            await asyncio.sleep(MIGRATION_S)
        # The group was upgraded, and `migrated` has recorded that the bot may write there.
        if chat.id in self._successors:
            return
        log.info("left, as no admin added the bot")
        if chat.type != ChatType.CHANNEL:
            await context.outbox.send(chat.id, (await context.texts(update))("access-not-added"))
        await context.outbox.leave(chat.id)

    async def _welcome(self, update: Update, chat: Chat, context: Context) -> None:
        if chat.type == ChatType.SUPERGROUP:
            await asyncio.sleep(MIGRATION_S)
        assert update.effective_user is not None, "a person added the bot"
        adder_id, services = update.effective_user.id, context.services
        if chat.id in self._successors or {chat.id, adder_id} & services.storage.bans.ids:
            return
        texts = await context.texts(update)
        if not services.access.allows({chat.id}):
            # In groups, the bot does not answer people without permission.
            if services.access.allows({adder_id}):
                await context.outbox.send(chat.id, texts("access-group-not-allowed", id=str(chat.id)))
            return
        hidden = await hides_photos(context.bot, chat.id)
        text = texts("groups-welcome-privacy-mode" if hidden else "groups-welcome")
        if await context.outbox.send(chat.id, text) is not None and hidden:
            await context.services.storage.chats.note_privacy_mode_notified(chat.id)


def may_write(chat: Chat, own: ChatMember) -> bool:
    """Return whether the bot's membership in a chat allows the bot to write there."""
    if chat.type == ChatType.CHANNEL:
        return isinstance(own, ChatMemberAdministrator) and bool(own.can_post_messages or own.can_edit_messages)
    if isinstance(own, ChatMemberRestricted):
        return own.is_member and own.can_send_messages
    return not is_out(own)


def _known(own: ChatMember) -> str | None:
    """Return a status for the log; None for an unknown status, which may be any text."""
    return own.status if isinstance(own.status, ChatMemberStatus) else None


def is_out(own: ChatMember) -> bool:
    """Return whether a membership means that the bot is not in the chat."""
    left = isinstance(own, ChatMemberRestricted) and not own.is_member
    return left or own.status in (ChatMember.LEFT, ChatMember.BANNED)
