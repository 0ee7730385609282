"""Answers in chats that have taught classes: the taught name comes first, wherever an answer is said."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Unpack

import pytest
import pytest_asyncio

from bot.domain.callback_data import MORE, OTHER_MODEL, WITH, button_data
from bot.domain.chat_settings import SettingsChange
from bot.handlers.groups import LOOKED
from bot.localchat.chats import Chat
from bot.localchat.threads import Message
from inference import ModelStore
from tests.support.client import Client, connected_client
from tests.support.colour_models import install_colours, photo
from tests.support.taught_photos import services_of, teach_photos, violet
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")

# A model of colours calls violet blue, with a score that is too low for an automatic answer.
THRESHOLD = 0.99


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    home = tmp_path_factory.mktemp("home")
    store = ModelStore(home)
    install_colours(store, home, "colours")
    install_colours(store, home, "others", side=9, labels=("other red", "other green", "other blue"))
    async with connected_client(home, model="colours") as running:
        running.bot.application.bot_data["services"].albums._quiet_s = 0.3
        yield running


async def group_that_knows_violet(client: Client, **change: Unpack[SettingsChange]) -> Chat:
    """A group of the admin and Alice, whose every message reaches the bot."""
    sim = client.sim
    group = sim.add_group("Club", creator=sim.admin, members=(sim.alice,))
    sim.groups.set_status(group, sim.bot, "administrator", by=sim.admin)
    await services_of(client).storage.chats.change(group.id, {"mode": "off"})
    await teach_photos(client, group, sim.alice, "Fog <3>", [violet(number) for number in range(4)])
    await services_of(client).storage.chats.change(group.id, {"threshold": THRESHOLD, **change})
    return group


def text_of(client: Client, message: Message) -> str:
    return str(client.sim.store.chats[message["chat"]["id"]].messages[message["message_id"]]["text"])


async def test_a_taught_class_is_sure_enough_for_an_answer_that_nobody_asked_for(client: Client) -> None:
    group = await group_that_knows_violet(client, mode="auto")
    stranger = client.sim.add_group("Others", creator=client.sim.admin, members=(client.sim.alice,))
    client.sim.groups.set_status(stranger, client.sim.bot, "administrator", by=client.sim.admin)
    await services_of(client).storage.chats.change(stranger.id, {"threshold": THRESHOLD, "mode": "auto"})
    client.sim.send_photo(stranger, client.sim.alice, violet(7))
    assert await client.said_in(stranger) == []
    said = await client.text_after(client.sim.send_photo(group, client.sim.alice, violet(7)))
    first, *below = said.splitlines()
    assert first.startswith("Fog <3>: ")
    assert first.endswith(" · taught here")
    assert any(line.startswith("blue ") for line in below)


async def test_a_reaction_stands_for_it_too(client: Client) -> None:
    group = await group_that_knows_violet(client, mode="auto", answer_by="react")
    seen = client.sim.send_photo(group, client.sim.alice, violet(7))
    unknown = client.sim.send_photo(group, client.sim.alice, photo("green"))
    assert await client.said_in(group) == []
    assert (client.sim.reactions(seen), client.sim.reactions(unknown)) == ([LOOKED], [])
    client.sim.send_text(group, client.sim.admin, "/label", reply_to=seen)
    assert (await client.text_after(seen)).startswith("Fog <3>: ")


async def test_a_line_of_an_album_begins_with_it(client: Client) -> None:
    group = await group_that_knows_violet(client, mode="auto")
    parts = [
        client.sim.send_photo(group, client.sim.alice, part, media_group_id="9") for part in (photo("green"), violet(6))
    ]
    first, second, *_ = (await client.text_after(parts[0])).splitlines()
    assert "taught here" not in first
    assert second.startswith("2. Fog <3> ")
    assert "(taught here) · blue " in second.lower()


async def test_the_buttons_of_an_answer_keep_it(client: Client) -> None:
    group = await group_that_knows_violet(client, mode="auto", top_k=1)
    reply = await client.reply_to(client.sim.send_photo(group, client.sim.alice, violet(5)))
    first = reply["text"].splitlines()[0]
    for data in (button_data(MORE), button_data(OTHER_MODEL), button_data(WITH, "others")):
        await client.sim.press(group.messages[reply["message_id"]], data, client.sim.alice)
        await client.said_in(group)
        assert text_of(client, reply).splitlines()[0] == first
    assert "other blue" in text_of(client, reply)


async def test_a_caption_begins_with_it(client: Client) -> None:
    channel = client.sim.add_channel("News", creator=client.sim.admin)
    await teach_photos(client, channel, client.sim.admin, "Fog <3>", [violet(number) for number in range(4)])
    await services_of(client).storage.chats.change(channel.id, {"channel_posts": "caption", "threshold": THRESHOLD})
    post = client.sim.send_photo(channel, client.sim.admin, violet(5), caption="Look")
    await client.said_in(channel)
    caption = channel.messages[post["message_id"]]["caption"]
    assert caption.startswith("Look\n\nFog <3> ")
    assert "(taught here) · blue" in caption


async def test_a_taught_class_is_said_where_the_models_labels_are_never_said(client: Client) -> None:
    never = ("class:blue", "class:red", "class:green")
    group = await group_that_knows_violet(client, mode="auto", never_say=never)
    said = await client.text_after(client.sim.send_photo(group, client.sim.alice, violet(4)))
    assert said.startswith("Fog <3>: ")
    assert "blue" not in said
    parts = [
        client.sim.send_photo(group, client.sim.alice, part, media_group_id="10")
        for part in (violet(8), photo("green"))
    ]
    first, second, *_ = (await client.text_after(parts[0])).splitlines()
    assert first.endswith("(taught here)")
    assert second == f"2. {ENGLISH('answers-never-said')}"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", "hier gelernt"),
        ("es", "aprendido aquí"),
        ("pt", "aprendido aqui"),
        ("ru", "выучено здесь"),
        ("uk", "вивчено тут"),
        ("ar", "تعلّمته هنا"),
    ],
)
async def test_it_is_marked_in_the_language_of_the_chat(client: Client, language: str, words: str) -> None:
    group = await group_that_knows_violet(client, mode="auto", language=language)
    said = await client.text_after(client.sim.send_photo(group, client.sim.alice, violet(9)))
    assert "Fog <3>" in said.splitlines()[0]
    assert words in said.splitlines()[0]
