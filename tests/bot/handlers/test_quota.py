"""Those who ask too much: one kind word, then silence, then answers again; and nobody else notices."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.config import Settings
from bot.domain.callback_data import MORE, button_data, settings_data
from bot.domain.settings_options import CHATS
from bot.handlers.context import Services
from bot.handlers.quota import LEFT_OUT
from tests.support.client import Client, connected_client
from tests.support.pictures import picture
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")

KIND_WORD = ENGLISH("limits-person")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    limits = {"requests_per_minute_per_person": 3, "requests_per_minute_per_group": 4}
    async with connected_client(tmp_path_factory.mktemp("home"), **limits) as running:
        yield running


async def test_a_flood_waits_then_gets_one_kind_word_and_marks(client: Client) -> None:
    chat, person = client.newcomer()
    other_chat, other = client.newcomer()
    sent = [client.sim.send_photo(chat, person, picture(1)) for _ in range(36)]
    said = await client.said_in(chat)
    assert sum("%" in text for text in said) == 30
    assert said.count(KIND_WORD) == 1
    assert len(said) == 31
    for photo in sent:
        is_answered = any("%" in reply["text"] for reply in client.sim.replies(photo))
        assert client.sim.reactions(photo) == ([] if is_answered else [LEFT_OUT])
    assert "%" in await client.text_after(client.sim.send_photo(other_chat, other, picture(1)))


async def test_commands_count_like_photos(client: Client) -> None:
    chat, person = client.newcomer()
    for text in ("/help", "/start", "hello", "/models", "/top 3", "/nothing", "/help", "/help") * 5:
        client.sim.send_text(chat, person, text)
    said = await client.said_in(chat)
    assert said.count(KIND_WORD) == 1
    assert len(said) == 31


async def test_a_group_is_told_once_and_what_does_not_ask_the_bot_costs_nothing(client: Client) -> None:
    sim = client.sim
    people = [sim.add_user(f"Member {number}") for number in range(6)]
    group = sim.add_group("Busy", creator=sim.admin, members=people)
    photo = sim.send_photo(group, people[0], picture(2))
    for _ in range(30):
        sim.send_photo(group, people[1], picture(2))
    for person in people * 2:
        sim.send_text(group, person, "/label", reply_to=photo)
    said = await client.said_in(group)
    assert sum("%" in text for text in said) == 8
    assert said.count(ENGLISH("limits-group")) == 1
    assert len(said) == 9


async def test_a_group_that_wants_no_answers_is_told_of_no_limits(client: Client) -> None:
    _, person = client.newcomer()
    group = client.sim.add_group("Silent", creator=client.sim.admin, members=(person,))
    await client.bot.application.bot_data["services"].storage.chats.change(group.id, {"mode": "off"})
    for _ in range(10):
        client.sim.send_text(group, person, "/label")
    assert await client.said_in(group) == [ENGLISH("groups-off")]


async def test_admins_ask_as_much_as_they_like(client: Client) -> None:
    for _ in range(10):
        client.sim.send_text(client.admin_chat, client.sim.admin, "/help")
    assert len(await client.said_in(client.admin_chat)) == 10


async def test_settings_count_where_everybody_may_open_them_and_not_for_the_admins_of_a_group(
    client: Client,
) -> None:
    sim, (chat, person) = client.sim, client.newcomer()
    group = sim.add_group("Busy", creator=person)
    for _ in range(10):
        sim.send_text(group, person, "/settings")
    for _ in range(35):
        sim.send_text(chat, person, "/settings")
    said = await client.said_in(chat)
    assert said.count(KIND_WORD) == 1
    assert len(said) == 31
    for _ in range(6):
        client.bot.application.bot_data["services"].quota.request(person.id, None)
    assert len(await client.said_in(group)) == 10
    asked = len(client.calls_of("getChatMember"))
    menu = next(message for message in sim.messages(chat) if "reply_markup" in message)
    assert (await sim.press(menu, settings_data(chat.id, CHATS), person)).text == KIND_WORD
    assert len(client.calls_of("getChatMember")) == asked


async def test_presses_count_like_requests_and_a_flood_of_them_makes_no_flood_of_calls(client: Client) -> None:
    sim, (chat, person) = client.sim, client.newcomer()
    photo = await client.reply_to(sim.send_photo(chat, person, picture(8)))
    answered = len(client.calls_of("answerCallbackQuery"))
    for number in range(40):
        query = {"id": str(number), "from": person.to_api(), "message": photo, "chat_instance": "1", "data": "nonsense"}
        sim.store.updates.add("callback_query", query)
    await client.said_in(chat)
    said = [call.parameters["text"] for call in client.calls_of("answerCallbackQuery")[answered:]]
    assert said == [ENGLISH("buttons-old")] * 6 + [KIND_WORD] * 4
    sim.send_photo(chat, person, picture(8))
    assert len([text for text in await client.said_in(chat) if "%" in text]) == 2


async def test_presses_of_a_stranger_in_a_group_ask_telegram_few_questions(client: Client) -> None:
    sim, (_, admin), (_, person) = client.sim, client.newcomer(), client.newcomer()
    group = sim.add_group("Pressed", creator=admin, members=(person,))
    menu = await client.reply_to(sim.send_text(group, admin, "/settings"))
    asked = len(client.calls_of("getChatMember"))
    for number in range(40):
        data = settings_data(group.id, CHATS)
        query = {"id": str(number), "from": person.to_api(), "message": menu, "chat_instance": "1", "data": data}
        sim.store.updates.add("callback_query", query)
    await client.said_in(group)
    assert len(client.calls_of("getChatMember")) <= asked + 6


async def test_a_group_is_spared_more_answers_than_it_may_get_by_presses_too(client: Client) -> None:
    sim, (_, person) = client.sim, client.newcomer()
    group = sim.add_group("Pressing", creator=person)
    photos = [await client.reply_to(sim.send_text(group, person, "/label")) for _ in range(3)]
    assert photos
    photo = sim.send_photo(group, person, picture(9), caption=f"@{sim.bot.username}")
    answer = await client.reply_to(photo)
    services = client.bot.application.bot_data["services"]
    for _ in range(8):
        services.quota.request(None, group.id)
    assert (await sim.press(answer, button_data(MORE), person)).text == ENGLISH("limits-group")


async def test_after_a_rest_the_bot_answers_again(client: Client) -> None:
    chat, person = client.newcomer()
    services = client.bot.application.bot_data["services"]
    assert isinstance(services, Services)
    rested_s = 120
    services.quota._clock = lambda: time.time() - rested_s
    for _ in range(33):
        client.sim.send_text(chat, person, "/help")
    assert len(await client.said_in(chat)) == 31
    services.quota._clock = time.time
    assert "/label" in await client.text_after(client.sim.send_text(chat, person, "/help"))


@pytest.mark.slow
async def test_albums_pass_with_the_limits_of_production(tmp_path: Path) -> None:
    usual = Settings.model_fields
    names = ("requests_per_minute_per_person", "requests_per_minute_per_group")
    async with connected_client(tmp_path, **{name: usual[name].default for name in names}) as client:
        chat, person = client.newcomer()
        for album in range(5):
            client.sim.send_album(chat, person, [picture(10 * album + part) for part in range(10)])
        said = await client.said_in(chat)
        assert said
        assert KIND_WORD not in said
