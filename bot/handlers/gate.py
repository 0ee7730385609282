"""What is turned away before any other handler sees it.

That is whatever comes from the banned, from those who may not use the bot, and from other bots; and commands that are
borrowed, and presses that are forged.

A person's app can send any data as the press of a button of any message that it sees. So a press that does more to its
message than to change an answer counts only if the message shows a button with this data now. Each handler of presses
says beside itself who may press there, and judges that each time.
"""

from __future__ import annotations

from telegram import CallbackQuery, Message, Update
from telegram.constants import ChatType
from telegram.ext import ApplicationHandlerStop, TypeHandler

from bot.domain.callback_data import ERASE, SET, USE, read_callback
from bot.domain.origins import is_by_other_bot, is_command, is_own_word
from bot.handlers.context import BotApplication, Context
from bot.handlers.limits import admitted, callback_admitted
from bot.limits.notices import RecentNotices
from bot.transport.inbox import Inbox

# Before all other handlers, which are in the library's group 0.
FIRST = -1
# Of all other buttons: which messages are answers is in the database, and the end of a pull changes no message.
TO_BE_SHOWN = frozenset({ERASE, SET, USE})
DATA_COMMANDS = ("/privacy", "/deletemydata")
# How long whoever may not use the bot is told that once.
STRANGERS_TOLD_S = 3600.0


def register(application: BotApplication, inbox: Inbox) -> None:
    # One handler for all: of a group's handlers, the library calls only the first that takes an update.
    application.add_handler(TypeHandler(Update, Gate(inbox).turn_away), group=FIRST)


class Gate:
    """Lets updates through that are to be handled.

    Args:
        inbox: inbox of the updates.
    """

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._strangers = RecentNotices(STRANGERS_TOLD_S)

    async def turn_away(self, update: Update, context: Context) -> None:
        """Let an update through or not.

        Raises:
            ApplicationHandlerStop: it is not to be handled.
        """
        query, services = update.callback_query, context.services
        message = update.effective_message if query is None else query.message
        ids = _ids(update, message)
        if ids & services.storage.bans.ids and not ids & services.admins:
            raise ApplicationHandlerStop
        if not services.access.lets_in(ids) and not _is_about_own_data(update):
            await self._tell_stranger(update, context)
            raise ApplicationHandlerStop
        if self._inbox.is_stale(update):
            return  # for `handlers.stale`, which does nothing else with it
        if query is not None:
            await _judge_press(query, update, context)
        elif isinstance(message, Message):
            await _judge_message(message, update, context)

    async def _tell_stranger(self, update: Update, context: Context) -> None:
        """Tell somebody that they may not use the bot: in private, or as they press a button, unseen by others."""
        query, message, person = update.callback_query, update.message, update.effective_user
        in_private = message is not None and message.chat.type == ChatType.PRIVATE
        if person is None or person.is_bot or not (in_private or query) or self._inbox.is_stale(update):
            return
        if self._strangers.is_news(person.id):
            text = (await context.texts(update))("access-not-allowed", id=str(person.id))
            if query is not None:
                await context.outbox.answer_callback(query, text, stays=True)
            elif message is not None:
                await context.outbox.reply(message, text)


def _ids(update: Update, message: object) -> set[int]:
    """Ids of the person, of the chat, and of the chat in whose name somebody writes."""
    author = message.sender_chat if isinstance(message, Message) else None
    return {place.id for place in (update.effective_user, update.effective_chat, author) if place is not None}


def _is_about_own_data(update: Update) -> bool:
    """Tell whether somebody asks in private what is kept of them, or wants it deleted: anybody may."""
    message, query = update.message, update.callback_query
    if query is not None:
        pressed = read_callback(query.data or "")
        return pressed is not None and pressed.action == ERASE
    if message is None or message.chat.type != ChatType.PRIVATE or not is_command(message):
        return False
    return (message.text or "").split(maxsplit=1)[0].partition("@")[0].lower() in DATA_COMMANDS


async def _judge_message(message: Message, update: Update, context: Context) -> None:
    # Two bots that answer each other would never end.
    if is_by_other_bot(message):
        raise ApplicationHandlerStop
    if is_command(message) and not is_own_word(message):
        if update.message is not None and message.chat.type == ChatType.PRIVATE and await admitted(update, context):
            await context.outbox.reply(message, (await context.texts(update))("commands-borrowed"))
        raise ApplicationHandlerStop


async def _judge_press(query: CallbackQuery, update: Update, context: Context) -> None:
    if not await callback_admitted(query, update, context):
        raise ApplicationHandlerStop
    pressed = read_callback(query.data or "")
    if pressed is None or pressed.action not in TO_BE_SHOWN:
        return
    message = query.message
    if not isinstance(message, Message) or not message.is_accessible:
        await context.outbox.answer_callback(query, (await context.texts(update))("buttons-old"))
        raise ApplicationHandlerStop
    if not _shows(message, query.data):
        # Pressed twice in a hurry, most likely: the bot has changed the message since.
        await context.outbox.answer_callback(query)
        raise ApplicationHandlerStop


def _shows(message: Message, data: str | None) -> bool:
    """Tell whether a message is the bot's, with a button that holds this data."""
    author = message.from_user
    is_ours = message.sender_chat is not None or (author is not None and author.id == message.get_bot().id)
    rows = message.reply_markup.inline_keyboard if message.reply_markup is not None else ()
    return is_ours and data is not None and any(button.callback_data == data for row in rows for button in row)
