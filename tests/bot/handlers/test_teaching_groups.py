"""/teach in groups and channels: who may teach, whose photo it is, and who is asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from bot.domain.callback_data import TEACH, teaching_data
from bot.localchat.chats import Chat, User
from bot.localchat.threads import Message
from tests.support.client import Client, connected_client
from tests.support.keyboards import press, shown_now, walk
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
    wait_less,
)
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Group:
    """A group, its creator, and a member.

    Attributes:
        client: people and the bot.
        chat: the group; the bot is an ordinary member.
        admin: creator, who agreed to the terms.
        member: member, who was never asked.
    """

    client: Client
    chat: Chat
    admin: User
    member: User

    async def say(self, person: User, text: str, reply_to: Message | None = None) -> Message:
        """Send a text; return the bot's answer."""
        return await self.client.reply_to(self.client.sim.send_text(self.chat, person, text, reply_to=reply_to))

    def photo(self, person: User, number: int = 0, caption: str = "") -> Message:
        """Send a photo of the cat."""
        return self.client.sim.send_photo(self.chat, person, view(CAT, number), caption=caption)

    async def classes(self) -> dict[str, int]:
        return await classes_of(self.client, self.chat)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    async with connected_client(tmp_path_factory.mktemp("home")) as running:
        wait_less(running.bot)
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def group(client: Client) -> Group:
    (_, admin), (_, member) = client.newcomer(), client.newcomer()
    chat = client.sim.add_group("Garden club", creator=admin, members=(member,))
    await agreed(client, chat, admin)
    return Group(client, chat, admin, member)


async def test_at_first_only_admins_may_teach(group: Group) -> None:
    client = group.client
    photo = group.photo(group.member)
    assert (await group.say(group.member, "/teach Minka", photo))["text"] == ENGLISH("teaching-admins-only")
    menu = await group.say(group.admin, "/settings")
    assert "Who may teach me: Admins" in menu["text"]
    shown = await walk(client, menu, group.admin, "Who may teach me", "Everyone")
    assert "Who may teach me: Everyone" in shown["text"]
    screen = await group.say(group.member, "/teach Minka", photo)
    await press(client, screen, AGREE, group.member)
    assert await group.classes() == {"Minka": 1}


async def test_a_private_chat_has_no_such_setting(client: Client) -> None:
    chat, person = client.newcomer()
    menu = await client.reply_to(client.sim.send_text(chat, person, "/settings"))
    assert "Who may teach me" not in menu["text"]


async def test_the_sender_of_a_photo_is_asked_and_nobody_else_can_answer(group: Group) -> None:
    client, member = group.client, group.member
    photo = group.photo(member)
    client.sim.send_text(group.chat, group.admin, "/teach <b>Minka", reply_to=photo)
    question = await client.reply_to(photo)
    assert question["text"].startswith("May I learn <b>Minka from this photo of yours?")
    assert question["reply_to_message"]["message_id"] == photo["message_id"]
    told = await press(client, question, AGREE, group.admin)
    assert told.text == ENGLISH("teaching-not-asked")
    assert (await press(client, question, REFUSE, group.admin)).text == ENGLISH("teaching-not-asked")
    assert await group.classes() == {}
    await press(client, question, AGREE, member)
    assert shown_now(client, question)["text"].startswith("I now know <b>Minka here (1 photo).")
    assert await group.classes() == {"<b>Minka": 1}
    (given,) = await services_of(client).teaching.given_by(member.id)
    assert given.photo.message_id == photo["message_id"]


async def test_a_sender_who_refuses_leaves_nothing_behind(group: Group) -> None:
    client = group.client
    photo = group.photo(group.member)
    client.sim.send_text(group.chat, group.admin, "/teach Minka", reply_to=photo)
    question = await client.reply_to(photo)
    await press(client, question, REFUSE, group.member)
    assert shown_now(client, question)["text"] == ENGLISH("teaching-nothing-kept")
    assert await requests_of(client, group.chat, group.admin) == 0
    assert await group.classes() == {}


async def test_a_sender_is_asked_for_each_photo_that_others_teach(group: Group) -> None:
    client = group.client
    await agreed(client, group.chat, group.member)
    photo = group.photo(group.member)
    client.sim.send_text(group.chat, group.admin, "/teach Minka", reply_to=photo)
    question = await client.reply_to(photo)
    assert question["text"].startswith("May I learn Minka from this photo of yours?")
    assert await group.classes() == {}


async def test_the_person_who_teaches_agrees_first_and_then_the_sender_is_asked(group: Group) -> None:
    client = group.client
    await services_of(client).storage.chats.change(group.chat.id, {"teachers": "everyone"})
    photo = group.photo(group.admin)
    screen = await group.say(group.member, "/teach Minka", photo)
    assert screen["text"].startswith("May I keep what I learn")
    assert (await press(client, screen, AGREE, group.admin)).text == ENGLISH("teaching-not-asked")
    await press(client, screen, AGREE, group.member)
    assert shown_now(client, screen)["text"] == ENGLISH("teaching-asked-sender", count=1)
    await press(client, latest(client, group.chat), AGREE, group.admin)
    assert await group.classes() == {"Minka": 1}


