"""Admins switch models in chat while photos keep coming, over the local Bot API server with real worker processes."""

from __future__ import annotations

import asyncio
import itertools
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image

from bot.domain.callback_data import button_data
from bot.localchat.chats import Chat
from bot.localchat.faults import DOWNLOAD, Delay
from bot.localchat.html import parse_html
from bot.localchat.server import LocalChatServer
from bot.localchat.threads import Message
from bot.services.model_preferences import EVERYWHERE
from bot.storage.model_choices import ModelChoice
from inference import ModelStore
from tests.support.client import Client, connected_client, connected_client_at
from tests.support.colour_models import install_colours
from tests.support.images import encode
from tests.support.networks import COLOURS
from tests.support.pictures import picture
from tests.support.processes import children, mapped_files, stopped, until
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")

MODEL = re.compile(r"^(\S+) · (?:[\d,]+ ms|seen before)$", re.MULTILINE)


def install_pair(home: Path) -> ModelStore:
    """Install `first` and `second`, which call red, green and blue by names of their own."""
    store = ModelStore(home)
    for name, side in (("first", 8), ("second", 9)):
        install_colours(store, home, name, side=side, labels=(f"{name} red", f"{name} green", f"{name} blue"))
    return store


def written_in(home: Path) -> dict[Path, int]:
    """When each file and link of the models was changed last."""
    return {path: path.lstat().st_ctime_ns for path in (home / "models").rglob("*") if path.name != ".lock"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Client, Path]]:
    """A running bot, shared by the tests of this module, and its home."""
    home = tmp_path_factory.mktemp("home")
    install_pair(home)
    async with connected_client(home, model="first") as running:
        yield running, home


@pytest_asyncio.fixture(loop_scope="module")
async def client(bot: tuple[Client, Path]) -> AsyncIterator[Client]:
    """The running bot, of which `first` answers in all chats."""
    running, home = bot
    before = written_in(home)
    yield running
    if written_in(home) != before:
        install_pair(home)
    if await selected(running) != "first":
        await running.order("/use first")


@pytest.fixture
def store(bot: tuple[Client, Path]) -> ModelStore:
    """Of the running bot."""
    return ModelStore(bot[1])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """For a bot of a test's own."""
    install_pair(tmp_path)
    return tmp_path


def busy_group(client: Client) -> Chat:
    """A new group of the admin and Alice, whose every message reaches the bot."""
    sim = client.sim
    group = sim.add_group("Club", creator=sim.admin, members=(sim.alice,))
    sim.groups.set_status(group, sim.bot, "administrator", by=sim.admin)
    return group


def model_in(text: str) -> str:
    found = MODEL.search(text)
    assert found is not None, text
    return found[1]


async def selected(client: Client, *, chat: Any = None, seeds: Any = itertools.count(1000)) -> str:  # noqa: B008
    """Send a new photo; return the name of the model that answers."""
    where = chat or client.sim.private
    caption = "" if where.type == "private" else f"@{client.sim.bot.username}"
    photo = client.sim.send_photo(where, client.sim.alice, picture(next(seeds)), caption=caption)
    return model_in(await client.text_after(photo))


