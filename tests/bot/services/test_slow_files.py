"""What slow files of some people mean for others, whose photos a real bot answers meanwhile."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.localchat.faults import DOWNLOAD, SlowFile
from bot.localchat.journal import Call
from tests.support.client import Client, connected_client
from tests.support.pictures import picture
from tests.support.processes import until

MEGABYTE = 1024 * 1024


async def answered(client: Client, seed: int) -> str:
    chat, person = client.newcomer()
    return await client.text_after(client.sim.send_photo(chat, person, picture(seed)))


def under_way(client: Client) -> list[Call]:
    """The documents that come at the moment."""
    downloads = client.calls_of("download")
    return [call for call in downloads if not call.finished_at and call.parameters["path"].startswith("documents")]


async def test_slow_documents_of_one_person_hold_up_nobody_elses_photos(tmp_path: Path) -> None:
    async with connected_client(tmp_path, stop_timeout_s=0.1) as client:
        fault = client.server.faults.add(SlowFile(1000, "documents"), method=DOWNLOAD)
        chat, person = client.newcomer()
        for number in range(30):
            data = picture(number) + bytes(2 * MEGABYTE)
            client.sim.send_document(chat, person, data, file_name="a.jpg", mime_type="image/jpeg")
        await until(lambda: fault.hits >= 8)
        texts = await asyncio.gather(*(answered(client, 100 + number) for number in range(8)))
        assert all("%" in text for text in texts)
        # The photos did not wait for the documents to be given up; and that person may have no more of these.
        assert len(under_way(client)) == 8


async def test_slow_documents_of_one_person_hold_up_nobody_in_the_same_group(tmp_path: Path) -> None:
    async with connected_client(tmp_path, stop_timeout_s=0.1) as client:
        fault = client.server.faults.add(SlowFile(1000, "documents"), method=DOWNLOAD)
        (_, slow), (_, other) = client.newcomer(), client.newcomer()
        group = client.sim.add_group("Busy", creator=slow, members=(other,))
        mention = f"@{client.sim.bot.username}"
        for number in range(30):
            data = picture(number) + bytes(2 * MEGABYTE)
            client.sim.send_document(group, slow, data, file_name="a.jpg", mime_type="image/jpeg", caption=mention)
        await until(lambda: fault.hits >= 8)
        first = under_way(client)
        assert "%" in await client.text_after(client.sim.send_photo(group, other, picture(100), caption=mention))
        # The photo did not wait for the documents to be given up.
        assert under_way(client) == first


@pytest.mark.slow
async def test_slow_documents_of_many_people_hold_up_nobodys_photos(tmp_path: Path) -> None:
    async with connected_client(tmp_path, stop_timeout_s=0.1) as client:
        fault = client.server.faults.add(SlowFile(1000, "documents"), method=DOWNLOAD)
        # The memory budget of all images.
        for number in range(28):
            chat, person = client.newcomer()
            data = picture(number) + bytes(10 * MEGABYTE)
            client.sim.send_document(chat, person, data, file_name="a.jpg", mime_type="image/jpeg")
        await until(lambda: fault.hits >= 15)
        texts = await asyncio.gather(*(answered(client, 100 + number) for number in range(8)))
        assert all("%" in text for text in texts)
        # The photos did not wait for the documents to be given up.
        assert len(under_way(client)) >= 15