async def test_whoever_cannot_agree_cannot_be_taught(group: Group) -> None:
    client, sim = group.client, group.client.sim

    async def told(photo: Message) -> str:
        return str((await group.say(group.admin, "/teach Minka", photo))["text"])

    assert await told(group.photo(sim.anonymous)) == ENGLISH("teaching-by-anonymous-admin")
    other_bot = User(7_000_000_777, "Other", "other_bot", is_bot=True)
    sim.store.users[other_bot.id] = other_bot
    group.chat.statuses[other_bot.id] = "member"
    assert await told(group.photo(other_bot)) == ENGLISH("teaching-by-bot")
    photo = group.photo(group.member)
    sim.groups.set_status(group.chat, group.member, "left", by=group.member)
    assert await told(photo) == ENGLISH("teaching-by-former-member")
    post = sim.send_photo(sim.add_channel("News", creator=group.admin), group.admin, view(CAT, 0))
    forwarded = group.photo(group.admin) | {"sender_chat": post["chat"], "is_automatic_forward": True}
    group.chat.messages[forwarded["message_id"]] = forwarded
    assert await told(forwarded) == ENGLISH("teaching-by-channel")
    assert await group.classes() == {}
    assert await requests_of(client, group.chat, group.admin) == 0


async def test_anonymous_admins_cannot_teach(group: Group) -> None:
    reply = await group.client.reply_to(group.photo(group.client.sim.anonymous, caption="/teach Minka"))
    assert reply["text"] == ENGLISH("teaching-as-group")


async def test_an_answer_is_taught_only_if_it_is_known_whose_photo_it_is(group: Group) -> None:
    client = group.client
    photo = group.photo(group.member)
    client.sim.send_text(group.chat, group.admin, "/label", reply_to=photo)
    refused = await group.say(group.admin, "/teach Minka", await client.reply_to(photo))
    assert refused["text"] == ENGLISH("teaching-answer-of-others")
    own = group.photo(group.member, 2, caption=f"@{client.sim.bot.username}")
    answer = await client.reply_to(own)
    client.sim.send_text(group.chat, group.admin, "/teach Minka", reply_to=answer)
    await client.said_in(group.chat)
    question = latest(client, group.chat)
    assert question["text"].startswith("May I learn Minka from this photo of yours?")
    assert question["reply_to_message"]["message_id"] == own["message_id"]


async def test_a_photo_of_another_chat_stays_there(group: Group) -> None:
    client = group.client
    elsewhere = client.sim.add_group("Elsewhere", creator=group.admin)
    photo = client.sim.send_photo(elsewhere, group.admin, view(CAT, 0))
    assert (await group.say(group.admin, "/teach Minka", photo))["text"] == ENGLISH("teaching-elsewhere")


async def test_of_an_album_the_bot_may_see_one_photo_and_says_so(group: Group) -> None:
    client, sim = group.client, group.client.sim
    album = sim.send_album(group.chat, group.admin, [view(CAT, n) for n in (0, 2, 4)], caption="/teach Minka")
    told = await client.text_after(album[0])
    assert told.startswith("I now know Minka here (1 photo).")
    assert told.endswith(ENGLISH("teaching-one-of-album"))
    told = str((await group.say(group.admin, "/teach Minka", album[1]))["text"])
    assert told.endswith(ENGLISH("teaching-one-of-album"))
    assert await group.classes() == {"Minka": 2}
    sim.groups.set_status(group.chat, sim.bot, "administrator", by=group.admin)
    album = sim.send_album(group.chat, group.admin, [view(CUP, n) for n in (0, 2, 4)], caption="/teach Cup")
    told = await client.text_after(album[0])
    assert told.startswith("I now know Cup here (3 photos).")
    assert ENGLISH("teaching-one-of-album") not in told


async def test_names_and_photos_are_replies_of_the_person_who_asked(group: Group) -> None:
    client, sim = group.client, group.client.sim
    asked = await group.say(group.admin, "/teach")
    assert asked["text"] == ENGLISH("teaching-ask-name-in-group")
    sim.send_text(group.chat, group.member, "Rude name", reply_to=asked)
    asked = await group.say(group.admin, "Minka", asked)
    assert asked["text"] == "Now reply to this message with photos of Minka, best from several sides. Then tap Done."
    assert (await press(client, asked, DONE, group.member)).text == ENGLISH("teaching-not-yours")
    assert (await press(client, asked, CANCEL, group.member)).text == ENGLISH("teaching-not-yours")
    album_id = sim.new_album_id()
    for number in (0, 2):
        sim.send_photo(group.chat, group.admin, view(CAT, number), reply_to=asked, media_group_id=album_id)
    sim.send_photo(group.chat, group.member, view(CUP, 1), reply_to=asked)
    group.photo(group.admin, 5)
    await client.said_in(group.chat)
    got = latest(client, group.chat)
    assert got["text"].startswith("I've got 2 photos of Minka. Reply to this message with more")
    sim.send_photo(group.chat, group.admin, view(CAT, 4), reply_to=got)
    await client.said_in(group.chat)
    got = latest(client, group.chat)
    await press(client, got, DONE, group.admin)
    assert shown_now(client, got)["text"].startswith("I now know Minka here (3 photos).")
    gone = await group.say(group.admin, "Mieze", asked)
    assert gone["text"] == ENGLISH("teaching-request-gone")


