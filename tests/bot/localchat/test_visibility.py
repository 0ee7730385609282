from __future__ import annotations

import pytest

from bot.localchat.simulation import Simulation
from tests.support.bot_api import RawBot
from tests.support.pictures import picture


async def seen(bot: RawBot) -> list[str]:
    messages = [next(part for name, part in update.items() if name != "update_id") for update in await bot.updates()]
    return [message.get("text") or message.get("caption", "") for message in messages]


TO_THE_BOT = ["/label", "/label@labelbot_local_bot", "look @Labelbot_Local_Bot", "🦜🦜 @labelbot_local_bot"]
NOT_TO_THE_BOT = [
    "hello",
    "/label@other_bot",
    "@alice_local",
    "@my_labelbot_local_bot",
    "labelbot_local_bot",
    "mail@labelbot_local_bot.com",
]


@pytest.mark.parametrize("text", TO_THE_BOT)
async def test_privacy_mode_shows_what_is_meant_for_the_bot(sim: Simulation, bot: RawBot, text: str) -> None:
    sim.send_text(sim.group, sim.alice, text)
    sim.send_photo(sim.group, sim.alice, picture(1, width=20, height=20), caption=text)
    assert await seen(bot) == [text, text]


@pytest.mark.parametrize("text", NOT_TO_THE_BOT)
async def test_privacy_mode_hides_the_rest(sim: Simulation, bot: RawBot, text: str) -> None:
    sim.send_text(sim.group, sim.alice, text)
    sim.send_photo(sim.group, sim.alice, picture(1, width=20, height=20), caption=text)
    assert await seen(bot) == []


async def test_privacy_mode_shows_replies_to_the_bot_and_what_commands_quote(sim: Simulation, bot: RawBot) -> None:
    sent = await bot.call("sendMessage", chat_id=sim.group.id, text="ask me")
    sim.send_text(sim.group, sim.alice, "why?", reply_to=sent)
    photo = sim.send_photo(sim.group, sim.alice, picture(1, width=20, height=20))
    sim.send_text(sim.group, sim.admin, "/label", reply_to=photo)
    answer, command = await bot.updates()
    assert answer["message"]["text"] == "why?"
    assert command["message"]["reply_to_message"]["photo"] == photo["photo"]


@pytest.mark.parametrize("how", ["privacy mode off", "admin"])
async def test_a_bot_that_may_read_all_sees_all(sim: Simulation, bot: RawBot, how: str) -> None:
    if how == "admin":
        sim.groups.set_status(sim.group, sim.bot, "administrator", by=sim.admin)
        await bot.updates()
    else:
        sim.store.can_read_all_group_messages = True
    assert (await bot.call("getMe"))["can_read_all_group_messages"] is (how != "admin")
    sim.send_text(sim.group, sim.alice, "hello")
    assert await seen(bot) == ["hello"]


async def test_a_bot_sees_nothing_of_where_it_is_not(sim: Simulation, bot: RawBot) -> None:
    elsewhere = sim.add_group("Elsewhere", creator=sim.admin, with_bot=False)
    sim.send_text(elsewhere, sim.admin, "/label")
    assert await seen(bot) == []
    refusal = await bot.refusal("sendMessage", chat_id=elsewhere.id, text="hello")
    assert (refusal.status, refusal.description) == (403, "Forbidden: bot is not a member of the supergroup chat")


async def test_edits_follow_the_same_rules(sim: Simulation, bot: RawBot) -> None:
    message = sim.send_text(sim.group, sim.alice, "hello")
    sim.edit_text(sim.group, message, "/help")
    assert await seen(bot) == ["/help"]
