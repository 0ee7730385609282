"""Edited messages over the local Bot API server: a photo that is replaced or added is looked at again."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.corrections import Correction
from bot.handlers.context import Services
from bot.localchat.chats import Chat, User
from bot.localchat.threads import Message
from tests.support.client import Client
from tests.support.keyboards import buttons, shown_now, walk
from tests.support.pictures import picture

pytestmark = pytest.mark.asyncio(loop_scope="module")

NO_IMAGE = b"no image at all"
FILE: dict[str, Any] = {"file_name": "a.png", "mime_type": "image/png"}
# Pictures that the small model names differently.
RED, BLUE = picture(74), picture(12)


def services_of(client: Client) -> Services:
    services = client.bot.application.bot_data["services"]
    assert isinstance(services, Services)
    return services


async def answered(client: Client, data: bytes = RED) -> tuple[Chat, User, Message, Message]:
    """A photo of a newcomer, and the bot's answer."""
    chat, person = client.newcomer()
    message = client.sim.send_photo(chat, person, data)
    return chat, person, message, await client.reply_to(message)


def labels_of(message: Message) -> list[str]:
    """Return an answer without its last line, which has the time."""
    return str(message["text"]).splitlines()[:-1]


async def test_an_answer_follows_its_photo(client: Client) -> None:
    chat, _, message, answer = await answered(client)
    client.sim.edit_photo(chat, message, BLUE)
    assert len(await client.said_in(chat)) == 1
    _, _, _, other = await answered(client, BLUE)
    assert labels_of(shown_now(client, answer)) == labels_of(other) != labels_of(answer)
    assert list(buttons(shown_now(client, answer))) == list(buttons(other))


async def test_the_buttons_of_an_edited_answer_are_about_the_new_photo(client: Client) -> None:
    chat, person, message, _ = await answered(client)
    client.sim.edit_photo(chat, message, BLUE)
    await client.said_in(chat)
    (answer,) = client.sim.replies(message)
    _, other_person, _, other = await answered(client, BLUE)
    more = [await walk(client, each, who, "More") for each, who in ((answer, person), (other, other_person))]
    assert labels_of(more[0]) == labels_of(more[1])


async def test_votes_on_the_former_photo_do_not_count_for_the_new_one(client: Client) -> None:
    chat, person, message, _ = await answered(client)
    corrections, photo_id = services_of(client).storage.corrections, message["message_id"]
    vote = Correction(chat.id, photo_id, "starter", "v1", person.id, person.id, "sure", "class:fox", is_right=True)
    await corrections.save(vote)
    client.sim.edit_caption(chat, message, "new")
    await client.said_in(chat)
    assert await corrections.of_photos(chat.id, [photo_id]) == [vote]
    client.sim.edit_photo(chat, message, BLUE)
    await client.said_in(chat)
    assert await corrections.of_photos(chat.id, [photo_id]) == []


@pytest.mark.parametrize("edits", [1, 2])
async def test_an_edit_of_the_caption_alone_does_nothing(client: Client, edits: int) -> None:
    chat, _, message, answer = await answered(client)
    for number in range(edits):
        client.sim.edit_caption(chat, message, f"caption {number}")
    assert len(await client.said_in(chat)) == 1
    assert shown_now(client, answer) == answer


async def test_an_edit_while_the_photo_is_looked_at_waits_for_its_answer(client: Client) -> None:
    chat, person = client.newcomer()
    message = client.sim.send_photo(chat, person, RED)
    client.sim.edit_photo(chat, message, BLUE)
    assert len(await client.said_in(chat)) == 1
    (answer,) = client.sim.replies(message)
    _, _, _, other = await answered(client, BLUE)
    assert labels_of(answer) == labels_of(other)


async def test_a_new_photo_that_cannot_be_read_says_so_in_the_answer_and_may_be_replaced_again(client: Client) -> None:
    chat, _, message, answer = await answered(client)
    client.sim.edit_document(chat, message, NO_IMAGE, **FILE)
    await client.said_in(chat)
    assert "%" not in shown_now(client, answer)["text"]
    client.sim.edit_caption(chat, message, "what is it?")
    client.sim.edit_photo(chat, message, BLUE)
    assert len(await client.said_in(chat)) == 1
    assert "%" in shown_now(client, answer)["text"]


