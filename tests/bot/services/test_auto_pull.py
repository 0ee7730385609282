"""A bot whose model is `auto` pulls the preferred model from a local server, and switches to it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from bot.localchat.server import LocalChatServer
from bot.services import auto_pull
from inference import AUTO, DEFAULT_MODEL, PREFERRED_MODEL, STARTER, ModelStore
from inference.models.store import BUILT_IN
from inference.system.memory import Memory
from tests.support.client import Client, connected_client, connected_client_at
from tests.support.colour_models import install_colours, photo
from tests.support.file_server import Fault, FileServer, serving
from tests.support.processes import children, until
from tests.support.published import NETWORK, publish_colours
from tests.support.texts import ENGLISH

NOT_USED = "the preferred model is not used; the next attempt is in a day, at the next start, or after /reload"


@dataclass
class Published:
    """A small model that is published under the name of the preferred one.

    Attributes:
        server: it serves the model's files.
        settings: of a bot that pulls the model.
    """

    server: FileServer
    settings: dict[str, Any]

    @property
    def asked(self) -> list[tuple[str, int]]:
        return self.server.asked


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Published]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving(FileServer()) as server:
        catalog = publish_colours(server, tmp_path / "catalog.toml", PREFERRED_MODEL)
        yield Published(server, {"model": AUTO, "auto_pull": True, "catalog": catalog})


async def answer(client: Client, colour: str = "red") -> str:
    """What somebody new is answered."""
    chat, person = client.newcomer()
    return await client.text_after(client.sim.send_photo(chat, person, photo(colour)))


async def until_used(client: Client, name: str) -> None:
    selection = client.bot.application.bot_data["services"].models
    await until(lambda: selection.in_use() == (name,))


def not_used(logs: list[EventDict]) -> list[str]:
    """Why the model is not used, each time it was logged."""
    return [record["reason"] for record in logs if record["event"] == NOT_USED]


async def test_it_answers_at_once_pulls_in_the_background_and_switches(home: Path, published: Published) -> None:
    drain = Event()
    published.server.faults = [Fault(cut_at=len(NETWORK) // 2, waits=drain)]
    with capture_logs() as logs:
        async with connected_client(home, **published.settings) as client:
            await until(lambda: published.asked)
            assert "Red" not in await answer(client)
            sim, services = client.sim, client.bot.application.bot_data["services"]
            await until(lambda: services.downloads.progress is not None)
            shown = await client.reply_to(sim.send_text(client.admin_chat, sim.admin, "/models"))
            assert f"{PREFERRED_MODEL}: downloading colours.tflite ..." in shown["text"]
            assert shown["reply_markup"]["inline_keyboard"][-1][0]["text"] == ENGLISH("models-pull-stop-button")
            drain.set()
            await until_used(client, PREFERRED_MODEL)
            assert (await answer(client)).startswith("Red: ")
            assert "downloading" not in await client.order("/models")
    [switch] = [record for record in logs if record["event"] == "switched"]
    assert (switch["model"], switch["before"]) == (PREFERRED_MODEL, DEFAULT_MODEL)
    steps = [(record["step"], record.get("percent")) for record in logs if record["event"] == "background pull"]
    assert ("downloading", 100) in steps
    assert ("compiling", None) in steps


@pytest.mark.slow
async def test_the_choice_of_an_admin_wins_meanwhile_and_later(home: Path, published: Published) -> None:
    drain = Event()
    published.server.faults = [Fault(cut_at=len(NETWORK) // 2, waits=drain)]
    async with LocalChatServer() as server:
        server.simulation.add_private_chat(server.simulation.admin)
        async with connected_client_at(server, home, **published.settings) as client:
            await until(lambda: published.asked)
            assert "I'm using starter everywhere" in await client.order("/use starter")
            drain.set()
            await until(lambda: PREFERRED_MODEL in ModelStore(home).names())
            await until(lambda: client.bot.application.bot_data["services"].downloads.under_way is None)
            await until_used(client, STARTER)
        ModelStore(home).remove(PREFERRED_MODEL)
        async with connected_client_at(server, home, **published.settings) as client:
            await until_used(client, STARTER)
            assert f"I'm using {DEFAULT_MODEL} everywhere" in await client.order("/use auto")
            assert ENGLISH("models-refused-chosen-already", name=AUTO) == await client.order("/use auto")
            await until_used(client, PREFERRED_MODEL)


@pytest.mark.parametrize("changes", [{"auto_pull": False}, {"model": DEFAULT_MODEL}])
async def test_settings_turn_it_off(home: Path, published: Published, changes: dict[str, Any]) -> None:
    async with connected_client(home, **published.settings | changes) as client:
        await until_used(client, DEFAULT_MODEL)
        await client.order("/models")
        assert client.bot.application.bot_data["services"].downloads.under_way is None
    assert published.asked == []


@pytest.mark.parametrize(
    ("limit", "of_what"),
    [("MIN_MEMORY_BYTES", "free memory"), ("WORKER_MEMORY_BYTES", "free memory"), ("MIN_DISK_BYTES", "free for ")],
)
async def test_without_room_it_says_so_once_and_stays(
    home: Path, published: Published, monkeypatch: pytest.MonkeyPatch, limit: str, of_what: str
) -> None:
    monkeypatch.setattr(auto_pull, limit, 10**18)
    with capture_logs() as logs:
        async with connected_client(home, **published.settings) as client:
            await until(lambda: not_used(logs))
            assert "Red" not in await answer(client)
    [reason] = not_used(logs)
    assert reason.startswith("expected 1000000000")
    assert of_what in reason
    assert published.asked == []


@pytest.mark.slow
async def test_a_server_that_lies_a_kill_and_a_stop_leave_nothing_and_the_next_attempt_succeeds(
    home: Path, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auto_pull, "RETRY_S", 0.0)
    before, drain = children(), Event()
    half = Fault(cut_at=len(NETWORK) // 2, waits=drain)
    published.server.faults = [Fault(content=NETWORK[::-1]), half]
    with capture_logs() as logs:
        async with connected_client(home, **published.settings) as client:
            workers = children() - before
            await until(lambda: len(published.asked) == 2)
            assert [reason.partition(": expected the SHA-256 ")[0] for reason in not_used(logs)] == [
                published.server.url("/colours.tflite")
            ]
            assert ModelStore(home).names() == BUILT_IN
            published.server.faults = [half]
            [pulling] = children() - before - workers
            os.kill(pulling, signal.SIGKILL)
            await until(lambda: len(published.asked) == 3)
            assert not_used(logs)[1] == "the process ended with status -9"
            assert "Red" not in await answer(client)
            client.bot.application.bot_data["services"].downloads.cancel(PREFERRED_MODEL)
            await until(lambda: len(not_used(logs)) == 3)
            assert not_used(logs)[2] == "an admin stopped the download"
            drain.set()
            await until_used(client, PREFERRED_MODEL)
            assert (await answer(client)).startswith("Red: ")
    assert len(not_used(logs)) == 3


@pytest.mark.slow
async def test_the_bot_stops_in_the_middle_of_a_pull(home: Path, published: Published) -> None:
    drain, before = Event(), children()
    published.server.faults = [Fault(cut_at=len(NETWORK) // 2, waits=drain)]
    async with connected_client(home, **published.settings):
        await until(lambda: published.asked)
    assert children() == before
    drain.set()
    assert ModelStore(home).names() == BUILT_IN


@pytest.mark.slow
async def test_a_model_that_does_not_work_is_never_used(home: Path, published: Published, tmp_path: Path) -> None:
    async with LocalChatServer() as server:
        server.simulation.add_private_chat(server.simulation.admin)
        with capture_logs() as logs:
            async with connected_client_at(server, home, **published.settings | {"auto_pull": False}) as client:
                services = client.bot.application.bot_data["services"]
                bundle = install_colours(ModelStore(home), tmp_path, PREFERRED_MODEL)
                (bundle.directory / "model.tflite").write_bytes(b"damaged")
                async with auto_pull.AutoPull(services.models, services.downloads, home, workers=1).running():
                    await until(lambda: not_used(logs))
                assert "Red" not in await answer(client)
        [reason] = not_used(logs)
        assert reason.startswith("expected the files of version ")
        async with connected_client_at(server, home, **published.settings) as client:
            assert "Red" not in await answer(client)
        (bundle.directory / "model.json").write_bytes(b"damaged")
        async with connected_client_at(server, home, **published.settings) as client:
            assert "Red" not in await answer(client)
    assert published.asked == []


async def test_it_is_used_at_once_where_it_is_installed(home: Path, published: Published, tmp_path: Path) -> None:
    install_colours(ModelStore(home), tmp_path, PREFERRED_MODEL)
    async with connected_client(home, **published.settings) as client:
        assert (await answer(client)).startswith("Red: ")
    assert published.asked == []


async def test_a_reload_and_the_choice_of_auto_try_again_at_once(
    home: Path, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auto_pull, "MIN_DISK_BYTES", 10**18)
    with capture_logs() as logs:
        async with connected_client(home, **published.settings) as client:
            await until(lambda: len(not_used(logs)) == 1)
            await client.order("/reload")
            await until(lambda: len(not_used(logs)) == 2)
            await client.order("/use starter")
            await client.order("/use auto")
            await until(lambda: len(not_used(logs)) == 3)


async def test_one_with_which_the_workers_could_not_start_waits_for_a_reload_or_another_version(
    home: Path, published: Published, tmp_path: Path
) -> None:
    store = ModelStore(home)
    network = install_colours(store, tmp_path, PREFERRED_MODEL).directory / "model.tflite"
    content = network.read_bytes()
    network.write_bytes(b"damaged")
    async with connected_client(home, **published.settings) as client:
        selection = client.bot.application.bot_data["services"].models
        assert (selection.in_use(), selection.wants_preferred) == ((DEFAULT_MODEL,), False)
        network.write_bytes(content)
        await selection.adopt_preferred()
        assert "Red" not in await answer(client)
        assert f"{PREFERRED_MODEL} works." in await client.order("/reload")
        assert (await answer(client)).startswith("Red: ")


async def test_another_version_is_wanted_after_a_start_that_failed(
    home: Path, published: Published, tmp_path: Path
) -> None:
    store = ModelStore(home)
    (install_colours(store, tmp_path, PREFERRED_MODEL).directory / "model.tflite").write_bytes(b"damaged")
    async with connected_client(home, **published.settings | {"auto_pull": False}) as client:
        selection = client.bot.application.bot_data["services"].models
        assert not selection.wants_preferred
        install_colours(store, tmp_path, PREFERRED_MODEL, labels=("rouge", "vert", "bleu"))
        assert selection.wants_preferred


async def test_an_installed_one_waits_for_memory_that_grows_with_the_workers(
    home: Path, published: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auto_pull, "read_memory", lambda: Memory(available_bytes=0, total_bytes=0, limited=True))
    async with connected_client(home, **published.settings | {"auto_pull": False}) as client:
        services = client.bot.application.bot_data["services"]
        install_colours(ModelStore(home), tmp_path, PREFERRED_MODEL)
        for workers, needed in ((3, "600 MB"), (5, "750 MB")):
            with capture_logs() as logs:
                async with auto_pull.AutoPull(services.models, services.downloads, home, workers=workers).running():
                    await until(partial(not_used, logs))
            assert not_used(logs) == [f"expected {needed} of free memory. Received: 0 MB"]
        assert services.models.in_use() == (DEFAULT_MODEL,)


async def test_nobody_is_told_that_it_was_removed_unless_somebody_chose_it(
    home: Path, published: Published, tmp_path: Path
) -> None:
    store = ModelStore(home)
    install_colours(store, tmp_path, PREFERRED_MODEL)
    async with connected_client(home, **published.settings) as client:
        selection = client.bot.application.bot_data["services"].models
        store.remove(PREFERRED_MODEL)
        assert "should answer here" not in await answer(client)
        assert (selection.in_use(), selection.passed_over()) == ((DEFAULT_MODEL,), {})
        install_colours(store, tmp_path, PREFERRED_MODEL)
        await client.order(f"/use {PREFERRED_MODEL}")
        store.remove(PREFERRED_MODEL)
        assert f"{PREFERRED_MODEL} should answer here" in await answer(client)
        assert selection.passed_over() == {PREFERRED_MODEL: DEFAULT_MODEL}


async def test_a_reload_uses_it_if_it_was_installed_meanwhile(home: Path, published: Published, tmp_path: Path) -> None:
    async with connected_client(home, **published.settings | {"auto_pull": False}) as client:
        await until_used(client, DEFAULT_MODEL)
        install_colours(ModelStore(home), tmp_path, PREFERRED_MODEL)
        assert "Red" not in await answer(client)
        assert f"{PREFERRED_MODEL} works." in await client.order("/reload")
        assert (await answer(client)).startswith("Red: ")
