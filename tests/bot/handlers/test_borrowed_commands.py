"""Commands that are not their sender's own words do nothing, however they got into the chat."""

from __future__ import annotations

from typing import Any

import pytest

from bot.localchat import media
from bot.localchat.chats import Chat, User
from bot.localchat.threads import Message
from bot.services.container import Services
from tests.support.conversation import Conversation
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


def post(talk: Conversation, chat: Chat, sender: User, text: str, **fields: Any) -> Message:
    return talk.world.store.post(chat, {"from": sender.to_api()}, media.text_content(text) | fields)


def services(talk: Conversation) -> Services:
    found = talk.bot.application.bot_data["services"]
    assert isinstance(found, Services)
    return found


async def nothing_happened(talk: Conversation, chat: Chat) -> None:
    assert not services(talk).bans.ids
    assert talk.bot.pool.workers == 1
    assert services(talk).downloads.under_way is None
    assert services(talk).models.chosen(0) is services(talk).models.chosen(chat.id) is None
    assert (await services(talk).storage.chats.settings(chat.id)).top_k == 5


@pytest.mark.parametrize("how", BORROWED)
async def test_in_private_whoever_borrows_a_command_gets_a_kind_word(talk: Conversation, how: str) -> None:
    before = len(await talk.said_in(talk.admin_chat))
    for text in COMMANDS:
        post(talk, talk.admin_chat, talk.world.boss, text, **BORROWED[how])
    said = (await talk.said_in(talk.admin_chat))[before:]
    assert said == [ENGLISH("commands-borrowed")] * len(COMMANDS)
    await nothing_happened(talk, talk.admin_chat)


@pytest.mark.parametrize("how", BORROWED)
async def test_in_a_group_a_borrowed_command_gets_nothing(talk: Conversation, how: str) -> None:
    group = talk.world.add_group("Club", creator=talk.world.boss)
    photo = talk.world.send_photo(group, talk.world.boss, picture(1))
    for text in (*COMMANDS, "/label", f"/label@{talk.world.bot.username}"):
        post(talk, group, talk.world.boss, text, reply_to_message=photo, **BORROWED[how])
    assert await talk.said_in(group) == []
    await nothing_happened(talk, group)


async def test_forwarding_a_command_as_people_do_does_nothing(talk: Conversation) -> None:
    chat, person = talk.newcomer()
    trap = talk.world.send_text(chat, person, "/ban 99")
    forwarded = talk.world.forward(trap, talk.admin_chat, talk.world.boss)
    assert await talk.text_after(forwarded) == ENGLISH("commands-borrowed")
    await nothing_happened(talk, talk.admin_chat)


async def test_posts_of_a_channel_in_its_discussion_group_are_no_commands(talk: Conversation) -> None:
    channel = talk.world.add_channel("News", creator=talk.world.boss)
    group = talk.world.add_group("Discussion", creator=talk.world.boss)
    talk.world.groups.set_status(group, talk.world.bot, "administrator", by=talk.world.boss)
    talk.world.groups.link(channel, group)
    for text in COMMANDS:
        talk.world.send_text(channel, talk.world.boss, text)
    assert await talk.said_in(group) == []
    await nothing_happened(talk, group)


async def test_two_bots_never_talk_to_each_other(talk: Conversation) -> None:
    group = talk.world.add_group("Bots", creator=talk.world.boss)
    group.statuses[talk.world.bot.id] = "administrator"
    chat = talk.world.add_private_chat(OTHER_BOT)
    for place in (group, chat):
        for text in (*COMMANDS, "hello", f"@{talk.world.bot.username}"):
            post(talk, place, OTHER_BOT, text)
        talk.world.send_photo(place, OTHER_BOT, picture(2), caption=f"@{talk.world.bot.username}")
    await talk.said_in(talk.admin_chat)
    assert talk.calls("sendMessage", group) == talk.calls("sendMessage", chat) == []
    await nothing_happened(talk, group)


async def test_an_admins_account_counts_for_nothing_in_a_groups_or_channels_name(talk: Conversation) -> None:
    group = talk.world.add_group("Masks", creator=talk.world.boss)
    channel = talk.world.add_channel("Mask", creator=talk.world.boss)
    for mask in (group, channel):
        author = {"from": talk.world.boss.to_api(), "sender_chat": mask.to_api()}
        ban = talk.world.store.post(group, author, media.text_content("/ban 99"))
        assert await talk.text_after(ban) == ENGLISH("admin-written-as-group")
    await nothing_happened(talk, group)


async def test_edits_captions_and_messages_for_a_business_are_no_commands(talk: Conversation) -> None:
    world, chat = talk.world, talk.admin_chat
    world.edit_text(chat, sent := world.send_text(chat, world.boss, "/top"), "/ban 99")
    world.send_photo(chat, world.boss, picture(3), caption="/ban 99")
    text = media.text_content("/ban 99")
    for kind in ("business_message", "guest_message", "edited_business_message", "edited_message", "channel_post"):
        talk.world.store.updates.allowed = frozenset()
        talk.world.store.updates.add(kind, {**sent, **text, "business_connection_id": "1"})  # type: ignore[arg-type]
    await talk.said_in(chat)
    await nothing_happened(talk, chat)


async def test_a_command_in_reply_to_another_chats_message_concerns_nobody_there(talk: Conversation) -> None:
    (_, person), group = talk.newcomer(), talk.world.add_group("Here", creator=talk.world.boss)
    there = talk.world.add_group("There", creator=talk.world.boss, members=(person,))
    quoted = talk.world.send_photo(there, person, picture(4))
    ban = post(talk, group, talk.world.boss, "/ban", reply_to_message=quoted)
    assert (await talk.text_after(ban)).startswith("Whom?")
    label = post(talk, group, talk.world.boss, "/label", reply_to_message=quoted)
    assert await talk.text_after(label) == ENGLISH("commands-label-needs-a-photo")
    external = {"origin": {"type": "user", "sender_user": person.to_api(), "date": 1}, "chat": there.to_api()}
    ban = post(talk, group, talk.world.boss, "/ban", external_reply=external)
    assert (await talk.text_after(ban)).startswith("Whom?")
    await nothing_happened(talk, group)
    assert await talk.said_in(there) == []


async def test_a_ban_in_a_topic_does_not_hit_whoever_opened_it(talk: Conversation) -> None:
    _, person = talk.newcomer()
    forum = talk.world.add_group("Forum", creator=talk.world.boss, members=(person,), is_forum=True)
    topic = talk.world.groups.open_topic(forum, "Cats", by=person)
    ban = talk.world.send_text(forum, talk.world.boss, "/ban", thread_id=topic.thread_id)
    assert (await talk.text_after(ban)).startswith("Whom?")
    await nothing_happened(talk, forum)


async def test_photos_are_answered_whoever_they_come_from(talk: Conversation) -> None:
    chat, person = talk.newcomer()
    content = {"via_bot": OTHER_BOT.to_api()} | media.photo_content(talk.world.store.files, picture(5))
    assert "%" in await talk.text_after(talk.world.store.post(chat, {"from": person.to_api()}, content))
    photo = talk.world.send_photo(chat, person, picture(6))
    assert "%" in await talk.text_after(talk.world.forward(photo, chat, person))
