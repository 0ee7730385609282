"""The webhook: where Telegram delivers updates."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Literal, TypeAlias

import structlog
from aiohttp import web

from bot import logs
from bot.domain.web_addresses import WebhookAddress
from bot.storage.engine import StorageError
from bot.transport.partial_json import UnreadItem
from bot.transport.webhook import NoRoom, Webhook
from bot.web.body import read_body
from bot.web.error_boundary import problem

log = structlog.get_logger()

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 -- the name of a header, no secret
# Updates are a few kilobytes; the longest texts with all their entities are some hundred.
MAX_UPDATE_BYTES = 4 * 2**20
# Seconds after which Telegram is to send an update again that could not be taken.
AGAIN_AFTER_S = 2
# Seconds between two log lines about wrong secrets.
LOG_PERIOD_S = 60.0

Outcome: TypeAlias = Literal["stored", "refused", "unreadable", "busy"]


class WebhookRoute:
    """Answers Telegram's deliveries.

    Args:
        address: address of the webhook, with its secret.
        record: function that counts a request by its outcome.

    Attributes:
        webhook: takes the updates; None until the bot has started.
    """

    webhook: Webhook | None

    def __init__(self, address: WebhookAddress, record: Callable[[Outcome], None]) -> None:
        self.webhook = None
        self._path = address.path
        self._secret = address.secret.encode()
        self._record = record
        self._log_at_s = 0.0

    def route(self) -> web.RouteDef:
        """Return the route."""
        return web.post(self._path, self._deliver)

    async def _deliver(self, request: web.Request) -> web.Response:
        given = request.headers.get(SECRET_HEADER, "").encode(errors="surrogateescape")
        if not hmac.compare_digest(given, self._secret):
            self._record("refused")
            self._log_refusal(request)
            return problem(HTTPStatus.FORBIDDEN)
        body = await read_body(request, max_bytes=MAX_UPDATE_BYTES)
        try:
            item: object = json.loads(body)
        except ValueError:
            self._record("unreadable")
            log.error("a delivery to the webhook is not JSON", size_bytes=len(body))
            return problem(HTTPStatus.BAD_REQUEST, "expected an update as JSON")
        except RecursionError:
            item = UnreadItem(None, None, "it is nested too deeply")
        return await self._take(item)

    async def _take(self, item: object) -> web.Response:
        # The log leaves out the words of an update, also those in the text of an error.
        logs.current_update.set(item if isinstance(item, dict) else None)
        try:
            if self.webhook is None:
                raise NoRoom("the bot starts")
            await self.webhook.receive(item)
        except (NoRoom, StorageError) as error:
            self._record("busy")
            log.warning("an update is left to Telegram for now", reason=str(error))
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, headers={"Retry-After": str(AGAIN_AFTER_S)})
        finally:
            logs.current_update.set(None)
        self._record("stored")
        return web.Response()

    def _log_refusal(self, request: web.Request) -> None:
        now_s = time.monotonic()
        if now_s >= self._log_at_s:
            self._log_at_s = now_s + LOG_PERIOD_S
            log.warning("a request to the webhook has a wrong secret", client=request.remote)
