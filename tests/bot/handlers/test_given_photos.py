"""/privacy lists what a person gave to teach the bot; photos are taken back one by one, or with /deletemydata."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.client import Client, connected_client
from tests.support.keyboards import buttons, press, shown_now
from tests.support.taught_photos import CAT, CUP, view
from tests.support.teaching import classes_of, latest, services_of, taught
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    async with connected_client(tmp_path_factory.mktemp("home")) as running:
        yield running


async def test_whoever_gave_nothing_sees_no_list(client: Client) -> None:
    chat, person = client.newcomer()
    told = await client.reply_to(client.sim.send_text(chat, person, "/privacy"))
    assert "You taught me" not in told["text"]
    assert "what I was taught with /teach" in told["text"]
    assert buttons(told) == {}


async def test_a_person_sees_and_takes_back_what_they_gave_anywhere(client: Client) -> None:
    (chat, person), (_, admin) = client.newcomer(), client.newcomer()
    group = client.sim.add_group("Garden & club", creator=admin, members=(person,))
    await taught(client, group, person, "Minka", CAT, 0, 2)
    await taught(client, group, admin, "Minka", CAT, 4)
    await taught(client, chat, person, "Cup", CUP, 0)
    told = await client.reply_to(client.sim.send_text(chat, person, "/privacy"))
    lines = told["text"].split("You taught me:\n")[1].split("\n")
    assert sorted(lines) == ["• Cup in this chat: 1 photo", "• Minka in Garden & club: 2 photos"]
    await press(client, told, "Minka · Garden & club", person)
    below = latest(client, chat)
    assert below["text"] == "Photos 1 to 2 of 2 of Minka. Tap a number to remove that photo."
    assert (await press(client, below, "✕ 1", person)).text == ENGLISH("classes-removed")
    assert list(buttons(shown_now(client, below))) == ["✕ 2"]
    assert await classes_of(client, group) == {"Minka": 2}
    await press(client, below, "✕ 2", person)
    assert (await press(client, told, "Minka · Garden & club", person)).text == ENGLISH("teaching-class-gone")


async def test_many_names_come_in_pages(client: Client) -> None:
    chat, person = client.newcomer()
    for number in range(21):
        await taught(client, chat, person, f"Cup {number:02}", CUP, 0)
    told = await client.reply_to(client.sim.send_text(chat, person, "/privacy"))
    assert "Cup 20" not in told["text"]
    await press(client, told, ENGLISH("classes-next"), person)
    assert shown_now(client, told)["text"] == "You taught me:\n• Cup 20 in this chat: 1 photo"
    await press(client, told, "Cup 20 · this chat", person)
    await press(client, latest(client, chat), "✕ 1", person)
    await press(client, told, ENGLISH("classes-previous"), person)
    assert ENGLISH("classes-next") not in buttons(shown_now(client, told))


async def test_all_that_was_given_in_a_chat_is_taken_back_together_with_the_consent(client: Client) -> None:
    (chat, person), (_, admin) = client.newcomer(), client.newcomer()
    group = client.sim.add_group("Garden club", creator=admin, members=(person,))
    await taught(client, group, person, "Minka", CAT, 0, 2)
    await taught(client, group, admin, "Cup", CUP, 2)
    await taught(client, chat, person, "Cup", CUP, 0)
    told = await client.reply_to(client.sim.send_text(chat, person, "/privacy"))
    await press(client, told, "✕ All · Garden club", person)
    assert shown_now(client, told)["text"].startswith("Take back all that you gave in Garden club?")
    await press(client, told, ENGLISH("privacy-given-all-no"), person)
    await press(client, told, "✕ All · Garden club", person)
    await press(client, told, ENGLISH("privacy-given-all-yes"), person)
    left = shown_now(client, told)["text"]
    assert left == f"{ENGLISH('privacy-given-all-done')}\n\nYou taught me:\n• Cup in this chat: 1 photo"
    assert await classes_of(client, group) == {"Cup": 1}
    assert not await services_of(client).teaching.consented(group.id, person.id)
    assert await services_of(client).teaching.consented(chat.id, person.id)
    await press(client, told, "✕ All · this chat", person)
    await press(client, told, ENGLISH("privacy-given-all-yes"), person)
    assert shown_now(client, told)["text"].endswith(ENGLISH("privacy-given-none"))


async def test_in_a_group_the_list_stays_private(client: Client) -> None:
    (_, person), (_, admin) = client.newcomer(), client.newcomer()
    group = client.sim.add_group("Garden club", creator=admin, members=(person,))
    await taught(client, group, person, "Minka", CAT, 0)
    command = f"/privacy@{client.sim.bot.username}"
    told = await client.reply_to(client.sim.send_text(group, person, command))
    assert told["text"].endswith(ENGLISH("privacy-given-in-group"))
    told = await client.reply_to(client.sim.send_text(group, admin, command))
    assert not told["text"].endswith(ENGLISH("privacy-given-in-group"))


async def test_deletemydata_takes_back_everything(client: Client) -> None:
    (chat, person), (_, admin) = client.newcomer(), client.newcomer()
    group = client.sim.add_group("Garden club", creator=admin, members=(person,))
    await taught(client, group, person, "Minka", CAT, 0)
    await taught(client, group, admin, "Cup", CUP, 0)
    await taught(client, chat, person, "Cup", CUP, 0)
    asked = await client.reply_to(client.sim.send_text(chat, person, "/deletemydata"))
    assert "all that I learned from your photos" in asked["text"]
    await press(client, asked, ENGLISH("privacy-delete-me"), person)
    assert await classes_of(client, group) == {"Cup": 1}
    assert await classes_of(client, chat) == {}
    assert not await services_of(client).teaching.consented(group.id, person.id)
    photo = client.sim.send_photo(chat, person, view(CAT, 0), caption="/teach Minka")
    assert (await client.text_after(photo)).startswith("May I keep")
