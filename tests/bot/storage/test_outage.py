"""The bot while the server of its database is away."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.app import LabelBot
from bot.localchat.faults import DOWNLOAD, Delay
from bot.localchat.server import LocalChatServer
from tests.support.client import ANSWER_TIMEOUT_S, connected_client, settings_for
from tests.support.pictures import picture
from tests.support.postgresql import Postgresql
from tests.support.processes import HANG_S


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
        assert not client.bot.intake.done()


@pytest.mark.slow
async def test_a_bot_ends_although_the_host_of_its_database_has_vanished(
    tmp_path: Path, postgresql_server: Postgresql
) -> None:
    name = (await asyncio.to_thread(postgresql_server.database)).partition("?")[0].rpartition("/")[2]
    async with LocalChatServer() as server, postgresql_server.relayed(name) as relay:
        sim = server.simulation
        bot = LabelBot(settings_for(server, tmp_path, database_url=SecretStr(relay.address), stop_timeout_s=0.2))
        await bot.start()
        # There are counts to save, connections to close, labels to cache, and an update in flight.
        await sim.wait_for_reply(sim.send_photo(sim.private, sim.alice, picture(1)), ANSWER_TIMEOUT_S)
        server.faults.add(Delay(0.5), method=DOWNLOAD)
        sim.send_photo(sim.private, sim.alice, picture(2))
        await sim.wait_for(lambda: sum(call.method == DOWNLOAD for call in sim.calls) == 2)
        relay.vanish()
        sim.send_text(sim.private, sim.alice, "/top 2")
        async with asyncio.timeout(HANG_S):
            await bot.stop()
