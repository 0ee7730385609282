"""The program as an operator runs it: `labelbot run` as a process, against the local Bot API server."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.localchat.server import LocalChatServer
from tests.support.colour_models import photo
from tests.support.file_server import FileServer, serving
from tests.support.pictures import picture
from tests.support.processes import environment_of
from tests.support.published import publish_colours

PROGRAM = Path(sys.executable).with_name("labelbot")
ANSWER_TIMEOUT_S = 60


@asynccontextmanager
async def labelbot_run(server: LocalChatServer, home: Path, **more: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Start the program with two workers; kill it at the end if the test has not stopped it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LABELBOT_")} | {
        "LABELBOT_TOKEN": server.token,
        "LABELBOT_API_URL": server.api_url,
        "LABELBOT_HOME": str(home),
        "LABELBOT_WORKERS": "2",
        # Tests ask no published address.
        "LABELBOT_AUTO_PULL": "false",
        # At this pace no photo waits, so each gets an answer of its own.
        "LABELBOT_MESSAGES_PER_SECOND_PER_CHAT": "20",
        **more,
    }
    process = await asyncio.create_subprocess_exec(
        PROGRAM, "run", env=environment, cwd=home, stderr=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def children(pid: int) -> set[int]:
    """Pids of the processes that a process started and has not yet waited for."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return {int(child) for task in tasks for child in (task / "children").read_text().split()}


def exists(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def stop(process: asyncio.subprocess.Process, number: signal.Signals) -> int:
    process.send_signal(number)
    async with asyncio.timeout(30):
        return await process.wait()


@pytest.mark.slow
async def test_every_photo_is_answered_while_workers_are_killed(tmp_path: Path) -> None:
    async with LocalChatServer() as server, labelbot_run(server, tmp_path) as process:
        sim = server.simulation
        people = [sim.alice, *(sim.add_user(f"Guest {number}") for number in range(4))]
        chats = [sim.private, *(sim.add_private_chat(person) for person in people[1:])]
        first = sim.send_photo(chats[0], people[0], picture(0))
        await sim.wait_for_reply(first, ANSWER_TIMEOUT_S)
        before = children(process.pid)
        assert len(before) == 2

        sent = []
        for number in range(1, 31):
            await sim.prepare_photo(photo := picture(number))
            place = number % len(chats)
            sent.append(sim.send_photo(chats[place], people[place], photo))
            if number in (10, 20):
                os.kill(sorted(children(process.pid))[0], signal.SIGKILL)
        for message in sent:
            reply = await sim.wait_for_reply(message, ANSWER_TIMEOUT_S)
            assert "%" in reply["text"], reply["text"]
            assert sim.replies(message) == [reply]

        after = children(process.pid)
        assert len(after) == 2
        assert after != before
        replies = [message for chat in chats for message in sim.messages(chat) if message["from"]["is_bot"]]
        assert len(replies) == len(sent) + 1, "each photo has one answer"
        assert await stop(process, signal.SIGTERM) == 0
        assert not any(exists(pid) for pid in after), "workers end with their bot"


@pytest.mark.slow
async def test_workers_are_told_neither_the_token_nor_what_else_is_secret(tmp_path: Path) -> None:
    secrets = {"PGPASSWORD": "open sesame", "LABELBOT_ADMINS": "42", "MY_API_KEY": "open sesame"}
    async with LocalChatServer() as server, labelbot_run(server, tmp_path, **secrets) as process:
        sim = server.simulation
        await sim.wait_for_reply(sim.send_photo(sim.private, sim.alice, picture(0)), ANSWER_TIMEOUT_S)
        pids = children(process.pid)
        assert len(pids) == 2
        for pid in pids:
            environment = environment_of(pid)
            assert server.token.encode() not in environment
            assert b"LABELBOT_" not in environment
            assert b"open sesame" not in environment


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.slow
async def test_photos_in_hand_are_answered_before_the_program_ends(tmp_path: Path, number: signal.Signals) -> None:
    async with LocalChatServer() as server, labelbot_run(server, tmp_path) as process:
        sim = server.simulation
        greeting = sim.send_text(sim.private, sim.alice, "/start")
        await sim.wait_for_reply(greeting, ANSWER_TIMEOUT_S)
        sent = [sim.send_photo(sim.private, sim.alice, picture(seed)) for seed in range(6)]
        await sim.wait_for(lambda: any(call.method == "getFile" for call in sim.calls), ANSWER_TIMEOUT_S)
        assert await stop(process, number) == 0
        for message in sent:
            assert "%" in (await sim.wait_for_reply(message, timeout_s=1))["text"]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> dict[str, str]:
    """The setting that names a database, an empty one."""
    if request.param == "sqlite":
        return {}
    return {"LABELBOT_DATABASE_URL": request.getfixturevalue("postgresql_server").database()}


@pytest.mark.slow
async def test_a_restarted_bot_remembers_the_settings_and_the_labels(tmp_path: Path, database: dict[str, str]) -> None:
    photo = picture(0)
    async with LocalChatServer() as server:
        sim = server.simulation
        async with labelbot_run(server, tmp_path, **database) as process:
            await sim.wait_for_reply(sim.send_text(sim.private, sim.alice, "/top 2"), ANSWER_TIMEOUT_S)
            await sim.wait_for_reply(sim.send_photo(sim.private, sim.alice, photo), ANSWER_TIMEOUT_S)
            assert await stop(process, signal.SIGTERM) == 0
        calls = len(sim.calls)
        async with labelbot_run(server, tmp_path, **database) as process:
            reply = await sim.wait_for_reply(sim.send_photo(sim.private, sim.alice, photo), ANSWER_TIMEOUT_S)
            assert await stop(process, signal.SIGTERM) == 0
        assert reply["text"].count("▱ ") == 2
        assert not [call for call in sim.calls[calls:] if call.method == "getFile"], "the photo came from the cache"
    assert (tmp_path / "labelbot.sqlite3").exists() != bool(database)


@pytest.mark.slow
async def test_a_published_model_is_pulled_before_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    (tmp_path / "home").mkdir()
    with serving(FileServer()) as files:
        catalog = publish_colours(files, tmp_path / "catalog.toml")
        async with LocalChatServer() as server:
            sim = server.simulation
            settings = {"LABELBOT_MODEL": "colours", "LABELBOT_CATALOG": str(catalog)}
            async with labelbot_run(server, tmp_path / "home", **settings):
                reply = await sim.wait_for_reply(sim.send_photo(sim.private, sim.alice, photo("red")), ANSWER_TIMEOUT_S)
                assert reply["text"].startswith("Red: ")
