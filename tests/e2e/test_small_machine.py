"""The bot on a machine with one core and 512 MB."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.localchat.server import LocalChatServer
from inference import DEFAULT_MODEL
from tests.support.control_group import MemoryGroup, memory_group
from tests.support.pictures import picture
from tests.support.processes import peak_memory_bytes
from tests.support.service import PROGRAM, Service
from tests.support.without_extras import HIDING, ROOT

pytestmark = pytest.mark.slow

LIMIT_BYTES = 512 * 2**20
MAX_RESIDENT_BYTES = 260_000_000
PHOTOS, PEOPLE = 200, 20
# A person's quota is not what is measured.
SETTINGS = {"LABELBOT_WORKERS": "", "LABELBOT_AUTO_PULL": "true", "LABELBOT_MESSAGES_PER_SECOND": "1000"}
CORE = {min(os.sched_getaffinity(0))}


@pytest.fixture
def group() -> Iterator[MemoryGroup]:
    with memory_group(LIMIT_BYTES) as made:
        yield made


async def test_two_hundred_photos_are_answered_in_260_mb_from_an_empty_home(group: MemoryGroup, tmp_path: Path) -> None:
    async with LocalChatServer() as server:
        service = Service(server, tmp_path, **SETTINGS)
        service.environment["PYTHONPATH"] = os.pathsep.join(map(str, (HIDING, ROOT)))
        service.starter = group.starter(CORE)
        await service.start()
        try:
            await send_photos(server)
            (worker,) = service.workers()
            resident = {"bot": service.process.pid, "worker": worker}
            peaks = {name: peak_memory_bytes(pid) for name, pid in resident.items()}
        finally:
            stopped = await service.stop()
    print({name: f"{peak / 1e6:.0f} MB" for name, peak in peaks.items()}, f"group {group.peak_bytes / 1e6:.0f} MB")
    assert stopped == 0
    assert sum(peaks.values()) <= MAX_RESIDENT_BYTES
    assert group.deaths == 0
    assert service.log("pulling the preferred model in the background") == []
    (left_out,) = service.log(
        "the preferred model is not used; the next attempt is in a day, at the next start, or after /reload"
    )
    assert "of free memory" in left_out["reason"]


async def send_photos(server: LocalChatServer) -> None:
    sim = server.simulation
    chats = [(sim.add_private_chat(person), person) for person in (sim.add_user(f"Guest {n}") for n in range(PEOPLE))]

    async def send(each: int) -> None:
        chat, person = chats[each]
        for number in range(each, PHOTOS, PEOPLE):
            sent = sim.send_photo(chat, person, picture(number, width=1280, height=960))
            assert "%" in (await sim.wait_for_reply(sent, 120))["text"]

    await asyncio.gather(*map(send, range(PEOPLE)))


def test_doctor_says_what_to_set_and_is_content_then(group: MemoryGroup, tmp_path: Path) -> None:
    before = memory_finding(group, tmp_path)
    assert before["status"] == "warning"
    settings = dict(re.findall(r"(LABELBOT_\w+)=(\w+)", before["advice"]))
    assert settings == {"LABELBOT_WORKERS": "1", "LABELBOT_MODEL": DEFAULT_MODEL}
    assert memory_finding(group, tmp_path, **settings)["status"] == "ok"


def memory_finding(group: MemoryGroup, home: Path, **settings: str) -> dict[str, str]:
    """What `labelbot doctor` says of the memory, on a machine with four cores."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LABELBOT_")}
    settings = {"LABELBOT_HOME": str(home), "LABELBOT_WORKERS": "4"} | settings
    command: list[str | Path] = [*group.starter(CORE), PROGRAM, "doctor", "--json"]
    done = subprocess.run(command, env=kept | settings, cwd=home, capture_output=True, text=True, check=False)
    return next(finding for finding in map(json.loads, done.stdout.splitlines()) if finding["name"] == "memory")
