"""Delivery of updates to the bot's webhook."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.localchat.updates import UpdateQueue

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header, no secret
# Pause before a failed update is sent again; it doubles with each failure.
FIRST_RETRY_S = 0.1
MAX_RETRY_S = 60.0
ANSWER_TIMEOUT_S = 60.0


@dataclass(slots=True)
class Webhook:
    """The webhook's address, and its last error (`last_error_date` in seconds since 1970)."""

    url: str
    secret_token: str = ""
    max_connections: int = 40
    last_error: str = ""
    last_error_date: int = 0


class WebhookDelivery:
    """Delivers the queued updates to the webhook in order. Each update is sent again until the webhook accepts it.

    Attributes:
        webhook: Current webhook; None while the bot polls.
    """

    def __init__(self, updates: UpdateQueue) -> None:
        self.webhook: Webhook | None = None
        self._updates = updates
        self._task: asyncio.Task[None] | None = None

    async def set(self, webhook: Webhook | None) -> None:
        """Sets or replaces the webhook; None ends delivery."""
        self.webhook = webhook
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._task = asyncio.create_task(self._deliver(webhook)) if webhook is not None else None

    async def _deliver(self, webhook: Webhook) -> None:
        headers = {SECRET_HEADER: webhook.secret_token} if webhook.secret_token else {}
        timeout = aiohttp.ClientTimeout(total=ANSWER_TIMEOUT_S)
        async with aiohttp.ClientSession(headers=headers, timeout=timeout) as session:
            retry_s = FIRST_RETRY_S
            while True:
                await self._updates.wait_for_arrival()
                update = self._updates.pending[0]
                if error := await _post(session, webhook.url, update):
                    webhook.last_error, webhook.last_error_date = error, int(time.time())
                    await asyncio.sleep(retry_s)
                    retry_s = min(2 * retry_s, MAX_RETRY_S)
                else:
                    self._updates.confirm(update["update_id"] + 1)
                    retry_s = FIRST_RETRY_S


async def _post(session: aiohttp.ClientSession, url: str, update: dict[str, Any]) -> str:
    """Posts one update; returns Telegram's description of the error, empty on success."""
    try:
        async with session.post(url, json=update) as response:
            return "" if response.ok else f"Wrong response from the webhook: {response.status} {response.reason}"
    except TimeoutError:
        return "Read timeout expired"
    except aiohttp.ClientConnectorError:
        return "Connection refused"
    except aiohttp.ClientError:
        return "Connection closed"
