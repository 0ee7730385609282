"""Delivery of updates to the bot's webhook, as Telegram's server does it (WebhookActor.cpp of telegram-bot-api).

The updates of a chat are delivered one after another, each until the webhook accepts it. The updates of other chats do
not wait for them: up to `max_connections` are under way at once.
"""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from collections import deque
from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.localchat.updates import UpdateQueue

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header, no secret
# Seconds that are doubled for the pause before each repetition of a failed update, but the first, which comes at once.
FIRST_RETRY_S = 1.0
MAX_RETRY_S = 60.0
# Longest pause in seconds that the webhook may ask for.
MAX_RETRY_AFTER_S = 3600.0
ANSWER_TIMEOUT_S = 60.0
MAX_CONNECTIONS = 40


@dataclass(slots=True)
class Webhook:
    """The webhook's address, and its last error (`last_error_date` in seconds since 1970).

    Attributes:
        certificate: Self-signed certificate in PEM that the bot uploaded; empty if there is none.
    """

    url: str
    secret_token: str = ""
    max_connections: int = MAX_CONNECTIONS
    certificate: str = ""
    last_error: str = ""
    last_error_date: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed delivery.

    Attributes:
        error: Telegram's description of the error.
        retry_after_s: pause in seconds that the webhook asks for; 0 for none.
    """

    error: str
    retry_after_s: float = 0.0


class WebhookDelivery:
    """Delivers the queued updates to the webhook.

    Attributes:
        webhook: current webhook; None while the bot polls.
        first_retry_s: half of the pause before the second repetition, in seconds. Telegram's is `FIRST_RETRY_S`.
    """

    def __init__(self, updates: UpdateQueue) -> None:
        self.webhook: Webhook | None = None
        self.first_retry_s = FIRST_RETRY_S
        self._updates = updates
        self._task: asyncio.Task[None] | None = None

    async def set(self, webhook: Webhook | None) -> None:
        """Set or replace the webhook; None ends delivery."""
        self.webhook = webhook
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._task = asyncio.create_task(self._deliver(webhook)) if webhook is not None else None

    async def _deliver(self, webhook: Webhook) -> None:
        headers = {SECRET_HEADER: webhook.secret_token} if webhook.secret_token else {}
        connector = aiohttp.TCPConnector(limit=webhook.max_connections, ssl=_trust(webhook))
        timeout = aiohttp.ClientTimeout(total=ANSWER_TIMEOUT_S)
        async with (
            aiohttp.ClientSession(connector=connector, headers=headers, timeout=timeout) as session,
            asyncio.TaskGroup() as group,
        ):
            connections = asyncio.Semaphore(webhook.max_connections)
            queues: dict[Hashable, deque[dict[str, Any]]] = {}
            newest_id = 0
            while True:
                for update in await self._updates.after(newest_id):
                    newest_id = update["update_id"]
                    key = _queue_of(update)
                    if key in queues:
                        queues[key].append(update)
                    else:
                        queues[key] = deque([update])
                        group.create_task(self._deliver_queue(webhook, session, connections, queues, key))

    async def _deliver_queue(
        self,
        webhook: Webhook,
        session: aiohttp.ClientSession,
        connections: asyncio.Semaphore,
        queues: dict[Hashable, deque[dict[str, Any]]],
        key: Hashable,
    ) -> None:
        """Deliver the updates of one queue, in their order, until it is empty."""
        queue = queues[key]
        while queue:
            retry_s, failures = self.first_retry_s, 0
            while True:
                async with connections:
                    failure = await _post(session, webhook.url, queue[0])
                if failure is None:
                    break
                webhook.last_error, webhook.last_error_date = failure.error, int(time.time())
                pause_s = failure.retry_after_s
                if not pause_s and failures:
                    pause_s = retry_s = min(2 * retry_s, random.uniform(MAX_RETRY_S, 2 * MAX_RETRY_S))
                failures += 1
                await asyncio.sleep(pause_s)
            self._updates.forget(queue.popleft())
        del queues[key]


def _queue_of(update: dict[str, Any]) -> Hashable:
    """Return what updates share that must stay in their order: the chat of messages, the person of other updates."""
    kind, content = next(((name, value) for name, value in update.items() if name != "update_id"), ("", {}))
    match content:
        case {"chat": {"id": chat_id}}:
            return "chat", chat_id
        case {"from": {"id": user_id}}:
            return kind, user_id
    return "alone", update["update_id"]


def _trust(webhook: Webhook) -> ssl.SSLContext | bool:
    return ssl.create_default_context(cadata=webhook.certificate) if webhook.certificate else True


async def _post(session: aiohttp.ClientSession, url: str, update: dict[str, Any]) -> Failure | None:
    """Post one update."""
    try:
        async with session.post(url, json=update, allow_redirects=False) as response:
            if 200 <= response.status < 300:
                return None
            asked = response.headers.get("Retry-After", "")
            retry_after_s = min(float(asked), MAX_RETRY_AFTER_S) if asked.isdecimal() else 0.0
            return Failure(f"Wrong response from the webhook: {response.status} {response.reason}", retry_after_s)
    except TimeoutError:
        return Failure("Read timeout expired")
    except aiohttp.ClientConnectorCertificateError:
        return Failure("SSL error {error:0A000086:SSL routines::certificate verify failed}")
    except aiohttp.ClientConnectorError:
        return Failure("Connection refused")
    except aiohttp.ClientError:
        return Failure("Connection closed")
