"""Reactions of people: what the bot gets of them, read by the strictest library."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.localchat.chats import Chat
from bot.localchat.simulation import Simulation
from bot.localchat.threads import Message
from tests.support.bot_api import RawBot

if TYPE_CHECKING:
    import aiogram.types

ASKED_FOR = '["message", "message_reaction"]'


async def reactions(bot: RawBot) -> list[aiogram.types.MessageReactionUpdated]:
    """The reactions that the bot has got."""
    from aiogram.types import Update  # slow to import

    updates = [Update.model_validate(update) for update in await bot.updates(timeout_s=0)]
    return [update.message_reaction for update in updates if update.message_reaction is not None]


async def said(bot: RawBot, chat: Chat) -> Message:
    await bot.call("getUpdates", timeout=0, allowed_updates=ASKED_FOR)
    message: Message = await bot.call("sendMessage", chat_id=chat.id, text="a cat")
    return message


def emoji(kinds: list[aiogram.types.ReactionTypeUnion]) -> list[str]:
    from aiogram.types import ReactionTypeEmoji

    return [kind.emoji for kind in kinds if isinstance(kind, ReactionTypeEmoji)]


async def test_a_reaction_and_its_end_are_told(sim: Simulation, bot: RawBot) -> None:
    message = await said(bot, sim.private)
    sim.react(message, sim.alice, "👍")
    sim.react(message, sim.alice)
    given, taken = await reactions(bot)
    assert given.user is not None
    assert (given.user.id, given.chat.id, given.message_id) == (sim.alice.id, sim.private.id, message["message_id"])
    assert (emoji(given.old_reaction), emoji(given.new_reaction)) == ([], ["👍"])
    assert (emoji(taken.old_reaction), emoji(taken.new_reaction)) == (["👍"], [])
    assert sim.reactions(message) == [], "those of the bot"


async def test_a_bot_that_does_not_ask_gets_none(sim: Simulation, bot: RawBot) -> None:
    message = await bot.call("sendMessage", chat_id=sim.private.id, text="a cat")
    sim.react(message, sim.alice, "👍")
    assert await reactions(bot) == []


async def test_in_a_group_only_an_admin_gets_them_and_an_anonymous_person_has_no_name(
    sim: Simulation, bot: RawBot
) -> None:
    message = await said(bot, sim.group)
    sim.react(message, sim.alice, "👎")
    assert await reactions(bot) == []
    sim.groups.set_status(sim.group, sim.bot, "administrator", by=sim.admin)
    sim.react(message, sim.anonymous, "👍")
    (anonymous,) = await reactions(bot)
    assert anonymous.user is None
    assert anonymous.actor_chat is not None
    assert anonymous.actor_chat.id == sim.group.id
    assert sim.group.shown_reactions(message["message_id"]) == ["👎", "👍"]


async def test_what_is_no_reaction_is_refused(sim: Simulation, bot: RawBot) -> None:
    message = await said(bot, sim.private)
    with pytest.raises(ValueError, match="expected emoji that Telegram allows"):
        sim.react(message, sim.alice, "🦜")
