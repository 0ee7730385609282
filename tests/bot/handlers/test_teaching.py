"""/teach in private chats, over the local Bot API server."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.localchat.chats import Chat, User
from bot.localchat.server import LocalChatServer
from bot.localchat.threads import Message
from tests.support.client import Client, connected_client, connected_client_at
from tests.support.keyboards import buttons, press, shown_now
from tests.support.pictures import picture
from tests.support.taught_photos import CAT, CUP, view
from tests.support.teaching import (
    AGREE,
    CANCEL,
    DONE,
    REFUSE,
    UNDO,
    agreed,
    classes_of,
    latest,
    requests_of,
    services_of,
    taught,
    wait_less,
)
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    async with connected_client(tmp_path_factory.mktemp("home")) as running:
        wait_less(running.bot)
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def teacher(client: Client) -> tuple[Chat, User]:
    """Someone who has agreed to the terms, and their chat with the bot."""
    chat, person = client.newcomer()
    await agreed(client, chat, person)
    return chat, person


async def say(client: Client, chat: Chat, person: User, text: str, reply_to: Message | None = None) -> Message:
    """Send a text; return the bot's answer."""
    return await client.reply_to(client.sim.send_text(chat, person, text, reply_to=reply_to))


async def test_the_first_lesson_asks_for_consent_and_then_says_what_was_learned(client: Client) -> None:
    chat, person = client.newcomer()
    photo = client.sim.send_photo(chat, person, view(CAT, 0), caption="/teach Minka")
    screen = await client.reply_to(photo)
    assert screen["text"].startswith("May I keep what I learn from photos that you teach me here?\n\nWhat I keep: ")
    assert "/deletemydata" in screen["text"]
    assert list(buttons(screen)) == [AGREE, REFUSE]
    assert await classes_of(client, chat) == {}
    await press(client, screen, AGREE, person)
    told = shown_now(client, screen)
    assert told["text"].startswith("I now know Minka here (1 photo).\nOne photo is a good start; ")
    assert list(buttons(told)) == [UNDO]
    assert await classes_of(client, chat) == {"Minka": 1}
    answer = await client.text_after(client.sim.send_photo(chat, person, view(CAT, 4)))
    assert answer.startswith("Minka: ")
    again = await client.text_after(client.sim.send_photo(chat, person, view(CAT, 2), caption="/teach minka"))
    assert again.startswith("I know Minka better now (2 photos, 1 of them new).")


async def test_who_taps_twice_gets_one_outcome(client: Client) -> None:
    chat, person = client.newcomer()
    screen = await client.reply_to(client.sim.send_photo(chat, person, view(CAT, 0), caption="/teach Minka"))
    agree, refuse = buttons(screen)[AGREE], buttons(screen)[REFUSE]
    await asyncio.gather(*(client.sim.press(screen, agree, person, timeout_s=30) for _ in range(3)))
    await client.said_in(chat)
    told = shown_now(client, screen)
    assert told["text"].startswith("I now know Minka here (1 photo).")
    assert list(buttons(told)) == [UNDO]
    await client.sim.press(screen, refuse, person, timeout_s=30)
    assert shown_now(client, screen)["text"] == told["text"]


async def test_who_says_no_leaves_nothing_behind(client: Client) -> None:
    chat, person = client.newcomer()
    screen = await client.reply_to(client.sim.send_photo(chat, person, view(CAT, 0), caption="/teach Minka"))
    assert await requests_of(client, chat, person) == 1
    await press(client, screen, REFUSE, person)
    assert shown_now(client, screen)["text"] == ENGLISH("teaching-nothing-kept")
    assert buttons(shown_now(client, screen)) == {}
    assert await requests_of(client, chat, person) == 0
    assert await classes_of(client, chat) == {}
    again = await client.text_after(client.sim.send_photo(chat, person, view(CAT, 1), caption="/teach Minka"))
    assert again.startswith("May I keep")


