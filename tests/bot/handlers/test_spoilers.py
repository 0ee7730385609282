"""Photos under a spoiler over the local Bot API server: their labels are under a spoiler, too."""

from __future__ import annotations

from typing import Any

import pytest

from bot.handlers.context import Services
from bot.localchat.threads import Message
from tests.support.client import Client
from tests.support.keyboards import walk
from tests.support.pictures import picture

pytestmark = pytest.mark.asyncio(loop_scope="module")


def hidden(message: Message, text: str = "text", entities: str = "entities") -> list[str]:
    """Return what a message says under spoilers."""
    units = message[text].encode("utf-16-le")
    spoilers: list[dict[str, Any]] = [entity for entity in message[entities] if entity["type"] == "spoiler"]
    places = [(2 * each["offset"], 2 * (each["offset"] + each["length"])) for each in spoilers]
    return [units[start:end].decode("utf-16-le") for start, end in places]


async def test_labels_of_a_hidden_photo_are_hidden_and_stay_so(client: Client) -> None:
    chat, person = client.newcomer()
    answer = await client.reply_to(client.sim.send_photo(chat, person, picture(74), spoiler=True))
    for message in (answer, await walk(client, answer, person, "More"), await walk(client, answer, person, "Less")):
        (labels,) = hidden(message)
        assert labels.count("%") == message["text"].count("%") > 0


async def test_only_the_hidden_photos_of_an_album_have_hidden_labels(client: Client) -> None:
    chat, person = client.newcomer()
    album = client.sim.new_album_id()
    first, *_ = (
        client.sim.send_photo(chat, person, picture(number), spoiler=number == 12, media_group_id=album)
        for number in (74, 12, 75)
    )
    answer = await client.reply_to(first)
    (labels,) = hidden(answer)
    assert answer["text"].splitlines()[1].endswith(labels)
    assert "%" in labels


async def test_labels_of_a_hidden_photo_are_hidden_from_those_who_ask_for_them(client: Client) -> None:
    sim = client.sim
    group = sim.add_group("Club", creator=sim.admin, members=(sim.alice,))
    photo = sim.send_photo(group, sim.alice, picture(74), spoiler=True)
    sim.send_text(group, sim.alice, "/label", reply_to=photo)
    answer = await client.reply_to(photo)
    assert "%" in hidden(answer)[0]


async def test_labels_in_the_caption_of_a_hidden_post_are_hidden(client: Client) -> None:
    sim, services = client.sim, client.bot.application.bot_data["services"]
    assert isinstance(services, Services)
    channel = sim.add_channel("News", creator=sim.admin)
    await services.storage.chats.change(channel.id, {"channel_posts": "caption", "threshold": 0.0})
    post = sim.send_photo(channel, sim.admin, picture(74), caption="Look", spoiler=True)
    await client.said_in(channel)
    labelled = channel.messages[post["message_id"]]
    (labels,) = hidden(labelled, "caption", "caption_entities")
    assert labelled["caption"] == f"Look{labels}"
    assert "%" in labels


async def test_a_live_photo_is_looked_at_like_its_photo(client: Client) -> None:
    chat, person = client.newcomer()
    film = b"\x00\x00\x00\x14ftypqt  a film"
    live = await client.text_after(client.sim.send_live_photo(chat, person, picture(74), film))
    still = await client.text_after(client.sim.send_photo(chat, person, picture(74)))
    assert live.splitlines()[:-1] == still.splitlines()[:-1]
