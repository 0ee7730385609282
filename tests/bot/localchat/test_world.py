from __future__ import annotations

import asyncio

import pytest

from bot.localchat.photos import PhotoRefused
from bot.localchat.world import World
from tests.support.bot_api import RawBot
from tests.support.pictures import picture


async def test_a_reply_is_the_message_that_quotes(world: World, bot: RawBot) -> None:
    first = world.send_text(world.private, world.alice, "one")
    second = world.send_text(world.private, world.alice, "two")
    waiting = [asyncio.create_task(world.wait_for_reply(message)) for message in (first, second)]
    await asyncio.sleep(0)
    for message in (second, first):
        reply = {"message_id": message["message_id"]}
        await bot.call("sendMessage", chat_id=world.private.id, text=f"on {message['text']}", reply_parameters=reply)
    assert [(await task)["text"] for task in waiting] == ["on one", "on two"]
    assert (await world.wait_for_reply(first))["text"] == "on one"


async def test_a_reply_may_quote_nothing(world: World, bot: RawBot) -> None:
    await bot.call("sendMessage", chat_id=world.private.id, text="earlier")
    asked = world.send_text(world.private, world.alice, "/help")
    waiting = asyncio.create_task(world.wait_for_reply(asked))
    await asyncio.sleep(0)
    sent = await bot.call("sendMessage", chat_id=world.private.id, text="I label photos")
    assert await waiting == sent


async def test_no_reply_is_an_error(world: World) -> None:
    message = world.send_text(world.private, world.alice, "hello?")
    with pytest.raises(TimeoutError):
        await world.wait_for_reply(message, timeout_s=0.01)
    with pytest.raises(TimeoutError):
        await world.wait_for(lambda: len(world.messages(world.private)) > 1, timeout_s=0.01)


async def test_a_watcher_sees_all_that_happens_in_order(world: World, bot: RawBot) -> None:
    with world.subscribe() as events:
        message = world.send_text(world.private, world.alice, "hello")
        world.edit_text(world.private, message, "hello!")
        await bot.call("sendChatAction", chat_id=world.private.id, action="typing")
        world.delete(world.private, message)
        seen = [await anext(events) for _ in range(6)]
    assert [event.kind for event in seen] == ["message", "edited", "call", "chat_action", "call", "deleted"]
    assert seen[1].data["text"] == "hello!"
    assert seen[5].data == {"message_id": message["message_id"]}


async def test_a_prepared_photo_is_sent_without_further_work(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    data = picture(1)
    await world.prepare_photo(data)
    monkeypatch.delattr("bot.localchat.files.make_ladder")
    assert len(world.send_photo(world.private, world.alice, data)["photo"]) == 3
    with pytest.raises(NameError):
        world.send_photo(world.private, world.alice, picture(3))


async def test_what_is_no_photo_is_not_sent(world: World) -> None:
    with pytest.raises(PhotoRefused):
        await world.prepare_photo(b"text")
    with pytest.raises(PhotoRefused):
        world.send_photo(world.private, world.alice, b"text")
    assert world.messages(world.private) == []


async def test_the_parts_of_an_album_share_its_id_and_the_first_has_the_caption(world: World, bot: RawBot) -> None:
    world.send_album(world.private, world.alice, [picture(2), picture(3)], caption="two")
    world.send_album(world.private, world.alice, [picture(2)])
    messages = [update["message"] for update in await bot.updates()]
    first, second, other = (message["media_group_id"] for message in messages)
    assert first == second != other
    assert [message.get("caption") for message in messages] == ["two", None, None]