async def test_alone_it_asks_for_the_name_and_for_photos_until_done(client: Client, teacher: tuple[Chat, User]) -> None:
    chat, person = teacher
    asked = await say(client, chat, person, "/teach")
    assert (asked["text"], list(buttons(asked))) == (ENGLISH("teaching-ask-name"), [CANCEL])
    asked = await say(client, chat, person, "My cup")
    assert asked["text"].startswith("Now send me photos of My cup")
    told = await client.sim.press(asked, buttons(asked)[DONE], person)
    assert told.text == ENGLISH("teaching-no-photos-yet")
    for number in (0, 2, 4):
        client.sim.send_photo(chat, person, view(CUP, number))
    got = [text for text in await client.said_in(chat) if text.startswith("I've got")]
    assert got == ["I've got 3 photos of My cup. Send me more, or tap Done."]
    client.sim.send_album(chat, person, [view(CUP, 6), view(CUP, 7)])
    await client.said_in(chat)
    assert latest(client, chat)["text"].startswith("I've got 5 photos of My cup.")
    reminded = await say(client, chat, person, "are you there?")
    assert reminded["text"] == latest(client, chat)["text"]
    await press(client, reminded, DONE, person)
    assert shown_now(client, reminded)["text"].startswith("I now know My cup here (5 photos).")
    assert await requests_of(client, chat, person) == 0
    assert not (await client.text_after(client.sim.send_photo(chat, person, picture(1)))).startswith("I've got")


async def test_photos_may_come_before_the_name(client: Client, teacher: tuple[Chat, User]) -> None:
    chat, person = teacher
    await say(client, chat, person, "/teach")
    asked = await client.reply_to(client.sim.send_photo(chat, person, view(CUP, 0)))
    assert asked["text"] == ENGLISH("teaching-ask-name")
    refused = await say(client, chat, person, "a\nb")
    assert refused["text"] == ENGLISH("teaching-name-several-lines")
    assert (await say(client, chat, person, "Cup"))["text"].startswith("I now know Cup here (1 photo).")


async def test_a_request_survives_a_restart(tmp_path: Path) -> None:
    async with LocalChatServer() as server:
        sim = server.simulation
        chat, person = sim.private, sim.alice
        async with connected_client_at(server, tmp_path) as client:
            wait_less(client.bot)
            await agreed(client, chat, person)
            await say(client, chat, person, "/teach Minka")
            await client.reply_to(sim.send_photo(chat, person, view(CAT, 0)))
        sim.send_photo(chat, person, view(CAT, 2))
        async with connected_client_at(server, tmp_path) as client:
            wait_less(client.bot)
            await client.said_in(chat)
            got = latest(client, chat)
            assert got["text"].startswith("I've got 2 photos of Minka.")
            await press(client, got, DONE, person)
            assert await classes_of(client, chat) == {"Minka": 2}


async def test_a_reply_teaches_the_photo(client: Client, teacher: tuple[Chat, User]) -> None:
    chat, person = teacher
    photo = client.sim.send_photo(chat, person, view(CAT, 0))
    await client.reply_to(photo)
    assert (await say(client, chat, person, "/teach Minka", photo))["text"].startswith("I now know Minka here")
    asked = await say(client, chat, person, "/teach", photo)
    assert asked["text"] == ENGLISH("teaching-ask-name")
    told = await say(client, chat, person, "Mieze")
    assert told["text"].startswith("I now know Mieze here (1 photo).")


async def test_a_reply_to_an_answer_teaches_the_photo_that_it_is_about(
    client: Client, teacher: tuple[Chat, User]
) -> None:
    chat, person = teacher
    answer = await client.reply_to(client.sim.send_photo(chat, person, view(CAT, 0)))
    assert (await say(client, chat, person, "/teach Minka", answer))["text"].startswith("I now know Minka here")
    (photo,) = await services_of(client).teaching.given_by(person.id)
    assert photo.photo.giver_id == person.id
    other = await say(client, chat, person, "/help")
    forgotten = await say(client, chat, person, "/teach Minka", other)
    assert forgotten["text"] == ENGLISH("teaching-answer-forgotten")


async def test_a_caption_teaches_a_whole_album(client: Client, teacher: tuple[Chat, User]) -> None:
    chat, person = teacher
    album = client.sim.send_album(chat, person, [view(CAT, n) for n in (0, 2, 4)], caption="/teach Minka")
    told = await client.text_after(album[0])
    assert told.startswith("I now know Minka here (3 photos).")
    assert await client.said_in(chat) == [told]
    assert ENGLISH("teaching-one-of-album") not in told


