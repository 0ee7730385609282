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
from tests.support.client import Client, connected_client, connected_client_at
from tests.support.pictures import picture
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module", autouse=True)
def _no_long_wait_for_news_of_a_migration() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(membership, "MIGRATION_S", 0.2)
        yield


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """A bot for Alice, for one channel and for the group in which it is from the beginning."""
    async with LocalChatServer() as server:
        sim = server.simulation
        sim.add_private_chat(sim.admin)
        channel = sim.add_channel("News", creator=sim.admin, username="news")
        allowed = {sim.alice.id, sim.group.id, channel.id}
        async with connected_client_at(server, tmp_path_factory.mktemp("home"), allowed=allowed) as running:
            yield running


def refusal(person: User) -> str:
    return ENGLISH("access-not-allowed", id=str(person.id))


def asked_in(client: Client, group: Chat, person: User, seed: int) -> Message:
    return client.sim.send_photo(group, person, picture(seed), caption=f"@{client.sim.bot.username}")


async def test_a_stranger_is_told_once_with_their_id_and_costs_nothing(client: Client) -> None:
    chat, person = client.newcomer()
    fetched = len(client.calls_of("getFile"))
    for text in ("/start", "hello", "/help", "https://example.com/cat.jpg", "/models", "/settings"):
        client.sim.send_text(chat, person, text)
    client.sim.send_photo(chat, person, picture(1))
    client.sim.send_album(chat, person, [picture(2), picture(3)])
    await everything_is_handled(client)
    assert said(client, chat) == [refusal(person)]
    assert len(client.calls_of("getFile")) == fetched


async def everything_is_handled(client: Client) -> None:
    """Wait until all that was sent is done: here a newcomer would get no answer by which to tell."""
    await client.order("/privacy")


def said(client: Client, chat: Chat) -> list[str]:
    bot_id = client.sim.bot.id
    own = [message for message in chat.messages.values() if message.get("from", {}).get("id") == bot_id]
    return [message["text"] for message in own if "text" in message]  # not that it left, which Telegram says


async def test_those_on_the_list_and_admins_are_answered_everywhere(client: Client) -> None:
    sim, (_, person) = client.sim, client.newcomer()
    group = sim.add_group("Elsewhere", creator=person, members=(sim.alice, sim.admin))
    assert "%" in await client.text_after(sim.send_photo(sim.private, sim.alice, picture(1)))
    assert "%" in await client.text_after(asked_in(client, group, sim.alice, 2))
    assert "%" in await client.text_after(asked_in(client, group, sim.admin, 3))
    asked_in(client, group, person, 4)
    sim.send_text(group, person, f"/help@{sim.bot.username}")
    sim.send_text(group, sim.anonymous, "/settings")
    await everything_is_handled(client)
    assert len(said(client, group)) == 2


async def test_everybody_is_answered_in_a_chat_on_the_list(client: Client) -> None:
    sim, (_, person) = client.sim, client.newcomer()
    sim.group.statuses[person.id] = "member"
    answer = await client.reply_to(asked_in(client, sim.group, person, 5))
    assert "%" in answer["text"]
    assert (await sim.press(answer, button_data(MORE), person)).text == ""


async def test_posts_are_looked_at_in_channels_on_the_list_only(client: Client) -> None:
    sim, chats = client.sim, client.bot.application.bot_data["services"].storage.chats
    allowed = next(chat for chat in sim.store.chats.values() if chat.username == "news")
    other = sim.add_channel("Other", creator=sim.admin)
    for channel in (allowed, other):
        await chats.change(channel.id, {"channel_posts": "caption", "threshold": 0.0})
    posts = [sim.send_photo(channel, sim.admin, picture(6)) for channel in (other, allowed)]
    await sim.wait_for(lambda: "caption" in allowed.messages[posts[1]["message_id"]], 30)
    await everything_is_handled(client)
    assert "caption" not in other.messages[posts[0]["message_id"]]


async def test_a_stranger_who_presses_a_button_is_told_once(client: Client) -> None:
    sim, (_, person) = client.sim, client.newcomer()
    group = sim.add_group("Pressed", creator=sim.admin, members=(person,))
    answer = await client.reply_to(asked_in(client, group, sim.admin, 7))
    told = await sim.press(answer, button_data(MORE), person)
    assert (told.text, told.show_alert) == (refusal(person), True)
    with pytest.raises(TimeoutError):
        await sim.press(answer, button_data(MORE), person, timeout_s=0.5)
    assert group.messages[answer["message_id"]] == answer


