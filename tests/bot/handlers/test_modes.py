"""Photos of groups and channels, labelled as the settings of the chat say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Unpack

import pytest
import pytest_asyncio
from PIL import Image

from bot.domain.chat_settings import ChatSettings, Mode, SettingsChange
from bot.handlers.context import Services
from bot.handlers.groups import LOOKED
from bot.localchat.chats import Chat
from bot.localchat.faults import Delay
from bot.localchat.threads import Message
from inference import ModelStore
from tests.support.client import Client, connected_client
from tests.support.colour_models import install_colours, plain
from tests.support.images import encode
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")

# The model gives red 93 % in the first, and all colours a third in the second.
SURE = plain("red")
UNSURE = encode(Image.new("RGB", (32, 32), "grey"), "PNG")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """A running bot that names colours."""
    home = tmp_path_factory.mktemp("home")
    install_colours(ModelStore(home), home)
    async with connected_client(home, model="colours") as running:
        yield running


def services_of(client: Client) -> Services:
    services = client.bot.application.bot_data["services"]
    assert isinstance(services, Services)
    return services


async def set_so(client: Client, chat: Chat, **change: Unpack[SettingsChange]) -> Chat:
    await services_of(client).storage.chats.change(chat.id, change)
    return chat


async def group_with(client: Client, *, is_forum: bool = False, **change: Unpack[SettingsChange]) -> Chat:
    """A group of the admin and Alice, whose every message reaches the bot."""
    sim = client.sim
    group = sim.add_group("Club", creator=sim.admin, members=(sim.alice,), is_forum=is_forum)
    sim.groups.set_status(group, sim.bot, "administrator", by=sim.admin)
    return await set_so(client, group, **change)


async def discussed_channel(client: Client, **change: Unpack[SettingsChange]) -> tuple[Chat, Chat]:
    """A channel, and its discussion group, which sets something."""
    channel = client.sim.add_channel("News", creator=client.sim.admin)
    group = await group_with(client, **change)
    client.sim.groups.link(channel, group)
    return channel, group


def quiet_now() -> SettingsChange:
    """Quiet hours from an hour ago to an hour from now."""
    now = datetime.now(UTC)
    minute = now.hour * 60 + now.minute
    return {"quiet_from": (minute - 60) % 1440, "quiet_to": (minute + 60) % 1440}


def ask(client: Client) -> str:
    return f"@{client.sim.bot.username}"


async def is_answered(client: Client, message: Message) -> bool:
    chat = client.sim.store.chats[message["chat"]["id"]]
    await client.said_in(chat)
    quoted = [said.get("reply_to_message", {}).get("message_id") for said in client.sim.messages(chat)]
    return message["message_id"] in quoted


# Modes


async def test_off_means_that_no_photo_is_looked_at(client: Client) -> None:
    sim, group = client.sim, await group_with(client, mode="off")
    photo = sim.send_photo(group, sim.alice, SURE, caption=ask(client))
    sim.send_text(group, sim.alice, "/label", reply_to=photo)
    sim.send_text(group, sim.alice, ask(client), reply_to=photo)
    assert await client.said_in(group) == [ENGLISH("groups-off")]


@pytest.mark.parametrize("text", ["what's that, @{}?", "/label", "/label@{}"])
async def test_a_photo_is_asked_about_in_reply(client: Client, text: str) -> None:
    sim, group = client.sim, await group_with(client)
    photo = sim.send_photo(group, sim.admin, SURE)
    sim.send_text(group, sim.alice, text.format(sim.bot.username), reply_to=photo)
    assert "Red" in await client.text_after(photo)


async def test_a_photo_in_reply_to_the_bot_asks_it(client: Client) -> None:
    sim, group = client.sim, await group_with(client)
    said = await client.reply_to(sim.send_photo(group, sim.alice, SURE, caption=ask(client)))
    again = sim.send_photo(group, sim.alice, plain("blue"), reply_to=said)
    assert "Blue" in await client.text_after(again)
    words = sim.send_text(group, sim.alice, "thank you", reply_to=said)
    elsewhere = sim.send_photo(group, sim.alice, plain("green"), reply_to=words)
    assert not await is_answered(client, elsewhere)
    assert len(await client.said_in(group)) == 2


async def test_mentions_that_reply_to_no_photo_get_one_hint(client: Client) -> None:
    sim, group = client.sim, await group_with(client)
    words = sim.send_text(group, sim.admin, "lovely weather")
    sim.send_text(group, sim.alice, ask(client), reply_to=words)
    sim.send_text(group, sim.alice, ask(client))
    assert await client.said_in(group) == [ENGLISH("groups-needs-a-photo", bot=str(client.sim.bot.username))]


async def test_auto_looks_at_every_photo_and_image_file_and_at_nothing_else(client: Client) -> None:
    sim, group = client.sim, await group_with(client, mode="auto", threshold=0.0)
    photo = sim.send_photo(group, sim.alice, SURE)
    file = sim.send_document(group, sim.alice, plain("green"), file_name="a.png", mime_type="image/png")
    for message, colour in ((photo, "Red"), (file, "Green")):
        assert colour in await client.text_after(message)
    sim.send_sticker(group, sim.alice, plain("red", 512))
    sim.send_animation(group, sim.alice, b"film", thumbnail=SURE)
    sim.send_video(group, sim.alice, b"film", thumbnail=SURE)
    sim.send_document(group, sim.alice, b"words", file_name="a.pdf", mime_type="application/pdf")
    sim.send_text(group, sim.alice, "lovely weather")
    assert len(await client.said_in(group)) == 2
    hidden = sim.send_photo(group, sim.anonymous, plain("blue"))
    assert "Blue" in await client.text_after(hidden)


async def test_auto_says_nothing_of_what_it_is_not_sure_of(client: Client) -> None:
    sim, group = client.sim, await group_with(client, mode="auto", threshold=0.9)
    sure, unsure = sim.send_photo(group, sim.alice, SURE), sim.send_photo(group, sim.alice, UNSURE)
    assert await is_answered(client, sure)
    assert not await is_answered(client, unsure)
    sim.send_text(group, sim.admin, "/label", reply_to=unsure)
    assert "%" in await client.text_after(unsure)


async def test_auto_says_nothing_of_what_fails_and_who_asks_reads_why(client: Client) -> None:
    sim, group = client.sim, await group_with(client, mode="auto")
    broken = sim.send_document(group, sim.alice, SURE[:60], file_name="a.png", mime_type="image/png")
    assert await client.said_in(group) == []
    assert client.calls("sendChatAction", group) == []
    sim.send_text(group, sim.alice, "/label", reply_to=broken)
    await client.said_in(group)
    assert [said["text"] for said in sim.messages(group) if "text" in said][-1] in (
        ENGLISH("failures-truncated-image"),
        ENGLISH("failures-not-an-image"),
    )


async def test_in_quiet_hours_only_who_asks_is_answered(client: Client) -> None:
    sim, group = client.sim, await set_so(client, await group_with(client, mode="auto"), **quiet_now())
    unasked = sim.send_photo(group, sim.alice, SURE)
    asked = sim.send_photo(group, sim.alice, SURE, caption=ask(client))
    assert not await is_answered(client, unasked)
    assert await is_answered(client, asked)
    # Twelve hours away, it is day.
    await set_so(client, group, utc_offset_min=-720)
    assert await is_answered(client, sim.send_photo(group, sim.alice, SURE))


async def test_a_reaction_stands_for_an_answer_until_somebody_asks(client: Client) -> None:
    sim, group = client.sim, await group_with(client, mode="auto", answer_by="react", threshold=0.9)
    sure, unsure = sim.send_photo(group, sim.alice, SURE), sim.send_photo(group, sim.alice, UNSURE)
    assert await client.said_in(group) == []
    assert (sim.reactions(sure), sim.reactions(unsure)) == ([LOOKED], [])
    sim.send_text(group, sim.admin, "/label", reply_to=sure)
    assert (await client.text_after(sure)).endswith("seen before")


async def test_answers_of_auto_stay_in_their_topic(client: Client) -> None:
    sim, forum = client.sim, await group_with(client, is_forum=True, mode="auto")
    topic = sim.groups.open_topic(forum, "Cats", by=sim.admin)
    photo = sim.send_photo(forum, sim.alice, SURE, thread_id=topic.thread_id)
    assert (await client.reply_to(photo))["message_thread_id"] == topic.thread_id
    general = await client.reply_to(sim.send_photo(forum, sim.alice, SURE))
    assert "message_thread_id" not in general


async def test_the_group_is_spoken_to_in_its_language(client: Client) -> None:
    languages = services_of(client).languages
    sim, group = client.sim, await group_with(client, language=languages.codes[0])
    foreigner = sim.add_user("Guest", language_code=languages.codes[-1])
    asked = sim.send_text(group, foreigner, "/label")
    texts = languages.closest(languages.codes[0])
    assert await client.text_after(asked) == texts("commands-label-needs-a-photo")


@pytest.fixture
def settings_loads(client: Client, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Ids of the chats whose settings the bot loads from now on."""
    chats, loads = services_of(client).storage.chats, list[int]()
    load = chats.settings

    async def counted(chat_id: int) -> ChatSettings:
        loads.append(chat_id)
        return await load(chat_id)

    monkeypatch.setattr(chats, "settings", counted)
    return loads