async def test_only_the_teacher_and_admins_undo(group: Group) -> None:
    client = group.client
    await services_of(client).storage.chats.change(group.chat.id, {"teachers": "everyone"})
    await agreed(client, group.chat, group.member)
    told = await client.reply_to(group.photo(group.member, caption="/teach Minka"))
    (_, other) = client.newcomer()
    group.chat.statuses[other.id] = "member"
    assert (await press(client, told, UNDO, other)).text == ENGLISH("teaching-undo-not-yours")
    await press(client, told, UNDO, group.admin)
    assert await group.classes() == {}


async def test_who_may_no_longer_teach_cannot_finish(group: Group) -> None:
    client = group.client
    chats = services_of(client).storage.chats
    await chats.change(group.chat.id, {"teachers": "everyone"})
    await agreed(client, group.chat, group.member)
    asked = await group.say(group.member, "/teach Minka")
    client.sim.send_photo(group.chat, group.member, view(CAT, 0), reply_to=asked)
    await client.said_in(group.chat)
    await chats.change(group.chat.id, {"teachers": "admins"})
    told = await press(client, latest(client, group.chat), DONE, group.member)
    assert told.text == ENGLISH("teaching-admins-only")
    assert await group.classes() == {}


async def test_who_may_no_longer_teach_can_neither_agree_nor_name_it(group: Group) -> None:
    client = group.client
    chats = services_of(client).storage.chats
    await chats.change(group.chat.id, {"teachers": "everyone"})
    photo = client.sim.send_photo(group.chat, group.member, view(CAT, 0))
    screen = await group.say(group.member, "/teach Minka", reply_to=photo)
    await chats.change(group.chat.id, {"teachers": "admins"})
    assert (await press(client, screen, AGREE, group.member)).text == ENGLISH("teaching-admins-only")
    await chats.change(group.chat.id, {"teachers": "everyone"})
    await agreed(client, group.chat, group.member)
    asked = await group.say(group.member, "/teach", reply_to=photo)
    await chats.change(group.chat.id, {"teachers": "admins"})
    named = await group.say(group.member, "Minka", reply_to=asked)
    assert named["text"] == ENGLISH("teaching-admins-only")
    assert await group.classes() == {}


async def test_made_up_presses_do_nothing(group: Group) -> None:
    client = group.client
    asked = await group.say(group.admin, "/teach Minka")
    forged = teaching_data(TEACH, "agree", 1, group.member.id)
    told = await client.sim.forge_callback(asked, forged, group.member)
    assert told.text == ""
    assert not await services_of(client).teaching.consented(group.chat.id, group.member.id)


async def test_people_who_teach_one_name_at_once_share_it(group: Group) -> None:
    client = group.client
    await services_of(client).storage.chats.change(group.chat.id, {"teachers": "everyone"})
    await agreed(client, group.chat, group.member)
    sent = [
        group.photo(person, number, caption="/teach Minka")
        for number, person in enumerate((group.admin, group.member, group.admin, group.member))
    ]
    told = await asyncio.gather(*map(client.text_after, sent))
    assert sum(text.startswith("I now know Minka here") for text in told) == 1
    assert await group.classes() == {"Minka": 4}


async def test_in_a_topic_everything_stays_in_the_topic(client: Client) -> None:
    _, admin = client.newcomer()
    forum = client.sim.add_group("Forum", creator=admin, is_forum=True)
    topic = client.sim.groups.open_topic(forum, "Cats", by=admin).thread_id
    photo = client.sim.send_photo(forum, admin, view(CAT, 0), caption="/teach Minka", thread_id=topic)
    screen = await client.reply_to(photo)
    assert screen["message_thread_id"] == topic
    await press(client, screen, AGREE, admin)
    menu = await client.reply_to(client.sim.send_text(forum, admin, "/classes", thread_id=topic))
    await walk(client, menu, admin, "Minka", "Photos")
    assert latest(client, forum)["message_thread_id"] == topic
    assert latest(client, forum)["text"].startswith("Photo 1 of 1 of Minka.")


async def test_where_photos_are_off_nothing_is_taught(group: Group) -> None:
    await services_of(group.client).storage.chats.change(group.chat.id, {"mode": "off"})
    reply = await group.client.reply_to(group.photo(group.admin, caption="/teach Minka"))
    assert reply["text"] == ENGLISH("groups-off")


async def test_in_a_channel_nobody_can_agree(client: Client) -> None:
    _, admin = client.newcomer()
    channel = client.sim.add_channel("News", creator=admin)
    post = client.sim.send_photo(channel, admin, view(CAT, 0), caption="/teach Minka")
    assert (await client.reply_to(post))["text"] == ENGLISH("teaching-in-channel")
    assert await classes_of(client, channel) == {}
