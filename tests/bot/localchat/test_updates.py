from __future__ import annotations

import asyncio

import aiohttp

from bot.localchat.server import LocalChatServer
from bot.localchat.simulation import Simulation
from tests.support.bot_api import RawBot


def say(sim: Simulation, count: int) -> None:
    for i in range(count):
        sim.send_text(sim.private, sim.alice, str(i))


async def texts(bot: RawBot, **parameters: int) -> list[str]:
    return [update["message"]["text"] for update in await bot.call("getUpdates", **parameters)]


async def test_updates_stay_until_the_offset_passes_them(sim: Simulation, bot: RawBot) -> None:
    say(sim, 3)
    updates = await bot.call("getUpdates")
    assert await texts(bot) == ["0", "1", "2"]
    assert await texts(bot, offset=updates[1]["update_id"]) == ["1", "2"]
    assert await texts(bot) == ["1", "2"]
    assert await texts(bot, offset=updates[2]["update_id"] + 1) == []


async def test_a_negative_offset_keeps_the_newest(sim: Simulation, bot: RawBot) -> None:
    say(sim, 5)
    assert await texts(bot, offset=-2) == ["3", "4"]
    assert await texts(bot) == ["3", "4"]


async def test_a_batch_is_limited(sim: Simulation, bot: RawBot) -> None:
    say(sim, 101)
    assert await texts(bot, limit=2) == ["0", "1"]
    assert len(await texts(bot, limit=1000)) == 100
    assert await texts(bot, limit=0) == ["0"]


async def test_a_long_poll_returns_with_the_first_update(sim: Simulation, bot: RawBot) -> None:
    poll = asyncio.create_task(texts(bot, timeout=50))
    await sim.wait_for(lambda: sim.calls)
    say(sim, 1)
    assert await poll == ["0"]


async def test_a_long_poll_ends_empty_when_its_time_is_up(bot: RawBot) -> None:
    assert await texts(bot, timeout=1) == []


async def test_of_two_long_polls_the_first_is_told_of_the_conflict(sim: Simulation, bot: RawBot) -> None:
    first = asyncio.create_task(bot.refusal("getUpdates", timeout=50))
    await sim.wait_for(lambda: sim.calls)
    second = asyncio.create_task(texts(bot, timeout=50))
    refusal = await first
    assert (refusal.status, refusal.description) == (
        409,
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    )
    say(sim, 1)
    assert await second == ["0"]


async def test_what_a_vanished_bot_did_not_confirm_reaches_the_next(
    server: LocalChatServer, sim: Simulation, bot: RawBot
) -> None:
    async with aiohttp.ClientSession() as session:
        vanishing = asyncio.create_task(texts(RawBot(server, session), timeout=50))
        await sim.wait_for(lambda: sim.calls)
        vanishing.cancel()
    say(sim, 1)
    assert await texts(bot, timeout=10) == ["0"]


async def test_only_the_kinds_that_are_asked_for_are_queued(sim: Simulation, bot: RawBot) -> None:
    await bot.call("getUpdates", allowed_updates=["edited_message"])
    message = sim.send_text(sim.private, sim.alice, "helo")
    sim.edit_text(sim.private, message, "hello")
    assert await bot.kinds() == ["edited_message"]
    await bot.call("getUpdates", allowed_updates=[])
    sim.send_text(sim.private, sim.alice, "again")
    assert await bot.kinds() == ["message"]


async def test_changes_of_other_members_come_on_request_only(sim: Simulation, bot: RawBot) -> None:
    sim.groups.set_status(sim.group, sim.bot, "administrator", by=sim.admin)
    sim.groups.set_status(sim.group, sim.alice, "administrator", by=sim.admin)
    assert await bot.kinds() == ["my_chat_member"]
    await bot.call("getUpdates", allowed_updates=["chat_member"])
    sim.groups.set_status(sim.group, sim.alice, "member", by=sim.admin)
    assert await bot.kinds() == ["chat_member"]


async def test_an_update_shows_what_was_true_when_it_was_queued(sim: Simulation, bot: RawBot) -> None:
    message = sim.send_text(sim.private, sim.alice, "helo")
    sim.edit_text(sim.private, message, "hello")
    first, second = await bot.updates()
    assert first["message"]["text"] == "helo"
    assert second["edited_message"]["text"] == "hello"
    assert second["update_id"] == first["update_id"] + 1
