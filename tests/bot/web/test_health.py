"""/healthz, /readyz and `labelbot healthcheck` of a real bot, over TCP and over the socket in the home."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from bot.app import LabelBot, StartError
from bot.commands import healthcheck
from bot.config import ConfigError
from bot.domain.web_addresses import ListenAddress
from bot.localchat.faults import Delay, ServerError
from bot.localchat.server import LocalChatServer
from bot.services import health_checks
from bot.services import readiness as readiness_service
from bot.web.home_socket import SOCKET_NAME, home_socket
from bot.web.server import web_server
from tests.support.client import Client, connected_client, settings_for
from tests.support.pictures import picture
from tests.support.processes import stopped, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOCAL = "127.0.0.1:0"


async def get(client: Client, path: str) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session, session.get(f"http://{client.bot.listening}{path}") as response:
        return response.status, await response.json(content_type=None)


async def readiness(client: Client) -> dict[str, Any]:
    status, report = await get(client, "/readyz")
    assert (status == 200) == report["ready"]
    assert isinstance(report, dict)
    return report


async def check(home: Path, *, live: bool = False) -> str:
    """Ask as `labelbot healthcheck` does; return what is wrong, "" if nothing is."""
    try:
        await asyncio.to_thread(healthcheck.run, home, live=live)
    except healthcheck.Unhealthy as error:
        return str(error)
    return ""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    async with connected_client(tmp_path_factory.mktemp("home"), listen=LOCAL) as running:
        yield running


@pytest.fixture
def home(client: Client) -> Path:
    """The home of the client's bot."""
    return client.home


async def test_a_running_bot_is_alive_and_ready_in_every_part(client: Client, home: Path) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"http://{client.bot.listening}/healthz") as response:
        assert (response.status, await response.text()) == (200, "ok\n")
    report = await readiness(client)
    assert report["ready"]
    assert {name: part["ready"] for name, part in report["parts"].items()} == dict.fromkeys(
        ("storage", "workers", "updates", "conflict"), True
    )
    assert await check(home) == ""
    assert await check(home, live=True) == ""


async def test_a_bot_without_workers_is_not_ready_and_says_so(client: Client, home: Path) -> None:
    (worker,) = client.bot.pool.worker_pids()
    os.kill(worker, signal.SIGKILL)
    await until(lambda: not client.bot.pool.worker_pids())
    report = await readiness(client)
    assert report["parts"]["workers"] == {"ready": False, "detail": "no worker of 1 is alive"}
    assert await check(home) == "workers: no worker of 1 is alive"
    assert await check(home, live=True) == ""
    await until(client.bot.pool.worker_pids)
    assert (await readiness(client))["ready"]


async def test_workers_that_are_all_busy_for_too_long_are_not_ready(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness_service, "MAX_BUSY_S", 0.0)
    pool = client.bot.pool
    with stopped(*pool.worker_pids()):
        sent = client.sim.send_photo(client.sim.private, client.sim.alice, picture(1))
        await until(lambda: pool.busy_s > 0)
        part = (await readiness(client))["parts"]["workers"]
        assert part == {"ready": False, "detail": "all 1 workers have been busy for 0 s"}
    assert "%" in await client.text_after(sent)
    assert pool.busy_s == 0.0


async def test_a_bot_that_fetches_nothing_is_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_checks, "MAX_SILENCE_S", 0.0)
    client.server.faults.add(ServerError(502), method="getUpdates")
    report = await readiness(client)
    assert not report["parts"]["updates"]["ready"]
    assert "getUpdates was" in report["parts"]["updates"]["detail"]


async def test_a_database_that_fails_is_named(client: Client, home: Path) -> None:
    with sqlite3.connect(home / "labelbot.sqlite3") as database:
        database.execute("ALTER TABLE inbox RENAME TO aside")
    report = await readiness(client)
    with sqlite3.connect(home / "labelbot.sqlite3") as database:
        database.execute("ALTER TABLE aside RENAME TO inbox")
    assert report["parts"]["storage"] == {"ready": False, "detail": "the database fails: OperationalError"}
    assert (await readiness(client))["ready"]