def buttons(message: Message) -> dict[str, str]:
    """What the buttons of a message say, and what they hold."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return {button["text"]: button["callback_data"] for row in rows for button in row}


async def shown_now(client: Client, message: Message) -> Message:
    chat = client.sim.store.chats[message["chat"]["id"]]
    return chat.messages[message["message_id"]]


# Switching


async def test_a_switch_is_told_with_what_the_model_saw_and_holds_for_all(client: Client) -> None:
    assert await selected(client) == "first"
    said = await client.order("/use second")
    assert re.fullmatch(
        r"I'm using second everywhere now\. It sees second \w+ \(\d+%\) in the sample photo\. "
        r"/rollback goes back to first\.",
        said,
    )
    assert await selected(client) == "second"
    told = await client.text_after(client.sim.send_text(*client.newcomer(), "/model"))
    assert told.startswith("I'm using the model second here")
    assert ENGLISH("commands-model-everywhere") in told
    assert await client.order("/use second") == "Nothing has changed: second was already chosen."


async def test_a_chat_can_have_a_model_for_itself(client: Client) -> None:
    group = busy_group(client)
    assert "I'm using second here now." in await client.order("/use second HERE", group)
    assert await selected(client, chat=group) == "second"
    assert await selected(client) == "first"
    await client.order("/use starter")
    assert await selected(client, chat=group) == "second"
    assert await selected(client) == "starter"
    assert (await client.order("/rollback here", group)).startswith("I'm using starter here now.")
    assert await selected(client, chat=group) == "starter"


async def test_rollback_goes_back_and_forth(client: Client) -> None:
    await client.order("/use second")
    await client.order("/use starter")
    for expected in ("second", "starter", "second"):
        assert (await client.order("/rollback")).startswith(f"I'm using {expected} everywhere now.")
        assert await selected(client) == expected
    nothing = "There's nothing to go back to."
    assert await client.order("/rollback here", busy_group(client)) == nothing
    assert await client.order("/rollback there") == parse_html(ENGLISH("models-rollback-usage"))[0]


async def test_choices_survive_a_restart(home: Path) -> None:
    async with LocalChatServer() as server:
        server.simulation.add_private_chat(server.simulation.admin)
        async with connected_client_at(server, home, model="first") as client:
            assert "There's nothing to go back to" in await client.order("/rollback")
            await client.order("/use second")
            await client.order("/use starter here")
        async with connected_client_at(server, home, model="first") as client:
            assert await selected(client) == "second"
            assert (await client.order("/model")).startswith("I'm using the model starter here")
            assert (await client.order("/rollback")).startswith("I'm using first everywhere now.")


@pytest.mark.parametrize("command", ["/use", "/use first there", "/use first here now"])
async def test_half_a_command_is_met_with_how_it_goes(client: Client, command: str) -> None:
    assert await client.order(command) == parse_html(ENGLISH("models-use-usage"))[0]


# What does not work


async def test_a_model_that_does_not_work_never_answers(client: Client, store: ModelStore) -> None:
    (store.find("second").directory / "model.tflite").write_bytes(b"damaged")
    processes = client.bot.pool.worker_pids(), children()
    said = await client.order("/use second")
    assert said.startswith("Nothing has changed: expected the files of version")
    assert "\n" not in said
    assert (client.bot.pool.worker_pids(), children()) == processes
    assert await selected(client) == "first"
    assert "no model named 'none' is installed" in await client.order("/use none")
    assert "no model named '../first' is installed" in await client.order("/use ../first")


async def test_a_switch_that_cannot_be_stored_does_not_happen(client: Client, bot: tuple[Client, Path]) -> None:
    _, home = bot
    with closing(sqlite3.connect(home / "labelbot.sqlite3", isolation_level=None)) as database:
        database.execute("ALTER TABLE model_choices RENAME TO away")
        assert "something went wrong on my side" in await client.order("/use second")
        database.execute("ALTER TABLE away RENAME TO model_choices")
    assert await selected(client) == "first"
    assert "I'm using second everywhere now." in await client.order("/use second")


async def test_a_model_that_vanishes_is_told_and_the_next_one_answers(
    client: Client, store: ModelStore, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    await client.order("/use second")
    store.remove("second")
    text = await client.text_after(client.sim.send_photo(client.sim.private, client.sim.alice, picture(1)))
    assert model_in(text) == "first"
    assert text.endswith("second should answer here, but it is no longer installed.")
    store.remove("first")
    assert await selected(client) == "starter"
    assert capfd.readouterr().out.count("model passed over") == 2
    install_colours(store, tmp_path, "second", side=9)
    assert await selected(client) == "second"


async def test_a_bot_whose_model_vanished_starts_all_the_same(home: Path) -> None:
    async with LocalChatServer() as server:
        sim = server.simulation
        sim.add_private_chat(sim.admin)
        async with connected_client_at(server, home, model="first") as client:
            await client.order("/use second")
        for name in ("first", "second"):
            ModelStore(home).remove(name)
        async with connected_client_at(server, home, model="first") as client:
            text = await client.text_after(sim.send_photo(sim.private, sim.alice, picture(1)))
    assert model_in(text) == "starter"
    assert text.endswith("second should answer here, but it is no longer installed.")


async def test_photos_whose_model_is_removed_while_they_wait_are_answered_by_another(
    client: Client, store: ModelStore
) -> None:
    pool = client.bot.pool
    await client.order("/use second")
    with stopped(*pool.worker_pids()):
        held = client.sim.send_photo(client.sim.private, client.sim.alice, picture(2))
        await until(lambda: pool.pending == 1)
        waiting = client.sim.send_photo(client.sim.private, client.sim.alice, picture(3))
        await until(lambda: pool.pending == 2)
        store.remove("second")
        switching = asyncio.create_task(client.order("/use starter"))
        # The fresh process of the switch takes over what the stopped one has not read, and never had its model.
        assert model_in(await client.text_after(held)) in ("first", "starter")
    assert model_in(await client.text_after(waiting)) in ("first", "second", "starter")
    assert "I'm using starter everywhere now." in await switching


# The list and its buttons


async def test_models_lists_what_is_installed_with_buttons_to_switch(client: Client) -> None:
    message = client.sim.send_text(client.admin_chat, client.sim.admin, "/models")
    listed = await client.reply_to(message)
    lines = listed["text"].splitlines()
    assert lines[0] == "4 models"
    assert re.fullmatch(r"• starter · 200 labels · 64 x 64 · \d\.\d MB · \d+\.\d% right on Tiny ImageNet", lines[1])
    assert re.fullmatch(
        r"• efficientnet_lite0 · 1,?000 labels · 224 x 224 · \d\.\d MB · \d+\.\d% right on ImageNet", lines[2]
    )
    assert re.fullmatch(r"✓ first · 3 labels · 8 x 8 · 0\.0 MB · used everywhere", lines[3])
    assert parse_html(ENGLISH("models-not-alike"))[0] in lines, "the two shares are of different photos"
    assert list(buttons(listed)) == ["Use starter", "Use efficientnet_lite0", "Use second"]

    answer = await client.sim.press(listed, buttons(listed)["Use second"], client.sim.admin, timeout_s=60)
    assert answer.text == "I'm trying second ..."
    changed = await client.sim.wait_for(lambda: client.calls_of("editMessageText"), 60)
    await until(lambda: changed[-1].finished_at is not None)
    now = await shown_now(client, listed)
    assert now["text"].startswith("I'm using second everywhere now.")
    assert "✓ second · 3 labels · 9 x 9" in now["text"]
    assert list(buttons(now)) == ["Use starter", "Use efficientnet_lite0", "Use first"]
    assert await selected(client) == "second"


async def test_buttons_serve_admins_only_whoever_sees_them(client: Client) -> None:
    sim, group = client.sim, busy_group(client)
    listed = await client.reply_to(sim.send_text(group, sim.admin, f"/models@{sim.bot.username}"))
    answer = await sim.press(listed, buttons(listed)["Use second"], sim.alice)
    assert answer.text == ENGLISH("admin-only", id=str(sim.alice.id))
    assert await selected(client) == "first"


async def test_old_buttons_are_told_apart(client: Client, store: ModelStore) -> None:
    listed = await client.reply_to(client.sim.send_text(client.admin_chat, client.sim.admin, "/models"))
    keyboard = listed["reply_markup"]["inline_keyboard"]
    keyboard += [[{"text": "old", "callback_data": "0:use:second"}], [{"text": "odd", "callback_data": "1:sing:x"}]]
    for data in ("0:use:second", "1:sing:x"):
        assert (await client.sim.press(listed, data, client.sim.admin)).text == ENGLISH("buttons-old")
    store.remove("second")
    answer = await client.sim.press(listed, button_data("use", "second"), client.sim.admin)
    assert answer.text == ENGLISH("models-button-without-model")


async def test_a_model_that_cannot_be_read_is_listed_as_broken(client: Client, store: ModelStore) -> None:
    (store.find("second").directory / "model.json").write_text("{")
    listed = await client.reply_to(client.sim.send_text(client.admin_chat, client.sim.admin, "/models"))
    assert "✗ second · broken" in listed["text"]
    assert list(buttons(listed)) == ["Use starter", "Use efficientnet_lite0"]


# The store


async def test_models_that_are_in_use_are_not_removed(client: Client, store: ModelStore) -> None:
    group = busy_group(client)
    await client.order("/use second here", group)
    for name in ("first", "second"):
        assert await client.order(f"/remove {name}") == (
            f"Nothing has changed: {name} is in use. Choose another model first."
        )
    await client.order("/use first here", group)
    assert await client.order("/remove second") == "second has been removed."
    assert "second" not in store.names()
    assert "no model named 'second' is installed" in await client.order("/remove second")
    for name in ("starter", "efficientnet_lite0"):
        assert f"{name} comes with the program and cannot be removed" in await client.order(f"/remove {name}")
    assert await client.order("/remove") == parse_html(ENGLISH("models-remove-usage"))[0]


async def test_a_model_installed_under_the_running_bot_can_be_used_at_once(
    client: Client, store: ModelStore, tmp_path: Path
) -> None:
    install_colours(store, tmp_path, "third", side=10)
    assert "I'm using third everywhere now." in await client.order("/use third")
    assert await selected(client) == "third"
    await client.order("/use first")
    assert await client.order("/remove third") == "third has been removed."


async def test_reload_proves_what_is_in_use_and_frees_the_memory_of_old_versions(
    client: Client, store: ModelStore, tmp_path: Path
) -> None:
    await client.order("/use second here", busy_group(client))
    before = store.find("first")
    after = install_colours(store, tmp_path, "first", labels=("rouge", "vert", "bleu"))
    (store.find("second").directory / "model.tflite").write_bytes(b"damaged")
    said = (await client.order("/reload")).splitlines()
    assert re.fullmatch(r"first works\. It sees (rouge|vert|bleu) \(\d+%\) in the sample photo\.", said[0])
    assert said[1].startswith("second doesn't work: expected the files of version")
    await until(
        lambda: [str(before.directory) in mapped_files(pid) for pid in client.bot.pool.worker_pids()] == [False]
    )
    assert any(str(after.directory) in mapped_files(pid) for pid in client.bot.pool.worker_pids())


# Under load


@pytest.mark.slow
async def test_the_memory_of_the_old_model_is_given_back(home: Path) -> None:
    store = ModelStore(home)
    old = store.find("first")
    async with connected_client(home, model="first", workers=2) as client:
        assert await selected(client) == "first"
        await client.order("/use second")

        def loaded() -> list[tuple[bool, bool]]:
            maps = [mapped_files(pid) for pid in client.bot.pool.worker_pids()]
            new = store.find("second")
            return [(str(old.directory) in files, str(new.directory) in files) for files in maps]

        await until(lambda: loaded() == [(False, True)] * 2)


@pytest.mark.parametrize("switches", [2, pytest.param(10, marks=pytest.mark.slow)])
async def test_every_photo_is_answered_while_the_model_is_switched(home: Path, switches: int) -> None:
    async with connected_client(home, model="first", workers=2) as client:
        sim = client.sim
        # So that they are on their way when the switch is done.
        client.server.faults.add(Delay(0.3), method=DOWNLOAD)
        photos = ((colour, shade(colour, number)) for number in range(255) for colour in COLOURS)
        hearing: list[asyncio.Task[None]] = []
        seen = set()

        async def send(count: int) -> None:
            for colour, photo in itertools.islice(photos, count):
                # An answer without a quote is that to the only photo in the chat.
                chat, person = client.newcomer()
                await sim.prepare_photo(photo)
                hearing.append(asyncio.create_task(hear(sim.send_photo(chat, person, photo), colour)))

        async def hear(photo: Message, colour: str) -> None:
            lines = (await client.text_after(photo)).splitlines()
            model = model_in("\n".join(lines))
            assert f"{model} {colour}".capitalize() in lines[0]
            seen.add(model)

        for name in ["second", "first"] * (switches // 2):
            await send(30)
            switching = asyncio.create_task(client.order(f"/use {name}"))
            while not switching.done():
                await send(2)
                await asyncio.sleep(0.1)
            assert f"I'm using {name} everywhere now." in await switching
            assert await selected(client) == name
        await asyncio.gather(*hearing)
    assert len(hearing) >= 30 * switches
    assert seen == {"first", "second"}


@pytest.mark.slow
async def test_two_admins_who_switch_at_once_leave_the_later_choice_and_a_way_back(home: Path) -> None:
    async with connected_client(home, model="first", admins=frozenset({100_000_001, 100_000_002})) as client:
        sim = client.sim
        orders = [
            sim.send_text(sim.private, sim.alice, "/use second"),
            sim.send_text(client.admin_chat, sim.admin, "/use starter"),
        ]
        said = await asyncio.gather(*map(client.text_after, orders))
        assert [text.split()[2] for text in said] == ["second", "starter"]
        assert await selected(client) == "starter"
        storage = client.bot.application.bot_data["services"].storage
        assert await storage.model_choices.all() == {EVERYWHERE: ModelChoice("starter", "second")}
        assert "I'm using second everywhere now." in await client.order("/rollback")


def shade(colour: str, number: int) -> bytes:
    """A photo of one colour, in a shade of its own."""
    channels = [0, 0, 0]
    channels[COLOURS.index(colour)] = 255 - number
    return encode(Image.new("RGB", (64, 48), (channels[0], channels[1], channels[2])), "PNG")
