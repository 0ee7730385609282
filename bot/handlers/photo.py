"""Photos in private chats, and other messages there that show an image or contain the URL of an image."""

from __future__ import annotations

from telegram import Message, MessageEntity, Update
from telegram.ext import MessageHandler

from bot.handlers import filters
from bot.handlers.context import BotApplication, Context
from bot.handlers.quota import limited
from bot.handlers.teaching import take


def register(application: BotApplication) -> None:
    application.add_handler(MessageHandler(filters.PRIVATE & filters.MEDIA, limited(label_photo)))
    application.add_handler(MessageHandler(filters.PRIVATE & filters.MEDIA_ELSEWHERE, limited(label_elsewhere)))
    application.add_handler(MessageHandler(filters.PRIVATE & filters.LINKS, limited(label_address)))


async def label_photo(update: Update, context: Context) -> None:
    message = update.effective_message
    assert message is not None, "the filters ask for a message"
    if update.message is not None:
        # A new photo ends the wait for the name of the last one.
        context.services.awaited_names.take(message.chat_id)
        if await take([message], update, context):
            return
    await context.services.answerer.label_message(message, await context.reply_context(update))


async def label_elsewhere(update: Update, context: Context) -> None:
    """Label the photo of another chat that a text replies to."""
    message = update.message
    assert message is not None, "the filters ask for a new message"
    assert message.external_reply is not None, "the filters ask for a reply to another chat"
    await context.services.answerer.label_asked(message, message.external_reply, await context.reply_context(update))


async def label_address(update: Update, context: Context) -> None:
    message = update.message
    assert message is not None, "the filters ask for a new message"
    await context.services.answerer.label_url(message, first_url(message), await context.reply_context(update))


def first_url(message: Message) -> str:
    """Return the first URL of a text, with https:// if it has no scheme."""
    entities = message.parse_entities([MessageEntity.URL, MessageEntity.TEXT_LINK])
    entity = min(entities, key=lambda found: found.offset)
    url = entity.url or entities[entity]
    return url if "://" in url else f"https://{url}"
