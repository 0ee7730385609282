"""Photos, and whatever else shows an image, in private chats."""

from __future__ import annotations

from telegram import Message, MessageEntity, Update
from telegram.ext import MessageHandler, filters

from bot.domain.media import shows_something
from bot.handlers.context import BotApplication, Context
from bot.handlers.limits import limited
from bot.services.answering import label_message, label_url

HOLDS_URL = filters.Entity(MessageEntity.URL) | filters.Entity(MessageEntity.TEXT_LINK)


class ShowsSomething(filters.MessageFilter):
    """A message with something to look at."""

    def filter(self, message: Message) -> bool:
        return shows_something(message)


def register(application: BotApplication) -> None:
    # Edits and channel posts hold photos too; only new messages are answered.
    private = filters.UpdateType.MESSAGE & filters.ChatType.PRIVATE
    application.add_handler(MessageHandler(private & ShowsSomething(), limited(label_photo)))
    application.add_handler(
        MessageHandler(private & filters.TEXT & ~filters.COMMAND & HOLDS_URL, limited(label_address))
    )


async def label_photo(update: Update, context: Context) -> None:
    assert update.message is not None
    await label_message(update.message, await context.texts(update), context.services)


async def label_address(update: Update, context: Context) -> None:
    assert update.message is not None
    await label_url(update.message, first_url(update.message), await context.texts(update), context.services)


def first_url(message: Message) -> str:
    """Return the address that stands first in a text; people leave the scheme out."""
    entities = message.parse_entities([MessageEntity.URL, MessageEntity.TEXT_LINK])
    entity = min(entities, key=lambda found: found.offset)
    url = entity.url or entities[entity]
    return url if "://" in url else f"https://{url}"
