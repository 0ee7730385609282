"""The gate: drops updates before any other handler sees them.

The gate drops updates of banned people and chats, of people who may not use the bot, and of other bots. It also drops
commands that their sender did not write, such as forwarded commands, and forged callback queries.

An app can send any callback data for any message that it sees. So a callback query that does more than change an answer
is accepted only if its message now has a button with this data. The handlers of callback queries check who may press
the button.
"""

from __future__ import annotations

from telegram import CallbackQuery, Message, Update
from telegram.constants import ChatType
from telegram.ext import ApplicationHandlerStop, TypeHandler

from bot.domain.callback_data import CLASSES, ERASE, GIVEN, SET, TEACH, USE, read_callback
from bot.domain.origins import is_command, is_from_other_bot, is_original
from bot.handlers.claim import is_claim
from bot.handlers.context import BotApplication, Context
from bot.handlers.quota import check_callback_quota, check_quota
from bot.limits.notices import RecentNotices
from bot.transport.inbox import Inbox

# Group of the gate: it runs before all other handlers, which are in the library's group 0.
FIRST = -1
# Actions that need a visible button. The other actions only change stored answers, or stop a download.
NEEDS_VISIBLE_BUTTON = frozenset({CLASSES, ERASE, GIVEN, SET, TEACH, USE})
DATA_COMMANDS = ("/privacy", "/deletemydata")
# Seconds between two notices to a person without permission.
STRANGERS_TOLD_S = 3600.0


def register(application: BotApplication, inbox: Inbox) -> None:
    # One handler does all checks: the library calls only the first handler of a group that takes an update.
    application.add_handler(TypeHandler(Update, Gate(inbox).turn_away), group=FIRST)


class Gate:
    """Lets only those updates through that are to be handled.

    Args:
        inbox: inbox of the updates.
    """

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._strangers = RecentNotices(STRANGERS_TOLD_S)

    async def turn_away(self, update: Update, context: Context) -> None:
        """Drop an update, or return to let it through.

        Raises:
            ApplicationHandlerStop: the update is dropped.
        """
        query, services = update.callback_query, context.services
        message = update.effective_message if query is None else query.message
        ids = _ids(update, message)
        if ids & services.storage.bans.ids and not ids & services.admins:
            raise ApplicationHandlerStop
        if not services.access.allows(ids) and not _is_about_own_data(update):
            await self._tell_stranger(update, context)
            raise ApplicationHandlerStop
        if self._inbox.is_stale(update):
            return  # `handlers.stale` takes the update
        if query is not None:
            await _check_callback(query, update, context)
        elif isinstance(message, Message):
            await _check_message(message, update, context)

    async def _tell_stranger(self, update: Update, context: Context) -> None:
        """Tell a person that they may not use the bot: in a private chat, or in an alert after pressing a button."""
        query, message, person = update.callback_query, update.message, update.effective_user
        in_private = message is not None and message.chat.type == ChatType.PRIVATE
        if person is None or person.is_bot or not (in_private or query) or self._inbox.is_stale(update):
            return
        if self._strangers.is_due(person.id):
            text = (await context.texts(update))("access-not-allowed", id=str(person.id))
            if query is not None:
                await context.outbox.answer_callback(query, text, stays=True)
            elif message is not None:
                await context.outbox.reply(message, text)


def _ids(update: Update, message: object) -> set[int]:
    """Return the ids of the person, of the chat, and of the chat in whose name the person writes."""
    author = message.sender_chat if isinstance(message, Message) else None
    return {place.id for place in (update.effective_user, update.effective_chat, author) if place is not None}


def _is_about_own_data(update: Update) -> bool:
    """Return whether an update needs no permission: it is about the sender's own data, or opens the link for admins."""
    message, query = update.message, update.callback_query
    if query is not None:
        callback = read_callback(query.data or "")
        return callback is not None and callback.action == ERASE
    if message is None or message.chat.type != ChatType.PRIVATE or not is_command(message):
        return False
    if is_claim(message):
        return True
    return (message.text or "").split(maxsplit=1)[0].partition("@")[0].lower() in DATA_COMMANDS


async def _check_message(message: Message, update: Update, context: Context) -> None:
    if is_command(message):
        # A command in a private chat ends the wait for a name.
        context.services.awaited_names.take(message.chat_id)
    # Two bots that answer each other would never stop.
    if is_from_other_bot(message):
        raise ApplicationHandlerStop
    if is_command(message) and not is_original(message):
        if update.message is not None and message.chat.type == ChatType.PRIVATE and await check_quota(update, context):
            await context.outbox.reply(message, (await context.texts(update))("commands-borrowed"))
        raise ApplicationHandlerStop


async def _check_callback(query: CallbackQuery, update: Update, context: Context) -> None:
    if not await check_callback_quota(query, update, context):
        raise ApplicationHandlerStop
    callback = read_callback(query.data or "")
    if callback is None or callback.action not in NEEDS_VISIBLE_BUTTON:
        return
    message = query.message
    if not isinstance(message, Message) or not message.is_accessible:
        await context.outbox.answer_callback(query, (await context.texts(update))("buttons-old"))
        raise ApplicationHandlerStop
    if not _shows(message, query.data):
        # Most likely a double press: the bot has changed the message meanwhile.
        await context.outbox.answer_callback(query)
        raise ApplicationHandlerStop


def _shows(message: Message, data: str | None) -> bool:
    """Return whether the bot wrote a message and the message has a button with this data."""
    author = message.from_user
    is_ours = message.sender_chat is not None or (author is not None and author.id == message.get_bot().id)
    rows = message.reply_markup.inline_keyboard if message.reply_markup is not None else ()
    return is_ours and data is not None and any(button.callback_data == data for row in rows for button in row)
