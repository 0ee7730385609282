"""Starting and stopping: the whole bot in this process, and `labelbot run` as a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Mapping, Set
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from bot.app import LabelBot, StartError
from bot.localchat.faults import DOWNLOAD, Delay, Refused, ServerError
from bot.localchat.server import LocalChatServer
from bot.storage.database_url import sqlite_url
from bot.storage.migrate import migrate
from bot.transport.revocation import REVOKED_AFTER_S
from tests.support.client import ANSWER_TIMEOUT_S, connected_client, settings_for
from tests.support.graphs import place_session
from tests.support.pictures import picture


def threads_and_children() -> tuple[int, set[int]]:
    tasks = list(Path("/proc/self/task").iterdir())
    return len(tasks), {int(pid) for task in tasks for pid in (task / "children").read_text().split()}


# In this process


async def test_photos_in_hand_are_answered_before_the_bot_ends(tmp_path: Path) -> None:
    async with connected_client(tmp_path) as client:
        sim = client.sim
        client.server.faults.add(Delay(0.5), method=DOWNLOAD)
        sent = [sim.send_photo(sim.private, sim.alice, picture(seed)) for seed in range(20)]
        await sim.wait_for(lambda: client.calls_of(DOWNLOAD))
    for message in sent:
        assert "%" in (await sim.wait_for_reply(message, timeout_s=0))["text"]


def containers_with(found: object, application: object) -> list[str]:
    """Attributes of the library's application that hold something."""
    names = [name for kind in type(application).__mro__ for name in getattr(kind, "__slots__", ())]
    values = {name: getattr(application, name, None) for name in names}
    return [name for name, value in values.items() if isinstance(value, Set | Mapping) and found in value]


async def test_the_library_keeps_nothing_of_people_and_chats(tmp_path: Path) -> None:
    async with connected_client(tmp_path) as client:
        chat, person = client.newcomer()
        group = client.sim.add_group("Walkers", creator=person)
        await client.text_after(client.sim.send_text(chat, person, "hello"))
        await client.text_after(client.sim.send_text(group, person, f"/help@{client.sim.bot.username}"))
        await client.said_in(chat)
        assert containers_with(person.id, client.bot.application) == []
        assert containers_with(group.id, client.bot.application) == []


async def test_work_that_takes_too_long_is_abandoned_and_everything_ends(tmp_path: Path) -> None:
    async with LocalChatServer() as server:
        before = threads_and_children()
        bot = LabelBot(settings_for(server, tmp_path, stop_timeout_s=0.2))
        await bot.start()
        server.faults.add(Delay(60), method=DOWNLOAD)
        server.simulation.send_photo(server.simulation.private, server.simulation.alice, picture(1))
        await server.simulation.wait_for(lambda: any(call.method == DOWNLOAD for call in server.simulation.calls))
        async with asyncio.timeout(5):
            await bot.stop()
        assert threads_and_children()[1] == before[1]
        assert not [task for task in asyncio.all_tasks() if "process_concurrent_update" in task.get_name()]


async def test_updates_left_when_the_time_is_over_are_answered_after_the_next_start(tmp_path: Path) -> None:
    async with LocalChatServer() as server:
        sim = server.simulation
        bot = LabelBot(settings_for(server, tmp_path, stop_timeout_s=0.2))
        await bot.start()
        (worker,) = bot.pool.worker_pids()
        os.kill(worker, signal.SIGSTOP)
        sent = [sim.send_photo(sim.private, sim.alice, picture(seed)) for seed in range(12)]
        await sim.wait_for(lambda: any(call.method == DOWNLOAD for call in sim.calls))
        await bot.stop()
        assert not any(call.method == "sendMessage" for call in sim.calls)
        with sqlite3.connect(tmp_path / "labelbot.sqlite3") as database:
            attempts = database.execute("SELECT attempts FROM inbox WHERE done_at IS NULL").fetchall()
        assert attempts == [(0,)] * len(sent), "a stop in good order is no failed attempt"
        async with LabelBot(settings_for(server, tmp_path)):
            for message in sent:
                assert "%" in (await sim.wait_for_reply(message, ANSWER_TIMEOUT_S))["text"]


async def test_no_update_is_fetched_while_work_is_finished_and_none_comes_twice(tmp_path: Path) -> None:
    async with LocalChatServer() as server:
        sim = server.simulation
        async with LabelBot(settings_for(server, tmp_path)):
            await sim.wait_for_reply(sim.send_text(sim.private, sim.alice, "/help"), ANSWER_TIMEOUT_S)
        late = sim.send_text(sim.private, sim.alice, "/start")
        async with LabelBot(settings_for(server, tmp_path)):
            await sim.wait_for_reply(late, ANSWER_TIMEOUT_S)
        said = [message for message in sim.messages(sim.private) if message["from"]["is_bot"]]
        assert len(said) == 2


