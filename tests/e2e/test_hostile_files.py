"""One person sends files that are made to cost as much as they can, all at once, and others send photos meanwhile.

LABELBOT_TEST_HOSTILE_ROUNDS says how often each file is sent, once if it is not set; with the figures in view:

    LABELBOT_TEST_HOSTILE_ROUNDS=8 pytest -m slow -n 0 -s tests/e2e/test_hostile_files.py
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import time
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image

from bot.localchat.server import LocalChatServer
from bot.services.metrics import percentile
from tests.support.images import encode
from tests.support.pictures import picture
from tests.support.processes import peak_memory_bytes
from tests.support.service import Service

pytestmark = [pytest.mark.slow, pytest.mark.shared]

ROUNDS = int(os.environ.get("LABELBOT_TEST_HOSTILE_ROUNDS", "1"))
OTHERS = 20 * ROUNDS
# Hardly any that a person alone would notice, and fewer in all than Telegram takes.
PAUSE_S = 0.2
MAX_WORKER_MB = 400
MAX_LOG_BYTES_PER_FILE = 1000
# A hang guard: the longest wait on purpose is a minute, before an image whose workers died is tried once more.
ANSWER_TIMEOUT_S = 300.0


def hostile_files(folder: Path) -> dict[str, bytes]:
    """Files by their names: those of a folder, and some that are as costly as what is read may be."""
    files = {}
    for path in sorted(folder.iterdir()):
        if path.suffix == ".gz":
            files[path.stem] = gzip.decompress(path.read_bytes())
        elif path.suffix != ".json":
            files[path.name] = path.read_bytes()
    noise = Image.effect_noise((5700, 4200), 60).convert("RGB")
    files["progressive.jpg"] = encode(noise, "JPEG", progressive=True, subsampling=0, quality=75)
    files["noise.avif"] = encode(noise, "AVIF", speed=10, quality=75)
    return files


def log_bytes(log: Path) -> int:
    """How much was logged, but for a line for each image that was labelled."""
    lines = log.read_bytes().splitlines(keepends=True)
    return sum(len(line) for line in lines if json.loads(line)["event"] != "labelled")


async def watch_memory(service: Service, peaks: dict[int, int]) -> None:
    """Note what each worker took at most, for as long as this runs."""
    while True:
        # Threads of the program, and workers, may end meanwhile; those that ended have no memory to tell of.
        with suppress(FileNotFoundError, ProcessLookupError, IndexError):
            for pid in service.workers():
                peaks[pid] = max(peaks.get(pid, 0), peak_memory_bytes(pid))
        await asyncio.sleep(0.02)


async def test_hostile_files_of_one_person_cost_the_others_nothing(shared: Path, tmp_path: Path) -> None:
    files = hostile_files(shared / "cases" / "attack")
    photos = [picture(number) for number in range(OTHERS + 1)]
    peaks: dict[int, int] = {}
    async with LocalChatServer() as server, Service.running(server, tmp_path) as service:
        sim = server.simulation
        people = [sim.add_user(f"Guest {number}") for number in range(OTHERS + 2)]
        first, attacker, *others = [(sim.add_private_chat(person), person) for person in people]
        for photo in photos:
            await sim.prepare_photo(photo)
        await sim.wait_for_reply(sim.send_photo(*first, photos[0]), ANSWER_TIMEOUT_S)
        watching = asyncio.create_task(watch_memory(service, peaks))
        before_bytes = log_bytes(tmp_path / "log")
        hostile = [
            sim.send_document(*attacker, data + bytes(number), file_name=name, mime_type="image/jpeg")
            for number in range(ROUNDS)
            for name, data in files.items()
        ]

        async def answered_s(number: int) -> float:
            started_s = time.perf_counter()
            reply = await sim.wait_for_reply(sim.send_photo(*others[number], photos[number + 1]), ANSWER_TIMEOUT_S)
            assert "%" in reply["text"]
            return time.perf_counter() - started_s

        waiting = []
        for number in range(OTHERS):
            waiting.append(asyncio.create_task(answered_s(number)))
            await asyncio.sleep(PAUSE_S)
        latencies_s = sorted(await asyncio.gather(*waiting))
        others_done_s = time.perf_counter()
        answers = [(await sim.wait_for_reply(each, ANSWER_TIMEOUT_S))["text"] for each in hostile]
        later_s = time.perf_counter() - others_done_s
        assert not watching.done(), watching.exception()
        watching.cancel()
        logged_bytes = log_bytes(tmp_path / "log") - before_bytes
        await sim.wait_for_reply(sim.send_photo(*first, picture(OTHERS + 1)), ANSWER_TIMEOUT_S)
        assert await service.stop() == 0
    peak_mb = max(peaks.values()) / 1e6
    print(  # noqa: T201 -- the figures are what this is for
        f"\n{len(hostile)} hostile files of one person; others' median and p95 "
        f"{1000 * (percentile(latencies_s, 50) or 0):.0f} and {1000 * (percentile(latencies_s, 95) or 0):.0f} ms, "
        f"last hostile one {later_s:.1f} s after theirs, {len(peaks)} workers, {peak_mb:.0f} MB at most, "
        f"{logged_bytes / len(hostile):.0f} bytes of log a file"
    )
    for text in sorted(set(answers)):
        print(f"{answers.count(text):4} x {text!r}")  # noqa: T201
    assert all(answers), "each is answered, with labels or the reason why there are none"
    assert peak_mb <= MAX_WORKER_MB
    assert logged_bytes <= MAX_LOG_BYTES_PER_FILE * len(hostile)
