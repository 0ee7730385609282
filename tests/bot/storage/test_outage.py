"""The bot while the server of its database is away."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.support.client import connected_client
from tests.support.pictures import picture
from tests.support.postgresql import Postgresql


@pytest.mark.slow
async def test_what_comes_while_the_server_is_away_is_answered_once_it_is_back(
    tmp_path: Path, postgresql_server: Postgresql
) -> None:
    address = SecretStr(await asyncio.to_thread(postgresql_server.database))
    async with connected_client(tmp_path, database_url=address) as client:
        chat, person = client.newcomer()
        assert "%" in await client.text_after(client.sim.send_photo(chat, person, picture(1)))
        async with postgresql_server.out_of_reach():
            polls = len(client.calls_of("getUpdates"))
            photos = [client.sim.send_photo(chat, person, picture(seed)) for seed in (2, 3)]
            # Telegram is asked for them again and again, as they are not stored.
            await client.sim.wait_for(lambda: len(client.calls_of("getUpdates")) >= polls + 2)
        for photo in photos:
            assert "%" in await client.text_after(photo)
        assert not client.bot.polling.done()
