"""Which photos of groups and channels are looked at, and what they get, as the chat has set it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Unpack

import pytest
import pytest_asyncio
from PIL import Image

from bot.domain.chat_settings import SettingsChange
from bot.handlers.groups import LOOKED
from bot.localchat.chats import Chat
from bot.localchat.threads import Message
from bot.services.container import Services
from inference import ModelStore
from tests.support.colour_models import install_colours, plain
from tests.support.conversation import Conversation, conversation
from tests.support.images import encode
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")

# The model gives red 93 % in the first, and all colours a third in the second.
SURE = plain("red")
UNSURE = encode(Image.new("RGB", (32, 32), "grey"), "PNG")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def talk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Conversation]:
    """A running bot that names colours."""
    home = tmp_path_factory.mktemp("home")
    install_colours(ModelStore(home), home)
    async with conversation(home, model="colours") as running:
        yield running


def services_of(talk: Conversation) -> Services:
    services = talk.bot.application.bot_data["services"]
    assert isinstance(services, Services)
    return services


async def set_so(talk: Conversation, chat: Chat, **change: Unpack[SettingsChange]) -> Chat:
    await services_of(talk).storage.chats.change(chat.id, change)
    return chat


async def group_with(talk: Conversation, *, is_forum: bool = False, **change: Unpack[SettingsChange]) -> Chat:
    """A group of the boss and Alice, whose every message reaches the bot."""
    world = talk.world
    group = world.add_group("Club", creator=world.boss, members=(world.alice,), is_forum=is_forum)
    world.groups.set_status(group, world.bot, "administrator", by=world.boss)
    return await set_so(talk, group, **change)


async def discussed_channel(talk: Conversation, **change: Unpack[SettingsChange]) -> tuple[Chat, Chat]:
    """A channel, and its discussion group, which sets something."""
    channel = talk.world.add_channel("News", creator=talk.world.boss)
    group = await group_with(talk, **change)
    talk.world.groups.link(channel, group)
    return channel, group


def quiet_now() -> SettingsChange:
    """Quiet hours from an hour ago to an hour from now."""
    now = datetime.now(UTC)
    minute = now.hour * 60 + now.minute
    return {"quiet_from": (minute - 60) % 1440, "quiet_to": (minute + 60) % 1440}


def ask(talk: Conversation) -> str:
    return f"@{talk.world.bot.username}"


async def is_answered(talk: Conversation, message: Message) -> bool:
    chat = talk.world.store.chats[message["chat"]["id"]]
    await talk.said_in(chat)
    quoted = [said.get("reply_to_message", {}).get("message_id") for said in talk.world.messages(chat)]
    return message["message_id"] in quoted


# Modes


async def test_off_means_that_no_photo_is_looked_at(talk: Conversation) -> None:
    world, group = talk.world, await group_with(talk, mode="off")
    photo = world.send_photo(group, world.alice, SURE, caption=ask(talk))
    world.send_text(group, world.alice, "/label", reply_to=photo)
    world.send_text(group, world.alice, ask(talk), reply_to=photo)
    assert await talk.said_in(group) == []


@pytest.mark.parametrize("text", ["what's that, @{}?", "/label", "/label@{}"])
async def test_a_photo_is_asked_about_in_reply(talk: Conversation, text: str) -> None:
    world, group = talk.world, await group_with(talk)
    photo = world.send_photo(group, world.boss, SURE)
    world.send_text(group, world.alice, text.format(world.bot.username), reply_to=photo)
    assert "red" in await talk.text_after(photo)


async def test_a_photo_in_reply_to_the_bot_asks_it(talk: Conversation) -> None:
    world, group = talk.world, await group_with(talk)
    said = await talk.reply_to(world.send_photo(group, world.alice, SURE, caption=ask(talk)))
    again = world.send_photo(group, world.alice, plain("blue"), reply_to=said)
    assert "blue" in await talk.text_after(again)
    words = world.send_text(group, world.alice, "thank you", reply_to=said)
    elsewhere = world.send_photo(group, world.alice, plain("green"), reply_to=words)
    assert not await is_answered(talk, elsewhere)
    assert len(await talk.said_in(group)) == 2


async def test_a_mention_that_replies_to_no_photo_is_met_with_silence(talk: Conversation) -> None:
    world, group = talk.world, await group_with(talk)
    words = world.send_text(group, world.boss, "lovely weather")
    world.send_text(group, world.alice, ask(talk), reply_to=words)
    world.send_text(group, world.alice, ask(talk))
    assert await talk.said_in(group) == []


async def test_auto_looks_at_every_photo_and_image_file_and_at_nothing_else(talk: Conversation) -> None:
    world, group = talk.world, await group_with(talk, mode="auto", threshold=0.0)
    photo = world.send_photo(group, world.alice, SURE)
    file = world.send_document(group, world.alice, plain("green"), file_name="a.png", mime_type="image/png")
    for message, colour in ((photo, "red"), (file, "green")):
        assert colour in await talk.text_after(message)
    world.send_sticker(group, world.alice, plain("red", 512))
    world.send_animation(group, world.alice, b"film", thumbnail=SURE)
    world.send_video(group, world.alice, b"film", thumbnail=SURE)
    world.send_document(group, world.alice, b"words", file_name="a.pdf", mime_type="application/pdf")
    world.send_text(group, world.alice, "lovely weather")
    assert len(await talk.said_in(group)) == 2
    hidden = world.send_photo(group, world.anonymous, plain("blue"))
    assert "blue" in await talk.text_after(hidden)


async def test_auto_says_nothing_of_what_it_is_not_sure_of(talk: Conversation) -> None:
    world, group = talk.world, await group_with(talk, mode="auto", threshold=0.9)
    sure, unsure = world.send_photo(group, world.alice, SURE), world.send_photo(group, world.alice, UNSURE)
    assert await is_answered(talk, sure)
    assert not await is_answered(talk, unsure)
    world.send_text(group, world.boss, "/label", reply_to=unsure)
    assert "%" in await talk.text_after(unsure)


async def test_auto_says_nothing_of_what_fails_and_who_asks_reads_why(talk: Conversation) -> None:
    world, group = talk.world, await group_with(talk, mode="auto")
    broken = world.send_document(group, world.alice, SURE[:60], file_name="a.png", mime_type="image/png")
    assert await talk.said_in(group) == []
    assert talk.calls("sendChatAction", group) == []
    world.send_text(group, world.alice, "/label", reply_to=broken)
    await talk.said_in(group)
    assert [said["text"] for said in world.messages(group) if "text" in said][-1] in (
        ENGLISH("failures-truncated-image"),
        ENGLISH("failures-not-an-image"),
    )


async def test_in_quiet_hours_only_who_asks_is_answered(talk: Conversation) -> None:
    world, group = talk.world, await set_so(talk, await group_with(talk, mode="auto"), **quiet_now())
    unasked = world.send_photo(group, world.alice, SURE)
    asked = world.send_photo(group, world.alice, SURE, caption=ask(talk))
    assert not await is_answered(talk, unasked)
    assert await is_answered(talk, asked)
    # Twelve hours away, it is day.
    await set_so(talk, group, utc_offset_min=-720)
    assert await is_answered(talk, world.send_photo(group, world.alice, SURE))


async def test_a_reaction_stands_for_an_answer_until_somebody_asks(talk: Conversation) -> None:
    world, group = talk.world, await group_with(talk, mode="auto", answer_by="react", threshold=0.9)
    sure, unsure = world.send_photo(group, world.alice, SURE), world.send_photo(group, world.alice, UNSURE)
    assert await talk.said_in(group) == []
    assert (world.reactions(sure), world.reactions(unsure)) == ([LOOKED], [])
    world.send_text(group, world.boss, "/label", reply_to=sure)
    assert (await talk.text_after(sure)).endswith("seen before")


async def test_answers_of_auto_stay_in_their_topic(talk: Conversation) -> None:
    world, forum = talk.world, await group_with(talk, is_forum=True, mode="auto")
    topic = world.groups.open_topic(forum, "Cats", by=world.boss)
    photo = world.send_photo(forum, world.alice, SURE, thread_id=topic.thread_id)
    assert (await talk.reply_to(photo))["message_thread_id"] == topic.thread_id
    general = await talk.reply_to(world.send_photo(forum, world.alice, SURE))
    assert "message_thread_id" not in general


async def test_the_group_is_spoken_to_in_its_language(talk: Conversation) -> None:
    languages = services_of(talk).languages
    world, group = talk.world, await group_with(talk, language=languages.codes[0])
    foreigner = world.add_user("Guest", language_code=languages.codes[-1])
    asked = world.send_text(group, foreigner, "/label")
    texts = languages.closest(languages.codes[0])
    assert await talk.text_after(asked) == texts("commands-label-needs-a-photo")


# Channels


async def test_posts_of_a_channel_are_left_alone_in_its_discussion_group(talk: Conversation) -> None:
    channel, group = await discussed_channel(talk, mode="auto")
    talk.world.send_photo(channel, talk.world.boss, SURE, caption=ask(talk))
    assert await talk.said_in(group) == []
    assert await talk.said_in(channel) == []


async def test_posts_of_a_channel_get_a_comment_where_its_discussion_group_wants_that(talk: Conversation) -> None:
    channel, group = await discussed_channel(talk, channel_posts="comment", threshold=0.9, answer_by="react")
    talk.world.send_photo(channel, talk.world.boss, SURE, caption="hot")
    talk.world.send_photo(channel, talk.world.boss, UNSURE)
    posts = [message for message in talk.world.messages(group) if message.get("is_automatic_forward")]
    assert "red" in await talk.text_after(posts[0])
    assert not await is_answered(talk, posts[1])
    members = talk.world.send_photo(group, talk.world.alice, SURE)
    assert not await is_answered(talk, members)


async def test_an_album_of_a_channel_gets_one_comment_and_in_quiet_hours_none(talk: Conversation) -> None:
    channel, group = await discussed_channel(talk, channel_posts="comment", threshold=0.0, answer_by="react")
    services_of(talk).albums._quiet_s = 0.3
    talk.world.send_album(channel, talk.world.boss, [SURE, plain("green")])
    assert [said.split("\n")[0] for said in await talk.said_in(group)] == ["1. red 93%"]
    await set_so(talk, group, **quiet_now())
    talk.world.send_photo(channel, talk.world.boss, SURE)
    assert len(await talk.said_in(group)) == 1


async def test_labels_are_written_under_posts_of_a_channel_that_wants_that(talk: Conversation) -> None:
    world = talk.world
    channel = await set_so(talk, world.add_channel("News", creator=world.boss), channel_posts="caption", top_k=1)
    post = world.send_photo(channel, world.boss, SURE, caption="Look: https://example.com/a")
    bare = world.send_photo(channel, world.boss, SURE)
    unsure = world.send_photo(await set_so(talk, channel, threshold=0.9), world.boss, UNSURE, caption="so grey")
    await talk.said_in(channel)
    assert channel.messages[post["message_id"]]["caption"] == "Look: https://example.com/a\n\nred 93%"
    assert channel.messages[post["message_id"]]["caption_entities"] == post["caption_entities"]
    assert channel.messages[bare["message_id"]]["caption"] == "red 93%"
    assert channel.messages[unsure["message_id"]]["caption"] == "so grey"


async def test_albums_and_full_captions_of_a_channel_stay_as_they_are(talk: Conversation) -> None:
    world = talk.world
    channel = await set_so(talk, world.add_channel("News", creator=world.boss), channel_posts="caption")
    album = world.send_album(channel, world.boss, [SURE, plain("green")], caption="two")
    full = world.send_photo(channel, world.boss, SURE, caption="x" * 1020)
    await talk.said_in(channel)
    assert [channel.messages[part["message_id"]].get("caption") for part in album] == ["two", None]
    assert channel.messages[full["message_id"]]["caption"] == "x" * 1020
