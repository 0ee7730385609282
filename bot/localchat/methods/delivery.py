"""How updates reach the bot."""

from __future__ import annotations

from typing import Any

from bot.localchat.parameters import Parameters
from bot.localchat.store import ChatStore
from bot.localchat.updates import MAX_BATCH, MAX_TIMEOUT_S


async def get_updates(store: ChatStore, parameters: Parameters) -> list[dict[str, Any]]:
    if (allowed := parameters.json("allowed_updates", "allowed updates")) is not None:
        store.updates.allow(allowed)
    return await store.updates.poll(
        offset=parameters.integer("offset"),
        limit=min(max(parameters.integer("limit", MAX_BATCH), 1), MAX_BATCH),
        timeout_s=min(parameters.integer("timeout"), MAX_TIMEOUT_S),
    )


async def delete_webhook(store: ChatStore, parameters: Parameters) -> bool:
    if parameters.boolean("drop_pending_updates"):
        store.updates.pending.clear()
    return True
