from __future__ import annotations

import pytest

from bot.localchat.world import World
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
async def test_privacy_mode_shows_what_is_meant_for_the_bot(world: World, bot: RawBot, text: str) -> None:
    world.send_text(world.group, world.alice, text)
    world.send_photo(world.group, world.alice, picture(1, width=20, height=20), caption=text)
    assert await seen(bot) == [text, text]


@pytest.mark.parametrize("text", NOT_TO_THE_BOT)
async def test_privacy_mode_hides_the_rest(world: World, bot: RawBot, text: str) -> None:
    world.send_text(world.group, world.alice, text)
    world.send_photo(world.group, world.alice, picture(1, width=20, height=20), caption=text)
    assert await seen(bot) == []


async def test_privacy_mode_shows_replies_to_the_bot_and_what_commands_quote(world: World, bot: RawBot) -> None:
    sent = await bot.call("sendMessage", chat_id=world.group.id, text="ask me")
    world.send_text(world.group, world.alice, "why?", reply_to=sent)
    photo = world.send_photo(world.group, world.alice, picture(1, width=20, height=20))
    world.send_text(world.group, world.boss, "/label", reply_to=photo)
    answer, command = await bot.updates()
    assert answer["message"]["text"] == "why?"
    assert command["message"]["reply_to_message"]["photo"] == photo["photo"]


@pytest.mark.parametrize("how", ["privacy mode off", "admin"])
async def test_a_bot_that_may_read_all_sees_all(world: World, bot: RawBot, how: str) -> None:
    if how == "admin":
        world.groups.set_status(world.group, world.bot, "administrator", by=world.boss)
        await bot.updates()
    else:
        world.store.can_read_all_group_messages = True
    assert (await bot.call("getMe"))["can_read_all_group_messages"] is (how != "admin")
    world.send_text(world.group, world.alice, "hello")
    assert await seen(bot) == ["hello"]


async def test_a_bot_sees_nothing_of_where_it_is_not(world: World, bot: RawBot) -> None:
    elsewhere = world.add_group("Elsewhere", creator=world.boss, with_bot=False)
    world.send_text(elsewhere, world.boss, "/label")
    assert await seen(bot) == []
    refusal = await bot.refusal("sendMessage", chat_id=elsewhere.id, text="hello")
    assert (refusal.status, refusal.description) == (403, "Forbidden: bot is not a member of the supergroup chat")


async def test_edits_follow_the_same_rules(world: World, bot: RawBot) -> None:
    message = world.send_text(world.group, world.alice, "hello")
    world.edit_text(world.group, message, "/help")
    assert await seen(bot) == ["/help"]
