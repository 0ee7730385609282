"""The library's bot, with a typed error for responses that cannot be read."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from telegram import Chat, ChatFullInfo, ChatMember, InaccessibleMessage, TelegramObject, User, WebhookInfo
from telegram.ext import ExtBot

from bot.transport.http import TooLarge, UnreadableResult
from bot.transport.idempotency import MessageRecord
from bot.transport.objects import Unreadable, is_id, read
from bot.transport.partial_json import first_item

# Type of the result of each method whose result the bot reads.
RESULTS: dict[str, type[TelegramObject]] = {
    "getMe": User,
    "getChat": ChatFullInfo,
    "getWebhookInfo": WebhookInfo,
    "getChatMember": ChatMember,
}
# Fields that the bot needs, with their types.
NEEDED: dict[type[TelegramObject], tuple[tuple[str, type], ...]] = {
    User: (("id", int), ("username", str)),
    ChatFullInfo: (("id", int), ("type", str)),
    WebhookInfo: (("url", str),),
    ChatMember: (("status", str),),
}


class TelegramBot(ExtBot[MessageRecord]):
    """Makes calls to the Bot API.

    Methods that send a message return it with only its chat, id and text. Methods that change a message return True.
    """

    async def raw_updates(
        self,
        *,
        offset: int | None,
        limit: int,
        timeout_s: int,
        allowed_updates: Sequence[str] | None = None,
        **timeouts: float,
    ) -> list[object]:
        """Fetch updates as raw JSON, so that an unreadable update does not affect the other updates.

        Args:
            offset: id of the first update to fetch; earlier updates are confirmed.
            limit: maximum number of updates.
            timeout_s: seconds that Telegram holds the call while there are no updates.
            allowed_updates: kinds of updates.
            timeouts: the same timeouts as in the library's other methods.

        Returns:
            The objects of the response, with an `UnreadItem` in place of each unreadable object.

        Raises:
            TooLarge: the updates are too large together, or a single update is too large and its id cannot be read.
            TelegramError: the call failed, or its response cannot be read.
        """
        data = {"offset": offset, "limit": limit, "timeout": timeout_s, "allowed_updates": allowed_updates}
        timeouts.setdefault("read_timeout", (self.request.read_timeout or 0) + timeout_s)
        given = {name: value for name, value in data.items() if value is not None}
        try:
            result = await self._do_post("getUpdates", given, **timeouts)
        except TooLarge as error:
            alone = first_item(error.beginning, "it is larger than a response may be") if limit == 1 else None
            if alone is None:
                raise
            return [alone]
        if not isinstance(result, list):
            raise _unreadable("getUpdates", Unreadable(f"expected a list. Received: {type(result).__name__}"))
        return list(result)

    async def say(
        self, chat_id: int, text: str, *, rate_limit_args: MessageRecord | None = None, **parameters: object
    ) -> InaccessibleMessage:
        """Send a text. Unlike `send_message`, it makes no object of the hundred fields of the sent message.

        Args:
            chat_id: chat to send to.
            text: text of the message.
            rate_limit_args: idempotency record of the message.
            parameters: the other parameters of the Bot API's sendMessage.

        Returns:
            The sent message: its chat and its id.

        Raises:
            TelegramError: the call failed, or its response cannot be read.
        """
        data = {"chat_id": chat_id, "text": text, **parameters}
        sent = await self._post("sendMessage", data, api_kwargs=self._merge_api_rl_kwargs(None, rate_limit_args))
        return InaccessibleMessage(Chat(sent["chat"]["id"], sent["chat"]["type"]), sent["message_id"])

    async def file_path(self, file_id: str) -> str:
        """Return the path of a file: relative on the server, or absolute on the server's disk.

        The path itself is not checked. Unlike `get_file`, the method makes no object of the file, and looks for no
        file of this name on this machine.

        Raises:
            TelegramError: the call failed, or its response cannot be read.
        """
        file = await self._post("getFile", {"file_id": file_id})
        return str(file["file_path"])

    async def _do_post(self, endpoint: str, data: dict[str, Any], **timeouts: Any) -> Any:
        """Make a call. All methods of the library use this method.

        Raises:
            UnreadableResult: the call was carried out, but its result cannot be read.
        """
        result = await super()._do_post(endpoint, data, **timeouts)
        try:
            if endpoint.startswith("edit"):
                return True
            if endpoint in ("sendMessage", "sendPhoto"):
                return _sent(result)
            if endpoint == "sendMediaGroup":
                return [_sent(message) for message in _list(result)]
            if endpoint == "getFile":
                _check_file(result)
            elif endpoint in RESULTS:
                _check(RESULTS[endpoint], result)
            elif endpoint == "getChatAdministrators":
                _check_list(ChatMember, result)
        except Unreadable as error:
            raise _unreadable(endpoint, error) from None
        return result


def _sent(message: Any) -> dict[str, Any]:
    """Reduce a sent message to the fields that the bot needs."""
    chat = message.get("chat") if isinstance(message, dict) else None
    if not isinstance(chat, dict) or not is_id(chat.get("id")) or not is_id(message.get("message_id")):
        raise Unreadable("expected a message with an id, in a chat with an id")
    return {
        "message_id": message["message_id"],
        "date": int(time.time()),
        "chat": {"id": chat["id"], "type": str(chat.get("type"))},
        "text": str(message.get("text")),
    }


def _check_file(result: object) -> None:
    """Check a file without reading it with the library, which reads it next: each photo has one."""
    for name in ("file_id", "file_unique_id", "file_path"):
        if not isinstance(result, dict) or not isinstance(result.get(name), str):
            raise Unreadable(f"expected {name}")


def _check(kind: type[TelegramObject], result: object) -> None:
    found = read(kind, result)
    for name, target in NEEDED[kind]:
        if not isinstance(getattr(found, name, None), target):
            raise Unreadable(f"expected {name}")
    user = found if isinstance(found, User) else getattr(found, "user", None)
    if isinstance(user, User) and not is_id(user.id):
        raise Unreadable("expected the id of a person")


def _check_list(kind: type[TelegramObject], result: object) -> None:
    for item in _list(result):
        _check(kind, item)


def _list(result: object) -> list[Any]:
    if not isinstance(result, list):
        raise Unreadable(f"expected a list. Received: {type(result).__name__}")
    return result


def _unreadable(endpoint: str, error: Unreadable) -> UnreadableResult:
    return UnreadableResult(f"the response to {endpoint} cannot be read: {error}")