async def test_a_reply_to_an_album_teaches_all_photos_that_were_answered(
    client: Client, teacher: tuple[Chat, User]
) -> None:
    chat, person = teacher
    album = client.sim.send_album(chat, person, [view(CAT, n) for n in (0, 2, 4)])
    await client.reply_to(album[0])
    told = await say(client, chat, person, "/teach Minka", album[1])
    assert told["text"].startswith("I now know Minka here (3 photos).")


async def test_image_files_stickers_and_videos_are_taught_like_photos(
    client: Client, teacher: tuple[Chat, User]
) -> None:
    chat, person = teacher
    sim = client.sim
    messages = [
        sim.send_document(chat, person, view(CAT, 0), file_name="a.jpg", mime_type="image/jpeg", caption="/teach Cat"),
        sim.send_video(chat, person, b"moving", thumbnail=view(CAT, 2), caption="/teach Cat"),
    ]
    for message in messages:
        assert "Cat" in await client.text_after(message)
    sticker = sim.send_sticker(chat, person, view(CAT, 4))
    assert "Cat" in (await say(client, chat, person, "/teach Cat", sticker))["text"]
    assert await classes_of(client, chat) == {"Cat": 3}


async def test_what_shows_no_image_has_a_sentence(client: Client, teacher: tuple[Chat, User]) -> None:
    chat, person = teacher
    sim = client.sim
    text = sim.send_text(chat, person, "hello")
    assert (await say(client, chat, person, "/teach Rex", text))["text"].startswith("There's no photo in the message")
    music = sim.send_document(chat, person, b"music", file_name="a.mp3", mime_type="audio/mpeg", caption="/teach Rex")
    assert await client.text_after(music) == ENGLISH("answers-not-an-image-file")
    broken = sim.send_document(chat, person, b"no", file_name="a.jpg", mime_type="image/jpeg", caption="/teach Rex")
    assert await client.text_after(broken) == f"I left out 1 photo. {ENGLISH('failures-not-an-image')}"
    link = sim.send_text(chat, person, "https://example.com/a.jpg")
    answer = await client.reply_to(link)
    assert (await say(client, chat, person, "/teach Rex", answer))["text"] == ENGLISH("teaching-answer-forgotten")
    assert await classes_of(client, chat) == {}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("/help", "teaching-name-command"),
        ("x" * 65, "teaching-name-too-long"),
        ("\u200d", "teaching-name-empty"),
        ("a\nb", "teaching-name-several-lines"),
    ],
)
async def test_unusable_names_have_a_sentence(client: Client, teacher: tuple[Chat, User], name: str, told: str) -> None:
    chat, person = teacher
    photo = client.sim.send_photo(chat, person, view(CAT, 0), caption=f"/teach {name}")
    reply = await client.reply_to(photo)
    assert reply["text"] == re.sub("<[^>]*>", "", ENGLISH(told))
    assert await classes_of(client, chat) == {}


@pytest.mark.parametrize("name", ["<b>Rex</b> & co", "Рекс", "ريكس", "犬のレックス", "🐶", "rock 'n' roll"])
async def test_names_in_any_script_are_said_as_they_are(client: Client, teacher: tuple[Chat, User], name: str) -> None:
    chat, person = teacher
    told = await client.text_after(client.sim.send_photo(chat, person, view(CAT, 0), caption=f"/teach {name}"))
    isolated = {"ريكس": "\u2068ريكس\u2069"}.get(name, name)
    assert told.startswith(f"I now know {isolated} here (1 photo).")
    assert await classes_of(client, chat) == {name: 1}
    assert (await client.text_after(client.sim.send_photo(chat, person, view(CAT, 4)))).startswith(f"{isolated}: ")
    assert f"{isolated}: 1 photo" in (await say(client, chat, person, "/classes"))["text"]


async def test_a_forwarded_command_teaches_nothing(client: Client, teacher: tuple[Chat, User]) -> None:
    chat, person = teacher
    _, other = client.newcomer()
    sent = client.sim.send_photo(client.sim.store.chats[other.id], other, view(CAT, 0), caption="/teach Rex")
    await client.reply_to(sent)
    assert "%" in await client.text_after(client.sim.forward(sent, chat, person))
    assert await classes_of(client, chat) == {}


