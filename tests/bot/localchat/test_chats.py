from __future__ import annotations

import pytest

from bot.localchat.chats import Status
from bot.localchat.simulation import Simulation
from tests.support.bot_api import RawBot


@pytest.mark.parametrize("status", ["creator", "administrator", "member", "restricted", "left", "kicked"])
async def test_members_are_what_they_are(sim: Simulation, bot: RawBot, status: Status) -> None:
    sim.groups.set_status(sim.group, sim.alice, status, by=sim.admin)
    member = await bot.call("getChatMember", chat_id=sim.group.id, user_id=sim.alice.id)
    assert (member["status"], member["user"]["id"]) == (status, sim.alice.id)


async def test_the_admins_of_a_chat(sim: Simulation, bot: RawBot) -> None:
    channel = sim.add_channel("News", creator=sim.admin)
    in_group = await bot.call("getChatAdministrators", chat_id=sim.group.id)
    in_channel = await bot.call("getChatAdministrators", chat_id=channel.id)
    assert [(member["user"]["id"], member["status"]) for member in in_group] == [(sim.admin.id, "creator")]
    assert {member["user"]["id"] for member in in_channel} == {sim.admin.id, sim.bot.id}


async def test_what_can_be_known_of_each_kind_of_chat(sim: Simulation, bot: RawBot) -> None:
    basic = sim.add_group("Basic", creator=sim.admin, kind="group")
    forum = sim.add_group("Forum", creator=sim.admin, is_forum=True)
    channel = sim.add_channel("News", creator=sim.admin, username="news_local")
    chats = [await bot.call("getChat", chat_id=chat.id) for chat in (sim.private, basic, sim.group, forum, channel)]
    assert [chat["type"] for chat in chats] == ["private", "group", "supergroup", "supergroup", "channel"]
    assert chats[0]["first_name"] == "Alice"
    assert chats[3]["is_forum"] is True
    assert chats[4]["active_usernames"] == ["news_local"]


async def test_questions_without_an_answer(sim: Simulation, bot: RawBot) -> None:
    refusals = {
        "member not found": await bot.refusal("getChatMember", chat_id=sim.group.id, user_id=5),
        "invalid user_id specified": await bot.refusal("getChatMember", chat_id=sim.group.id, user_id="alice"),
        "there are no administrators in the private chat": await bot.refusal(
            "getChatAdministrators", chat_id=sim.private.id
        ),
        "chat not found": await bot.refusal("getChat", chat_id=-1),
        "chat_id is empty": await bot.refusal("getChat"),
    }
    assert {reason: refusal.description for reason, refusal in refusals.items()} == {
        reason: f"Bad Request: {reason}" for reason in refusals
    }
