"""Changes to groups and channels: members, topics, and upgrades to supergroups."""

from __future__ import annotations

import time
from typing import Any

from bot.localchat.chats import Chat, Status, Topic, User
from bot.localchat.members import chat_member
from bot.localchat.store import ChatStore
from bot.localchat.threads import placement

TOPIC_COLOR = 0x6FB9F0


class Groups:
    """Actions of members and admins. `by` is the acting user."""

    def __init__(self, store: ChatStore) -> None:
        self._store = store

    def add(self, chat: Chat, user: User, *, by: User) -> None:
        """Add a user, or the bot, to a chat."""
        self.set_status(chat, user, "member", by=by)
        if chat.type != "channel":
            self._say(chat, by, {"new_chat_members": [user.to_api()]})

    def remove(self, chat: Chat, user: User, *, by: User) -> None:
        """Remove a user, or the bot, from a chat. A user removed by somebody else is banned."""
        self.set_status(chat, user, "left" if user is by else "kicked", by=by)
        if chat.type != "channel":
            self._say(chat, by, {"left_chat_member": user.to_api()})

    def set_status(self, chat: Chat, user: User, status: Status, *, by: User) -> None:
        """Set the status of a user, or the bot: "administrator", "member", "restricted", ..."""
        old = chat_member(chat, user)
        was_admin = chat.has_admin(self._store.bot)
        chat.statuses[user.id] = status
        change = {
            "chat": chat.to_api(),
            "from": by.to_api(),
            "date": int(time.time()),
            "old_chat_member": old,
            "new_chat_member": chat_member(chat, user),
        }
        self._store.feed.publish("chat", chat.id, change)
        if user is self._store.bot:
            self._store.updates.add("my_chat_member", change)
        elif was_admin:
            self._store.updates.add("chat_member", change)

    def open_topic(self, chat: Chat, name: str, *, by: User) -> Topic:
        """Open a topic in a forum. Messages to the topic need its `thread_id`."""
        opening = self._say(chat, by, {"forum_topic_created": {"name": name, "icon_color": TOPIC_COLOR}})
        topic = chat.topics[opening["message_id"]] = Topic(opening["message_id"], name)
        return topic

    def close_topic(self, chat: Chat, topic: Topic, *, by: User) -> None:
        """Close a topic: from now on only admins can write there."""
        topic.is_closed = True
        self._say(chat, by, {"forum_topic_closed": {}} | placement(chat, None, topic.thread_id))

    def migrate(self, chat: Chat, *, by: User) -> Chat:
        """Upgrade a basic group to a supergroup, a new chat with the same members. Both chats get a service message.

        As at Telegram, the bot gets an update about joining the supergroup, but none about leaving the group
        (https://github.com/tdlib/telegram-bot-api/issues/266).
        """
        bot, statuses = self._store.bot, dict(chat.statuses)
        status = statuses.pop(bot.id, "left")
        supergroup = Chat(self._store.new_chat_id("supergroup"), "supergroup", chat.title, statuses=statuses)
        self._store.chats[supergroup.id] = supergroup
        if status != "left":
            self.set_status(supergroup, bot, status, by=by)
        self._say(chat, by, {"migrate_to_chat_id": supergroup.id})
        self._say(supergroup, by, {"migrate_from_chat_id": chat.id})
        chat.migrated_to = supergroup.id
        self._store.feed.publish("chat", chat.id, {"migrate_to_chat_id": supergroup.id})
        return supergroup

    def link(self, channel: Chat, group: Chat) -> None:
        """Make a group the discussion group of a channel. From now on the channel's posts appear there."""
        channel.linked, group.linked = group, channel

    def _say(self, chat: Chat, by: User, service: dict[str, Any]) -> dict[str, Any]:
        return self._store.post(chat, {"from": by.to_api()}, service)
