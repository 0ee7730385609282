"""The bot is added, silenced, removed and comes back; groups get another id. Over the local Bot API server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.domain.callback_data import MORE, button_data
from bot.domain.chat_settings import ChatSettings
from bot.handlers import membership
from bot.localchat.chats import Chat, ChatType
from bot.services.container import Services
from bot.storage.chats import ChatRecord
from bot.storage.model_choices import ModelChoice
from tests.support.conversation import Conversation
from tests.support.pictures import picture
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module", autouse=True)
def _no_long_wait_for_news_of_a_migration() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(membership, "MIGRATION_S", 0.2)
        yield


WELCOME = ENGLISH("groups-welcome")
WELCOME_UNSEEING = ENGLISH("groups-welcome-privacy-mode")


def services_of(talk: Conversation) -> Services:
    services = talk.bot.application.bot_data["services"]
    assert isinstance(services, Services)
    return services


async def record_of(talk: Conversation, chat: Chat) -> ChatRecord:
    await talk.said_in(chat)
    return await services_of(talk).storage.chats.record(chat.id)


def new_group(talk: Conversation, kind: ChatType = "supergroup") -> Chat:
    world = talk.world
    return world.add_group("Club", creator=world.boss, members=(world.alice,), kind=kind, with_bot=False)


def asked(talk: Conversation) -> str:
    return f"@{talk.world.bot.username}"


# Added


@pytest.mark.parametrize("kind", ["group", "supergroup"])
async def test_a_new_group_is_greeted_once_in_two_lines(talk: Conversation, kind: ChatType) -> None:
    world, group = talk.world, new_group(talk, kind)
    world.groups.add(group, world.bot, by=world.boss)
    # A promotion right after, and another member, are no reasons to greet again.
    world.groups.set_status(group, world.bot, "administrator", by=world.boss)
    world.groups.add(group, world.add_user("Guest"), by=world.boss)
    assert await talk.said_in(group) in ([WELCOME], [WELCOME_UNSEEING])
    assert WELCOME.count("\n") == WELCOME_UNSEEING.count("\n") == 1


async def test_the_greeting_tells_once_that_telegram_hides_photos(talk: Conversation) -> None:
    world, group, seeing = talk.world, new_group(talk), new_group(talk)
    world.groups.add(group, world.bot, by=world.boss)
    assert await talk.said_in(group) == [WELCOME_UNSEEING]
    assert (await record_of(talk, group)).privacy_mode_told_at is not None
    world.groups.set_status(seeing, world.bot, "administrator", by=world.boss)
    assert await talk.said_in(seeing) == [WELCOME]
    assert (await record_of(talk, seeing)).privacy_mode_told_at is None


async def test_a_banned_group_is_not_greeted(talk: Conversation) -> None:
    world, group = talk.world, new_group(talk)
    await talk.order(f"/ban {group.id}")
    world.groups.add(group, world.bot, by=world.boss)
    assert await talk.said_in(group) == []


async def test_a_channel_is_remembered_and_not_greeted(talk: Conversation) -> None:
    world = talk.world
    channel = world.add_channel("News", creator=world.boss)
    world.groups.set_status(channel, world.bot, "left", by=world.boss)
    world.groups.set_status(channel, world.bot, "administrator", by=world.boss)
    assert await talk.said_in(channel) == []
    assert (await record_of(talk, channel)).known


# Removed, and back again


async def test_nothing_is_sent_to_a_group_that_removed_the_bot(talk: Conversation) -> None:
    world, group = talk.world, new_group(talk)
    world.groups.add(group, world.bot, by=world.boss)
    await talk.said_in(group)
    photo = world.send_photo(group, world.alice, picture(301), caption=asked(talk))
    await talk.reply_to(photo)
    world.groups.remove(group, world.bot, by=world.boss)
    assert (await record_of(talk, group)).inactive_since is not None
    calls = len(talk.calls("sendMessage", group))
    # What Telegram had queued before comes after.
    world.store.updates.add("message", photo)
    await talk.said_in(group)
    assert len(talk.calls("sendMessage", group)) == calls

    world.groups.add(group, world.bot, by=world.boss)
    assert (await record_of(talk, group)).inactive_since is None
    assert len(talk.calls("sendMessage", group)) == calls + 1  # it greets again
    assert "%" in await talk.text_after(world.send_photo(group, world.alice, picture(302), caption=asked(talk)))


async def test_a_group_that_silenced_the_bot_is_left_in_peace_until_it_may_speak(talk: Conversation) -> None:
    world, group = talk.world, new_group(talk)
    world.groups.set_status(group, world.bot, "member", by=world.boss)
    await talk.said_in(group)
    world.groups.set_status(group, world.bot, "restricted", by=world.boss)
    assert (await record_of(talk, group)).inactive_since is not None
    calls = len(world.calls)
    world.send_photo(group, world.alice, picture(303), caption=asked(talk))
    await talk.said_in(group)
    about_it = [call for call in world.calls[calls:] if call.parameters.get("chat_id") == str(group.id)]
    assert about_it == []
    world.groups.set_status(group, world.bot, "member", by=world.boss)
    assert "%" in await talk.text_after(world.send_photo(group, world.alice, picture(304), caption=asked(talk)))
    assert (await talk.said_in(group)).count(WELCOME_UNSEEING) == 1


async def test_a_person_who_blocked_the_bot_and_came_back_is_answered(talk: Conversation) -> None:
    chat, person = talk.newcomer()
    talk.world.block_bot(person)
    assert (await record_of(talk, chat)).inactive_since is not None
    talk.world.unblock_bot(person)
    assert "%" in await talk.text_after(talk.world.send_photo(chat, person, picture(305)))
    assert (await record_of(talk, chat)).inactive_since is None


async def test_nothing_is_remembered_of_a_person_who_only_unblocks_the_bot(talk: Conversation) -> None:
    chat, person = talk.newcomer()
    talk.world.unblock_bot(person)
    assert not (await record_of(talk, chat)).known


async def test_where_the_word_of_its_return_was_lost_telegram_is_asked(
    talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, group = talk.world, new_group(talk)
    world.groups.set_status(group, world.bot, "member", by=world.boss)
    await talk.said_in(group)
    await services_of(talk).storage.chats.note_inactive(group.id)
    world.send_photo(group, world.alice, picture(306), caption=asked(talk))
    assert "%" not in "".join(await talk.said_in(group))

    monkeypatch.setattr(membership, "RECHECK_S", -1)
    assert "%" in await talk.text_after(world.send_photo(group, world.alice, picture(307), caption=asked(talk)))
    assert (await record_of(talk, group)).inactive_since is None


# Another id


async def test_a_supergroup_keeps_what_was_set_and_chosen_for_the_group(talk: Conversation) -> None:
    world, group = talk.world, new_group(talk, "group")
    services = services_of(talk)
    world.groups.add(group, world.bot, by=world.boss)
    await talk.said_in(group)
    await services.storage.chats.change(group.id, {"mode": "auto", "top_k": 2, "threshold": 0.0})
    await talk.order("/use starter here", group)
    await services.bans.add(group.id - 10**9)
    supergroup = world.groups.migrate(group, by=world.boss)
    assert await talk.said_in(supergroup) == []  # no greeting of those it knows
    chats = services.storage.chats
    assert await chats.settings(supergroup.id) == ChatSettings(mode="auto", top_k=2, threshold=0.0)
    assert await chats.settings(group.id) == ChatSettings()
    assert not (await chats.record(group.id)).known
    assert services.models.chosen(supergroup.id) == "starter"
    assert services.models.chosen(group.id) is None
    choices = await services.storage.model_choices.all()
    assert choices[supergroup.id] == ModelChoice("starter", None)
    assert group.id not in choices


async def test_a_ban_holds_for_the_supergroup_too(talk: Conversation) -> None:
    world, group = talk.world, new_group(talk, "group")
    world.groups.set_status(group, world.bot, "member", by=world.boss)
    await talk.order(f"/ban {group.id}")
    supergroup = world.groups.migrate(group, by=world.boss)
    await talk.said_in(supergroup)
    assert supergroup.id in services_of(talk).bans.ids
    assert group.id not in services_of(talk).bans.ids


async def test_an_old_button_of_a_group_that_became_a_supergroup_is_answered(talk: Conversation) -> None:
    world, group = talk.world, new_group(talk, "group")
    world.groups.set_status(group, world.bot, "member", by=world.boss)
    await talk.said_in(group)
    answer = await talk.reply_to(world.send_photo(group, world.alice, picture(309), caption=asked(talk)))
    supergroup = world.groups.migrate(group, by=world.boss)
    assert (await world.press(answer, button_data(MORE), world.alice)).text == ""
    assert await talk.said_in(supergroup) == []


async def test_settings_move_where_only_an_answer_finds_out_about_the_supergroup(talk: Conversation) -> None:
    world, group = talk.world, new_group(talk, "group")
    chats = services_of(talk).storage.chats
    world.groups.set_status(group, world.bot, "member", by=world.boss)
    await talk.said_in(group)
    await chats.change(group.id, {"top_k": 1})
    world.send_photo(group, world.alice, picture(308), caption="/label")
    supergroup = world.groups.migrate(group, by=world.boss)
    lost = [update for update in world.store.updates.pending if "migrate" in str(update) or "my_chat_member" in update]
    assert len(lost) == 3
    for update in lost:
        world.store.updates.pending.remove(update)
    (said,) = await talk.said_in(supergroup)
    assert said.count("%") == 1
    assert (await chats.settings(supergroup.id)).top_k == 1
    assert not (await chats.record(group.id)).known
