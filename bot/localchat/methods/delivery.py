"""Delivery of updates to the bot: long polling and webhook."""

from __future__ import annotations

import re
import ssl
from typing import Any
from urllib.parse import urlsplit

from bot.localchat.errors import bad_request, conflict
from bot.localchat.parameters import Parameters
from bot.localchat.store import ChatStore
from bot.localchat.updates import MAX_BATCH, MAX_TIMEOUT_S
from bot.localchat.webhook import MAX_CONNECTIONS as DEFAULT_CONNECTIONS
from bot.localchat.webhook import Webhook

MAX_CONNECTIONS = 100
MAX_SECRET_LENGTH = 256
_SECRET = re.compile(r"[A-Za-z0-9_-]*")


async def get_updates(store: ChatStore, parameters: Parameters) -> list[dict[str, Any]]:
    if store.webhook_delivery.webhook is not None:
        raise conflict(
            "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
        )
    _allow(store, parameters)
    return await store.updates.poll(
        offset=parameters.integer("offset"),
        limit=_within(parameters.integer("limit", MAX_BATCH), 1, MAX_BATCH),
        timeout_s=_within(parameters.integer("timeout"), 0, MAX_TIMEOUT_S),
    )


async def set_webhook(store: ChatStore, parameters: Parameters) -> bool:
    """Set a webhook. Plain http is allowed, as in Telegram's own server in local mode."""
    url = parameters.text("url")
    if not url:
        return await delete_webhook(store, parameters)
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise bad_request("invalid webhook URL specified")
    secret_token = parameters.text("secret_token")
    if len(secret_token) > MAX_SECRET_LENGTH:
        raise bad_request("secret token is too long")
    if not _SECRET.fullmatch(secret_token):
        raise bad_request("secret token contains unallowed characters")
    if parameters.boolean("drop_pending_updates"):
        store.updates.pending.clear()
    _allow(store, parameters)
    store.updates.interrupt("terminated by setWebhook request")
    connections = _within(parameters.integer("max_connections", DEFAULT_CONNECTIONS), 1, MAX_CONNECTIONS)
    await store.webhook_delivery.set(Webhook(url, secret_token, connections, _certificate(parameters)))
    return True


async def delete_webhook(store: ChatStore, parameters: Parameters) -> bool:
    if parameters.boolean("drop_pending_updates"):
        store.updates.pending.clear()
    await store.webhook_delivery.set(None)
    return True


async def get_webhook_info(store: ChatStore, _: Parameters) -> dict[str, Any]:
    webhook = store.webhook_delivery.webhook or Webhook(url="")
    info: dict[str, Any] = {
        "url": webhook.url,
        "has_custom_certificate": bool(webhook.certificate),
        "pending_update_count": len(store.updates.pending),
    }
    if webhook.url:
        info["max_connections"] = webhook.max_connections
    if store.updates.allowed:
        info["allowed_updates"] = sorted(store.updates.allowed)
    if webhook.last_error:
        info |= {"last_error_date": webhook.last_error_date, "last_error_message": webhook.last_error}
    return info


def _certificate(parameters: Parameters) -> str:
    upload = parameters.uploads.get("certificate")
    if upload is None:
        return ""
    try:
        pem = upload.data.decode()
        ssl.create_default_context(cadata=pem)
    except (ValueError, ssl.SSLError):
        raise bad_request("bad webhook: can't load certificate") from None
    return pem


def _allow(store: ChatStore, parameters: Parameters) -> None:
    """Set the requested kinds of updates, if the call names the kinds."""
    kinds = parameters.json("allowed_updates", "allowed updates")
    if isinstance(kinds, list):
        store.updates.allow(kind for kind in kinds if isinstance(kind, str))


def _within(value: int, lowest: int, highest: int) -> int:
    return min(max(value, lowest), highest)