@pytest.mark.parametrize("mode", ["ask", "auto"])
async def test_the_settings_of_a_group_are_loaded_once_a_photo(
    client: Client, settings_loads: list[int], mode: Mode
) -> None:
    sim, group = client.sim, await group_with(client, mode=mode)
    photo = sim.send_photo(group, sim.alice, SURE, caption=ask(client) if mode == "ask" else "")
    await client.reply_to(photo)
    album = sim.send_album(group, sim.alice, [SURE, plain("blue"), plain("green")], caption=ask(client))
    await client.reply_to(album[0])
    await client.said_in(group)
    assert settings_loads.count(group.id) == 4


async def test_a_photo_keeps_the_settings_with_which_it_came(client: Client) -> None:
    sim, group = client.sim, await group_with(client, mode="auto")
    fault = client.server.faults.add(Delay(0.5), method="getFile", count=1)
    photo = sim.send_photo(group, sim.alice, encode(Image.new("RGB", (40, 30), "red"), "PNG"))
    await sim.wait_for(lambda: fault.hits)
    await set_so(client, group, answer_by="react", top_k=1)
    assert (await client.text_after(photo)).count("%") > 1
    assert sim.reactions(photo) == []


# Channels


async def test_posts_of_a_channel_are_left_alone_in_its_discussion_group(client: Client) -> None:
    channel, group = await discussed_channel(client, mode="auto")
    client.sim.send_photo(channel, client.sim.admin, SURE, caption=ask(client))
    assert await client.said_in(group) == []
    assert await client.said_in(channel) == []