async def test_a_stranger_may_have_deleted_what_is_kept_of_them(client: Client) -> None:
    chat, person = client.newcomer()
    kept = await client.text_after(client.sim.send_text(chat, person, "/privacy"))
    assert kept == parse_html(ENGLISH("privacy-kept", days=30))[0]
    question = await client.reply_to(client.sim.send_text(chat, person, "/deletemydata"))
    await client.sim.press(question, f"{VERSION}:{ERASE}:{person.id}", person)
    await client.sim.wait_for(
        lambda: chat.messages[question["message_id"]]["text"] == ENGLISH("privacy-deleted-me"), 30
    )


async def test_an_admin_who_adds_the_bot_to_a_group_learns_the_id_to_allow(client: Client) -> None:
    sim, (_, person) = client.sim, client.newcomer()
    group = sim.add_group("Ours", creator=sim.admin, with_bot=False)
    sim.groups.add(group, sim.bot, by=sim.admin)
    expected = parse_html(ENGLISH("access-group-not-allowed", id=str(group.id)))[0]
    await sim.wait_for(lambda: said(client, group) == [expected], 30)
    theirs = sim.add_group("Theirs", creator=person, with_bot=False)
    sim.groups.add(theirs, sim.bot, by=person)
    await everything_is_handled(client)
    assert said(client, theirs) == []


async def test_a_group_on_the_list_stays_on_it_when_it_becomes_a_supergroup(tmp_path: Path) -> None:
    async with LocalChatServer() as server:
        sim = server.simulation
        sim.add_private_chat(sim.admin)
        group = sim.add_group("Growing", creator=sim.admin, members=(sim.alice,), kind="group")
        async with connected_client_at(server, tmp_path, allowed={group.id}) as client:
            assert "%" in await client.text_after(asked_in(client, group, sim.alice, 1))
            supergroup = sim.groups.migrate(group, by=sim.admin)
            await everything_is_handled(client)
            assert "%" in await client.text_after(asked_in(client, supergroup, sim.alice, 2))
        async with connected_client_at(server, tmp_path, allowed={group.id}) as client:
            assert "%" in await client.text_after(asked_in(client, supergroup, sim.alice, 3))


# Who may add the bot


@pytest.mark.parametrize(
    "kind",
    ["group", pytest.param("supergroup", marks=pytest.mark.slow), pytest.param("channel", marks=pytest.mark.slow)],
)
async def test_where_only_admins_may_add_the_bot_it_leaves_with_a_word(tmp_path: Path, kind: ChatType) -> None:
    async with connected_client(tmp_path, added_by_admins=True) as client:
        sim, (_, person) = client.sim, client.newcomer()
        group = sim.add_group("Theirs", creator=person, members=(sim.alice,), with_bot=False, kind=kind)
        if kind == "channel":
            sim.groups.set_status(group, sim.bot, "administrator", by=person)
        else:
            sim.groups.add(group, sim.bot, by=person)
            asked_in(client, group, person, 1)
        await sim.wait_for(lambda: group.status_of(sim.bot) == "left", 30)
        await client.said_in(client.admin_chat)
        expected = [] if kind == "channel" else [ENGLISH("access-not-added")]
        assert said(client, group) == expected
        record = await client.bot.application.bot_data["services"].storage.chats.record(group.id)
        assert record.inactive_since is not None


async def test_where_only_admins_may_add_the_bot_theirs_are_greeted_and_all_others_stay(tmp_path: Path) -> None:
    async with connected_client(tmp_path, added_by_admins=True) as client:
        sim = client.sim
        group = sim.add_group("Ours", creator=sim.admin, with_bot=False)
        sim.groups.add(group, sim.bot, by=sim.admin)
        await sim.wait_for(lambda: said(client, group) == [ENGLISH("groups-welcome-privacy-mode")], 30)
        # An admin of the group makes the bot an admin there, which is no adding.
        sim.groups.set_status(sim.group, sim.bot, "administrator", by=sim.alice)
        assert "%" in await client.text_after(asked_in(client, sim.group, sim.alice, 1))
        old = sim.add_group("Growing", creator=sim.alice, kind="group")
        supergroup = sim.groups.migrate(old, by=sim.alice)
        assert "%" in await client.text_after(asked_in(client, supergroup, sim.alice, 2))
        await client.said_in(supergroup)
        assert supergroup.has_member(sim.bot)
