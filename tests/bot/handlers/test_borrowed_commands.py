"""Commands that are not their sender's own words do nothing, however they got into the chat."""

from __future__ import annotations

from typing import Any

import pytest

from bot.handlers.context import Services
from bot.localchat import media
from bot.localchat.chats import Chat, User
from bot.localchat.threads import Message
from tests.support.client import Client
from tests.support.pictures import picture
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")

OTHER_BOT = User(77, "Gifs", "gif", is_bot=True)
# All that change something, and one that only tells.
COMMANDS = (
    *("/ban 99", "/unban 99", "/workers 2", "/use colours", "/use starter here", "/rollback", "/remove birds"),
    *("/reload", "/pull birds", "/settings", "/top 1", "/deletemydata", "/help"),
)
BORROWED = {
    "forwarded": {"forward_origin": {"type": "hidden_user", "sender_user_name": "Eve", "date": 1}},
    "forwarded from a channel": {
        "forward_origin": {
            "type": "channel",
            "chat": {"id": -1009, "type": "channel", "title": "News"},
            "message_id": 1,
            "date": 1,
        }
    },
    "written by an inline bot": {"via_bot": OTHER_BOT.to_api()},
    "written by a business bot": {"sender_business_bot": OTHER_BOT.to_api()},
}


def post(client: Client, chat: Chat, sender: User, text: str, **fields: Any) -> Message:
    return client.sim.store.post(chat, {"from": sender.to_api()}, media.text_content(text) | fields)


def services(client: Client) -> Services:
    found = client.bot.application.bot_data["services"]
    assert isinstance(found, Services)
    return found


async def assert_nothing_happened(client: Client, chat: Chat) -> None:
    assert not services(client).storage.bans.ids
    assert client.bot.pool.workers == 1
    assert services(client).downloads.under_way is None
    assert services(client).models.chosen(0) is services(client).models.chosen(chat.id) is None
    assert (await services(client).storage.chats.settings(chat.id)).top_k == 5


@pytest.mark.parametrize("how", BORROWED)
async def test_in_private_whoever_borrows_a_command_gets_a_kind_word(client: Client, how: str) -> None:
    before = len(await client.said_in(client.admin_chat))
    for text in COMMANDS:
        post(client, client.admin_chat, client.sim.admin, text, **BORROWED[how])
    said = (await client.said_in(client.admin_chat))[before:]
    assert said == [ENGLISH("commands-borrowed")] * len(COMMANDS)
    await assert_nothing_happened(client, client.admin_chat)


@pytest.mark.parametrize("how", BORROWED)
async def test_in_a_group_a_borrowed_command_gets_nothing(client: Client, how: str) -> None:
    group = client.sim.add_group("Club", creator=client.sim.admin)
    photo = client.sim.send_photo(group, client.sim.admin, picture(1))
    for text in (*COMMANDS, "/label", f"/label@{client.sim.bot.username}"):
        post(client, group, client.sim.admin, text, reply_to_message=photo, **BORROWED[how])
    assert await client.said_in(group) == []
    await assert_nothing_happened(client, group)


async def test_forwarding_a_command_as_people_do_does_nothing(client: Client) -> None:
    chat, person = client.newcomer()
    trap = client.sim.send_text(chat, person, "/ban 99")
    forwarded = client.sim.forward(trap, client.admin_chat, client.sim.admin)
    assert await client.text_after(forwarded) == ENGLISH("commands-borrowed")
    await assert_nothing_happened(client, client.admin_chat)


async def test_posts_of_a_channel_in_its_discussion_group_are_no_commands(client: Client) -> None:
    channel = client.sim.add_channel("News", creator=client.sim.admin)
    group = client.sim.add_group("Discussion", creator=client.sim.admin)
    client.sim.groups.set_status(group, client.sim.bot, "administrator", by=client.sim.admin)
    client.sim.groups.link(channel, group)
    for text in COMMANDS:
        client.sim.send_text(channel, client.sim.admin, text)
    assert await client.said_in(group) == []
    await assert_nothing_happened(client, group)


