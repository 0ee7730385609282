from __future__ import annotations

import asyncio

import pytest

from bot.localchat.photos import PhotoRefused
from bot.localchat.simulation import Simulation
from tests.support.bot_api import RawBot
from tests.support.pictures import picture


async def test_a_reply_is_the_message_that_quotes(sim: Simulation, bot: RawBot) -> None:
    first = sim.send_text(sim.private, sim.alice, "one")
    second = sim.send_text(sim.private, sim.alice, "two")
    waiting = [asyncio.create_task(sim.wait_for_reply(message)) for message in (first, second)]
    await asyncio.sleep(0)
    for message in (second, first):
        reply = {"message_id": message["message_id"]}
        await bot.call("sendMessage", chat_id=sim.private.id, text=f"on {message['text']}", reply_parameters=reply)
    assert [(await task)["text"] for task in waiting] == ["on one", "on two"]
    assert (await sim.wait_for_reply(first))["text"] == "on one"


async def test_a_reply_may_quote_nothing(sim: Simulation, bot: RawBot) -> None:
    await bot.call("sendMessage", chat_id=sim.private.id, text="earlier")
    asked = sim.send_text(sim.private, sim.alice, "/help")
    waiting = asyncio.create_task(sim.wait_for_reply(asked))
    await asyncio.sleep(0)
    sent = await bot.call("sendMessage", chat_id=sim.private.id, text="I label photos")
    assert await waiting == sent


async def test_no_reply_is_an_error(sim: Simulation) -> None:
    message = sim.send_text(sim.private, sim.alice, "hello?")
    with pytest.raises(TimeoutError):
        await sim.wait_for_reply(message, timeout_s=0.01)
    with pytest.raises(TimeoutError):
        await sim.wait_for(lambda: len(sim.messages(sim.private)) > 1, timeout_s=0.01)


async def test_a_watcher_sees_all_that_happens_in_order(sim: Simulation, bot: RawBot) -> None:
    with sim.subscribe() as events:
        message = sim.send_text(sim.private, sim.alice, "hello")
        sim.edit_text(sim.private, message, "hello!")
        await bot.call("sendChatAction", chat_id=sim.private.id, action="typing")
        sim.delete(sim.private, message)
        seen = [await anext(events) for _ in range(6)]
    assert [event.kind for event in seen] == ["message", "edited", "call", "chat_action", "call", "deleted"]
    assert seen[1].data["text"] == "hello!"
    assert seen[5].data == {"message_id": message["message_id"]}


async def test_a_prepared_photo_is_sent_without_further_work(sim: Simulation, monkeypatch: pytest.MonkeyPatch) -> None:
    data = picture(1)
    await sim.prepare_photo(data)
    monkeypatch.delattr("bot.localchat.files.make_sizes")
    assert len(sim.send_photo(sim.private, sim.alice, data)["photo"]) == 3
    with pytest.raises(NameError):
        sim.send_photo(sim.private, sim.alice, picture(3))


async def test_what_is_no_photo_is_not_sent(sim: Simulation) -> None:
    with pytest.raises(PhotoRefused):
        await sim.prepare_photo(b"text")
    with pytest.raises(PhotoRefused):
        sim.send_photo(sim.private, sim.alice, b"text")
    assert sim.messages(sim.private) == []


async def test_the_parts_of_an_album_share_its_id_and_the_first_has_the_caption(sim: Simulation, bot: RawBot) -> None:
    sim.send_album(sim.private, sim.alice, [picture(2), picture(3)], caption="two")
    sim.send_album(sim.private, sim.alice, [picture(2)])
    messages = [update["message"] for update in await bot.updates()]
    first, second, other = (message["media_group_id"] for message in messages)
    assert first == second != other
    assert [message.get("caption") for message in messages] == ["two", None, None]


async def test_a_reply_that_quotes_nothing_answers_the_message_above_it_that_no_reply_quotes(
    sim: Simulation, bot: RawBot
) -> None:
    first, second, third = (sim.send_text(sim.private, sim.alice, text) for text in ("one", "two", "three"))
    waiting = [asyncio.create_task(sim.wait_for_reply(message)) for message in (first, third)]
    await asyncio.sleep(0)
    for text, quoted in (("on three", third), ("on one", None), ("on two", second)):
        reply = {} if quoted is None else {"reply_parameters": {"message_id": quoted["message_id"]}}
        await bot.call("sendMessage", chat_id=sim.private.id, text=text, **reply)
    assert [(await task)["text"] for task in waiting] == ["on one", "on three"]
    assert [reply["text"] for each in (first, second, third) for reply in sim.replies(each)] == [
        "on one",
        "on two",
        "on three",
    ]


async def test_a_further_message_without_a_quote_answers_the_same_message(sim: Simulation, bot: RawBot) -> None:
    first, second = (sim.send_text(sim.private, sim.alice, text) for text in ("one", "two"))
    sent = [await bot.call("sendMessage", chat_id=sim.private.id, text=text) for text in ("a", "b")]
    assert sim.replies(second) == sent
    assert sim.replies(first) == []


async def test_a_reply_below_an_album_answers_its_first_part(sim: Simulation, bot: RawBot) -> None:
    album = [sim.send_photo(sim.private, sim.alice, picture(seed), media_group_id="9") for seed in range(2)]
    sent = await bot.call("sendMessage", chat_id=sim.private.id, text="both")
    assert sim.replies(album[0]) == [sent]