async def test_a_bot_that_waits_for_the_network_is_alive_but_not_ready(tmp_path: Path) -> None:
    async with LocalChatServer() as server:
        server.faults.add(ServerError(502), method="getMe")
        starting = asyncio.create_task(LabelBot(settings_for(server, tmp_path)).start())
        await until(lambda: any(call.method == "getMe" for call in server.simulation.calls))
        assert await check(tmp_path, live=True) == ""
        assert await check(tmp_path) == "the bot is starting"
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
    assert not (tmp_path / SOCKET_NAME).exists()


async def test_a_stopping_bot_is_not_ready_while_it_finishes_its_work(tmp_path: Path) -> None:
    async with LocalChatServer() as server:
        sim = server.simulation
        bot = LabelBot(settings_for(server, tmp_path))
        await bot.start()
        server.faults.add(Delay(1), method="sendMessage")
        sim.send_text(sim.private, sim.alice, "/help")
        await sim.wait_for(lambda: any(call.method == "sendMessage" for call in sim.calls))
        stopping = asyncio.create_task(bot.stop())
        await asyncio.sleep(0)
        assert await check(tmp_path) == "the bot is stopping"
        await stopping
    assert "no bot with this home runs" in await check(tmp_path)


async def test_a_bot_that_hangs_is_not_alive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(healthcheck, "TIMEOUT_S", 0.2)
    with home_socket(tmp_path) as made:
        made.listen()
        assert await check(tmp_path, live=True) == "the bot does not answer within 0.2 s"


async def test_a_home_with_a_long_path_has_a_socket_for_its_owner_only(tmp_path: Path) -> None:
    home = tmp_path / ("long" * 40)
    home.mkdir()
    with home_socket(home) as made:
        assert (home / SOCKET_NAME).stat().st_mode & 0o777 == 0o600
        made.listen()
        with pytest.raises(OSError, match="another bot with this home answers there"), home_socket(home):
            pass
        assert (home / SOCKET_NAME).exists(), "the first bot keeps its socket"
    assert not (home / SOCKET_NAME).exists()


async def test_a_home_that_holds_no_socket_keeps_no_bot_from_running(tmp_path: Path) -> None:
    with capture_logs() as logs:
        async with web_server([], home=tmp_path / "missing", address=ListenAddress("127.0.0.1", 0)) as bound:
            assert bound is not None
    warning = next(line for line in logs if line["log_level"] == "warning")
    assert (warning["event"], "No such file" in warning["reason"]) == (
        "`labelbot healthcheck` cannot ask this bot",
        True,
    )


async def test_a_socket_that_a_killed_bot_left_is_replaced(tmp_path: Path) -> None:
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(tmp_path / SOCKET_NAME))
    left.close()
    async with connected_client(tmp_path):
        assert await check(tmp_path) == ""


async def test_an_address_in_use_is_named_at_the_start(tmp_path: Path) -> None:
    async with LocalChatServer() as server:
        taken = server.api_url.removeprefix("http://")
        with pytest.raises(StartError, match=f"cannot listen at {taken}: Address already in use"):
            await LabelBot(settings_for(server, tmp_path, listen=taken)).start()


@pytest.mark.parametrize("listen", ["0.0.0.0:8080", "[::]:8080", "192.0.2.1:8080", "bot.example:8080"])
async def test_an_address_that_others_reach_needs_a_secret(tmp_path: Path, listen: str) -> None:
    async with LocalChatServer() as server:
        with pytest.raises(
            ConfigError,
            match=r"has no secret yet: set LABELBOT_WEBHOOK_URL or .*_API_KEYS_FILE, or .* 127\.0\.0\.1:8080",
        ):
            LabelBot(settings_for(server, tmp_path, listen=listen))
        LabelBot(settings_for(server, tmp_path, listen=listen, webhook_url="https://bot.example/hook"))


@pytest.mark.parametrize("listen", ["127.0.0.1:8080", "127.1.2.3:1", "[::1]:8080", "localhost:8080"])
async def test_an_address_of_this_machine_needs_none(tmp_path: Path, listen: str) -> None:
    async with LocalChatServer() as server:
        LabelBot(settings_for(server, tmp_path, listen=listen))