async def test_a_photo_in_place_of_one_that_could_not_be_read_gets_an_answer(client: Client) -> None:
    chat, person = client.newcomer()
    message = client.sim.send_document(chat, person, NO_IMAGE, **FILE)
    assert "%" not in await client.text_after(message)
    client.sim.edit_caption(chat, message, "please")
    assert len(await client.said_in(chat)) == 1
    client.sim.edit_photo(chat, message, RED)
    said = await client.said_in(chat)
    assert len(said) == 2
    assert "%" in said[1]


async def test_a_photo_that_is_added_to_a_text_is_answered(client: Client) -> None:
    chat, person = client.newcomer()
    message = client.sim.send_text(chat, person, "what is this?")
    await client.reply_to(message)
    client.sim.edit_photo(chat, message, RED, caption="what is this?")
    said = await client.said_in(chat)
    assert len(said) == 2
    assert "%" in said[1]


async def test_a_photo_that_is_added_to_a_text_in_a_group_follows_its_caption(client: Client) -> None:
    sim, name = client.sim, client.sim.bot.username
    group = sim.add_group("Club", creator=sim.admin, members=(sim.alice,))
    sim.store.can_read_all_group_messages = True
    message = sim.send_text(group, sim.alice, "look")
    sim.edit_photo(group, message, RED, caption="look")
    assert await client.said_in(group) == []
    sim.edit_photo(group, message, BLUE, caption=f"look @{name}")
    (said,) = await client.said_in(group)
    assert "%" in said


async def test_a_photo_of_an_album_is_replaced_in_its_line(client: Client) -> None:
    chat, person = client.newcomer()
    messages = client.sim.send_album(chat, person, [RED, RED, RED])
    answer = await client.reply_to(messages[0])
    client.sim.edit_photo(chat, messages[1], BLUE)
    assert len(await client.said_in(chat)) == 1
    before, after = (each["text"].splitlines() for each in (answer, shown_now(client, answer)))
    assert [one == other for one, other in zip(before, after, strict=True)][:3] == [True, False, True]


async def test_a_spoiler_that_is_added_hides_the_labels(client: Client) -> None:
    chat, _, message, answer = await answered(client)
    client.sim.edit_photo(chat, message, RED, spoiler=True)
    await client.said_in(chat)
    assert shown_now(client, answer)["text"] == answer["text"]
    assert "spoiler" in [entity["type"] for entity in shown_now(client, answer)["entities"]]


async def test_a_command_in_an_edited_message_is_not_carried_out(client: Client) -> None:
    chat, person = client.newcomer()
    message = client.sim.send_text(chat, person, "/top 3")
    await client.reply_to(message)
    client.sim.edit_text(chat, message, "/top 4")
    assert len(await client.said_in(chat)) == 1
    assert (await services_of(client).storage.chats.settings(chat.id)).top_k == 3


async def test_an_edit_that_is_too_old_is_ignored(client: Client) -> None:
    chat, _, message, answer = await answered(client)
    client.sim.store.updates.allowed, allowed = frozenset({"message"}), client.sim.store.updates.allowed
    edited = client.sim.edit_photo(chat, message, BLUE)
    client.sim.store.updates.allowed = allowed
    client.sim.store.updates.put({"edited_message": edited | {"edit_date": edited["date"] - 100_000}})
    assert len(await client.said_in(chat)) == 1
    assert shown_now(client, answer) == answer


async def test_a_photo_without_an_answer_of_which_nothing_is_known_is_left_alone(client: Client) -> None:
    chat, person = client.newcomer()
    client.sim.store.updates.allowed, allowed = frozenset({"callback_query"}), client.sim.store.updates.allowed
    message = client.sim.send_photo(chat, person, RED)
    client.sim.store.updates.allowed = allowed
    client.sim.edit_caption(chat, message, "new")
    assert await client.said_in(chat) == []


async def test_labels_in_a_caption_follow_the_photo_of_the_post(client: Client) -> None:
    sim = client.sim
    channel = sim.add_channel("News", creator=sim.admin)
    await services_of(client).storage.chats.change(channel.id, {"channel_posts": "caption", "threshold": 0.0})
    post = sim.send_photo(channel, sim.admin, RED, caption="Hello")
    await client.said_in(channel)
    first = shown_now(client, post)["caption"]
    assert first.startswith("Hello\n\n")
    sim.edit_photo(channel, post, BLUE, caption=first)
    await client.said_in(channel)
    second = shown_now(client, post)["caption"]
    assert second.startswith("Hello\n\n")
    assert second.count("\n\n") == 1
    assert second != first
    sim.edit_caption(channel, post, "Hello again")
    await client.said_in(channel)
    assert shown_now(client, post)["caption"] == "Hello again"