async def test_a_webhook_left_over_does_not_keep_updates_from_the_bot(tmp_path: Path) -> None:
    async with LocalChatServer() as server:
        bot = LabelBot(settings_for(server, tmp_path))
        async with bot.application.bot as chat_side:
            await chat_side.set_webhook("https://bot.example/hook")
        sim = server.simulation
        async with bot:
            reply = await sim.wait_for_reply(sim.send_text(sim.private, sim.alice, "/help"), ANSWER_TIMEOUT_S)
        assert reply["from"]["is_bot"]


async def test_a_bot_that_cannot_start_leaves_nothing_running(tmp_path: Path) -> None:
    async with LocalChatServer() as server:
        before = threads_and_children()
        tasks = asyncio.all_tasks()
        server.faults.add(Refused("FORBIDDEN"), method="deleteWebhook")
        with pytest.raises(StartError, match="Forbidden"):
            await LabelBot(settings_for(server, tmp_path)).start()
        assert threads_and_children()[1] == before[1]
        assert {task for task in asyncio.all_tasks() - tasks if "handle" not in repr(task).lower()} == set()


async def test_a_bot_runs_without_its_command_menu(tmp_path: Path) -> None:
    async with LocalChatServer() as server:
        server.faults.add(ServerError(500), method="setMyCommands")
        async with LabelBot(settings_for(server, tmp_path)):
            sim = server.simulation
            reply = await sim.wait_for_reply(sim.send_text(sim.private, sim.alice, "/help"), ANSWER_TIMEOUT_S)
        assert reply["from"]["is_bot"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"token": "1:wrong"}, "does not accept the bot token"),
        ({"model": "no-such-model"}, "no model named 'no-such-model' is installed"),
    ],
)
async def test_what_keeps_the_bot_from_starting_is_one_sentence(
    tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    async with LocalChatServer() as server:
        with pytest.raises(StartError, match=said) as refused:
            await LabelBot(settings_for(server, tmp_path, **changes)).start()
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize("table", ["bans", "inbox"])
async def test_a_database_that_fails_at_the_start_is_named_in_one_sentence(tmp_path: Path, table: str) -> None:
    file = tmp_path / "labelbot.sqlite3"
    await asyncio.to_thread(migrate, sqlite_url(file))
    with closing(sqlite3.connect(file)) as database:
        database.execute(f"DROP TABLE {table}")
    async with LocalChatServer() as server:
        with pytest.raises(StartError) as refused:
            await LabelBot(settings_for(server, tmp_path)).start()
    assert str(refused.value) == f"The database {file} cannot be used: no such table: {table}."


# As a process


@asynccontextmanager
async def labelbot_run(home: Path, **environment: object) -> AsyncIterator[asyncio.subprocess.Process]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LABELBOT_")}
    ours = {f"LABELBOT_{name.upper()}": str(value) for name, value in environment.items()}
    process = await asyncio.create_subprocess_exec(
        *(Path(sys.executable).with_name("labelbot"), "run"),
        env=kept | {"LABELBOT_HOME": str(home), "LABELBOT_WORKERS": "1", "LABELBOT_MODEL": "starter"} | ours,
        cwd=home,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def ending(process: asyncio.subprocess.Process, timeout_s: float = ANSWER_TIMEOUT_S) -> tuple[int | None, str]:
    async with asyncio.timeout(timeout_s):
        _, written = await process.communicate()
    return process.returncode, written.decode()


@pytest.mark.parametrize(
    ("environment", "status", "said"),
    [
        ({}, 2, "No bot token: set LABELBOT_TOKEN"),
        pytest.param({"token": ""}, 2, "No bot token: set LABELBOT_TOKEN", marks=pytest.mark.slow),
        pytest.param(
            {"token": "1:x", "token_file": "secret"},
            2,
            "Both LABELBOT_TOKEN and LABELBOT_TOKEN_FILE are set",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            {"token_file": "missing"},
            2,
            "LABELBOT_TOKEN_FILE (missing) cannot be read: No such file",
            marks=pytest.mark.slow,
        ),
        pytest.param({"token": "1:x", "workers": "many"}, 2, "LABELBOT_WORKERS cannot be used", marks=pytest.mark.slow),
    ],
)
async def test_settings_that_cannot_be_used_end_the_program_with_a_sentence(
    tmp_path: Path, environment: dict[str, str], status: int, said: str
) -> None:
    async with labelbot_run(tmp_path, **environment) as process:
        returned, written = await ending(process)
    assert (returned, written.count("\n")) == (status, 1), written
    assert said in written


async def test_a_refused_token_ends_the_program_with_a_sentence(tmp_path: Path) -> None:
    async with (
        LocalChatServer() as server,
        labelbot_run(tmp_path, token="1:secret-part", api_url=server.api_url) as process,
    ):
        returned, written = await ending(process)
    assert returned == 1
    assert written == f"labelbot: {server.api_url} does not accept the bot token: is it the one @BotFather gave?\n"


@pytest.mark.slow
async def test_workers_are_told_the_device_that_stands_in_dot_env(tmp_path: Path) -> None:
    place_session(tmp_path, "session")
    (tmp_path / ".env").write_text("LABELBOT_DEVICE=GPU:99\n")
    async with (
        LocalChatServer() as server,
        labelbot_run(tmp_path, token=server.token, api_url=server.api_url, model="session") as process,
    ):
        returned, written = await ending(process)
    assert returned == 1
    assert "labelbot: the device (LABELBOT_DEVICE): expected one of CPU:0" in written
    assert "Received: 'GPU:99'" in written


@pytest.mark.slow
async def test_a_token_revoked_meanwhile_ends_the_program(tmp_path: Path) -> None:
    async with (
        LocalChatServer() as server,
        labelbot_run(tmp_path, token=server.token, api_url=server.api_url) as process,
    ):
        sim = server.simulation
        await sim.wait_for_reply(sim.send_text(sim.private, sim.alice, "/help"), ANSWER_TIMEOUT_S)
        server.token = "1:another"
        sim.send_text(sim.private, sim.alice, "/help")
        returned, written = await ending(process, REVOKED_AFTER_S + ANSWER_TIMEOUT_S)
    assert returned == 1
    assert written.splitlines()[-1] == "labelbot: Telegram no longer accepts the bot token: was it revoked?"
    assert "Traceback" not in written


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])
async def test_signals_to_the_whole_group_again_and_again_end_the_program_with_every_photo_answered(
    tmp_path: Path, number: signal.Signals
) -> None:
    async with LocalChatServer() as server:
        sim = server.simulation
        async with labelbot_run(tmp_path, token=server.token, api_url=server.api_url) as process:
            await sim.wait_for_reply(sim.send_text(sim.private, sim.alice, "/help"), ANSWER_TIMEOUT_S)
            server.faults.add(Delay(0.3), method=DOWNLOAD)
            # More than there are workers; one a second goes out to a chat.
            sent = [sim.send_photo(sim.private, sim.alice, picture(seed)) for seed in range(3)]
            await sim.wait_for(lambda: any(call.method == DOWNLOAD for call in sim.calls), ANSWER_TIMEOUT_S)
            # What Ctrl-C does: the terminal signals the program and its workers alike.
            os.killpg(process.pid, number)
            process.send_signal(number)
            returned, written = await ending(process)
        assert returned == 0, written
        assert "Traceback" not in written
        for message in sent:
            assert "%" in (await sim.wait_for_reply(message, timeout_s=0))["text"]


