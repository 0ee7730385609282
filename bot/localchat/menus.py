"""The menus of commands that the bot set, by scope and language."""

from __future__ import annotations

from bot.localchat.chats import Chat, User

Command = dict[str, str]
# A scope: its type, its chat and its user; 0 where the type names none.
Scope = tuple[str, int, int]

DEFAULT_SCOPE: Scope = ("default", 0, 0)


class CommandMenus:
    """What setMyCommands set. A menu of no commands is none."""

    def __init__(self) -> None:
        self._menus: dict[tuple[Scope, str], list[Command]] = {}

    def set(self, scope: Scope, language_code: str, commands: list[Command]) -> None:
        if commands:
            self._menus[scope, language_code] = commands
        else:
            self._menus.pop((scope, language_code), None)

    def get(self, scope: Scope, language_code: str) -> list[Command]:
        return self._menus.get((scope, language_code), [])

    def shown(self, chat: Chat, user: User) -> list[Command]:
        """The menu that a user sees in a chat: the narrowest scope that has one, in their language or in all."""
        for scope in _scopes(chat, user):
            for language_code in (user.language_code or "", ""):
                if commands := self.get(scope, language_code):
                    return commands
        return []


def _scopes(chat: Chat, user: User) -> list[Scope]:
    """The scopes that hold for a user in a chat, narrowest first, in the order that Telegram's clients ask."""
    if chat.type == "private":
        return [("chat", chat.id, 0), ("all_private_chats", 0, 0), DEFAULT_SCOPE]
    is_admin = chat.has_admin(user)
    return [
        ("chat_member", chat.id, user.id),
        *([("chat_administrators", chat.id, 0)] if is_admin else []),
        ("chat", chat.id, 0),
        *([("all_chat_administrators", 0, 0)] if is_admin else []),
        ("all_group_chats", 0, 0),
        DEFAULT_SCOPE,
    ]
