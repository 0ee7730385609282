"""The bot's account and its command menus."""

from __future__ import annotations

import re
from typing import Any

from bot.localchat.errors import bad_request
from bot.localchat.menus import DEFAULT_SCOPE, Command, Scope
from bot.localchat.methods.access import find_chat
from bot.localchat.parameters import Parameters
from bot.localchat.store import ChatStore

MAX_COMMANDS = 100
MAX_DESCRIPTION_LENGTH = 256
MAX_BOT_DESCRIPTION_LENGTH = 512
MAX_SHORT_DESCRIPTION_LENGTH = 120
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_LANGUAGE = re.compile(r"(?:[a-z]{2})?")
_WIDE_SCOPES = frozenset({"default", "all_private_chats", "all_group_chats", "all_chat_administrators"})
_CHAT_SCOPES = frozenset({"chat", "chat_administrators", "chat_member"})


async def get_me(store: ChatStore, _: Parameters) -> dict[str, Any]:
    return store.bot.to_api() | {
        "can_join_groups": True,
        "can_read_all_group_messages": store.can_read_all_group_messages,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


async def set_my_commands(store: ChatStore, parameters: Parameters) -> bool:
    commands = parameters.objects("commands", "BotCommand")
    if len(commands) > MAX_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    scope, language_code = _menu_key(store, parameters)
    store.menus.set(scope, language_code, [_checked_command(command) for command in commands])
    return True


async def get_my_commands(store: ChatStore, parameters: Parameters) -> list[Command]:
    return store.menus.get(*_menu_key(store, parameters))


async def delete_my_commands(store: ChatStore, parameters: Parameters) -> bool:
    store.menus.set(*_menu_key(store, parameters), [])
    return True


async def get_my_description(store: ChatStore, parameters: Parameters) -> dict[str, str]:
    return {"description": _description(store, parameters, "description")}


async def get_my_short_description(store: ChatStore, parameters: Parameters) -> dict[str, str]:
    return {"short_description": _description(store, parameters, "short_description")}


async def set_my_description(store: ChatStore, parameters: Parameters) -> bool:
    _set_description(store, parameters, "description", MAX_BOT_DESCRIPTION_LENGTH)
    return True


async def set_my_short_description(store: ChatStore, parameters: Parameters) -> bool:
    _set_description(store, parameters, "short_description", MAX_SHORT_DESCRIPTION_LENGTH)
    return True


def _set_description(store: ChatStore, parameters: Parameters, name: str, max_length: int) -> None:
    text = parameters.text(name)
    if len(text) > max_length:
        raise bad_request("ABOUT_TOO_LONG" if name == "short_description" else "DESCRIPTION_TOO_LONG")
    store.descriptions[name, _language_code(parameters)] = text


def _description(store: ChatStore, parameters: Parameters, name: str) -> str:
    """Return the text in a language; the text without a language, if there is none."""
    return store.descriptions.get((name, _language_code(parameters))) or store.descriptions.get((name, ""), "")


def _checked_command(command: dict[str, Any]) -> Command:
    for name in ("command", "description"):
        if not isinstance(command.get(name), str):
            raise bad_request(f"can't parse BotCommand: Can't find field \"{name}\"")
    # The slash is optional; menus are stored without it.
    name, description = command["command"].removeprefix("/"), command["description"].strip()
    if not _COMMAND.fullmatch(name):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(description) <= MAX_DESCRIPTION_LENGTH:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": name, "description": description}


def _language_code(parameters: Parameters) -> str:
    language_code = parameters.text("language_code")
    if not _LANGUAGE.fullmatch(language_code):
        raise bad_request("LANG_CODE_INVALID")
    return language_code


def _menu_key(store: ChatStore, parameters: Parameters) -> tuple[Scope, str]:
    language_code = _language_code(parameters)
    scope = parameters.json("scope", "BotCommandScope")
    if scope is None:
        return DEFAULT_SCOPE, language_code
    if not isinstance(scope, dict):
        raise bad_request("can't parse BotCommandScope: BotCommandScope must be an Object")
    kind = str(scope.get("type"))
    if kind in _WIDE_SCOPES:
        return (kind, 0, 0), language_code
    if kind not in _CHAT_SCOPES:
        raise bad_request("can't parse BotCommandScope: Unsupported type specified")
    chat = find_chat(store, str(scope.get("chat_id", "")))
    user_id = Parameters(scope).integer("user_id") if kind == "chat_member" else 0
    if kind == "chat_member" and user_id <= 0:
        raise bad_request("can't parse BotCommandScope: Invalid user_id specified")
    return (kind, chat.id, user_id), language_code
