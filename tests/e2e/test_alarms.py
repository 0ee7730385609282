"""`labelbot run` as a process: it prints a link, somebody opens it, and hears what is wrong with the bot."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from pathlib import Path

import pytest

from bot.localchat.faults import WrongClock
from bot.localchat.server import LocalChatServer
from tests.support.pictures import picture
from tests.support.texts import ENGLISH

PROGRAM = Path(sys.executable).with_name("labelbot")
ANSWER_TIMEOUT_S = 60
LINK = re.compile(rb"https://t\.me/(\w+)\?start=(claim-[\w-]+)\n")


@pytest.mark.slow
async def test_the_first_admin_hears_that_the_clock_is_off_and_the_database_gone(tmp_path: Path) -> None:
    async with LocalChatServer() as server:
        sim = server.simulation
        server.faults.add(WrongClock(-7200))
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LABELBOT_")} | {
            "LABELBOT_TOKEN": server.token,
            "LABELBOT_API_URL": server.api_url,
            "LABELBOT_HOME": str(tmp_path),
            "LABELBOT_MODEL": "starter",
            "LABELBOT_WORKERS": "1",
        }
        process = await asyncio.create_subprocess_exec(
            *(PROGRAM, "run"),
            env=environment,
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            assert process.stdout is not None
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                found = LINK.search(await process.stdout.readline())
            assert found is not None
            assert found[1].decode() == sim.bot.username
            photo = sim.send_photo(sim.private, sim.alice, picture(1))
            photo["date"] -= 7200
            assert "%" in (await sim.wait_for_reply(photo, ANSWER_TIMEOUT_S))["text"]
            opening = sim.send_text(sim.private, sim.alice, f"/start {found[2].decode()}")
            opening["date"] -= 7200
            said = await sim.wait_for_reply(opening, ANSWER_TIMEOUT_S)
            assert said["text"] == ENGLISH("claim-done", id=str(sim.alice.id))
            (tmp_path / "labelbot.sqlite3").unlink()

            def told() -> set[str]:
                return {str(message.get("text"))[:21] for message in sim.messages(sim.private)}

            # The next look is a minute later.
            await sim.wait_for(
                lambda: {"This computer's clock", "My database file, /tm"} <= told(), 2 * ANSWER_TIMEOUT_S
            )
            process.terminate()
            _, err = await process.communicate()
            assert process.returncode == 0
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        lines = [json.loads(line) for line in err.decode().splitlines()]
        claims = [line for line in lines if line["event"] == "the first admin is set by the link"]
        assert [line["id"] for line in claims] == [sim.alice.id]
        assert found[2] not in err, "the link is good for ten minutes, the log is kept for longer"
