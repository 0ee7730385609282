from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from bot.localchat.server import MAX_BODY_BYTES, LocalChatServer
from bot.localchat.simulation import Simulation
from tests.support.bot_api import RawBot


@pytest.mark.parametrize(
    ("path", "status", "description"),
    [
        ("/bot1:wrong/getMe", 401, "Unauthorized"),
        ("/bot{token}/getEverything", 404, "Not Found"),
        ("/bot1:wrong/getEverything", 401, "Unauthorized"),
    ],
)
async def test_wrong_tokens_and_unknown_methods(
    server: LocalChatServer, bot: RawBot, path: str, status: int, description: str
) -> None:
    async with bot.session.get(server.api_url + path.format(token=server.token)) as response:
        assert response.status == status
        assert await response.json() == {"ok": False, "error_code": status, "description": description}


@pytest.mark.parametrize("way", ["query", "form", "multipart", "json", "json with strings"])
async def test_parameters_arrive_in_every_encoding(sim: Simulation, bot: RawBot, way: str) -> None:
    entities = [{"type": "bold", "offset": 0, "length": 1}]
    text = {"chat_id": str(sim.private.id), "text": "ü🦜", "entities": json.dumps(entities), "timeout": ""}
    requests: dict[str, dict[str, Any]] = {
        "query": {"params": text},
        "form": {"data": text},
        "multipart": {"data": aiohttp.FormData(text, default_to_multipart=True)},
        "json": {"json": {"chat_id": sim.private.id, "text": "ü🦜", "entities": entities, "timeout": None}},
        "json with strings": {"json": text},
    }
    async with bot.session.post(f"{bot.url}/SENDMESSAGE", **requests[way]) as response:
        answer = await response.json()
    assert (answer["result"]["text"], answer["result"]["entities"]) == ("ü🦜", entities)


@pytest.mark.parametrize(("body", "reason"), [(b"{", "can't parse JSON object"), (b"[]", "object expected")])
async def test_bodies_that_are_no_json_object(bot: RawBot, body: bytes, reason: str) -> None:
    headers = {"Content-Type": "application/json"}
    async with bot.session.post(f"{bot.url}/getMe", data=body, headers=headers) as response:
        assert (response.status, (await response.json())["description"]) == (400, f"Bad Request: {reason}")


async def test_a_body_over_the_limit_is_refused(sim: Simulation, bot: RawBot) -> None:
    refusal = await bot.refusal("sendPhoto", {"photo": bytes(MAX_BODY_BYTES + 1)}, chat_id=sim.private.id)
    assert (refusal.status, refusal.description) == (413, "Request Entity Too Large")


async def test_the_server_ends_though_a_poll_is_under_way(sim: Simulation) -> None:
    async with aiohttp.ClientSession() as session:
        async with LocalChatServer() as server:
            request = session.post(f"{server.api_url}/bot{server.token}/getUpdates", json={"timeout": 50})
            poll = asyncio.create_task(request.__aenter__())
            await server.simulation.wait_for(lambda: server.simulation.calls)
        with pytest.raises(aiohttp.ClientConnectionError):
            await poll
