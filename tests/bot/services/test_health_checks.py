"""Each condition is found, with the real fault: by its check, and by a running bot that tells its admin."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.app import LabelBot
from bot.limits import backoff
from bot.localchat.faults import ServerError, WrongClock
from bot.localchat.html import parse_html
from bot.localchat.server import LocalChatServer
from bot.services import health_checks, health_watch
from bot.services.health_checks import MIN_FREE_BYTES, MIN_FREE_SHARE, clock_off, database_file, disk_full
from bot.storage.database_url import sqlite_url
from bot.storage.migrate import migrate
from bot.transport.server_clock import ServerClock
from inference import InferencePool, ModelStore
from tests.support.client import ANSWER_TIMEOUT_S, Client, connected_client, settings_for
from tests.support.colour_models import install_colours
from tests.support.pictures import picture
from tests.support.processes import until
from tests.support.small_disk import small_disk
from tests.support.texts import ENGLISH

PROGRAM = Path(sys.executable).with_name("labelbot")
DISK_BYTES = 20_000_000


@pytest.fixture(autouse=True)
def _frequent_looks() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(health_watch, "LOOK_EVERY_S", 0.05)
        yield


def shown(key: str, **facts: str | float) -> str:
    return parse_html(ENGLISH(key, **facts))[0]


def told(client: Client) -> list[str]:
    """What the bot says to its admin, unasked."""
    messages = client.sim.messages(client.admin_chat)
    answers = [client.sim.replies(message)[:1] for message in messages if not message["from"]["is_bot"]]
    unasked = [message for message in messages if message["from"]["is_bot"] and [message] not in answers]
    return [str(message["text"]) for message in unasked]


async def until_told(client: Client, *texts: str) -> None:
    """Wait until the admin was told all this, and nothing else."""
    await client.sim.wait_for(lambda: len(told(client)) >= len(texts), ANSWER_TIMEOUT_S)
    assert told(client) == list(texts)


# The database's file


async def test_a_database_file_that_is_deleted_replaced_or_moved_away_and_back(tmp_path: Path) -> None:
    file, aside = tmp_path / "labelbot.sqlite3", tmp_path / "aside"
    file.write_text("one")
    condition = database_file(file)
    assert await condition.check() is None
    file.rename(aside)
    assert await condition.check() == {"file": str(file)}
    file.write_text("another")
    assert await condition.check() == {"file": str(file)}
    aside.replace(file)
    assert await condition.check() is None


async def test_a_bot_tells_its_admin_once_that_its_database_was_deleted_and_once_that_it_is_back(
    tmp_path: Path,
) -> None:
    file = tmp_path / "labelbot.sqlite3"
    async with connected_client(tmp_path) as client:
        os.link(file, tmp_path / "kept")
        gone, back = shown("health-database-file", file=str(file)), shown("health-database-file-over")
        file.unlink()
        await until_told(client, gone)
        assert "%" in await client.text_after(client.sim.send_photo(client.sim.private, client.sim.alice, picture(1)))
        os.link(tmp_path / "kept", file)
        await until_told(client, gone, back)


# The clock


@pytest.mark.parametrize(("ahead_s", "direction"), [(7200, "ahead"), (-7200, "behind"), (200, None), (-200, None)])
async def test_a_clock_that_is_off_by_more_than_minutes(ahead_s: int, direction: str | None) -> None:
    clock = ServerClock(lambda: 7200.0 + ahead_s)
    clock.note("Thu, 01 Jan 1970 02:00:00 GMT")
    assert await clock_off(clock).check() == (direction and {"minutes": 120, "direction": direction})


async def test_a_bot_tells_that_the_clock_is_off_and_that_it_was_set(tmp_path: Path) -> None:
    async with LocalChatServer() as server:
        sim = server.simulation
        sim.add_private_chat(sim.admin)
        fault = server.faults.add(WrongClock(-7200))
        client = Client(server, LabelBot(settings_for(server, tmp_path)))
        async with client.bot:
            off = shown("health-clock", minutes=120, direction="ahead")
            await until_told(client, off)
            server.faults.remove(fault)
            await client.reply_to(sim.send_text(sim.private, sim.alice, "/help"))
            await until_told(client, off, shown("health-clock-over"))


# The disk


async def test_a_small_disk_that_fills(tmp_path: Path) -> None:
    with small_disk(tmp_path, DISK_BYTES):
        condition = disk_full(tmp_path)
        assert await condition.check() is None
        (tmp_path / "film").write_bytes(bytes(int(DISK_BYTES * (1 - MIN_FREE_SHARE)) - 100_000))
        assert await condition.check() is None
        (tmp_path / "another").write_bytes(bytes(200_000))
        assert await condition.check() == {"free_mb": 1, "percent": 9}
        (tmp_path / "another").unlink()
        assert await condition.check() is None


@pytest.mark.parametrize(("free_bytes", "is_full"), [(MIN_FREE_BYTES - 1, True), (MIN_FREE_BYTES, False)])
async def test_on_a_large_disk_a_number_of_bytes_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_bytes: int, is_full: bool
) -> None:
    total = 2 * 10**12
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(total, total - free_bytes, free_bytes))
    facts = await disk_full(tmp_path).check()
    assert facts == ({"free_mb": 249, "percent": 0} if is_full else None)


async def test_a_bot_tells_of_a_disk_that_fills_and_of_one_with_room_again(tmp_path: Path) -> None:
    with small_disk(tmp_path, DISK_BYTES):
        async with connected_client(tmp_path) as client:
            free = shutil.disk_usage(tmp_path).free
            (tmp_path / "film").write_bytes(bytes(free - 1_000_000))
            await client.sim.wait_for(lambda: told(client), ANSWER_TIMEOUT_S)
            (full,) = told(client)
            assert "almost full" in full
            assert "MB are free" in full
            (tmp_path / "film").unlink()
            await until_told(client, full, shown("health-disk-over"))


# Polling


async def until_fetched(client: Client) -> None:
    """Let a poll succeed at once, which lasts while nothing comes."""
    await client.reply_to(client.sim.send_text(client.sim.private, client.sim.alice, "/help"))


async def test_a_bot_that_cannot_fetch_tells_so_although_it_can_send(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health_checks, "MAX_SILENCE_S", 0.5)
    monkeypatch.setattr(backoff, "MAX_PAUSE_S", 0.1)
    async with connected_client(tmp_path) as client:
        fault = client.server.faults.add(ServerError(502), method="getUpdates")
        client.sim.send_text(client.sim.private, client.sim.alice, "/help")
        silent = shown("health-polling", minutes=0)
        await until_told(client, silent)
        client.server.faults.remove(fault)
        await until_fetched(client)
        await until_told(client, silent, shown("health-polling-over", lasted_min=1))


async def test_an_outage_of_all_is_told_once_it_is_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_checks, "MAX_SILENCE_S", 0.5)
    monkeypatch.setattr(backoff, "MAX_PAUSE_S", 0.1)
    async with connected_client(tmp_path) as client:
        with capture_logs() as logs:
            fault = client.server.faults.add(ServerError(502))
            client.sim.send_text(client.sim.private, client.sim.alice, "/help")
            await until(lambda: any(line["event"].startswith("updates cannot be fetched") for line in logs))
        client.server.faults.remove(fault)
        await until_fetched(client)
        await client.sim.wait_for(lambda: shown("health-polling-over", lasted_min=1) in told(client), ANSWER_TIMEOUT_S)


# Workers


def deaths_are(pool: InferencePool, count: int) -> bool:
    return pool.worker_deaths == count


def workers_are(pool: InferencePool, count: int) -> bool:
    return len(pool.worker_pids()) == count


async def test_workers_that_die_one_after_the_other_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_checks, "DEATHS_PERIOD_S", 60.0)
    async with connected_client(tmp_path) as client:
        pool = client.bot.pool
        deaths = health_checks.MAX_DEATHS
        for number in range(deaths):
            await until(pool.worker_pids)
            assert told(client) == []
            os.kill(pool.worker_pids()[0], signal.SIGKILL)
            await until(partial(deaths_are, pool, number + 1))
        dying = shown("health-workers", count=deaths, minutes=1)
        await until_told(client, dying)
        monkeypatch.setattr(health_checks, "DEATHS_PERIOD_S", 0.5)
        await until_told(client, dying, shown("health-workers-over"))


async def test_a_lost_cluster_is_told_and_its_workers_are_not(tmp_path: Path) -> None:
    async with connected_client(tmp_path) as client:
        pool = client.bot.pool
        pool._host.fault = "the head is gone"  # type: ignore[misc]
        pool._workers._deaths += health_checks.MAX_DEATHS
        lost = shown("health-cluster", reason="the head is gone")
        await until_told(client, lost)
        assert "the connection to the cluster: the head is gone." in lost
        pool._host.fault = None  # type: ignore[misc]
        await until_told(client, lost, shown("health-cluster-over", lasted_min=1))


async def test_workers_that_are_replaced_on_purpose_did_not_die(tmp_path: Path) -> None:
    async with connected_client(tmp_path) as client:
        for count in (2, 1):
            await client.bot.pool.resize(count)
            await until(partial(workers_are, client.bot.pool, count))
        assert client.bot.pool.worker_deaths == 0


# Models


async def test_a_model_that_is_missing_is_told_with_the_one_that_answers(tmp_path: Path) -> None:
    for name, side in (("first", 8), ("second", 9)):
        install_colours(ModelStore(tmp_path), tmp_path, name, side=side)
    async with connected_client(tmp_path, model="first") as client:
        assert "second" in await client.order("/use second")
        assert told(client) == []
        models = tmp_path / "models"
        (models / "second").rename(tmp_path / "away")
        missing = shown("health-model", models="second", instead="first")
        await until_told(client, missing)
        (tmp_path / "away").rename(models / "second")
        await until_told(client, missing, shown("health-model-over"))


# Backups


def run_backup(home: Path, file: Path, *, terminal: bool = False) -> int:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LABELBOT_")}
    arguments = [str(PROGRAM), "backup", str(file)]
    if terminal:
        arguments = ["script", "--quiet", "--return", "--command", " ".join(arguments), "/dev/null"]
    return subprocess.run(
        arguments, env=environment | {"LABELBOT_HOME": str(home)}, cwd=home, capture_output=True, check=False
    ).returncode


@pytest.mark.slow
async def test_a_backup_that_fails_in_a_timer_is_told_until_one_works(tmp_path: Path) -> None:
    async with connected_client(tmp_path) as client:
        there = tmp_path / "there"
        there.write_text("")
        assert run_backup(tmp_path, there) == 1
        failed = shown(
            "health-backup",
            reason=f"{there} already exists: name a new file or a folder, or add --keep N for names with dates.",
        )
        await until_told(client, failed)
        assert run_backup(tmp_path, tmp_path / "new") == 0
        await until_told(client, failed, shown("health-backup-over"))


def test_a_backup_that_fails_before_eyes_is_no_news(tmp_path: Path) -> None:
    migrate(sqlite_url(tmp_path / "labelbot.sqlite3"))
    assert run_backup(tmp_path, tmp_path / "no" / "folder", terminal=True) == 1
    assert not (tmp_path / "backup-failed").exists()
    assert run_backup(tmp_path, tmp_path / "no" / "folder") == 1
    assert (tmp_path / "backup-failed").stat().st_mode & 0o777 == 0o600
