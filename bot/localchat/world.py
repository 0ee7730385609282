"""The people's side of the local Telegram: what users do, and what they see. Synchronous and in memory."""

from __future__ import annotations

import asyncio
import io
import itertools
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from PIL import Image

from bot.localchat.callbacks import CallbackAnswer, PendingQuery
from bot.localchat.chats import ANONYMOUS_ADMIN_ID, Chat, User
from bot.localchat.entities import find_entities
from bot.localchat.feed import Subscription
from bot.localchat.journal import Call
from bot.localchat.store import ChatStore, Message, quotable

T = TypeVar("T")


class World:
    """A small Telegram with one bot in it.

    Attributes:
        bot: The bot's account.
        alice: A member of `group`.
        boss: The creator of `group`.
        anonymous: As the sender of a message: an admin of the chat who hides behind it.
        private: Alice's chat with the bot.
        group: A supergroup of Alice, the boss and the bot, which is an ordinary member.
        calls: Every call that the bot made, oldest first.
        store: The state that the Bot API methods work on.
    """

    def __init__(self) -> None:
        self.bot = User(7_000_000_001, "Labelbot", "labelbot_local_bot", is_bot=True)
        self.store = ChatStore(self.bot)
        self.calls: list[Call] = []
        self._user_ids = itertools.count(100_000_001)
        self._group_ids = itertools.count(1)
        self._query_ids = itertools.count(4_000_000_000_000_001)
        self.anonymous = User(ANONYMOUS_ADMIN_ID, "Group", "GroupAnonymousBot", is_bot=True)
        self.alice = self.add_user("Alice", username="alice", language_code="en")
        self.boss = self.add_user("Boss", username="boss", language_code="en")
        self.private = self.add_private_chat(self.alice)
        self.group = self.add_group("Photo club", creator=self.boss, members=(self.alice,))

    # Who and where

    def add_user(
        self, first_name: str, *, username: str | None = None, last_name: str | None = None, language_code: str = "en"
    ) -> User:
        user = User(next(self._user_ids), first_name, username, last_name, language_code)
        self.store.users[user.id] = user
        return user

    def add_private_chat(self, user: User) -> Chat:
        chat = Chat(user.id, "private", None, user.username, user.first_name, user.last_name)
        chat.statuses = {user.id: "member", self.bot.id: "member"}
        self.store.chats[chat.id] = chat
        return chat

    def add_group(
        self,
        title: str,
        *,
        creator: User,
        members: tuple[User, ...] = (),
        basic: bool = False,
        is_forum: bool = False,
        with_bot: bool = True,
    ) -> Chat:
        """Adds a supergroup, or a basic group, in which the bot is an ordinary member."""
        number = next(self._group_ids)
        chat = Chat(-number if basic else -1_001_000_000_000 - number, "group" if basic else "supergroup", title)
        chat.is_forum = is_forum
        return self._settle(chat, creator, members, "member" if with_bot else "left")

    def add_channel(self, title: str, *, creator: User, username: str | None = None) -> Chat:
        """Adds a channel in which the bot is an admin."""
        chat = Chat(-1_001_000_000_000 - next(self._group_ids), "channel", title, username)
        return self._settle(chat, creator, (), "administrator")

    def _settle(self, chat: Chat, creator: User, members: tuple[User, ...], bot_status: Any) -> Chat:
        chat.statuses = {creator.id: "creator", **{member.id: "member" for member in members}}
        chat.statuses[self.bot.id] = bot_status
        self.store.chats[chat.id] = chat
        return chat

    # What people send

    def send_text(
        self, chat: Chat, sender: User, text: str, *, reply_to: Message | None = None, thread_id: int | None = None
    ) -> Message:
        content: dict[str, Any] = {"text": text}
        if entities := find_entities(text):
            content["entities"] = entities
        return self._send(chat, sender, content, reply_to, thread_id)

    def send_photo(
        self,
        chat: Chat,
        sender: User,
        data: bytes,
        *,
        caption: str = "",
        reply_to: Message | None = None,
        media_group_id: str | None = None,
        thread_id: int | None = None,
    ) -> Message:
        """Sends a photo. The first time for a content this does Pillow work: see `prepare_photo`.

        Raises:
            PhotoRefused: Telegram would not take the bytes as a photo.
        """
        content = {"photo": self.store.files.photo(data), **_caption(caption)}
        if media_group_id is not None:
            content["media_group_id"] = media_group_id
        return self._send(chat, sender, content, reply_to, thread_id)

    async def prepare_photo(self, data: bytes) -> None:
        """Makes a photo's sizes in a thread, so that `send_photo` of the same bytes never holds up the loop."""
        await self.store.files.prepare_photo(data)

    def send_document(
        self,
        chat: Chat,
        sender: User,
        data: bytes,
        *,
        file_name: str,
        mime_type: str,
        caption: str = "",
        reply_to: Message | None = None,
        thread_id: int | None = None,
    ) -> Message:
        stored = self.store.files.put(data, "document", "documents", "." + file_name.rpartition(".")[2])
        document = {"file_name": file_name, "mime_type": mime_type, **self.store.files.reference(stored)}
        return self._send(chat, sender, {"document": document, **_caption(caption)}, reply_to, thread_id)

    def send_sticker(self, chat: Chat, sender: User, data: bytes, *, emoji: str = "🙂") -> Message:
        """Sends a static sticker, a WebP or PNG image."""
        with Image.open(io.BytesIO(data)) as image:
            width, height = image.size
        sticker = {
            **self.store.files.reference(self.store.files.put(data, "sticker", "stickers", ".webp")),
            "type": "regular",
            "width": width,
            "height": height,
            "is_animated": False,
            "is_video": False,
            "emoji": emoji,
        }
        return self._send(chat, sender, {"sticker": sticker}, None, None)

    def _send(
        self, chat: Chat, sender: User, content: dict[str, Any], reply_to: Message | None, thread_id: int | None
    ) -> Message:
        if reply_to is not None:
            content["reply_to_message"] = quotable(reply_to)
        if thread_id is not None:
            content |= {"message_thread_id": thread_id, "is_topic_message": True}
        return self.store.post(chat, self._author(chat, sender), content)

    def _author(self, chat: Chat, sender: User) -> dict[str, Any]:
        if chat.type == "channel":
            return {"sender_chat": chat.to_api()}
        author = {"from": sender.to_api()}
        if sender is self.anonymous:
            author["sender_chat"] = chat.to_api()
        return author

    # What people do with messages

    def edit_text(self, chat: Chat, message: Message, text: str) -> Message:
        revised = {name: value for name, value in message.items() if name != "entities"} | {"text": text}
        if entities := find_entities(text):
            revised["entities"] = entities
        return self.store.revise(chat, revised, by_bot=False)

    def edit_caption(self, chat: Chat, message: Message, caption: str) -> Message:
        kept = {name: value for name, value in message.items() if name not in ("caption", "caption_entities")}
        return self.store.revise(chat, kept | _caption(caption), by_bot=False)

    async def press(
        self, message: Message, callback_data: str, sender: User, *, timeout_s: float = 10
    ) -> CallbackAnswer:
        """Presses a button and waits for the bot's answer.

        Raises:
            TimeoutError: The bot did not answer in time.
        """
        query_id = str(next(self._query_ids))
        chat = self.store.chats[message["chat"]["id"]]
        answer: asyncio.Future[CallbackAnswer] = asyncio.get_running_loop().create_future()
        self.store.callback_queries[query_id] = PendingQuery(chat.id, sender.id, time.monotonic(), answer)
        self.store.updates.add(
            "callback_query",
            {
                "id": query_id,
                "from": sender.to_api(),
                "message": chat.messages[message["message_id"]],
                "chat_instance": str(chat.id),
                "data": callback_data,
            },
        )
        async with asyncio.timeout(timeout_s):
            return await answer

    # What people see

    def messages(self, chat: Chat) -> list[Message]:
        """The messages of a chat, oldest first."""
        return list(chat.messages.values())

    def subscribe(self) -> AbstractContextManager[Subscription]:
        """Watches all that happens from now on: `with world.subscribe() as events: async for event in events`."""
        return self.store.feed.subscribe()

    async def wait_for(self, predicate: Callable[[], T], timeout_s: float = 10) -> T:
        """Waits until `predicate()` is true and returns its value; it is asked again after everything that happens.

        Raises:
            TimeoutError: It did not become true in time.
        """
        return await self.store.feed.wait_for(predicate, timeout_s)

    async def wait_for_reply(self, message: Message, timeout_s: float = 10) -> Message:
        """Waits for the bot's first message that quotes `message`, or that follows it and quotes nothing.

        Raises:
            TimeoutError: None came in time.
        """
        reply = await self.wait_for(lambda: self._reply_to(message), timeout_s)
        assert reply is not None
        return reply

    def _reply_to(self, message: Message) -> Message | None:
        chat = self.store.chats[message["chat"]["id"]]
        for message_id, candidate in chat.messages.items():
            if message_id <= message["message_id"] or candidate.get("from", {}).get("id") != self.bot.id:
                continue
            quoted = candidate.get("reply_to_message")
            if quoted is None or quoted["message_id"] == message["message_id"]:
                return candidate
        return None


def _caption(caption: str) -> dict[str, Any]:
    if not caption:
        return {}
    entities = find_entities(caption)
    return {"caption": caption, **({"caption_entities": entities} if entities else {})}
