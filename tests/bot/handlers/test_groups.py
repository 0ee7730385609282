"""Groups: what asks the bot by name is answered, all else is met with silence, though the bot sees it as an admin."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from telegram import Chat as TelegramChat
from telegram import Message as TelegramMessage
from telegram import MessageEntity, User

from bot.domain.triggers import mentions_us
from bot.localchat.chats import Chat
from tests.support.conversation import Conversation
from tests.support.pictures import picture
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")


def busy_group(talk: Conversation, *, is_forum: bool = False) -> Chat:
    """A group whose every message reaches the bot."""
    world = talk.world
    group = world.add_group("Busy", creator=world.boss, members=(world.alice,), is_forum=is_forum)
    world.groups.set_status(group, world.bot, "administrator", by=world.boss)
    return group


@pytest.mark.parametrize("mention", ["@{}", "what's this, @{}?", "/label", "/label@{}", "so /LABEL@{} please"])
async def test_a_photo_whose_caption_asks_the_bot_is_answered(talk: Conversation, mention: str) -> None:
    group = busy_group(talk)
    username = str(talk.world.bot.username)
    for number, name in enumerate((username, username.upper())):
        message = talk.world.send_photo(group, talk.world.alice, picture(number), caption=mention.format(name))
        reply = await talk.reply_to(message)
        assert reply["text"].endswith(" ms") or reply["text"].endswith("seen before")
        assert reply["reply_to_message"]["message_id"] == message["message_id"]


async def test_an_image_file_whose_caption_asks_the_bot_is_answered(talk: Conversation) -> None:
    message = talk.world.send_document(
        busy_group(talk),
        talk.world.alice,
        picture(50, "PNG"),
        file_name="a.png",
        mime_type="image/png",
        caption=f"@{talk.world.bot.username}",
    )
    assert "%" in await talk.text_after(message)


@pytest.mark.parametrize("command", ["/label", "/label@{}"])
async def test_label_in_reply_to_a_photo_is_answered_with_a_quote_of_the_photo(
    talk: Conversation, command: str
) -> None:
    group = busy_group(talk)
    shown = talk.world.send_photo(group, talk.world.boss, picture(51))
    talk.world.send_text(group, talk.world.alice, command.format(talk.world.bot.username), reply_to=shown)
    assert "%" in await talk.text_after(shown)


async def test_label_in_reply_to_other_things_that_show_an_image_is_answered(talk: Conversation) -> None:
    world, group = talk.world, busy_group(talk)
    shown = [
        world.send_document(group, world.boss, picture(52, "BMP"), file_name="a.bmp", mime_type="image/bmp"),
        world.send_sticker(group, world.boss, picture(53, "WEBP", width=512, height=512)),
        world.send_video(group, world.boss, b"film", thumbnail=picture(54)),
    ]
    for message in shown:
        world.send_text(group, world.alice, "/label", reply_to=message)
        assert "%" in await talk.text_after(message)


async def test_label_that_replies_to_nothing_to_look_at_is_explained_in_one_line(talk: Conversation) -> None:
    world, group = talk.world, busy_group(talk)
    assert await talk.text_after(world.send_text(group, world.alice, "/label")) == ENGLISH(
        "commands-label-needs-a-photo"
    )
    words = world.send_text(group, world.boss, "hello")
    asked = world.send_text(group, world.alice, "/label", reply_to=words)
    assert await talk.text_after(asked) == ENGLISH("commands-label-needs-a-photo")


async def test_an_anonymous_admin_is_answered(talk: Conversation) -> None:
    group = busy_group(talk)
    caption = f"@{talk.world.bot.username}"
    message = talk.world.send_photo(group, talk.world.anonymous, picture(55), caption=caption)
    assert "%" in await talk.text_after(message)


async def test_all_else_in_a_group_is_met_with_silence(talk: Conversation) -> None:
    world, group = talk.world, busy_group(talk)
    alice = world.alice
    photo = world.send_photo(group, alice, picture(56))
    world.send_photo(group, alice, picture(57), caption="nice, isn't it")
    world.send_photo(group, alice, picture(58), caption="@another_bot /label@another_bot /labels")
    world.send_album(group, alice, [picture(59), picture(60)], caption="our holidays")
    world.send_text(group, alice, f"hello @{world.bot.username}")
    world.send_text(group, alice, "https://example.com/cat.jpg")
    world.send_text(group, alice, "/label@another_bot", reply_to=photo)
    for command in ("/start", "/help", "/top 3", "/model", "/privacy", "/unknown", "/help@another_bot"):
        world.send_text(group, alice, command)
    world.edit_caption(group, photo, f"@{world.bot.username}")
    edited = world.send_text(group, alice, "nothing")
    world.edit_text(group, edited, "/label")
    world.groups.add(group, world.add_user("Guest"), by=world.boss)
    assert await talk.said_in(group) == []


@pytest.mark.parametrize("command", ["start", "help", "model", "privacy"])
async def test_a_command_in_a_group_is_answered_where_it_names_the_bot(talk: Conversation, command: str) -> None:
    world, group = talk.world, busy_group(talk)
    asked = world.send_text(group, world.alice, f"/{command}@{world.bot.username}")
    assert await talk.text_after(asked)


async def test_posts_in_a_channel_are_met_with_silence(talk: Conversation) -> None:
    world = talk.world
    channel = world.add_channel("News", creator=world.boss)
    world.send_photo(channel, world.boss, picture(61), caption=f"@{world.bot.username} /label")
    world.send_text(channel, world.boss, "/start")
    assert await talk.said_in(channel) == []


async def test_replies_stay_in_the_topic_of_the_photo(talk: Conversation) -> None:
    world, forum = talk.world, busy_group(talk, is_forum=True)
    topic = world.groups.open_topic(forum, "Cats", by=world.boss)
    caption = f"@{world.bot.username}"
    message = world.send_photo(forum, world.boss, picture(62), caption=caption, thread_id=topic.thread_id)
    assert (await talk.reply_to(message))["message_thread_id"] == topic.thread_id
    assert {call.parameters["message_thread_id"] for call in talk.calls("sendChatAction", forum)} == {
        str(topic.thread_id)
    }

    shown = world.send_photo(forum, world.boss, picture(66), thread_id=topic.thread_id)
    world.send_text(forum, world.boss, "/label", reply_to=shown, thread_id=topic.thread_id)
    assert (await talk.reply_to(shown))["message_thread_id"] == topic.thread_id

    asked = world.send_text(forum, world.boss, "/label", thread_id=topic.thread_id)
    reply = await talk.reply_to(asked)
    assert reply["text"] == ENGLISH("commands-label-needs-a-photo")
    assert reply["message_thread_id"] == topic.thread_id


async def test_no_thread_id_is_sent_outside_a_forum(talk: Conversation) -> None:
    world, group = talk.world, busy_group(talk)
    first = world.send_text(group, world.alice, "look")
    message = world.send_photo(group, world.alice, picture(63), caption="/label", reply_to=first)
    assert "%" in await talk.text_after(message)
    assert "message_thread_id" not in talk.calls("sendMessage", group)[0].parameters


async def test_a_topic_closed_meanwhile_is_no_error(talk: Conversation, capfd: pytest.CaptureFixture[str]) -> None:
    world = talk.world
    forum = world.add_group("Forum", creator=world.boss, members=(world.alice,), is_forum=True)
    topic = world.groups.open_topic(forum, "Cats", by=world.boss)
    world.send_photo(forum, world.alice, picture(64), caption=f"@{world.bot.username}", thread_id=topic.thread_id)
    world.groups.close_topic(forum, topic, by=world.boss)
    assert await talk.said_in(forum) == []
    shown = capfd.readouterr()
    assert "chat unreachable" in shown.out + shown.err
    assert "unexpected error" not in shown.out + shown.err


async def test_a_reply_follows_a_group_that_became_a_supergroup(talk: Conversation) -> None:
    world = talk.world
    group = world.add_group("Old", creator=world.boss, members=(world.alice,), kind="group")
    shown = world.send_photo(group, world.alice, picture(65), caption="/label")
    supergroup = world.groups.migrate(group, by=world.boss)
    await talk.said_in(group)
    said = [message["text"] for message in world.messages(supergroup) if message.get("from", {}).get("is_bot")]
    assert len(said) == 1, shown
    assert "%" in said[0]


async def test_a_mention_of_the_bot_by_its_id_asks_it(talk: Conversation) -> None:
    bot = talk.bot.application.bot
    for user, asks in ((bot.bot, True), (User(5, "Someone", is_bot=False), False)):
        caption = "what is this, Labelbot?"
        entity = MessageEntity(MessageEntity.TEXT_MENTION, offset=14, length=8, user=user)
        group = TelegramChat(-1, TelegramChat.SUPERGROUP)
        message = TelegramMessage(1, datetime.now(UTC), group, caption=caption, caption_entities=[entity])
        message.set_bot(bot)
        assert mentions_us(message) is asks
