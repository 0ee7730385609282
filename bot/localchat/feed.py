"""The events of the chats, as a stream for the chat page and the tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

EventKind = Literal["message", "edited", "deleted", "chat_action", "reaction", "callback_answer", "chat", "call"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Event:
    """An event.

    Attributes:
        kind: kind of the event. The data of "message" and "edited" is a Message. "deleted" has `message_id`, "reaction"
            has `message_id` and `reaction`, and "chat_action" has `action`. "callback_answer" has `callback_query_id`,
            `user_id`, `text`, `show_alert` and `url`. "chat" means that the chat itself or its members changed. "call"
            means that the bot called a method or got the answer: `chat_id` is 0, and the data has `method` and
            `status`, which is 0 before the answer.
        chat_id: id of the event's chat.
        data: data ready for JSON. The store uses the same object, so do not change it.
    """

    kind: EventKind
    chat_id: int
    data: dict[str, Any]


class Subscription:
    """The events since the subscription was opened, oldest first."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[Event] = asyncio.Queue()

    def push(self, event: Event) -> None:
        self._events.put_nowait(event)

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        return await self._events.get()


class Feed:
    """Passes every event to all subscriptions."""

    def __init__(self) -> None:
        self._subscriptions: list[Subscription] = []
        self._waiters: set[asyncio.Future[None]] = set()

    def publish(self, kind: EventKind, chat_id: int, data: dict[str, Any]) -> None:
        if self._subscriptions:
            event = Event(kind, chat_id, data)
            for subscription in self._subscriptions:
                subscription.push(event)
        waiters, self._waiters = self._waiters, set()
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    @contextmanager
    def subscribe(self) -> Iterator[Subscription]:
        """Open a subscription: `with feed.subscribe() as events: async for event in events: ...`."""
        subscription = Subscription()
        self._subscriptions.append(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.remove(subscription)

    async def wait_for(self, predicate: Callable[[], T], timeout_s: float) -> T:
        """Wait until `predicate()` is true, and return its value. The predicate is evaluated after every event.

        Raises:
            TimeoutError: the predicate did not become true in time.
        """
        async with asyncio.timeout(timeout_s):
            while not (value := predicate()):
                waiter = asyncio.get_running_loop().create_future()
                self._waiters.add(waiter)
                try:
                    await waiter
                finally:
                    self._waiters.discard(waiter)
            return value
