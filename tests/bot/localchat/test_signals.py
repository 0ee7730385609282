from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.localchat.callbacks import CallbackAnswer
from bot.localchat.simulation import Simulation
from tests.support.bot_api import RawBot

TOO_OLD = "Bad Request: query is too old and response timeout expired or query ID is invalid"
KEYBOARD = {"inline_keyboard": [[{"text": "x", "callback_data": "top:3"}]]}


async def next_query(bot: RawBot) -> dict[str, Any]:
    (update,) = await bot.updates(timeout_s=10)
    query: dict[str, Any] = update["callback_query"]
    return query


async def test_an_action_is_shown(sim: Simulation, bot: RawBot) -> None:
    with sim.subscribe() as events:
        assert await bot.call("sendChatAction", chat_id=sim.private.id, action="typing") is True
        seen = [await anext(events) for _ in range(3)]
    assert [(event.kind, event.chat_id) for event in seen] == [
        ("call", 0),
        ("chat_action", sim.private.id),
        ("call", 0),
    ]
    assert seen[1].data == {"action": "typing"}
    refusal = await bot.refusal("sendChatAction", chat_id=sim.private.id, action="thinking")
    assert refusal.description == "Bad Request: wrong parameter action in request"


async def test_a_reaction_is_set_and_taken_back(sim: Simulation, bot: RawBot) -> None:
    message = sim.send_text(sim.private, sim.alice, "hello")
    place = {"chat_id": sim.private.id, "message_id": message["message_id"]}
    await bot.call("setMessageReaction", **place, reaction=[{"type": "emoji", "emoji": "❤️"}])
    assert sim.reactions(message) == ["❤"]
    await bot.call("setMessageReaction", **place)
    assert sim.reactions(message) == []


@pytest.mark.parametrize(
    ("emoji", "reason"),
    [(["🦜"], "REACTION_INVALID"), (["👀", "👍"], "REACTIONS_TOO_MANY"), ([""], "REACTION_INVALID")],
)
async def test_reactions_that_telegram_does_not_take(
    sim: Simulation, bot: RawBot, emoji: list[str], reason: str
) -> None:
    message = sim.send_text(sim.private, sim.alice, "hello")
    reaction = [{"type": "emoji", "emoji": one} for one in emoji]
    refusal = await bot.refusal(
        "setMessageReaction", chat_id=sim.private.id, message_id=message["message_id"], reaction=reaction
    )
    assert refusal.description == f"Bad Request: {reason}"


async def test_a_reaction_to_nothing(sim: Simulation, bot: RawBot) -> None:
    refusal = await bot.refusal("setMessageReaction", chat_id=sim.private.id, message_id=99)
    assert refusal.description == "Bad Request: message to react not found"


async def test_a_press_gets_its_answer(sim: Simulation, bot: RawBot) -> None:
    sent = await bot.call("sendMessage", chat_id=sim.group.id, text="how many?", reply_markup=KEYBOARD)
    press = asyncio.create_task(sim.press(sent, "top:3", sim.admin))
    query = await next_query(bot)
    assert (query["data"], query["from"]["id"], query["message"]) == ("top:3", sim.admin.id, sent)
    await bot.call("answerCallbackQuery", callback_query_id=query["id"], text="Three it is", show_alert=True)
    assert await press == CallbackAnswer("Three it is", show_alert=True, url=None)


async def test_only_buttons_that_are_there_can_be_pressed(sim: Simulation, bot: RawBot) -> None:
    sent = await bot.call("sendMessage", chat_id=sim.private.id, text="x", reply_markup=KEYBOARD)
    with pytest.raises(ValueError, match="top:4"):
        await sim.press(sent, "top:4", sim.alice)


async def test_a_press_without_an_answer_ends(sim: Simulation, bot: RawBot) -> None:
    sent = await bot.call("sendMessage", chat_id=sim.private.id, text="x", reply_markup=KEYBOARD)
    with pytest.raises(TimeoutError):
        await sim.press(sent, "top:3", sim.alice, timeout_s=0.01)
    query = await next_query(bot)
    assert await bot.call("answerCallbackQuery", callback_query_id=query["id"]) is True


async def test_an_answer_that_comes_late_is_refused(sim: Simulation, bot: RawBot) -> None:
    sent = await bot.call("sendMessage", chat_id=sim.private.id, text="x", reply_markup=KEYBOARD)
    press = asyncio.create_task(sim.press(sent, "top:3", sim.alice))
    query = await next_query(bot)
    too_long = await bot.refusal("answerCallbackQuery", callback_query_id=query["id"], text="x" * 201)
    assert too_long.description == "Bad Request: MESSAGE_TOO_LONG"
    sim.store.callback_queries[query["id"]].created_at -= 16
    refusal = await bot.refusal("answerCallbackQuery", callback_query_id=query["id"])
    assert refusal.description == TOO_OLD
    assert (await bot.refusal("answerCallbackQuery", callback_query_id="1")).description == TOO_OLD
    press.cancel()
