"""Users, chats, and the status of users in chats."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

ChatType = Literal["private", "group", "supergroup", "channel"]
Status = Literal["creator", "administrator", "member", "restricted", "left", "kicked"]

# Ids of Telegram's own accounts: the first writes for anonymous admins of a group, the second for a linked channel.
ANONYMOUS_ADMIN_ID = 1087968824
TELEGRAM_ID = 777000


@dataclass(slots=True)
class User:
    """A person or a bot."""

    id: int
    first_name: str
    username: str | None = None
    last_name: str | None = None
    language_code: str | None = None
    is_bot: bool = False

    def to_api(self) -> dict[str, Any]:
        """Return the Bot API's User object."""
        user: dict[str, Any] = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        for name in ("last_name", "username", "language_code"):
            if (value := getattr(self, name)) is not None:
                user[name] = value
        return user


@dataclass(slots=True)
class Topic:
    """A topic of a forum. Its thread id is the id of the service message that opened it."""

    thread_id: int
    name: str
    is_closed: bool = False


@dataclass(slots=True)
class Chat:
    """A chat and its members.

    Attributes:
        is_direct_messages: whether it holds the direct messages to a channel. Each person has a topic of their own.
        has_hidden_members: whether a bot sees only the admins if the bot is not an admin.
        statuses: statuses by user id. A user without a status was never in the chat. In a private chat, the bot has the
            status "kicked" while the person blocks the bot.
        messages: messages by message id, oldest first, without the deleted ones.
        reactions: emoji of the reactions, by message id and id of the user, or of the chat for an anonymous admin.
        topics: topics of a forum, by thread id.
        linked: the channel of a discussion group, or the discussion group of a channel.
        migrated_to: id of the supergroup that replaced this group.
        last_message_id: newest message id of a supergroup or channel. Each of these chats has its own message ids.
    """

    id: int
    type: ChatType
    title: str | None = None
    username: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    is_forum: bool = False
    is_direct_messages: bool = False
    has_hidden_members: bool = False
    statuses: dict[int, Status] = field(default_factory=dict)
    messages: dict[int, dict[str, Any]] = field(default_factory=dict)
    reactions: dict[int, dict[int, list[str]]] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    linked: Chat | None = None
    migrated_to: int | None = None
    last_message_id: int = 0

    def to_api(self) -> dict[str, Any]:
        """Return the Bot API's Chat object, as messages contain it."""
        chat: dict[str, Any] = {"id": self.id, "type": self.type}
        for name in ("title", "username", "first_name", "last_name"):
            if (value := getattr(self, name)) is not None:
                chat[name] = value
        for name in ("is_forum", "is_direct_messages"):
            if getattr(self, name):
                chat[name] = True
        return chat

    def shown_reactions(self, message_id: int) -> list[str]:
        """Return the emoji of all reactions to a message, oldest first."""
        return [emoji for reactions in self.reactions.get(message_id, {}).values() for emoji in reactions]

    def status_of(self, user: User) -> Status:
        return self.statuses.get(user.id, "left")

    def has_member(self, user: User) -> bool:
        return self.status_of(user) in ("creator", "administrator", "member", "restricted")

    def has_admin(self, user: User) -> bool:
        return self.status_of(user) in ("creator", "administrator")
