"""Chat actions, reactions, and answers to callback queries."""

from __future__ import annotations

import time

from bot.localchat.callbacks import CallbackAnswer
from bot.localchat.errors import bad_request
from bot.localchat.methods.access import find_chat, find_message, writable_chat
from bot.localchat.parameters import Parameters
from bot.localchat.reactions import REACTIONS, plain_emoji, react
from bot.localchat.store import ChatStore

CHAT_ACTIONS = frozenset(
    {
        "choose_sticker",
        "find_location",
        "record_video",
        "record_video_note",
        "record_voice",
        "typing",
        "upload_document",
        "upload_photo",
        "upload_video",
        "upload_video_note",
        "upload_voice",
    }
)
# Time limit for the answer to a callback query. After this time, Telegram no longer accepts the answer.
MAX_QUERY_AGE_S = 15.0
MAX_ANSWER_LENGTH = 200


async def send_chat_action(store: ChatStore, parameters: Parameters) -> bool:
    action = parameters.text("action").lower()
    if action not in CHAT_ACTIONS:
        raise bad_request("wrong parameter action in request")
    chat = writable_chat(store, parameters)
    if chat.is_direct_messages:
        raise bad_request("chat actions aren't supported in direct messages chats")
    store.feed.publish("chat_action", chat.id, {"action": action})
    return True


async def set_message_reaction(store: ChatStore, parameters: Parameters) -> bool:
    """Set the bot's reaction to a message: one emoji, or none."""
    wanted = parameters.objects("reaction", "ReactionType")
    chat = find_chat(store, parameters.text("chat_id"))
    message = find_message(chat, parameters.integer("message_id"), "message to react")
    reactions = [plain_emoji(str(reaction.get("emoji", ""))) for reaction in wanted]
    if not REACTIONS.issuperset(reactions):
        raise bad_request("REACTION_INVALID")
    if len(reactions) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    react(store.feed, chat, message, store.bot.id, reactions)
    return True


async def answer_callback_query(store: ChatStore, parameters: Parameters) -> bool:
    query_id = parameters.text("callback_query_id")
    query = store.callback_queries.get(query_id)
    if query is None or time.monotonic() - query.created_at > MAX_QUERY_AGE_S:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    text = parameters.text("text")
    if len(text) > MAX_ANSWER_LENGTH:
        raise bad_request("MESSAGE_TOO_LONG")
    answer = CallbackAnswer(text, parameters.boolean("show_alert"), parameters.text("url") or None)
    store.feed.publish(
        "callback_answer",
        query.chat_id,
        {
            "callback_query_id": query_id,
            "user_id": query.user_id,
            "text": answer.text,
            "show_alert": answer.show_alert,
            "url": answer.url,
        },
    )
    if not query.answer.done():
        query.answer.set_result(answer)
    return True