async def test_posts_of_a_channel_get_a_comment_where_its_discussion_group_wants_that(client: Client) -> None:
    channel, group = await discussed_channel(client, channel_posts="comment", threshold=0.9, answer_by="react")
    client.sim.send_photo(channel, client.sim.admin, SURE, caption="hot")
    client.sim.send_photo(channel, client.sim.admin, UNSURE)
    posts = [message for message in client.sim.messages(group) if message.get("is_automatic_forward")]
    assert "Red" in await client.text_after(posts[0])
    assert not await is_answered(client, posts[1])
    members = client.sim.send_photo(group, client.sim.alice, SURE)
    assert not await is_answered(client, members)


async def test_an_album_of_a_channel_gets_one_comment_and_in_quiet_hours_none(client: Client) -> None:
    channel, group = await discussed_channel(client, channel_posts="comment", threshold=0.0, answer_by="react")
    services_of(client).albums._quiet_s = 0.3
    client.sim.send_album(channel, client.sim.admin, [SURE, plain("green")])
    assert [said.split("\n")[0] for said in await client.said_in(group)] == ["1. Red 93%"]
    await set_so(client, group, **quiet_now())
    client.sim.send_photo(channel, client.sim.admin, SURE)
    assert len(await client.said_in(group)) == 1


async def test_labels_are_written_under_posts_of_a_channel_that_wants_that(client: Client) -> None:
    sim = client.sim
    channel = await set_so(client, sim.add_channel("News", creator=sim.admin), channel_posts="caption", top_k=1)
    post = sim.send_photo(channel, sim.admin, SURE, caption="Look: https://example.com/a")
    bare = sim.send_photo(channel, sim.admin, SURE)
    unsure = sim.send_photo(await set_so(client, channel, threshold=0.9), sim.admin, UNSURE, caption="so grey")
    await client.said_in(channel)
    assert channel.messages[post["message_id"]]["caption"] == "Look: https://example.com/a\n\nred 93%"
    assert channel.messages[post["message_id"]]["caption_entities"] == post["caption_entities"]
    assert channel.messages[bare["message_id"]]["caption"] == "red 93%"
    assert channel.messages[unsure["message_id"]]["caption"] == "so grey"


async def test_albums_and_full_captions_of_a_channel_stay_as_they_are(client: Client) -> None:
    sim = client.sim
    channel = await set_so(client, sim.add_channel("News", creator=sim.admin), channel_posts="caption")
    album = sim.send_album(channel, sim.admin, [SURE, plain("green")], caption="two")
    full = sim.send_photo(channel, sim.admin, SURE, caption="x" * 1020)
    await client.said_in(channel)
    assert [channel.messages[part["message_id"]].get("caption") for part in album] == ["two", None]
    assert channel.messages[full["message_id"]]["caption"] == "x" * 1020
