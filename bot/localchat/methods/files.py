"""File paths for downloads."""

from __future__ import annotations

from typing import Any

from bot.localchat.errors import bad_request
from bot.localchat.parameters import Parameters
from bot.localchat.store import ChatStore

# Bots cannot download larger files from Telegram.
MAX_DOWNLOAD_BYTES = 20 * 1024 * 1024


async def get_file(store: ChatStore, parameters: Parameters) -> dict[str, Any]:
    file_id = parameters.text("file_id")
    if not file_id:
        raise bad_request("file_id not specified")
    stored = store.files.find(file_id)
    if stored is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    if len(stored.data) > MAX_DOWNLOAD_BYTES:
        raise bad_request("file is too big")
    return {
        "file_id": file_id,
        "file_unique_id": stored.unique_id,
        "file_size": len(stored.data),
        "file_path": stored.path,
    }