async def test_undo_forgets_it_within_ten_minutes(client: Client, teacher: tuple[Chat, User]) -> None:
    chat, person = teacher
    await taught(client, chat, person, "Minka", CAT, 0)
    told = await client.reply_to(client.sim.send_photo(chat, person, view(CAT, 2), caption="/teach Minka"))
    await press(client, told, UNDO, person)
    assert shown_now(client, told)["text"] == ENGLISH("teaching-undone")
    assert await classes_of(client, chat) == {"Minka": 1}


async def test_later_undo_says_that_it_is_too_late(tmp_path: Path) -> None:
    async with connected_client(tmp_path) as client:
        chat, person = client.newcomer()
        await agreed(client, chat, person)
        told = await client.reply_to(client.sim.send_photo(chat, person, view(CAT, 0), caption="/teach Minka"))
        with sqlite3.connect(tmp_path / "labelbot.sqlite3") as database:
            database.execute("UPDATE taught_photos SET given_at = given_at - 601")
        answer = await press(client, told, UNDO, person)
        assert (answer.text, answer.show_alert) == (ENGLISH("teaching-too-late-to-undo"), True)
        assert await classes_of(client, chat) == {"Minka": 1}


async def test_a_request_of_yesterday_is_forgotten(tmp_path: Path) -> None:
    async with connected_client(tmp_path) as client:
        chat, person = client.newcomer()
        await agreed(client, chat, person)
        asked = await say(client, chat, person, "/teach Minka")
        with sqlite3.connect(tmp_path / "labelbot.sqlite3") as database:
            database.execute("UPDATE teach_requests SET created_at = created_at - 3601")
        assert "%" in await client.text_after(client.sim.send_photo(chat, person, view(CAT, 0)))
        answer = await press(client, asked, DONE, person)
        assert (answer.text, answer.show_alert) == (ENGLISH("teaching-request-gone"), True)


async def test_cancel_forgets_the_photos(client: Client, teacher: tuple[Chat, User]) -> None:
    chat, person = teacher
    await say(client, chat, person, "/teach Minka")
    got = await client.reply_to(client.sim.send_photo(chat, person, view(CAT, 0)))
    await press(client, got, CANCEL, person)
    assert shown_now(client, got)["text"] == ENGLISH("teaching-nothing-kept")
    assert (await classes_of(client, chat), await requests_of(client, chat, person)) == ({}, 0)
    assert "%" in await client.text_after(client.sim.send_photo(chat, person, view(CAT, 1)))


async def test_a_new_request_takes_the_place_of_the_old_one(client: Client, teacher: tuple[Chat, User]) -> None:
    chat, person = teacher
    await say(client, chat, person, "/teach Minka")
    await say(client, chat, person, "/teach Mieze")
    got = await client.reply_to(client.sim.send_photo(chat, person, view(CAT, 0)))
    assert got["text"].startswith("I've got 1 photo of Mieze.")
    assert await requests_of(client, chat, person) == 1


async def test_commands_work_while_the_bot_waits(client: Client, teacher: tuple[Chat, User]) -> None:
    chat, person = teacher
    await say(client, chat, person, "/teach")
    assert (await say(client, chat, person, "/top 3"))["text"].startswith("OK")
    assert (await say(client, chat, person, "Rex"))["text"].startswith("Now send me photos of Rex")


async def test_until_consent_is_given_photos_are_labelled_as_ever(client: Client) -> None:
    chat, person = client.newcomer()
    assert (await say(client, chat, person, "/teach Minka"))["text"].startswith("May I keep")
    assert "%" in await client.text_after(client.sim.send_photo(chat, person, view(CAT, 0)))


async def test_the_same_photo_teaches_nothing_new(client: Client, teacher: tuple[Chat, User]) -> None:
    chat, person = teacher
    await taught(client, chat, person, "Minka", CAT, 0)
    told = await client.reply_to(client.sim.send_photo(chat, person, view(CAT, 0), caption="/teach Minka"))
    assert told["text"].startswith("I know Minka as before (1 photo).")
    assert told["text"].endswith("I had 1 of the photos already.")
    assert buttons(told) == {}