async def test_a_signal_while_the_program_starts_ends_it_at_once(tmp_path: Path) -> None:
    async with LocalChatServer() as server:
        server.faults.add(Delay(60), method="getMe")
        async with labelbot_run(tmp_path, token=server.token, api_url=server.api_url) as process:
            await server.simulation.wait_for(lambda: bool(server.simulation.calls), ANSWER_TIMEOUT_S)
            process.terminate()
            returned, written = await ending(process)
    assert (returned, written) == (0, "")


@pytest.mark.slow
async def test_the_log_of_a_photo_holds_its_timings_and_nothing_private(tmp_path: Path) -> None:
    async with LocalChatServer() as server:
        sim = server.simulation
        async with labelbot_run(tmp_path, token=server.token, api_url=server.api_url) as process:
            photo = sim.send_photo(sim.private, sim.alice, picture(1), caption="my secret garden")
            await sim.wait_for_reply(photo, ANSWER_TIMEOUT_S)
            process.terminate()
            _, written = await ending(process)
    (record,) = [json.loads(line) for line in written.splitlines() if '"labelled"' in line]
    assert record.keys() >= {"update_id", "chat", "model", "decode_ms", "inference_ms", "queue_ms", "total_ms"}
    for private in ("secret", "Alice", "alice", server.token.partition(":")[2], "file_", photo["photo"][0]["file_id"]):
        assert private not in written
