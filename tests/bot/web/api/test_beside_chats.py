"""The API of a running bot: it shares the bot's workers and models, and leaves chats their share."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import aiohttp
import pytest

from bot.sample import sample
from bot.web.api.keys_file import add_key
from tests.support.client import connected_client


async def test_the_running_bot_labels_over_http_with_the_model_of_its_chats(tmp_path: Path) -> None:
    async with connected_client(tmp_path, listen="127.0.0.1:0") as client:
        async with aiohttp.ClientSession(f"http://{client.bot.listening}") as http:
            answer = await http.post("/v1/label", data=sample().read_bytes(), headers={"Content-Type": "image/jpeg"})
            content = json.loads(await answer.read())
        assert answer.status == 200
        assert [content["model"]] == list(client.bot.application.bot_data["services"].models.in_use())


@pytest.mark.parametrize("settings", [{"trusted_proxies": "10.0.0.1"}, {"webhook_url": "https://bot.example/hook"}])
async def test_without_keys_nothing_is_offered_through_a_proxy(tmp_path: Path, settings: dict[str, str]) -> None:
    from bot.config import load_settings
    from bot.web.api.routes import serves_api

    here = {"token": "1:a", "home": tmp_path, "listen": "127.0.0.1:8080"}
    assert serves_api(load_settings(**here))
    assert not serves_api(load_settings(**here, **settings))
    add_key(tmp_path / "keys.toml", "a")
    assert serves_api(load_settings(**here, **settings, api_keys_file=tmp_path / "keys.toml"))


async def test_a_flood_of_requests_holds_up_no_chat(tmp_path: Path) -> None:
    async with connected_client(tmp_path, listen="127.0.0.1:0") as client:
        async with aiohttp.ClientSession(f"http://{client.bot.listening}") as http:
            photo = sample().read_bytes()
            flood = [
                asyncio.create_task(http.post("/v1/label", data=photo, headers={"Content-Type": "image/jpeg"}))
                for _ in range(60)
            ]
            await asyncio.sleep(0)
            chat, person = client.newcomer()
            await client.reply_to(client.sim.send_photo(chat, person, photo))
            done = sum(task.done() for task in flood)
            assert {answer.status for answer in await asyncio.gather(*flood)} == {200}
        assert done < 60
