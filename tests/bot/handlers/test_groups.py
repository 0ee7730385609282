"""Groups: what asks the bot by name is answered, all else is met with silence, though the bot sees it as an admin."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from telegram import Chat as TelegramChat
from telegram import Message as TelegramMessage
from telegram import MessageEntity, User

from bot.domain.triggers import mentions_bot
from bot.localchat.chats import Chat
from tests.support.client import Client
from tests.support.pictures import picture
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")


def busy_group(client: Client, *, is_forum: bool = False) -> Chat:
    """A group whose every message reaches the bot."""
    sim = client.sim
    group = sim.add_group("Busy", creator=sim.admin, members=(sim.alice,), is_forum=is_forum)
    sim.groups.set_status(group, sim.bot, "administrator", by=sim.admin)
    return group


@pytest.mark.parametrize("mention", ["@{}", "what's this, @{}?", "/label", "/label@{}", "so /LABEL@{} please"])
async def test_a_photo_whose_caption_asks_the_bot_is_answered(client: Client, mention: str) -> None:
    group = busy_group(client)
    username = str(client.sim.bot.username)
    for number, name in enumerate((username, username.upper())):
        message = client.sim.send_photo(group, client.sim.alice, picture(number), caption=mention.format(name))
        reply = await client.reply_to(message)
        assert reply["text"].endswith(" ms") or reply["text"].endswith("seen before")
        assert reply["reply_to_message"]["message_id"] == message["message_id"]


async def test_an_image_file_whose_caption_asks_the_bot_is_answered(client: Client) -> None:
    message = client.sim.send_document(
        busy_group(client),
        client.sim.alice,
        picture(50, "PNG"),
        file_name="a.png",
        mime_type="image/png",
        caption=f"@{client.sim.bot.username}",
    )
    assert "%" in await client.text_after(message)


@pytest.mark.parametrize("command", ["/label", "/label@{}"])
async def test_label_in_reply_to_a_photo_is_answered_with_a_quote_of_the_photo(client: Client, command: str) -> None:
    group = busy_group(client)
    shown = client.sim.send_photo(group, client.sim.admin, picture(51))
    client.sim.send_text(group, client.sim.alice, command.format(client.sim.bot.username), reply_to=shown)
    assert "%" in await client.text_after(shown)


async def test_label_in_reply_to_other_things_that_show_an_image_is_answered(client: Client) -> None:
    sim, group = client.sim, busy_group(client)
    shown = [
        sim.send_document(group, sim.admin, picture(52, "BMP"), file_name="a.bmp", mime_type="image/bmp"),
        sim.send_sticker(group, sim.admin, picture(53, "WEBP", width=512, height=512)),
        sim.send_video(group, sim.admin, b"film", thumbnail=picture(54)),
    ]
    for message in shown:
        sim.send_text(group, sim.alice, "/label", reply_to=message)
        assert "%" in await client.text_after(message)


async def test_label_that_replies_to_nothing_to_look_at_is_explained_in_one_line(client: Client) -> None:
    sim, group = client.sim, busy_group(client)
    assert await client.text_after(sim.send_text(group, sim.alice, "/label")) == ENGLISH("commands-label-needs-a-photo")
    words = sim.send_text(group, sim.admin, "hello")
    asked = sim.send_text(group, sim.alice, "/label", reply_to=words)
    assert await client.text_after(asked) == ENGLISH("commands-label-needs-a-photo")


async def test_an_anonymous_admin_is_answered(client: Client) -> None:
    group = busy_group(client)
    caption = f"@{client.sim.bot.username}"
    message = client.sim.send_photo(group, client.sim.anonymous, picture(55), caption=caption)
    assert "%" in await client.text_after(message)


@pytest.mark.parametrize("words", ["/label@{}", "what is it, @{}?"])
async def test_a_reply_to_a_photo_of_another_chat_is_answered(client: Client, words: str) -> None:
    sim = client.sim
    elsewhere, group = busy_group(client), busy_group(client)
    shown = sim.send_photo(elsewhere, sim.admin, picture(70))
    asked = sim.send_text(group, sim.alice, words.format(sim.bot.username), reply_to=shown)
    assert "%" in await client.text_after(asked)


async def test_a_reply_to_a_photo_of_another_topic_is_answered_in_the_topic_of_the_question(client: Client) -> None:
    sim, forum = client.sim, busy_group(client, is_forum=True)
    cats, dogs = (sim.groups.open_topic(forum, name, by=sim.admin) for name in ("Cats", "Dogs"))
    shown = sim.send_photo(forum, sim.admin, picture(71), thread_id=cats.thread_id)
    asked = sim.send_text(forum, sim.admin, "/label", reply_to=shown, thread_id=dogs.thread_id)
    reply = await client.reply_to(asked)
    assert "%" in reply["text"]
    assert reply["message_thread_id"] == dogs.thread_id


async def test_a_reply_to_words_of_another_chat_is_asked_for_a_photo(client: Client) -> None:
    sim = client.sim
    words = sim.send_text(busy_group(client), sim.admin, "nothing to see")
    asked = sim.send_text(busy_group(client), sim.alice, "/label", reply_to=words)
    assert await client.text_after(asked) == ENGLISH("commands-label-needs-a-photo")


@pytest.mark.parametrize(
    ("words", "answer"),
    [("hello @{}", "groups-needs-a-photo"), ("/help", "groups-help"), ("/START", "groups-help")],
)
async def test_who_addresses_the_bot_without_a_photo_gets_a_hint_once_an_hour(
    client: Client, words: str, answer: str
) -> None:
    sim, group = client.sim, busy_group(client)
    said = words.format(sim.bot.username)
    assert await client.text_after(sim.send_text(group, sim.alice, said)) == ENGLISH(answer, bot=str(sim.bot.username))
    sim.send_text(group, sim.alice, said)
    assert await client.said_in(group) == [ENGLISH(answer, bot=str(sim.bot.username))]


async def test_a_mention_in_reply_to_words_gets_a_hint(client: Client) -> None:
    sim, group = client.sim, busy_group(client)
    words = sim.send_text(group, sim.admin, "what a cat")
    asked = sim.send_text(group, sim.alice, f"@{sim.bot.username}?", reply_to=words)
    assert await client.text_after(asked) == ENGLISH("groups-needs-a-photo", bot=str(client.sim.bot.username))


@pytest.mark.parametrize("how", ["label", "mention", "caption", "album"])
async def test_where_photos_are_off_the_bot_says_so_once_an_hour(client: Client, how: str) -> None:
    sim, group = client.sim, busy_group(client)
    await client.bot.application.bot_data["services"].storage.chats.change(group.id, {"mode": "off"})
    photo = sim.send_photo(group, sim.admin, picture(72))
    name = f"@{sim.bot.username}"
    for _ in range(2):
        match how:
            case "label":
                sim.send_text(group, sim.alice, "/label", reply_to=photo)
            case "mention":
                sim.send_text(group, sim.alice, name, reply_to=photo)
            case "album":
                sim.send_album(group, sim.alice, [picture(74), picture(75)], caption=name)
            case _:
                sim.send_photo(group, sim.alice, picture(73), caption=name)
    assert await client.said_in(group) == [ENGLISH("groups-off")]


async def test_all_else_in_a_group_is_met_with_silence(client: Client) -> None:
    sim, group = client.sim, busy_group(client)
    alice = sim.alice
    photo = sim.send_photo(group, alice, picture(56))
    sim.send_photo(group, alice, picture(57), caption="nice, isn't it")
    sim.send_photo(group, alice, picture(58), caption="@another_bot /label@another_bot /labels")
    sim.send_album(group, alice, [picture(59), picture(60)], caption="our holidays")
    sim.send_text(group, alice, "https://example.com/cat.jpg")
    sim.send_text(group, alice, "/label@another_bot", reply_to=photo)
    for command in ("/top 3", "/model", "/privacy", "/unknown", "/help@another_bot", "/helpful"):
        sim.send_text(group, alice, command)
    sim.edit_caption(group, photo, f"@{sim.bot.username}")
    edited = sim.send_text(group, alice, "nothing")
    sim.edit_text(group, edited, "/label")
    sim.groups.add(group, sim.add_user("Guest"), by=sim.admin)
    assert await client.said_in(group) == []


@pytest.mark.parametrize("command", ["start", "help", "model", "privacy"])
async def test_a_command_in_a_group_is_answered_where_it_names_the_bot(client: Client, command: str) -> None:
    sim, group = client.sim, busy_group(client)
    asked = sim.send_text(group, sim.alice, f"/{command}@{sim.bot.username}")
    assert await client.text_after(asked)


async def test_posts_in_a_channel_are_met_with_silence(client: Client) -> None:
    sim = client.sim
    channel = sim.add_channel("News", creator=sim.admin)
    sim.send_photo(channel, sim.admin, picture(61), caption=f"@{sim.bot.username} /label")
    sim.send_text(channel, sim.admin, "/start")
    assert await client.said_in(channel) == []


async def test_replies_stay_in_the_topic_of_the_photo(client: Client) -> None:
    sim, forum = client.sim, busy_group(client, is_forum=True)
    topic = sim.groups.open_topic(forum, "Cats", by=sim.admin)
    caption = f"@{sim.bot.username}"
    message = sim.send_photo(forum, sim.admin, picture(62), caption=caption, thread_id=topic.thread_id)
    assert (await client.reply_to(message))["message_thread_id"] == topic.thread_id
    assert {call.parameters["message_thread_id"] for call in client.calls("sendChatAction", forum)} == {
        str(topic.thread_id)
    }

    shown = sim.send_photo(forum, sim.admin, picture(66), thread_id=topic.thread_id)
    sim.send_text(forum, sim.admin, "/label", reply_to=shown, thread_id=topic.thread_id)
    assert (await client.reply_to(shown))["message_thread_id"] == topic.thread_id

    asked = sim.send_text(forum, sim.admin, "/label", thread_id=topic.thread_id)
    reply = await client.reply_to(asked)
    assert reply["text"] == ENGLISH("commands-label-needs-a-photo")
    assert reply["message_thread_id"] == topic.thread_id


async def test_a_photo_in_the_direct_messages_to_a_channel_is_answered_in_its_topic(client: Client) -> None:
    sim = client.sim
    chat = sim.add_direct_messages(sim.add_channel("News", creator=sim.admin))
    asked = sim.send_photo(chat, sim.alice, picture(74), caption=f"@{sim.bot.username}")
    reply = await client.reply_to(asked)
    assert "%" in reply["text"]
    assert reply["direct_messages_topic"]["topic_id"] == sim.alice.id
    assert client.calls("sendChatAction", chat) == []


async def test_no_thread_id_is_sent_outside_a_forum(client: Client) -> None:
    sim, group = client.sim, busy_group(client)
    first = sim.send_text(group, sim.alice, "look")
    message = sim.send_photo(group, sim.alice, picture(63), caption="/label", reply_to=first)
    assert "%" in await client.text_after(message)
    assert "message_thread_id" not in client.calls("sendMessage", group)[0].parameters


async def test_a_topic_closed_meanwhile_is_no_error(client: Client, capfd: pytest.CaptureFixture[str]) -> None:
    sim = client.sim
    forum = sim.add_group("Forum", creator=sim.admin, members=(sim.alice,), is_forum=True)
    topic = sim.groups.open_topic(forum, "Cats", by=sim.admin)
    sim.send_photo(forum, sim.alice, picture(64), caption=f"@{sim.bot.username}", thread_id=topic.thread_id)
    sim.groups.close_topic(forum, topic, by=sim.admin)
    assert await client.said_in(forum) == []
    shown = capfd.readouterr()
    assert "chat unreachable" in shown.out + shown.err
    assert "unexpected error" not in shown.out + shown.err


async def test_a_reply_follows_a_group_that_became_a_supergroup(client: Client) -> None:
    sim = client.sim
    group = sim.add_group("Old", creator=sim.admin, members=(sim.alice,), kind="group")
    shown = sim.send_photo(group, sim.alice, picture(65), caption="/label")
    supergroup = sim.groups.migrate(group, by=sim.admin)
    await client.said_in(group)
    said = [message["text"] for message in sim.messages(supergroup) if message.get("from", {}).get("is_bot")]
    assert len(said) == 1, shown
    assert "%" in said[0]


async def test_a_mention_of_the_bot_by_its_id_asks_it(client: Client) -> None:
    bot = client.bot.application.bot
    for user, asks in ((bot.bot, True), (User(5, "Someone", is_bot=False), False)):
        caption = "what is this, Labelbot?"
        entity = MessageEntity(MessageEntity.TEXT_MENTION, offset=14, length=8, user=user)
        group = TelegramChat(-1, TelegramChat.SUPERGROUP)
        message = TelegramMessage(1, datetime.now(UTC), group, caption=caption, caption_entities=[entity])
        message.set_bot(bot)
        assert mentions_bot(message) is asks
