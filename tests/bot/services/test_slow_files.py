"""What slow files of some people mean for others, whose photos a real bot answers meanwhile."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.localchat.faults import DOWNLOAD, SlowFile
from bot.localchat.journal import Call
from tests.support.conversation import Conversation, conversation
from tests.support.pictures import picture
from tests.support.processes import until

MEGABYTE = 1024 * 1024


async def answered(talk: Conversation, seed: int) -> str:
    chat, person = talk.newcomer()
    return await talk.text_after(talk.world.send_photo(chat, person, picture(seed)))


def under_way(talk: Conversation) -> list[Call]:
    """The documents that come at the moment."""
    downloads = talk.calls_of("download")
    return [call for call in downloads if not call.finished_at and call.parameters["path"].startswith("documents")]


async def test_slow_documents_of_one_person_hold_up_nobody_elses_photos(tmp_path: Path) -> None:
    async with conversation(tmp_path, stop_timeout_s=0.1) as talk:
        fault = talk.server.faults.add(SlowFile(1000, "documents"), method=DOWNLOAD)
        chat, person = talk.newcomer()
        for number in range(30):
            data = picture(number) + bytes(2 * MEGABYTE)
            talk.world.send_document(chat, person, data, file_name="a.jpg", mime_type="image/jpeg")
        await until(lambda: fault.hits >= 8)
        texts = await asyncio.gather(*(answered(talk, 100 + number) for number in range(8)))
        assert all("%" in text for text in texts)
        # The photos did not wait for the documents to be given up; and that person may have no more of these.
        assert len(under_way(talk)) == 8


async def test_slow_documents_of_one_person_hold_up_nobody_in_the_same_group(tmp_path: Path) -> None:
    async with conversation(tmp_path, stop_timeout_s=0.1) as talk:
        fault = talk.server.faults.add(SlowFile(1000, "documents"), method=DOWNLOAD)
        (_, slow), (_, other) = talk.newcomer(), talk.newcomer()
        group = talk.world.add_group("Busy", creator=slow, members=(other,))
        mention = f"@{talk.world.bot.username}"
        for number in range(30):
            data = picture(number) + bytes(2 * MEGABYTE)
            talk.world.send_document(group, slow, data, file_name="a.jpg", mime_type="image/jpeg", caption=mention)
        await until(lambda: fault.hits >= 8)
        first = under_way(talk)
        assert "%" in await talk.text_after(talk.world.send_photo(group, other, picture(100), caption=mention))
        # The photo did not wait for the documents to be given up.
        assert under_way(talk) == first


@pytest.mark.slow
async def test_slow_documents_of_many_people_hold_up_nobodys_photos(tmp_path: Path) -> None:
    async with conversation(tmp_path, stop_timeout_s=0.1) as talk:
        fault = talk.server.faults.add(SlowFile(1000, "documents"), method=DOWNLOAD)
        # As much as all images in hand may take up.
        for number in range(28):
            chat, person = talk.newcomer()
            data = picture(number) + bytes(10 * MEGABYTE)
            talk.world.send_document(chat, person, data, file_name="a.jpg", mime_type="image/jpeg")
        await until(lambda: fault.hits >= 15)
        texts = await asyncio.gather(*(answered(talk, 100 + number) for number in range(8)))
        assert all("%" in text for text in texts)
        # The photos did not wait for the documents to be given up.
        assert len(under_way(talk)) >= 15