async def test_a_photo_of_something_else_is_pointed_out_with_a_choice(
    client: Client, teacher: tuple[Chat, User]
) -> None:
    chat, person = teacher
    await taught(client, chat, person, "Minka", CAT, 0)
    await taught(client, chat, person, "Cup", CUP, 0)
    told = await client.reply_to(client.sim.send_photo(chat, person, view(CAT, 0), caption="/teach Cup"))
    assert told["text"].endswith("It is Minka as well, as I was taught before. Which one is it?")
    assert list(buttons(told)) == ["It's Cup", "It's Minka", "Both", UNDO]
    await press(client, told, "It's Minka", person)
    assert shown_now(client, told)["text"].endswith("Which one is it?\nOK, it's Minka.")
    assert list(buttons(shown_now(client, told))) == [UNDO]
    assert await classes_of(client, chat) == {"Cup": 1, "Minka": 1}
    told = await client.reply_to(client.sim.send_photo(chat, person, view(CAT, 0), caption="/teach Cup"))
    await press(client, told, "Both", person)
    assert await classes_of(client, chat) == {"Cup": 2, "Minka": 1}
    told = await client.reply_to(client.sim.send_photo(chat, person, view(CUP, 0), caption="/teach Minka"))
    await press(client, told, "It's Minka", person)
    assert await classes_of(client, chat) == {"Cup": 1, "Minka": 2}


async def test_a_photo_that_looks_like_something_else_is_pointed_out_with_a_choice(
    client: Client, teacher: tuple[Chat, User]
) -> None:
    chat, person = teacher
    await taught(client, chat, person, "Minka", CAT, 0, 2, 4)
    await taught(client, chat, person, "Cup", CUP, 0, 2, 4)
    told = await client.reply_to(client.sim.send_photo(chat, person, view(CAT, 7), caption="/teach Cup"))
    assert told["text"].endswith("Which one is it?")
    await press(client, told, "It's Minka", person)
    assert shown_now(client, told)["text"].endswith("OK, it's Minka.")
    assert (await classes_of(client, chat))["Cup"] == 3
    told = await client.reply_to(client.sim.send_photo(chat, person, view(CAT, 11), caption="/teach Cup"))
    await press(client, told, "It's Cup", person)
    assert shown_now(client, told)["text"].endswith("OK, it's Cup.")
    assert (await classes_of(client, chat))["Cup"] == 4


async def test_a_full_chat_says_how_many_names_it_holds(tmp_path: Path) -> None:
    async with connected_client(tmp_path, taught_classes=1, photos_per_class=2) as client:
        wait_less(client.bot)
        chat, person = client.newcomer()
        await taught(client, chat, person, "Minka", CAT, 0)
        refused = await client.reply_to(client.sim.send_photo(chat, person, view(CUP, 0), caption="/teach Cup"))
        assert refused["text"] == ENGLISH("teaching-too-many-classes", limit=1)
        album = client.sim.send_album(chat, person, [view(CAT, 2), view(CAT, 4)], caption="/teach Minka")
        told = await client.text_after(album[0])
        assert f"I left out 1 photo. {ENGLISH('teaching-photo-class-full')}" in told
        assert await classes_of(client, chat) == {"Minka": 2}
        assert await requests_of(client, chat, person) == 0


async def test_two_lessons_of_one_name_at_once_are_one_class(client: Client, teacher: tuple[Chat, User]) -> None:
    chat, person = teacher
    sent = [
        client.sim.send_photo(chat, person, view(CAT, n), caption=name)
        for n, name in enumerate(["/teach Minka", "/teach MINKA", "/teach minka"])
    ]
    await asyncio.gather(*map(client.reply_to, sent))
    assert list((await classes_of(client, chat)).values()) == [3]


@pytest.mark.slow
async def test_a_hundred_photos_at_once_are_one_lesson(client: Client, teacher: tuple[Chat, User]) -> None:
    chat, person = teacher
    await say(client, chat, person, "/teach Things")
    for seed in range(100):
        client.sim.send_photo(chat, person, picture(seed))
    await client.said_in(chat)
    got = latest(client, chat)
    assert got["text"].startswith("I've got 100 photos of Things.")
    await press(client, got, DONE, person)
    assert await classes_of(client, chat) == {"Things": 100}


async def test_help_and_the_menus_name_it(client: Client) -> None:
    chat, person = client.newcomer()
    shown = (await say(client, chat, person, "/help"))["text"]
    assert "/teach Rex: " in shown
    assert "/classes: " in shown
