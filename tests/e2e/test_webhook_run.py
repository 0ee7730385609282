"""`labelbot run` over a webhook, asked by `labelbot healthcheck`, and stopped while photos are in flight."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.localchat.faults import DOWNLOAD, Delay
from bot.localchat.server import LocalChatServer
from tests.e2e.test_nothing_lost import webhook_settings
from tests.support.crowd import ANSWER_TIMEOUT_S
from tests.support.pictures import picture
from tests.support.service import PROGRAM, Service

pytestmark = pytest.mark.slow


async def healthcheck(service: Service) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        *(PROGRAM, "healthcheck"),
        env=service.environment,
        cwd=service.home,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    return process.returncode, printed.decode()


async def test_a_program_that_is_asked_to_stop_answers_what_telegram_has_delivered(tmp_path: Path) -> None:
    async with LocalChatServer() as server, Service.running(server, tmp_path, **webhook_settings()) as service:
        sim = server.simulation
        await sim.wait_for_reply(sim.send_text(sim.private, sim.alice, "/help"), ANSWER_TIMEOUT_S)
        status, printed = await healthcheck(service)
        assert (status, printed.count("\n")) == (0, 4), printed
        assert "workers: 2 of 2 workers are alive\n" in printed
        server.faults.add(Delay(0.3), method=DOWNLOAD)
        sent = [sim.send_photo(sim.private, sim.alice, picture(seed)) for seed in range(3)]
        await sim.wait_for(lambda: not sim.store.updates.pending, ANSWER_TIMEOUT_S)
        assert await service.stop() == 0
        for message in sent:
            assert "%" in (await sim.wait_for_reply(message, timeout_s=0))["text"]
        status, printed = await healthcheck(service)
        assert status == 1
        assert printed == f"labelbot: no bot with this home runs: nothing answers at {tmp_path}/labelbot.sock\n"
