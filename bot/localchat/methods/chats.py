"""Information about chats and their members."""

from __future__ import annotations

from typing import Any

from bot.localchat.errors import bad_request, migrated
from bot.localchat.groups import Groups
from bot.localchat.members import PERMISSIONS, chat_member
from bot.localchat.methods.access import find_chat
from bot.localchat.parameters import Parameters
from bot.localchat.store import ChatStore

GIFTS = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
ACCENT_COLORS = 7
MAX_REACTIONS = 11


async def get_chat(store: ChatStore, parameters: Parameters) -> dict[str, Any]:
    chat = find_chat(store, parameters.text("chat_id"))
    info = chat.to_api() | {
        "accent_color_id": abs(chat.id) % ACCENT_COLORS,
        "max_reaction_count": MAX_REACTIONS,
        "accepted_gift_types": dict.fromkeys(GIFTS, chat.type == "private"),
    }
    if chat.username is not None:
        info["active_usernames"] = [chat.username]
    if chat.type in ("group", "supergroup"):
        info["permissions"] = dict.fromkeys(PERMISSIONS, True)
    if chat.has_hidden_members:
        info["has_hidden_members"] = True
    if chat.linked is not None:
        info["linked_chat_id"] = chat.linked.id
    return info


async def get_chat_member(store: ChatStore, parameters: Parameters) -> dict[str, Any]:
    user_id = parameters.integer("user_id")
    if user_id <= 0:
        raise bad_request("invalid user_id specified")
    chat = find_chat(store, parameters.text("chat_id"))
    if chat.migrated_to is not None:
        raise migrated(chat.migrated_to)
    if user_id not in store.users:
        raise bad_request("member not found")
    if chat.has_hidden_members and user_id != store.bot.id and not chat.has_admin(store.bot):
        raise bad_request("member list is inaccessible")
    return chat_member(chat, store.users[user_id])


async def leave_chat(store: ChatStore, parameters: Parameters) -> bool:
    chat = find_chat(store, parameters.text("chat_id"))
    if chat.migrated_to is not None:
        raise migrated(chat.migrated_to)
    if chat.type == "private":
        raise bad_request("chat member status can't be changed in private chats")
    Groups(store).remove(chat, store.bot, by=store.bot)
    return True


async def get_chat_administrators(store: ChatStore, parameters: Parameters) -> list[dict[str, Any]]:
    """Return the admins of a chat, without other bots."""
    chat = find_chat(store, parameters.text("chat_id"))
    if chat.migrated_to is not None:
        raise migrated(chat.migrated_to)
    if chat.type == "private":
        raise bad_request("there are no administrators in the private chat")
    return [chat_member(chat, user) for user in store.users.values() if chat.has_admin(user)]
