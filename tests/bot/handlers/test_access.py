"""Who may use the bot where that is kept to some people and chats, and who may add it to groups."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.domain.callback_data import ERASE, MORE, VERSION, button_data
from bot.handlers import membership
from bot.localchat.chats import Chat, ChatType, User
from bot.localchat.html import parse_html
from bot.localchat.server import LocalChatServer
from bot.localchat.threads import Message
from tests.support.conversation import Conversation, conversation, conversation_at
from tests.support.pictures import picture
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module", autouse=True)
def _no_long_wait_for_news_of_a_migration() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(membership, "MIGRATION_S", 0.2)
        yield


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def talk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Conversation]:
    """A bot for Alice, for one channel and for the group in which it is from the beginning."""
    async with LocalChatServer() as server:
        world = server.world
        world.add_private_chat(world.boss)
        channel = world.add_channel("News", creator=world.boss, username="news")
        allowed = {world.alice.id, world.group.id, channel.id}
        async with conversation_at(server, tmp_path_factory.mktemp("home"), allowed=allowed) as running:
            yield running


def refusal(person: User) -> str:
    return ENGLISH("access-not-allowed", id=str(person.id))


def asked_in(talk: Conversation, group: Chat, person: User, seed: int) -> Message:
    return talk.world.send_photo(group, person, picture(seed), caption=f"@{talk.world.bot.username}")


async def test_a_stranger_is_told_once_with_their_id_and_costs_nothing(talk: Conversation) -> None:
    chat, person = talk.newcomer()
    fetched = len(talk.calls_of("getFile"))
    for text in ("/start", "hello", "/help", "https://example.com/cat.jpg", "/models", "/settings"):
        talk.world.send_text(chat, person, text)
    talk.world.send_photo(chat, person, picture(1))
    talk.world.send_album(chat, person, [picture(2), picture(3)])
    await talk_is_over(talk)
    assert said(talk, chat) == [refusal(person)]
    assert len(talk.calls_of("getFile")) == fetched


async def talk_is_over(talk: Conversation) -> None:
    """Wait until all that was sent is done: here a newcomer would get no answer by which to tell."""
    await talk.order("/privacy")


def said(talk: Conversation, chat: Chat) -> list[str]:
    bot_id = talk.world.bot.id
    own = [message for message in chat.messages.values() if message.get("from", {}).get("id") == bot_id]
    return [message["text"] for message in own if "text" in message]  # not that it left, which Telegram says


async def test_those_on_the_list_and_admins_are_answered_everywhere(talk: Conversation) -> None:
    world, (_, person) = talk.world, talk.newcomer()
    group = world.add_group("Elsewhere", creator=person, members=(world.alice, world.boss))
    assert "%" in await talk.text_after(world.send_photo(world.private, world.alice, picture(1)))
    assert "%" in await talk.text_after(asked_in(talk, group, world.alice, 2))
    assert "%" in await talk.text_after(asked_in(talk, group, world.boss, 3))
    asked_in(talk, group, person, 4)
    world.send_text(group, person, f"/help@{world.bot.username}")
    world.send_text(group, world.anonymous, "/settings")
    await talk_is_over(talk)
    assert len(said(talk, group)) == 2


async def test_everybody_is_answered_in_a_chat_on_the_list(talk: Conversation) -> None:
    world, (_, person) = talk.world, talk.newcomer()
    world.group.statuses[person.id] = "member"
    answer = await talk.reply_to(asked_in(talk, world.group, person, 5))
    assert "%" in answer["text"]
    assert (await world.press(answer, button_data(MORE), person)).text == ""


async def test_posts_are_looked_at_in_channels_on_the_list_only(talk: Conversation) -> None:
    world, chats = talk.world, talk.bot.application.bot_data["services"].storage.chats
    allowed = next(chat for chat in world.store.chats.values() if chat.username == "news")
    other = world.add_channel("Other", creator=world.boss)
    for channel in (allowed, other):
        await chats.change(channel.id, {"channel_posts": "caption", "threshold": 0.0})
    posts = [world.send_photo(channel, world.boss, picture(6)) for channel in (other, allowed)]
    await world.wait_for(lambda: "caption" in allowed.messages[posts[1]["message_id"]], 30)
    await talk_is_over(talk)
    assert "caption" not in other.messages[posts[0]["message_id"]]


async def test_a_stranger_who_presses_a_button_is_told_once(talk: Conversation) -> None:
    world, (_, person) = talk.world, talk.newcomer()
    group = world.add_group("Pressed", creator=world.boss, members=(person,))
    answer = await talk.reply_to(asked_in(talk, group, world.boss, 7))
    told = await world.press(answer, button_data(MORE), person)
    assert (told.text, told.show_alert) == (refusal(person), True)
    with pytest.raises(TimeoutError):
        await world.press(answer, button_data(MORE), person, timeout_s=0.5)
    assert group.messages[answer["message_id"]] == answer


async def test_a_stranger_may_have_deleted_what_is_kept_of_them(talk: Conversation) -> None:
    chat, person = talk.newcomer()
    kept = await talk.text_after(talk.world.send_text(chat, person, "/privacy"))
    assert kept == parse_html(ENGLISH("privacy-kept", days=30))[0]
    question = await talk.reply_to(talk.world.send_text(chat, person, "/deletemydata"))
    await talk.world.press(question, f"{VERSION}:{ERASE}:{person.id}", person)
    await talk.world.wait_for(
        lambda: chat.messages[question["message_id"]]["text"] == ENGLISH("privacy-deleted-me"), 30
    )


async def test_an_admin_who_adds_the_bot_to_a_group_learns_the_id_to_allow(talk: Conversation) -> None:
    world, (_, person) = talk.world, talk.newcomer()
    group = world.add_group("Ours", creator=world.boss, with_bot=False)
    world.groups.add(group, world.bot, by=world.boss)
    expected = parse_html(ENGLISH("access-group-not-allowed", id=str(group.id)))[0]
    await world.wait_for(lambda: said(talk, group) == [expected], 30)
    theirs = world.add_group("Theirs", creator=person, with_bot=False)
    world.groups.add(theirs, world.bot, by=person)
    await talk_is_over(talk)
    assert said(talk, theirs) == []


async def test_a_group_on_the_list_stays_on_it_when_it_becomes_a_supergroup(tmp_path: Path) -> None:
    async with LocalChatServer() as server:
        world = server.world
        world.add_private_chat(world.boss)
        group = world.add_group("Growing", creator=world.boss, members=(world.alice,), kind="group")
        async with conversation_at(server, tmp_path, allowed={group.id}) as talk:
            assert "%" in await talk.text_after(asked_in(talk, group, world.alice, 1))
            supergroup = world.groups.migrate(group, by=world.boss)
            await talk_is_over(talk)
            assert "%" in await talk.text_after(asked_in(talk, supergroup, world.alice, 2))


# Who may add the bot


@pytest.mark.parametrize(
    "kind",
    ["group", pytest.param("supergroup", marks=pytest.mark.slow), pytest.param("channel", marks=pytest.mark.slow)],
)
async def test_where_only_admins_may_add_the_bot_it_leaves_with_a_word(tmp_path: Path, kind: ChatType) -> None:
    async with conversation(tmp_path, added_by_admins=True) as talk:
        world, (_, person) = talk.world, talk.newcomer()
        group = world.add_group("Theirs", creator=person, members=(world.alice,), with_bot=False, kind=kind)
        if kind == "channel":
            world.groups.set_status(group, world.bot, "administrator", by=person)
        else:
            world.groups.add(group, world.bot, by=person)
            asked_in(talk, group, person, 1)
        await world.wait_for(lambda: group.status_of(world.bot) == "left", 30)
        await talk.said_in(talk.admin_chat)
        expected = [] if kind == "channel" else [ENGLISH("access-not-added")]
        assert said(talk, group) == expected
        record = await talk.bot.application.bot_data["services"].storage.chats.record(group.id)
        assert record.inactive_since is not None


async def test_where_only_admins_may_add_the_bot_theirs_are_greeted_and_all_others_stay(tmp_path: Path) -> None:
    async with conversation(tmp_path, added_by_admins=True) as talk:
        world = talk.world
        group = world.add_group("Ours", creator=world.boss, with_bot=False)
        world.groups.add(group, world.bot, by=world.boss)
        await world.wait_for(lambda: said(talk, group) == [ENGLISH("groups-welcome-privacy-mode")], 30)
        # An admin of the group makes the bot an admin there, which is no adding.
        world.groups.set_status(world.group, world.bot, "administrator", by=world.alice)
        assert "%" in await talk.text_after(asked_in(talk, world.group, world.alice, 1))
        old = world.add_group("Growing", creator=world.alice, kind="group")
        supergroup = world.groups.migrate(old, by=world.alice)
        assert "%" in await talk.text_after(asked_in(talk, supergroup, world.alice, 2))
        await talk.said_in(supergroup)
        assert supergroup.has_member(world.bot)