async def test_two_bots_never_talk_to_each_other(client: Client) -> None:
    group = client.sim.add_group("Bots", creator=client.sim.admin)
    group.statuses[client.sim.bot.id] = "administrator"
    chat = client.sim.add_private_chat(OTHER_BOT)
    for place in (group, chat):
        for text in (*COMMANDS, "hello", f"@{client.sim.bot.username}"):
            post(client, place, OTHER_BOT, text)
        client.sim.send_photo(place, OTHER_BOT, picture(2), caption=f"@{client.sim.bot.username}")
    await client.said_in(client.admin_chat)
    assert client.calls("sendMessage", group) == client.calls("sendMessage", chat) == []
    await assert_nothing_happened(client, group)


async def test_an_admins_account_counts_for_nothing_in_a_groups_or_channels_name(client: Client) -> None:
    group = client.sim.add_group("Masks", creator=client.sim.admin)
    channel = client.sim.add_channel("Mask", creator=client.sim.admin)
    for mask in (group, channel):
        author = {"from": client.sim.admin.to_api(), "sender_chat": mask.to_api()}
        ban = client.sim.store.post(group, author, media.text_content("/ban 99"))
        assert await client.text_after(ban) == ENGLISH("admin-written-as-group")
    await assert_nothing_happened(client, group)


async def test_edits_captions_and_messages_for_a_business_are_no_commands(client: Client) -> None:
    sim, chat = client.sim, client.admin_chat
    sim.edit_text(chat, sent := sim.send_text(chat, sim.admin, "/top"), "/ban 99")
    sim.send_photo(chat, sim.admin, picture(3), caption="/ban 99")
    text = media.text_content("/ban 99")
    for kind in ("business_message", "guest_message", "edited_business_message", "edited_message", "channel_post"):
        client.sim.store.updates.allowed = frozenset()
        client.sim.store.updates.add(kind, {**sent, **text, "business_connection_id": "1"})  # type: ignore[arg-type]
    await client.said_in(chat)
    await assert_nothing_happened(client, chat)


async def test_a_command_in_reply_to_another_chats_message_concerns_nobody_there(client: Client) -> None:
    (_, person), group = client.newcomer(), client.sim.add_group("Here", creator=client.sim.admin)
    there = client.sim.add_group("There", creator=client.sim.admin, members=(person,))
    quoted = client.sim.send_photo(there, person, picture(4))
    ban = post(client, group, client.sim.admin, "/ban", reply_to_message=quoted)
    assert (await client.text_after(ban)).startswith("Who?")
    label = post(client, group, client.sim.admin, "/label", reply_to_message=quoted)
    assert await client.text_after(label) == ENGLISH("commands-label-needs-a-photo")
    external = {"origin": {"type": "user", "sender_user": person.to_api(), "date": 1}, "chat": there.to_api()}
    ban = post(client, group, client.sim.admin, "/ban", external_reply=external)
    assert (await client.text_after(ban)).startswith("Who?")
    await assert_nothing_happened(client, group)
    assert await client.said_in(there) == []


async def test_a_ban_in_a_topic_does_not_hit_whoever_opened_it(client: Client) -> None:
    _, person = client.newcomer()
    forum = client.sim.add_group("Forum", creator=client.sim.admin, members=(person,), is_forum=True)
    topic = client.sim.groups.open_topic(forum, "Cats", by=person)
    ban = client.sim.send_text(forum, client.sim.admin, "/ban", thread_id=topic.thread_id)
    assert (await client.text_after(ban)).startswith("Who?")
    await assert_nothing_happened(client, forum)


async def test_photos_are_answered_whoever_they_come_from(client: Client) -> None:
    chat, person = client.newcomer()
    content = {"via_bot": OTHER_BOT.to_api()} | media.photo_content(client.sim.store.files, picture(5))
    assert "%" in await client.text_after(client.sim.store.post(chat, {"from": person.to_api()}, content))
    photo = client.sim.send_photo(chat, person, picture(6))
    assert "%" in await client.text_after(client.sim.forward(photo, chat, person))
