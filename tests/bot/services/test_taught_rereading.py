"""The model of a chat changes, and what the chat taught follows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from bot.domain.teaching import PhotoProblem, TaughtClass
from bot.localchat.chats import Chat, User
from bot.localchat.faults import Delay, NotFound
from bot.localchat.server import LocalChatServer
from bot.services.taught_rereading import TaughtRereading
from inference import ModelStore
from inference.models.bundle import LITERT_FILE
from tests.support.client import Client, connected_client, connected_client_at
from tests.support.colour_models import install_colours
from tests.support.networks import COLOURS
from tests.support.taught_photos import offer, services_of, teach_photos, violet
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")


def install_pair(home: Path) -> ModelStore:
    """Install `first` and `second`, whose embeddings are colours."""
    store = ModelStore(home)
    for name, side in (("first", 8), ("second", 9)):
        install_colours(store, home, name, side=side)
    return store


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    install_pair(folder)
    return folder


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(home: Path) -> AsyncIterator[Client]:
    async with connected_client(home, model="first") as running:
        yield running


async def the_class(client: Client, chat: Chat) -> TaughtClass:
    (kept,) = await services_of(client).teaching.classes(chat.id)
    return kept


async def until_read(client: Client, chat: Chat) -> TaughtClass:
    """Wait until no photo waits to be read again."""
    async with asyncio.timeout(20):
        while (kept := await the_class(client, chat)).waiting:  # noqa: ASYNC110 -- the background work has no event
            await asyncio.sleep(0.02)
    return kept


async def answer(client: Client, chat: Chat, person: User, number: int) -> str:
    return await client.text_after(client.sim.send_photo(chat, person, violet(number)))


async def test_a_switch_reads_the_photos_again(client: Client) -> None:
    chat, person = client.newcomer()
    await teach_photos(client, chat, person, "Violet", [violet(number) for number in (1, 2, 3)])
    assert (await answer(client, chat, person, 4)).startswith("Violet: ")
    models = services_of(client).models
    await models.use("second", chat.id)
    kept = await until_read(client, chat)
    assert (kept.photos, kept.lost) == (3, 0)
    said = await answer(client, chat, person, 4)
    assert said.startswith("Violet: ")
    assert "second" in said
    assert [text for text in await client.said_in(chat) if "learned from" in text] == []
    await models.roll_back(chat.id)
    await until_read(client, chat)
    assert (await answer(client, chat, person, 5)).startswith("Violet: ")


async def test_what_telegram_lost_is_named_once(client: Client) -> None:
    chat, person = client.newcomer()
    result = await teach_photos(client, chat, person, "<Violet>", [violet(number) for number in (11, 12, 13)])
    teaching, models = services_of(client).teaching, services_of(client).models
    lost, *_ = await teaching.photos(chat.id, result.class_id or 0)
    del client.sim.store.files._by_file_id[lost.file_id]
    expected = ENGLISH("taught-lost", classes=ENGLISH("taught-lost-class", name="<Violet>", count=1))
    for _ in range(2):
        await models.use("second", chat.id)
        kept = await until_read(client, chat)
        assert (kept.photos, kept.lost, kept.waiting) == (3, 1, 0)
        async with asyncio.timeout(20):
            while expected not in await client.said_in(chat):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert (await client.said_in(chat)).count(expected) == 1
        photos = await teaching.photos(chat.id, result.class_id or 0)
        assert [photo.lost for photo in photos] == [True, False, False]
        await models.roll_back(chat.id)
        # The numbers of the first model are still there.
        kept = await until_read(client, chat)
        assert (kept.photos, kept.lost) == (3, 0)


async def test_a_photo_that_cannot_be_read_now_is_read_later(client: Client) -> None:
    chat, person = client.newcomer()
    await teach_photos(client, chat, person, "Violet", [violet(number) for number in (21, 22)])
    services = services_of(client)
    own = TaughtRereading(
        services.storage,
        services.labeller,
        services.models,
        services.teaching._recognition,
        client.bot.application.bot,
        services.languages,
    )
    # Only this chat's, and only by this object: nothing tells the bot's own of the switch.
    services.models.changed.clear()
    fault = client.server.faults.add(NotFound(), method="getFile")
    await services.models.use("second", chat.id)
    services.models.changed.clear()
    await own.catch_up()
    assert fault.hits > 0
    client.server.faults.clear()
    assert (await the_class(client, chat)).lost == 0
    await own.catch_up()
    kept = await the_class(client, chat)
    assert (kept.waiting, kept.lost) == (0, 0)


async def test_photos_that_are_taught_while_the_model_is_switched_are_read_by_the_new_one(client: Client) -> None:
    chat, person = client.newcomer()
    services = services_of(client)
    await services.teaching.agree(chat.id, person.id)
    photos = [await offer(client, chat, person, violet(number)) for number in (31, 32)]
    client.server.faults.add(Delay(0.2), method="getFile")
    lesson = asyncio.create_task(services.teaching.teach(chat.id, "Violet", photos, person.id))
    asked = len(client.calls_of("getFile"))
    while len(client.calls_of("getFile")) == asked and not lesson.done():  # noqa: ASYNC110 -- a call has no event
        await asyncio.sleep(0.01)
    assert not lesson.done()
    await services.models.use("second", chat.id)
    client.server.faults.clear()
    result = await lesson
    assert result.added == 2
    await until_read(client, chat)
    assert (await answer(client, chat, person, 33)).startswith("Violet: ")


async def test_a_model_that_was_removed_is_followed(client: Client, home: Path) -> None:
    chat, person = client.newcomer()
    services = services_of(client)
    install_colours(ModelStore(home), home, "third", side=10)
    await services.models.use("third", chat.id)
    await teach_photos(client, chat, person, "Violet", [violet(number) for number in (41, 42)])
    ModelStore(home).remove("third")
    assert (await answer(client, chat, person, 43)) != ""
    await until_read(client, chat)
    assert (await answer(client, chat, person, 44)).startswith("Violet: ")


async def test_a_model_that_cannot_learn_says_so_and_loses_nothing(client: Client, home: Path) -> None:
    chat, person = client.newcomer()
    services = services_of(client)
    await teach_photos(client, chat, person, "Violet", [violet(number) for number in (51, 52)])
    store = ModelStore(home)
    first = store.find("first")
    spec = replace(first.spec, name="blind", outputs=("probabilities",))
    store.add(spec, network=first.directory / LITERT_FILE, labels=COLOURS)
    await services.models.use("blind", chat.id)
    result = await teach_photos(client, chat, person, "Violet", [violet(53)])
    assert [each.reason for each in result.refused] == [PhotoProblem.NO_EMBEDDING]
    assert (result.added, result.photos, result.held_out) == (0, 2, 0)
    fetched = len(client.calls_of("getFile"))
    assert "taught" not in await answer(client, chat, person, 53)
    assert len(client.calls_of("getFile")) == fetched, "a cached photo is not read for an embedding that is not there"
    kept = await the_class(client, chat)
    assert (kept.photos, kept.waiting, kept.lost) == (2, 2, 0)
    await services.models.roll_back(chat.id)
    assert (await answer(client, chat, person, 54)).startswith("Violet: ")
    assert (await until_read(client, chat)).lost == 0


async def test_a_restart_keeps_what_was_taught_and_goes_on(tmp_path: Path) -> None:
    install_pair(tmp_path)
    async with LocalChatServer() as server:
        server.simulation.add_private_chat(server.simulation.admin)
        async with connected_client_at(server, tmp_path, model="first") as client:
            chat, person = client.newcomer()
            await teach_photos(client, chat, person, "Violet", [violet(number) for number in (1, 2, 3)])
            photo = client.sim.send_photo(chat, person, violet(4))
            reply = await client.reply_to(photo)
            assert reply["text"].startswith("Violet: ")
        async with connected_client_at(server, tmp_path, model="second") as client:
            await until_read(client, chat)
            assert (await answer(client, chat, person, 5)).startswith("Violet: ")
            stored = await services_of(client).storage.answers.find(chat.id, reply["message_id"])
            assert stored is not None
            assert [score.name for score in stored.photos[0].taught] == ["Violet"]
