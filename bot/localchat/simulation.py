"""Simulated people of the local Telegram: their actions, and the messages that they see.

The actions are synchronous, and all state is in memory.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from bot.localchat import media
from bot.localchat.callbacks import CallbackAnswer, PendingQuery
from bot.localchat.chats import ANONYMOUS_ADMIN_ID, Chat, ChatType, User
from bot.localchat.feed import Subscription
from bot.localchat.groups import Groups
from bot.localchat.journal import Call
from bot.localchat.reactions import REACTIONS, react, reaction_types
from bot.localchat.store import CONTENT_FIELDS, ChatStore, content_of
from bot.localchat.threads import Message, placement

T = TypeVar("T")


class Simulation:
    """A small Telegram with one bot in it.

    In every `send_...` method, a channel posts in its own name, not in the `sender`'s name; `reply_to` is the quoted
    message; `thread_id` is the id of a forum's topic. Thumbnails are still images in any format that Pillow reads.

    Attributes:
        bot: account of the bot.
        alice: member of `group`.
        admin: creator of `group`; `labelbot try` makes this person the admin of its bot.
        anonymous: sender for anonymous admins of a group.
        private: private chat between Alice and the bot.
        group: supergroup with Alice, the admin and the bot; the bot is an ordinary member.
        groups: actions in groups: members, topics, upgrades.
        calls: calls of the bot, oldest first.
        store: state that the Bot API methods use.
    """

    def __init__(self) -> None:
        self.bot = User(7_000_000_001, "Labelbot", "labelbot_local_bot", is_bot=True)
        self.store = ChatStore(self.bot)
        self.groups = Groups(self.store)
        self.calls: list[Call] = []
        self._user_ids = itertools.count(100_000_001)
        self._query_ids = itertools.count(4_000_000_000_000_000_001)
        self.anonymous = User(ANONYMOUS_ADMIN_ID, "Group", "GroupAnonymousBot", is_bot=True)
        self.alice = self.add_user("Alice", username="alice_local")
        self.admin = self.add_user("Bo", last_name="Boss", username="boss_local")
        self.private = self.add_private_chat(self.alice)
        self.group = self.add_group("Photo club", creator=self.admin, members=(self.alice,))

    # People and chats

    def add_user(
        self, first_name: str, *, username: str | None = None, last_name: str | None = None, language_code: str = "en"
    ) -> User:
        user = User(next(self._user_ids), first_name, username, last_name, language_code)
        self.store.users[user.id] = user
        return user

    def add_private_chat(self, user: User) -> Chat:
        """Add a user's private chat with the bot. Without this chat, the bot cannot write to the user."""
        chat = Chat(user.id, "private", None, user.username, user.first_name, user.last_name)
        chat.statuses = {user.id: "member", self.bot.id: "member"}
        self.store.chats[chat.id] = chat
        return chat

    def add_group(
        self,
        title: str,
        *,
        creator: User,
        members: Sequence[User] = (),
        kind: ChatType = "supergroup",
        is_forum: bool = False,
        with_bot: bool = True,
    ) -> Chat:
        """Add a supergroup, or a basic group (`kind="group"`); the bot is an ordinary member, or absent."""
        chat = Chat(self.store.new_chat_id(kind), kind, title, is_forum=is_forum)
        for member in (*members, self.bot) if with_bot else members:
            chat.statuses[member.id] = "member"
        chat.statuses[creator.id] = "creator"
        self.store.chats[chat.id] = chat
        return chat

    def add_direct_messages(self, channel: Chat) -> Chat:
        """Add the chat of direct messages to a channel; people write to it with `send_text` and `send_photo`."""
        chat = Chat(self.store.new_chat_id("supergroup"), "supergroup", channel.title, is_direct_messages=True)
        chat.statuses = dict(channel.statuses)
        self.store.chats[chat.id] = chat
        return chat

    def add_channel(self, title: str, *, creator: User, username: str | None = None) -> Chat:
        """Add a channel in which the bot is an admin."""
        chat = Chat(self.store.new_chat_id("channel"), "channel", title, username)
        chat.statuses = {creator.id: "creator", self.bot.id: "administrator"}
        self.store.chats[chat.id] = chat
        return chat

    def block_bot(self, user: User) -> None:
        """Stop the bot in the user's private chat."""
        self.groups.set_status(self.store.chats[user.id], self.bot, "kicked", by=user)

    def unblock_bot(self, user: User) -> None:
        self.groups.set_status(self.store.chats[user.id], self.bot, "member", by=user)

    # Messages from people

    def send_text(
        self, chat: Chat, sender: User, text: str, *, reply_to: Message | None = None, thread_id: int | None = None
    ) -> Message:
        return self._send(chat, sender, media.text_content(text), reply_to, thread_id)

    def send_photo(
        self,
        chat: Chat,
        sender: User,
        data: bytes,
        *,
        caption: str = "",
        spoiler: bool = False,
        reply_to: Message | None = None,
        media_group_id: str | None = None,
        thread_id: int | None = None,
    ) -> Message:
        """Send a photo; with `media_group_id`, as a part of an album; with `spoiler`, hidden until a tap.

        The first call for a content runs Pillow; see `prepare_photo`.

        Raises:
            PhotoRefused: Telegram does not take the bytes as a photo.
        """
        content = media.photo_content(self.store.files, data) | media.caption_content(caption)
        content |= album_content(media_group_id) | media.spoiler_content(spoiler)
        return self._send(chat, sender, content, reply_to, thread_id)

    def send_live_photo(self, chat: Chat, sender: User, data: bytes, film: bytes) -> Message:
        """Send a live photo, of which the film is not shown."""
        return self._send(chat, sender, media.live_photo_content(self.store.files, data, film), None, None)

    async def prepare_photo(self, data: bytes) -> None:
        """Make a photo's sizes in a thread, so that `send_photo` of the same bytes does not block the event loop.

        Raises:
            PhotoRefused: Telegram does not take the bytes as a photo.
        """
        await self.store.files.prepare_photo(data)

    def send_album(self, chat: Chat, sender: User, photos: Sequence[bytes], *, caption: str = "") -> list[Message]:
        """Send photos as one album, with the caption at the first photo."""
        album_id = self.new_album_id()
        return [
            self.send_photo(chat, sender, data, caption=caption if i == 0 else "", media_group_id=album_id)
            for i, data in enumerate(photos)
        ]

    def new_album_id(self) -> str:
        """Return a `media_group_id` for an album whose parts are sent one by one."""
        return self.store.new_album_id()

    def send_document(
        self,
        chat: Chat,
        sender: User,
        data: bytes,
        *,
        file_name: str,
        mime_type: str,
        caption: str = "",
        thumbnail: bytes | None = None,
        reply_to: Message | None = None,
        media_group_id: str | None = None,
        thread_id: int | None = None,
    ) -> Message:
        content = media.document_content(self.store.files, data, file_name, mime_type, thumbnail)
        content |= media.caption_content(caption) | album_content(media_group_id)
        return self._send(chat, sender, content, reply_to, thread_id)

    def send_sticker(
        self,
        chat: Chat,
        sender: User,
        data: bytes,
        *,
        kind: media.StickerKind = "static",
        thumbnail: bytes | None = None,
    ) -> Message:
        """Send a sticker: static (WebP or PNG), animated (TGS) or video (WebM)."""
        content = media.sticker_content(self.store.files, data, kind, thumbnail)
        return self._send(chat, sender, content, None, None)

    def send_animation(
        self,
        chat: Chat,
        sender: User,
        data: bytes,
        *,
        thumbnail: bytes,
        file_name: str = "animation.mp4",
        mime_type: str = "video/mp4",
        caption: str = "",
    ) -> Message:
        """Send a GIF, which Telegram stores as a video without sound."""
        content = media.animation_content(self.store.files, data, file_name, mime_type, thumbnail)
        return self._send(chat, sender, content | media.caption_content(caption), None, None)

    def send_video(
        self,
        chat: Chat,
        sender: User,
        data: bytes,
        *,
        thumbnail: bytes,
        caption: str = "",
        media_group_id: str | None = None,
    ) -> Message:
        content = media.video_content(self.store.files, data, thumbnail)
        content |= media.caption_content(caption) | album_content(media_group_id)
        return self._send(chat, sender, content, None, None)

    def forward(self, message: Message, chat: Chat, sender: User, *, media_group_id: str | None = None) -> Message:
        """Forward a message to another chat; with `media_group_id`, as a part of an album there."""
        if message["chat"]["type"] == "channel":
            origin = {"type": "channel", "chat": message["chat"], "message_id": message["message_id"]}
        else:
            origin = {"type": "user", "sender_user": message["from"]}
        content = {"forward_origin": origin | {"date": message["date"]}} | content_of(message)
        content |= album_content(media_group_id)
        return self._send(chat, sender, content, None, None)

    def _send(
        self, chat: Chat, sender: User, content: dict[str, Any], reply_to: Message | None, thread_id: int | None
    ) -> Message:
        author: dict[str, Any] = {} if chat.type == "channel" else {"from": sender.to_api()}
        if chat.type == "channel" or sender is self.anonymous:
            author["sender_chat"] = chat.to_api()
        if chat.is_direct_messages:
            content = content | {"direct_messages_topic": {"topic_id": sender.id, "user": sender.to_api()}}
        return self.store.post(chat, author, placement(chat, reply_to, thread_id) | content)

    # Actions on messages

    def edit_text(self, chat: Chat, message: Message, text: str) -> Message:
        return self._edit(chat, message, ("text", "entities"), media.text_content(text))

    def edit_caption(self, chat: Chat, message: Message, caption: str) -> Message:
        return self._edit(chat, message, ("caption", "caption_entities"), media.caption_content(caption))

    def edit_photo(
        self, chat: Chat, message: Message, data: bytes, *, caption: str = "", spoiler: bool = False
    ) -> Message:
        """Replace the photo or file of a message, or add a photo to a text; the caption is replaced, too.

        Raises:
            PhotoRefused: Telegram does not take the bytes as a photo.
        """
        content = media.photo_content(self.store.files, data) | media.caption_content(caption)
        return self._edit(chat, message, CONTENT_FIELDS, content | media.spoiler_content(spoiler))

    def edit_document(
        self, chat: Chat, message: Message, data: bytes, *, file_name: str, mime_type: str, caption: str = ""
    ) -> Message:
        """Replace the photo or file of a message by a file, or add a file to a text; see `edit_photo`."""
        content = media.document_content(self.store.files, data, file_name, mime_type, None)
        return self._edit(chat, message, CONTENT_FIELDS, content | media.caption_content(caption))

    def _edit(self, chat: Chat, message: Message, dropped: tuple[str, ...], content: dict[str, Any]) -> Message:
        kept = {name: value for name, value in chat.messages[message["message_id"]].items() if name not in dropped}
        return self.store.revise(chat, kept | content, by_bot=False)

    def delete(self, chat: Chat, message: Message) -> None:
        """Delete a message. Bots get no update about it."""
        self.store.remove(chat, message["message_id"])

    def react(self, message: Message, sender: User, *emoji: str) -> None:
        """Set a person's reactions to a message; without emoji, take them back.

        As at Telegram, the bot gets an update if it asked for such updates, and in groups and channels only if it is an
        admin. An anonymous admin reacts in the name of the group. Reactions to a channel's posts name nobody, and this
        server has no update for them.

        Raises:
            ValueError: Telegram has no such reaction.
        """
        if not REACTIONS.issuperset(emoji):
            raise ValueError(f"expected emoji that Telegram allows as reactions. Received: {emoji}")
        chat = self.store.chats[message["chat"]["id"]]
        is_anonymous = sender is self.anonymous
        before = react(self.store.feed, chat, message, chat.id if is_anonymous else sender.id, list(emoji))
        if chat.type == "channel" or not (chat.type == "private" or chat.has_admin(self.bot)):
            return
        actor = {"actor_chat": chat.to_api()} if is_anonymous else {"user": sender.to_api()}
        change = {"chat": chat.to_api(), "message_id": message["message_id"], "date": int(time.time()), **actor}
        old_and_new = {"old_reaction": reaction_types(before), "new_reaction": reaction_types(list(emoji))}
        self.store.updates.add("message_reaction", change | old_and_new)

    async def press(
        self, message: Message, callback_data: str, sender: User, *, timeout_s: float = 10
    ) -> CallbackAnswer:
        """Press a button of a message, and wait for the bot's answer to the callback query.

        If the message was deleted meanwhile, the bot gets only the chat and the id of the message.

        Raises:
            ValueError: the message has no button with this callback data.
            TimeoutError: the bot did not answer in time.
        """
        rows = message.get("reply_markup", {}).get("inline_keyboard", [])
        if not any(button.get("callback_data") == callback_data for row in rows for button in row):
            raise ValueError(f"expected the callback data of one of {rows}. Received: {callback_data!r}")
        return await self.forge_callback(message, callback_data, sender, timeout_s=timeout_s)

    async def forge_callback(
        self, message: Message, callback_data: str, sender: User, *, timeout_s: float = 10
    ) -> CallbackAnswer:
        """Send a callback query with any data, as a modified app can, and wait for the bot's answer.

        Raises:
            TimeoutError: the bot did not answer in time.
        """
        query_id = str(next(self._query_ids))
        chat = self.store.chats[message["chat"]["id"]]
        answer: asyncio.Future[CallbackAnswer] = asyncio.get_running_loop().create_future()
        self.store.callback_queries[query_id] = PendingQuery(chat.id, sender.id, time.monotonic(), answer)
        query = {
            "id": query_id,
            "from": sender.to_api(),
            "message": chat.messages.get(message["message_id"], inaccessible(chat, message["message_id"])),
            "chat_instance": str(chat.id),
            "data": callback_data,
        }
        self.store.updates.add("callback_query", query)
        async with asyncio.timeout(timeout_s):
            return await answer

    # Messages that people see

    def messages(self, chat: Chat) -> list[Message]:
        """Return the messages of a chat, oldest first."""
        return list(chat.messages.values())

    def reactions(self, message: Message) -> list[str]:
        """Return the emoji of the bot's reactions to a message."""
        return self.store.chats[message["chat"]["id"]].reactions.get(message["message_id"], {}).get(self.bot.id, [])

    def subscribe(self) -> AbstractContextManager[Subscription]:
        """Subscribe to events: `with simulation.subscribe() as events: async for event in events`."""
        return self.store.feed.subscribe()

    async def wait_for(self, predicate: Callable[[], T], timeout_s: float = 10) -> T:
        """Wait until `predicate()` is true, and return its value. The predicate is evaluated after every event.

        Raises:
            TimeoutError: the predicate did not become true in time.
        """
        return await self.store.feed.wait_for(predicate, timeout_s)

    def replies(self, message: Message) -> list[Message]:
        """Return the bot's messages that quote `message`, or that answer it without a quote; see `replies.py`."""
        chat = self.store.chats[message["chat"]["id"]]
        return list(self.store.replies.to(chat, message, self.bot.id))

    async def wait_for_reply(self, message: Message, timeout_s: float = 10) -> Message:
        """Wait for the first of the bot's `replies` to a message.

        Raises:
            TimeoutError: no reply came in time.
        """
        chat = self.store.chats[message["chat"]["id"]]
        return await self.store.replies.wait(chat, message, self.bot.id, timeout_s)


def inaccessible(chat: Chat, message_id: int) -> Message:
    return {"chat": chat.to_api(), "message_id": message_id, "date": 0}


def album_content(media_group_id: str | None) -> dict[str, Any]:
    return {} if media_group_id is None else {"media_group_id": media_group_id}
