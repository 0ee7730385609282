"""What the bot is, and the menus of its commands."""

from __future__ import annotations

from typing import Any

from bot.localchat.parameters import Parameters
from bot.localchat.store import ChatStore


async def get_me(store: ChatStore, parameters: Parameters) -> dict[str, Any]:
    return {
        **store.bot.to_api(),
        "can_join_groups": True,
        "can_read_all_group_messages": store.can_read_all_group_messages,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


async def set_my_commands(store: ChatStore, parameters: Parameters) -> bool:
    return True
