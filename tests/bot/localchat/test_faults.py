from __future__ import annotations

import asyncio
import time

import aiohttp
import pytest

from bot.localchat.faults import DOWNLOAD, Cut, Delay, Effect, Faults, NotFound, RetryAfter, ServerError, SlowFile
from bot.localchat.server import LocalChatServer
from bot.localchat.simulation import Simulation
from tests.support.bot_api import RawBot


def hello(sim: Simulation) -> dict[str, object]:
    return {"chat_id": sim.private.id, "text": "hello"}


async def test_a_flood_limit_says_how_long_to_wait(server: LocalChatServer, sim: Simulation, bot: RawBot) -> None:
    fault = server.faults.add(RetryAfter(7), method="sendMessage", count=1)
    refusal = await bot.refusal("sendMessage", **hello(sim))
    assert (refusal.status, refusal.description) == (429, "Too Many Requests: retry after 7")
    assert refusal.parameters == {"retry_after": 7}
    assert sim.messages(sim.private) == []
    await bot.call("sendMessage", **hello(sim))
    assert fault.hits == 1


@pytest.mark.parametrize(("code", "description"), [(500, "Internal Server Error"), (502, "Bad Gateway")])
async def test_a_server_error(server: LocalChatServer, bot: RawBot, code: int, description: str) -> None:
    server.faults.add(ServerError(code))
    refusal = await bot.refusal("getMe")
    assert (refusal.status, refusal.description) == (code, description)
    server.faults.clear()
    await bot.call("getMe")


@pytest.mark.parametrize("after_effect", [False, True])
async def test_a_cut_connection_before_and_after_the_effect(
    server: LocalChatServer, sim: Simulation, bot: RawBot, after_effect: bool
) -> None:
    server.faults.add(Cut(after_effect=after_effect), method="sendmessage", count=1)
    with pytest.raises(aiohttp.ClientConnectionError):
        await bot.call("sendMessage", **hello(sim))
    assert len(sim.messages(sim.private)) == after_effect
    assert (sim.calls[-1].status, sim.calls[-1].description) == (0, "connection cut")


async def test_a_slow_answer_takes_effect_late(server: LocalChatServer, sim: Simulation, bot: RawBot) -> None:
    server.faults.add(Delay(0.05), method="sendMessage")
    slow = asyncio.create_task(bot.call("sendMessage", **hello(sim)))
    await bot.call("getMe")
    assert sim.messages(sim.private) == []
    await slow
    call = next(call for call in sim.calls if call.method == "sendMessage")
    assert call.finished_at is not None
    assert call.finished_at - call.started_at >= 0.05


async def test_faults_of_one_chat_leave_the_others_alone(server: LocalChatServer, sim: Simulation, bot: RawBot) -> None:
    fault = server.faults.add(ServerError(), chat_id=sim.group.id)
    await bot.call("sendMessage", **hello(sim))
    assert (await bot.refusal("sendMessage", chat_id=sim.group.id, text="x")).status == 500
    server.faults.remove(fault)
    await bot.call("sendMessage", chat_id=sim.group.id, text="x")


@pytest.mark.parametrize(("effect", "received"), [(Cut(after_effect=False), 0), (Cut(after_effect=True), 500)])
async def test_a_download_breaks_off(
    server: LocalChatServer, sim: Simulation, bot: RawBot, effect: Effect, received: int
) -> None:
    sent = sim.send_document(sim.private, sim.alice, bytes(1000), file_name="a", mime_type="image/bmp")
    file = await bot.call("getFile", file_id=sent["document"]["file_id"])
    server.faults.add(effect, method=DOWNLOAD)
    data = bytearray()

    async def download() -> None:
        async with bot.session.get(f"{bot.file_url}/{file['file_path']}") as response:
            async for chunk in response.content.iter_any():
                data.extend(chunk)

    with pytest.raises(aiohttp.ClientError):
        await download()
    assert len(data) == received


async def test_a_download_link_expires(server: LocalChatServer, sim: Simulation, bot: RawBot) -> None:
    sent = sim.send_document(sim.private, sim.alice, b"text", file_name="a.txt", mime_type="text/plain")
    file = await bot.call("getFile", file_id=sent["document"]["file_id"])
    server.faults.add(NotFound(), method=DOWNLOAD, count=1)
    statuses = []
    for _ in range(2):
        async with bot.session.get(f"{bot.file_url}/{file['file_path']}") as response:
            statuses.append(response.status)
    assert statuses == [404, 200]


def test_the_same_seed_gives_the_same_faults() -> None:
    def hits(seed: int) -> list[bool]:
        faults = Faults(seed)
        faults.add(ServerError(), probability=0.5)
        return [bool(faults.effects_on("getMe", 0)) for _ in range(100)]

    assert hits(1) == hits(1) != hits(2)
    assert 30 < sum(hits(1)) < 70


async def test_the_journal_keeps_every_call_with_its_outcome(
    server: LocalChatServer, sim: Simulation, bot: RawBot
) -> None:
    started_at = time.monotonic()
    await bot.call("sendMessage", **hello(sim))
    await bot.refusal("sendPhoto", {"photo": b"no photo"}, chat_id=sim.private.id)
    first, second = sim.calls
    assert (first.method, first.parameters["text"], first.status, first.description) == (
        "sendMessage",
        "hello",
        200,
        "",
    )
    assert second.parameters == {"chat_id": str(sim.private.id), "photo": 8}
    assert (second.status, second.description) == (400, "Bad Request: IMAGE_PROCESS_FAILED")
    assert first.finished_at is not None
    assert started_at <= first.started_at <= first.finished_at <= second.started_at


async def test_a_slow_file_comes_whole_and_others_at_once(
    server: LocalChatServer, sim: Simulation, bot: RawBot
) -> None:
    data = bytes(range(250))
    sent = sim.send_document(sim.private, sim.alice, data, file_name="a", mime_type="image/bmp")
    file = await bot.call("getFile", file_id=sent["document"]["file_id"])

    async def pieces() -> list[bytes]:
        async with bot.session.get(f"{bot.file_url}/{file['file_path']}") as response:
            return [piece async for piece in response.content.iter_any()]

    fault = server.faults.add(SlowFile(1000, folder="documents"), method=DOWNLOAD)
    slow = await pieces()
    assert b"".join(slow) == data
    assert len(slow) > 1
    server.faults.remove(fault)
    server.faults.add(SlowFile(1, folder="photos"), method=DOWNLOAD)
    assert await pieces() == [data]
