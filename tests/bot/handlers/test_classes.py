"""/classes and /forget: the lists, the photos, and who may change what was taught."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.domain.callback_data import CLASSES, teaching_data
from bot.localchat.chats import Chat, User
from bot.localchat.threads import Message
from bot.views.class_screens import CLASSES_PER_PAGE, PHOTOS_PER_PAGE
from tests.support.client import Client, connected_client
from tests.support.keyboards import buttons, press, shown_now, walk
from tests.support.taught_photos import CAT, CUP, view
from tests.support.teaching import agreed, classes_of, latest, services_of, taught
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")

PHOTOS, RENAME, MERGE, FORGET, BACK, NEXT, PREVIOUS = (
    ENGLISH(f"classes-{button}") for button in ("show", "rename", "merge", "forget", "back", "next", "previous")
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    async with connected_client(tmp_path_factory.mktemp("home")) as running:
        yield running


async def opened(client: Client, chat: Chat, person: User, *texts: str) -> Message:
    """Open /classes, and press buttons."""
    menu = await client.reply_to(client.sim.send_text(chat, person, "/classes"))
    return await walk(client, menu, person, *texts)


async def test_a_chat_without_classes_says_how_to_teach(client: Client) -> None:
    chat, person = client.newcomer()
    menu = await opened(client, chat, person)
    assert menu["text"].startswith("I haven't been taught anything here yet. Reply to a photo with /teach Rex")
    assert buttons(menu) == {}


async def test_the_list_has_a_line_and_a_button_for_each_class(client: Client) -> None:
    chat, person = client.newcomer()
    await taught(client, chat, person, "Minka", CAT, 0, 2)
    await taught(client, chat, person, "<i>Cup</i>", CUP, 0)
    menu = await opened(client, chat, person)
    title, _, cup, cat = menu["text"].split("\n")
    assert title == "What I was taught here"
    assert cup == "<i>Cup</i>: 1 photo · not seen yet"
    assert cat.startswith("Minka: 2 photos · ")
    assert list(buttons(menu)) == ["<i>Cup</i>", "Minka"]
    await client.reply_to(client.sim.send_photo(chat, person, view(CUP, 4)))
    shown = await walk(client, menu, person, "<i>Cup</i>")
    assert shown["text"] == "<i>Cup</i>: 1 photo · last seen today"
    assert list(buttons(shown)) == [PHOTOS, RENAME, MERGE, FORGET, BACK]
    assert (await walk(client, shown, person, BACK))["text"].startswith("What I was taught here")


async def test_many_classes_come_in_pages(client: Client) -> None:
    chat, person = client.newcomer()
    for number in range(CLASSES_PER_PAGE + 2):
        await taught(client, chat, person, f"Thing {number:02d}", CAT, number)
    menu = await opened(client, chat, person)
    assert list(buttons(menu)) == [*(f"Thing {number:02d}" for number in range(CLASSES_PER_PAGE)), NEXT]
    second = await walk(client, menu, person, NEXT)
    assert list(buttons(second)) == ["Thing 10", "Thing 11", PREVIOUS]
    assert "Thing 00" in buttons(await walk(client, menu, person, PREVIOUS))


async def test_the_photos_are_shown_as_an_album_and_removed_by_their_numbers(client: Client) -> None:
    chat, person = client.newcomer()
    await taught(client, chat, person, "Minka", CAT, 0, 2, 4)
    await opened(client, chat, person, "Minka", PHOTOS)
    below = latest(client, chat)
    assert below["text"] == "Photos 1 to 3 of 3 of Minka. Tap a number to remove that photo."
    assert list(buttons(below)) == ["✕ 1", "✕ 2", "✕ 3"]
    (album,) = client.calls("sendMediaGroup", chat)
    media = json.loads(album.parameters["media"])
    assert [item["caption"] for item in media] == ["1", "2", "3"]
    photos = await services_of(client).teaching.photos(
        chat.id, (await services_of(client).teaching.classes(chat.id))[0].id
    )
    assert [item["media"] for item in media] == [photo.file_id for photo in photos]
    told = await press(client, below, "✕ 2", person)
    assert told.text == ENGLISH("classes-removed")
    left = shown_now(client, below)
    assert list(buttons(left)) == ["✕ 1", "✕ 3"]
    assert await classes_of(client, chat) == {"Minka": 2}
    for button in ("✕ 1", "✕ 3"):
        await press(client, left, button, person)
    assert await classes_of(client, chat) == {}
    assert buttons(shown_now(client, below)) == {}


async def test_more_photos_than_an_album_holds_come_in_pages(client: Client) -> None:
    chat, person = client.newcomer()
    await taught(client, chat, person, "Minka", CAT, *range(PHOTOS_PER_PAGE + 1))
    await opened(client, chat, person, "Minka", PHOTOS)
    below = latest(client, chat)
    assert list(buttons(below)) == [*(f"✕ {number}" for number in range(1, 11)), NEXT]
    await press(client, below, NEXT, person)
    assert latest(client, chat)["text"].startswith("Photos 11 to 11 of 11 of Minka.")
    assert list(buttons(latest(client, chat))) == ["✕ 11", PREVIOUS]


async def test_what_cannot_be_shown_is_counted_and_can_be_removed(client: Client) -> None:
    chat, person = client.newcomer()
    sim = client.sim
    await taught(client, chat, person, "Cat", CAT, 0)
    file = sim.send_document(
        chat, person, view(CAT, 2), file_name="a.jpg", mime_type="image/jpeg", caption="/teach Cat"
    )
    await client.reply_to(file)
    await opened(client, chat, person, "Cat", PHOTOS)
    below = latest(client, chat)
    assert below["text"].endswith(ENGLISH("classes-not-shown", count=1))
    assert list(buttons(below)) == ["✕ 1", "✕ 2"]


async def test_photos_that_telegram_no_longer_has_do_not_hide_the_others(tmp_path: Path) -> None:
    async with connected_client(tmp_path) as client:
        chat, person = client.newcomer()
        await taught(client, chat, person, "Minka", CAT, 0, 2, 4)
        with sqlite3.connect(tmp_path / "labelbot.sqlite3") as database:
            database.execute("UPDATE taught_photos SET file_id = 'gone' WHERE id = (SELECT max(id) FROM taught_photos)")
        await opened(client, chat, person, "Minka", PHOTOS)
        assert latest(client, chat)["text"].endswith(ENGLISH("classes-not-shown", count=1))
        shown = [message for message in client.sim.messages(chat) if message["from"]["is_bot"] and "photo" in message]
        assert [message["caption"] for message in shown] == ["1", "2"]


async def test_a_reply_renames_a_class(client: Client) -> None:
    chat, person = client.newcomer()
    await taught(client, chat, person, "Minka", CAT, 0)
    await taught(client, chat, person, "Cup", CUP, 0)
    screen = await opened(client, chat, person, "Minka", RENAME)
    assert screen["text"] == "Send me the new name for Minka."

    async def answer(name: str) -> Message:
        sent = client.sim.send_text(chat, person, name, reply_to=shown_now(client, screen))
        return await client.reply_to(sent)

    assert (await answer("CUP"))["text"] == ENGLISH("teaching-name-taken")
    assert (await answer("x" * 65))["text"] == ENGLISH("teaching-name-too-long")
    renamed = await answer(" The   cat ")
    assert renamed["text"].startswith("OK, Minka is The cat from now on.\n\nThe cat: 1 photo")
    assert await classes_of(client, chat) == {"Cup": 1, "The cat": 1}
    assert (await walk(client, screen, person, BACK))["text"].startswith("The cat: ")


async def test_in_private_a_new_name_needs_no_reply(client: Client) -> None:
    chat, person = client.newcomer()
    await taught(client, chat, person, "Minka", CAT, 0)
    await taught(client, chat, person, "Cup", CUP, 0)

    async def say(name: str) -> str:
        return str((await client.reply_to(client.sim.send_text(chat, person, name)))["text"])

    await opened(client, chat, person, "Minka", RENAME)
    assert await say("CUP") == ENGLISH("teaching-name-taken")
    assert await say("x" * 65) == ENGLISH("teaching-name-too-long")
    assert (await say("Mieze")).startswith("OK, Minka is Mieze from now on.")
    assert await say("Rex") == ENGLISH("commands-send-a-photo")
    await opened(client, chat, person, "Mieze", RENAME, BACK)
    assert await say("Rex") == ENGLISH("commands-send-a-photo")
    await opened(client, chat, person, "Mieze", RENAME)
    await say("/top 3")
    assert await say("Rex") == ENGLISH("commands-send-a-photo")
    assert await classes_of(client, chat) == {"Cup": 1, "Mieze": 1}


async def test_in_a_group_a_new_name_is_a_reply(client: Client) -> None:
    sim = client.sim
    await taught(client, sim.group, sim.admin, "Minka", CAT, 0)
    screen = await opened(client, sim.group, sim.admin, "Minka", RENAME)
    assert screen["text"] == "Reply to this message with the new name for Minka."


async def test_a_class_is_merged_into_another(client: Client) -> None:
    chat, person = client.newcomer()
    await taught(client, chat, person, "Minka", CAT, 0)
    await taught(client, chat, person, "Mieze", CAT, 2)
    screen = await opened(client, chat, person, "Mieze", MERGE)
    assert list(buttons(screen)) == ["Minka", BACK]
    merged = await walk(client, screen, person, "Minka")
    assert merged["text"].startswith("OK, the photos of Mieze are photos of Minka now.\n\nMinka: 2 photos")
    assert await classes_of(client, chat) == {"Minka": 2}


async def test_the_only_class_has_nothing_to_be_merged_into(client: Client) -> None:
    chat, person = client.newcomer()
    await taught(client, chat, person, "Minka", CAT, 0)
    assert MERGE not in buttons(await opened(client, chat, person, "Minka"))


async def test_forget_asks_first(client: Client) -> None:
    chat, person = client.newcomer()
    await taught(client, chat, person, "The <b>cat", CAT, 0, 2)
    question = await client.reply_to(client.sim.send_text(chat, person, "/forget the <B>CAT"))
    assert question["text"].startswith("Forget The <b>cat? I'll delete what I learned from 2 photos")
    await press(client, question, ENGLISH("classes-forget-no"), person)
    assert shown_now(client, question)["text"] == "OK, I still know The <b>cat."
    screen = await opened(client, chat, person, "The <b>cat", FORGET)
    await press(client, screen, ENGLISH("classes-forget-yes"), person)
    assert shown_now(client, screen)["text"] == "OK, I've forgotten The <b>cat."
    assert await classes_of(client, chat) == {}
    unknown = await client.reply_to(client.sim.send_text(chat, person, "/forget <u>"))
    assert unknown["text"] == "I wasn't taught <u> here. What I was taught: /classes"
    usage = await client.reply_to(client.sim.send_text(chat, person, "/forget"))
    assert usage["text"].startswith("Tell me what to forget, like this: /forget Rex.")


async def test_what_is_gone_meanwhile_has_a_sentence(client: Client) -> None:
    chat, person = client.newcomer()
    await taught(client, chat, person, "Minka", CAT, 0)
    menu = await opened(client, chat, person)
    screen = await opened(client, chat, person, "Minka", PHOTOS)
    below = latest(client, chat)
    await press(client, below, "✕ 1", person)
    assert (await press(client, menu, "Minka", person)).text == ENGLISH("teaching-class-gone")
    assert (await press(client, screen, FORGET, person)).text == ENGLISH("teaching-class-gone")


async def test_members_look_and_those_who_may_teach_change(client: Client) -> None:
    (_, admin), (_, giver), (_, other) = client.newcomer(), client.newcomer(), client.newcomer()
    group = client.sim.add_group("Garden club", creator=admin, members=(giver, other))
    await taught(client, group, giver, "Minka", CAT, 0, 2)
    await opened(client, group, other, "Minka", PHOTOS)
    below = latest(client, group)
    assert below["text"].startswith("Photos 1 to 2 of 2 of Minka.")
    assert (await press(client, below, "✕ 1", other)).text == ENGLISH("classes-remove-not-yours")
    await press(client, below, "✕ 1", giver)
    assert await classes_of(client, group) == {"Minka": 1}
    screen = await opened(client, group, other, "Minka")
    for button in (RENAME, FORGET):
        assert (await press(client, screen, button, giver)).text == ENGLISH("teaching-admins-only")
    renaming = await walk(client, screen, admin, RENAME)
    refused = await client.reply_to(client.sim.send_text(group, other, "Rude", reply_to=renaming))
    assert refused["text"] == ENGLISH("teaching-admins-only")
    question = await client.reply_to(client.sim.send_text(group, giver, "/forget Minka"))
    assert (await press(client, question, ENGLISH("classes-forget-yes"), giver)).text == ENGLISH("teaching-admins-only")
    await press(client, question, ENGLISH("classes-forget-yes"), admin)
    assert await classes_of(client, group) == {}


async def test_buttons_reach_no_other_chat(client: Client) -> None:
    (chat, person), (other_chat, other) = client.newcomer(), client.newcomer()
    await taught(client, chat, person, "Minka", CAT, 0)
    (minka,) = await services_of(client).teaching.classes(chat.id)
    await taught(client, other_chat, other, "Cup", CUP, 0)
    menu = await opened(client, other_chat, other)
    told = await client.sim.forge_callback(menu, teaching_data(CLASSES, "forgotten", minka.id), other)
    assert told.text == ""
    # Even a message that shows such a button names no class of its own chat.
    menu["reply_markup"]["inline_keyboard"][0][0]["callback_data"] = teaching_data(CLASSES, "forgotten", minka.id)
    told = await client.sim.forge_callback(menu, teaching_data(CLASSES, "forgotten", minka.id), other)
    assert told.text == ENGLISH("teaching-class-gone")
    assert await classes_of(client, chat) == {"Minka": 1}


async def test_consent_alone_teaches_nothing(client: Client) -> None:
    chat, person = client.newcomer()
    await agreed(client, chat, person)
    assert await classes_of(client, chat) == {}
