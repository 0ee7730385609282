from __future__ import annotations

from typing import Any

import pytest

from bot.localchat.simulation import Simulation
from tests.support.bot_api import RawBot


def menu(*names: str) -> list[dict[str, str]]:
    return [{"command": name, "description": f"About {name}"} for name in names]


async def test_each_scope_has_its_menu_and_the_narrowest_is_shown(sim: Simulation, bot: RawBot) -> None:
    group = {"chat_id": sim.group.id}
    scopes: list[dict[str, Any]] = [
        {"type": "default"},
        {"type": "all_group_chats"},
        {"type": "all_chat_administrators"},
        {"type": "chat"} | group,
        {"type": "chat_administrators"} | group,
        {"type": "chat_member", "user_id": sim.admin.id} | group,
    ]
    shown = []
    for i, scope in enumerate(scopes):
        await bot.call("setMyCommands", commands=menu(f"level{i}"), scope=scope)
        assert await bot.call("getMyCommands", scope=scope) == menu(f"level{i}")
        shown.append([sim.store.menus.shown(sim.group, user)[0]["command"] for user in (sim.alice, sim.admin)])
    assert shown == [
        ["level0", "level0"],
        ["level1", "level1"],
        ["level1", "level2"],
        ["level3", "level3"],
        ["level3", "level4"],
        ["level3", "level5"],
    ]
    assert sim.store.menus.shown(sim.private, sim.alice) == menu("level0")
    await bot.call("setMyCommands", commands=menu("start"), scope={"type": "all_private_chats"})
    assert sim.store.menus.shown(sim.private, sim.alice) == menu("start")


async def test_the_menu_in_the_users_language_comes_first(sim: Simulation, bot: RawBot) -> None:
    await bot.call("setMyCommands", commands=menu("help"))
    await bot.call("setMyCommands", commands=menu("hilfe"), language_code="de")
    greta = sim.add_user("Greta", language_code="de")
    assert sim.store.menus.shown(sim.add_private_chat(greta), greta) == menu("hilfe")
    assert sim.store.menus.shown(sim.private, sim.alice) == menu("help")
    await bot.call("deleteMyCommands", language_code="de")
    assert sim.store.menus.shown(sim.store.chats[greta.id], greta) == menu("help")


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"commands": menu("Label")}, "BOT_COMMAND_INVALID"),
        ({"commands": menu("x" * 33)}, "BOT_COMMAND_INVALID"),
        ({"commands": [{"command": "x", "description": " "}]}, "BOT_COMMAND_DESCRIPTION_INVALID"),
        ({"commands": [{"command": "x", "description": "x" * 257}]}, "BOT_COMMAND_DESCRIPTION_INVALID"),
        ({"commands": [{"command": "x"}]}, "can't parse BotCommand: Can't find field \"description\""),
        ({"commands": menu("x") * 101}, "BOT_COMMANDS_TOO_MUCH"),
        ({"commands": {"command": "x"}}, "expected an Array of BotCommand"),
        ({"language_code": "german"}, "LANG_CODE_INVALID"),
        ({"scope": {"type": ["chat"]}}, "can't parse BotCommandScope: Unsupported type specified"),
        ({"scope": "x"}, "can't parse BotCommandScope JSON object"),
        ({"scope": [1]}, "can't parse BotCommandScope: BotCommandScope must be an Object"),
        ({"scope": {"type": "chat", "chat_id": 5}}, "chat not found"),
        ({"scope": {"type": "chat"}}, "chat_id is empty"),
    ],
)
async def test_menus_that_telegram_refuses(bot: RawBot, parameters: dict[str, Any], reason: str) -> None:
    refusal = await bot.refusal("setMyCommands", **({"commands": menu("label")} | parameters))
    assert refusal.description == f"Bad Request: {reason}"
    assert await bot.call("getMyCommands") == []


async def test_a_member_scope_needs_its_member(sim: Simulation, bot: RawBot) -> None:
    scope = {"type": "chat_member", "chat_id": sim.group.id}
    refusal = await bot.refusal("setMyCommands", commands=menu("x"), scope=scope)
    assert refusal.description == "Bad Request: can't parse BotCommandScope: Invalid user_id specified"
