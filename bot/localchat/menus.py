"""The bot's command menus, by scope and language."""

from __future__ import annotations

from bot.localchat.chats import Chat, User

Command = dict[str, str]
# Type, chat id and user id of a scope; an id is 0 if the type has no such id.
Scope = tuple[str, int, int]

DEFAULT_SCOPE: Scope = ("default", 0, 0)


class CommandMenus:
    """The menus that the bot set with setMyCommands. An empty menu counts as no menu."""

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
        """Return the menu that a user sees in a chat. The narrowest scope wins; in it, the user's language."""
        for scope in _scopes(chat, user):
            for language_code in (user.language_code or "", ""):
                if commands := self.get(scope, language_code):
                    return commands
        return []


def _scopes(chat: Chat, user: User) -> list[Scope]:
    """Return the scopes that apply to a user in a chat, narrowest first, in the order of Telegram's clients."""
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
