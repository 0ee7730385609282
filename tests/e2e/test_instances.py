"""Two instances of `labelbot run` on one home or database, as restarts and mistakes start them.

With LABELBOT_TEST_SIZE=full the restarts are as many as the figure that they print (`-s`) is about: 20.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from pathlib import Path

import asyncpg
import pytest

from bot.commands.doctor.instance import check_instance
from bot.config import Settings
from bot.localchat.faults import DOWNLOAD, Delay
from bot.localchat.server import LocalChatServer
from bot.services.metrics import percentile
from bot.storage.advisory_lock import KEY
from tests.support.client import settings_for
from tests.support.pictures import picture
from tests.support.postgresql import Postgresql
from tests.support.processes import alive, until
from tests.support.service import PROGRAM, Service

ANSWER_TIMEOUT_S = 60.0
RESTARTS = 20 if os.environ.get("LABELBOT_TEST_SIZE") == "full" else 3
# At this pace no photo waits, so each gets an answer of its own.
STARTER = {"LABELBOT_MODEL": "starter", "LABELBOT_MESSAGES_PER_SECOND_PER_CHAT": "20"}
WAITING = "waiting for another instance to end"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def settings(request: pytest.FixtureRequest) -> dict[str, str]:
    """Settings of a bot with the small model and an empty database."""
    if request.param == "sqlite":
        return STARTER
    return {**STARTER, "LABELBOT_DATABASE_URL": request.getfixturevalue("postgresql_server").database()}


async def greeted(server: LocalChatServer) -> None:
    """Say something to the bot, and wait for its answer."""
    sim = server.simulation
    await sim.wait_for_reply(sim.send_text(sim.private, sim.alice, "/start"), ANSWER_TIMEOUT_S)


async def labelbot(service: Service, *arguments: str) -> tuple[int | None, str]:
    """Run another command with the settings of a service; return its status and what it printed."""
    process = await asyncio.create_subprocess_exec(
        PROGRAM,
        *arguments,
        env=service.environment,
        cwd=service.home,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    return process.returncode, printed.decode()


@pytest.mark.slow
async def test_a_second_instance_takes_over_from_one_that_drains(tmp_path: Path, settings: dict[str, str]) -> None:
    async with LocalChatServer() as server, Service.running(server, tmp_path, **settings) as first:
        sim = server.simulation
        await greeted(server)
        server.faults.add(Delay(0.5), method=DOWNLOAD)
        sent = [sim.send_photo(sim.private, sim.alice, picture(seed)) for seed in range(4)]
        await sim.wait_for(lambda: any(call.method == DOWNLOAD for call in sim.calls), ANSWER_TIMEOUT_S)
        async with Service.running(server, tmp_path, **settings) as second:
            await until(lambda: second.log(WAITING))
            assert len(first.log("started")) == 1
            later = sim.send_text(sim.private, sim.alice, "/help")
            assert await first.stop() == 0
            for message in (*sent, later):
                await sim.wait_for_reply(message, ANSWER_TIMEOUT_S)
            await greeted(server)
            assert await second.stop() == 0
        [line] = second.log(WAITING)
        assert f"process {first.process.pid} on " in line["instance"]
        assert [len(sim.replies(message)) for message in (*sent, later)] == [1] * 5
        assert not second.log("polling failed")


@pytest.mark.slow
async def test_an_instance_that_is_killed_makes_room_at_once(tmp_path: Path, settings: dict[str, str]) -> None:
    async with LocalChatServer() as server, Service.running(server, tmp_path, **settings) as first:
        await greeted(server)
        workers = first.workers()
        async with Service.running(server, tmp_path, **settings) as second:
            await until(lambda: second.log(WAITING))
            await first.kill()
            await greeted(server)
            assert not any(map(alive, workers))
            assert await second.stop() == 0


@pytest.mark.slow
async def test_commands_that_need_the_database_alone_say_which_instance_runs(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    backup = tmp_path / "backup"
    async with LocalChatServer() as server, Service.running(server, tmp_path, **settings) as service:
        await greeted(server)
        assert (await labelbot(service, "backup", str(backup)))[0] == 0
        for command in (["migrate"], ["restore", str(backup), "--yes"]):
            status, printed = await labelbot(service, *command)
            assert (status, printed.count("\n")) == (1, 1)
            assert printed.startswith("labelbot: The bot works with the database ")
            assert f"(process {service.process.pid} on " in printed
            assert printed.endswith("UTC): stop it first.\n")
        checked = settings_for(server, tmp_path, database_url=settings.get("LABELBOT_DATABASE_URL"))
        assert f"the bot runs: process {service.process.pid} on " in await asyncio.to_thread(instance_found, checked)
        assert await service.stop() == 0
        assert await asyncio.to_thread(instance_found, checked) == "the bot does not run"
        status, _ = await labelbot(service, "restore", str(backup), "--yes")
        assert status == 0


def instance_found(settings: Settings) -> str:
    """What the check of `labelbot doctor` says of instances."""
    [finding] = check_instance(settings)
    return finding.detail


@pytest.mark.slow
async def test_the_doctor_says_which_instance_runs(tmp_path: Path, settings: dict[str, str]) -> None:
    async with LocalChatServer() as server, Service.running(server, tmp_path, **settings) as service:
        await greeted(server)
        _, printed = await labelbot(service, "doctor", "--json")
        findings = [json.loads(line) for line in printed.splitlines()]
        [detail] = [finding["detail"] for finding in findings if finding["name"] == "instance"]
        assert f"the bot runs: process {service.process.pid} on " in detail
        assert await service.stop() == 0


@pytest.mark.slow
async def test_a_second_instance_ends_with_a_sentence_if_the_first_runs_on(tmp_path: Path) -> None:
    async with LocalChatServer() as server, Service.running(server, tmp_path, **STARTER) as first:
        await greeted(server)
        calls = len(server.simulation.calls)
        status, printed = await labelbot(first, "run")
        told, sentence = printed.splitlines()
        assert json.loads(told)["event"] == WAITING
        assert status == 1
        assert sentence.startswith(f"labelbot: Another instance of the bot works with the database {tmp_path}")
        assert f"(process {first.process.pid} on " in sentence
        others = {call.method for call in server.simulation.calls[calls:]}
        # The first one may still be setting the command menus and the profile; the second one would begin with getMe.
        assert "getMe" not in others, "the second one asked Telegram for nothing"
        await greeted(server)


@pytest.mark.slow
async def test_an_instance_whose_database_was_taken_over_leaves_all_to_the_other_and_ends_with_a_sentence(
    tmp_path: Path, postgresql_server: Postgresql
) -> None:
    address = await asyncio.to_thread(postgresql_server.database)
    settings = {**STARTER, "LABELBOT_DATABASE_URL": address}
    async with LocalChatServer() as server, Service.running(server, tmp_path, **settings) as service:
        await greeted(server)
        sim = server.simulation
        server.faults.add(Delay(3), method=DOWNLOAD)
        photo = sim.send_photo(sim.private, sim.alice, picture(1))
        await sim.wait_for(lambda: any(call.method == DOWNLOAD for call in sim.calls), ANSWER_TIMEOUT_S)
        faster, administrator = await asyncpg.connect(address), await asyncpg.connect(address)
        taking = asyncio.create_task(faster.execute(f"SELECT pg_advisory_lock({KEY[0]}, {KEY[1]})"))
        while not await administrator.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await administrator.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'labelbot instance%'"
        )
        await taking
        assert await asyncio.wait_for(service.process.wait(), ANSWER_TIMEOUT_S) == 1
        assert sim.replies(photo) == []
        confirmed = [call for call in sim.calls if call.method == "getUpdates" and call.parameters["limit"] == "1"]
        assert confirmed == [], "the other one polls now"
        attempts = await administrator.fetch("SELECT attempts FROM inbox WHERE done_at IS NULL")
        assert [tuple(row) for row in attempts] == [(1,)], "the other one has counted them"
        await faster.close()
        await administrator.close()
    last = (tmp_path / "log").read_text().splitlines()[-1]
    assert last.startswith("labelbot: Another instance of the bot has taken over the database ")


@pytest.mark.slow
async def test_a_network_that_comes_later_is_waited_for(tmp_path: Path) -> None:
    async with LocalChatServer() as before:
        port = int(before.api_url.rpartition(":")[2])
    server = LocalChatServer(port)
    async with Service.running(server, tmp_path, **STARTER) as service:
        await until(lambda: service.log("waiting for the Bot API"))
        async with server:
            await greeted(server)
            assert await service.stop() == 0
        [waiting], [_] = service.log("waiting for the Bot API"), service.log("connected to the Bot API")
        assert waiting["reason"] == f"nothing answers at 127.0.0.1 port {port}"


@pytest.mark.slow
@pytest.mark.parametrize("overlap", [False, True])
async def test_restarts_hold_answers_up_for_a_moment(home: Path, *, overlap: bool) -> None:
    """Prints how long it takes from SIGTERM to the first answer of the next instance."""
    waits_s = []
    async with LocalChatServer() as server, Service.running(server, home) as first:
        sim = server.simulation
        await greeted(server)
        service = first
        for number in range(RESTARTS):
            photo = picture(number)
            await sim.prepare_photo(photo)
            following = Service(server, home)
            if overlap:
                await following.start()
                seen = number + 1
                await until(lambda: len(following.log(WAITING)) == seen)  # noqa: B023
            start_s = time.monotonic()
            service.process.send_signal(signal.SIGTERM)
            assert await service.process.wait() == 0
            # Now, as the old instance would answer it before.
            message = sim.send_photo(sim.private, sim.alice, photo)
            if not overlap:
                await following.start()
            assert "%" in (await sim.wait_for_reply(message, ANSWER_TIMEOUT_S))["text"]
            waits_s.append(time.monotonic() - start_s)
            service = following
        assert await service.stop() == 0
    p95_s = percentile(sorted(waits_s), 95)
    how = "started before the end of the old one" if overlap else "one after the other"
    sys.stdout.write(
        f"\n{RESTARTS} restarts, {how}: first answer after {p95_s:.2f} s (p95), {min(waits_s):.2f} s at best\n"
    )
