"""Where the bot is: what happens when it is added, silenced, removed, and when a group gets another id."""

from __future__ import annotations

import asyncio
import time

import structlog
from telegram import Chat, ChatMember, ChatMemberAdministrator, ChatMemberRestricted, Message, Update
from telegram.constants import ChatType
from telegram.ext import ApplicationHandlerStop, ChatMemberHandler, MessageHandler, TypeHandler, filters

from bot.forgetting import forget_chat
from bot.handlers.context import BotApplication, Context
from bot.migration import move_chat
from bot.rights import hides_photos, member_of
from bot.sending import send

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
    application.add_handler(ChatMemberHandler(own_status, ChatMemberHandler.MY_CHAT_MEMBER), group=BEFORE_ALL)
    application.add_handler(MessageHandler(filters.StatusUpdate.MIGRATE, migrated), group=BEFORE_ALL)
    application.add_handler(TypeHandler(Update, leave_unheard), group=BEFORE_ALL)


async def own_status(update: Update, context: Context) -> None:
    """Note whether the bot can be heard, and introduce it to a group that is new to it."""
    change, chats = update.my_chat_member, context.services.storage.chats
    assert change is not None, "only changes of the bot's own status come here"
    chat, new = change.chat, change.new_chat_member
    log.info("own status changed", before=change.old_chat_member.status, status=new.status)
    if not can_be_heard(chat, new):
        if chat.type != ChatType.PRIVATE and is_out(new):
            await forget_chat(chat.id, context.services)
        await chats.note_inactive(chat.id)
        return
    if chat.type == ChatType.SUPERGROUP and is_out(change.old_chat_member):
        await asyncio.sleep(MIGRATION_S)
    record = await chats.record(chat.id)
    was_out, was_unheard = is_out(change.old_chat_member), record.inactive_since is not None
    if was_unheard or (was_out and not record.known and chat.type != ChatType.PRIVATE):
        await chats.note_active(chat.id)
        banned = {chat.id, change.from_user.id} & context.services.bans.ids
        if was_out and not banned and chat.type in (ChatType.GROUP, ChatType.SUPERGROUP):
            await _welcome(update, chat, context)


async def migrated(update: Update, context: Context) -> None:
    """Keep what is known of a group that became a supergroup; both chats tell of it."""
    message = update.effective_message
    assert message is not None, "only messages that tell of it come here"
    old_id = message.migrate_from_chat_id or message.chat_id
    new_id = message.migrate_to_chat_id or message.chat_id
    await move_chat(old_id, new_id, context.services)
    await context.services.storage.chats.note_active(new_id)


async def leave_unheard(update: Update, context: Context) -> None:
    """Let go of what came from a chat where the bot cannot be heard, also of what came just before."""
    chat = update.effective_chat
    if chat is None:
        return
    chats = context.services.storage.chats
    since = (await chats.record(chat.id)).inactive_since
    if since is None:
        return
    message = update.effective_message
    sent_at = message.date.timestamp() if isinstance(message, Message) else time.time()
    if sent_at >= since + RECHECK_S:
        own = await member_of(context.bot, chat.id, context.bot.id)
        if own is not None and can_be_heard(chat, own):
            await chats.note_active(chat.id)
            return
        await chats.note_inactive(chat.id)
    raise ApplicationHandlerStop


def can_be_heard(chat: Chat, own: ChatMember) -> bool:
    """Tell whether what the bot is in a chat lets it write there."""
    if chat.type == ChatType.CHANNEL:
        return isinstance(own, ChatMemberAdministrator) and bool(own.can_post_messages or own.can_edit_messages)
    if isinstance(own, ChatMemberRestricted):
        return own.is_member and own.can_send_messages
    return not is_out(own)


def is_out(own: ChatMember) -> bool:
    left = isinstance(own, ChatMemberRestricted) and not own.is_member
    return left or own.status in (ChatMember.LEFT, ChatMember.BANNED)


async def _welcome(update: Update, chat: Chat, context: Context) -> None:
    texts = await context.texts(update)
    hidden = await hides_photos(context.bot, chat.id)
    text = texts("groups-welcome-privacy-mode" if hidden else "groups-welcome")
    if await send(context.bot, chat.id, text) is not None and hidden:
        await context.services.storage.chats.note_privacy_mode_told(chat.id)
