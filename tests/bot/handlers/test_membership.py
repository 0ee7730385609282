"""The bot is added, silenced, removed and comes back; groups get another id. Over the local Bot API server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.domain.callback_data import MORE, button_data
from bot.domain.chat_settings import ChatSettings
from bot.handlers import membership
from bot.handlers.context import Services
from bot.localchat.chats import Chat, ChatType
from bot.storage.chats import ChatRecord
from bot.storage.model_choices import ModelChoice
from tests.support.client import Client
from tests.support.pictures import picture
from tests.support.taught_photos import CAT, teach, view
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module", autouse=True)
def _no_long_wait_for_news_of_a_migration() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(membership, "MIGRATION_S", 0.2)
        yield


WELCOME = ENGLISH("groups-welcome")
WELCOME_UNSEEING = ENGLISH("groups-welcome-privacy-mode")


def services_of(client: Client) -> Services:
    services = client.bot.application.bot_data["services"]
    assert isinstance(services, Services)
    return services


async def record_of(client: Client, chat: Chat) -> ChatRecord:
    await client.said_in(chat)
    return await services_of(client).storage.chats.record(chat.id)


def new_group(client: Client, kind: ChatType = "supergroup") -> Chat:
    sim = client.sim
    return sim.add_group("Club", creator=sim.admin, members=(sim.alice,), kind=kind, with_bot=False)


def asked(client: Client) -> str:
    return f"@{client.sim.bot.username}"


# Added


@pytest.mark.parametrize("kind", ["group", "supergroup"])
async def test_a_new_group_is_greeted_once_in_two_lines(client: Client, kind: ChatType) -> None:
    sim, group = client.sim, new_group(client, kind)
    sim.groups.add(group, sim.bot, by=sim.admin)
    # A promotion right after, and another member, are no reasons to greet again.
    sim.groups.set_status(group, sim.bot, "administrator", by=sim.admin)
    sim.groups.add(group, sim.add_user("Guest"), by=sim.admin)
    assert await client.said_in(group) in ([WELCOME], [WELCOME_UNSEEING])
    assert WELCOME.count("\n") == WELCOME_UNSEEING.count("\n") == 1


async def test_the_greeting_tells_once_that_telegram_hides_photos(client: Client) -> None:
    sim, group, seeing = client.sim, new_group(client), new_group(client)
    sim.groups.add(group, sim.bot, by=sim.admin)
    assert await client.said_in(group) == [WELCOME_UNSEEING]
    assert (await record_of(client, group)).privacy_mode_notified_at is not None
    sim.groups.set_status(seeing, sim.bot, "administrator", by=sim.admin)
    assert await client.said_in(seeing) == [WELCOME]
    assert (await record_of(client, seeing)).privacy_mode_notified_at is None


async def test_a_banned_group_is_not_greeted(client: Client) -> None:
    sim, group = client.sim, new_group(client)
    await client.order(f"/ban {group.id}")
    sim.groups.add(group, sim.bot, by=sim.admin)
    assert await client.said_in(group) == []


async def test_a_channel_is_remembered_and_not_greeted(client: Client) -> None:
    sim = client.sim
    channel = sim.add_channel("News", creator=sim.admin)
    sim.groups.set_status(channel, sim.bot, "left", by=sim.admin)
    sim.groups.set_status(channel, sim.bot, "administrator", by=sim.admin)
    assert await client.said_in(channel) == []
    assert (await record_of(client, channel)).known


# Removed, and back again


async def test_nothing_is_sent_to_a_group_that_removed_the_bot(client: Client) -> None:
    sim, group = client.sim, new_group(client)
    sim.groups.add(group, sim.bot, by=sim.admin)
    await client.said_in(group)
    photo = sim.send_photo(group, sim.alice, picture(301), caption=asked(client))
    await client.reply_to(photo)
    sim.groups.remove(group, sim.bot, by=sim.admin)
    assert (await record_of(client, group)).inactive_since is not None
    calls = len(client.calls("sendMessage", group))
    # What Telegram had queued before comes after.
    sim.store.updates.add("message", photo)
    await client.said_in(group)
    assert len(client.calls("sendMessage", group)) == calls

    sim.groups.add(group, sim.bot, by=sim.admin)
    assert (await record_of(client, group)).inactive_since is None
    assert len(client.calls("sendMessage", group)) == calls + 1  # it greets again
    assert "%" in await client.text_after(sim.send_photo(group, sim.alice, picture(302), caption=asked(client)))


async def test_a_group_that_silenced_the_bot_is_left_in_peace_until_it_may_speak(client: Client) -> None:
    sim, group = client.sim, new_group(client)
    sim.groups.set_status(group, sim.bot, "member", by=sim.admin)
    await client.said_in(group)
    sim.groups.set_status(group, sim.bot, "restricted", by=sim.admin)
    assert (await record_of(client, group)).inactive_since is not None
    calls = len(sim.calls)
    sim.send_photo(group, sim.alice, picture(303), caption=asked(client))
    await client.said_in(group)
    about_it = [call for call in sim.calls[calls:] if call.parameters.get("chat_id") == str(group.id)]
    assert about_it == []
    sim.groups.set_status(group, sim.bot, "member", by=sim.admin)
    assert "%" in await client.text_after(sim.send_photo(group, sim.alice, picture(304), caption=asked(client)))
    assert (await client.said_in(group)).count(WELCOME_UNSEEING) == 1


async def test_a_person_who_blocked_the_bot_and_came_back_is_answered(client: Client) -> None:
    chat, person = client.newcomer()
    client.sim.block_bot(person)
    assert (await record_of(client, chat)).inactive_since is not None
    client.sim.unblock_bot(person)
    assert "%" in await client.text_after(client.sim.send_photo(chat, person, picture(305)))
    assert (await record_of(client, chat)).inactive_since is None


async def test_nothing_is_remembered_of_a_person_who_only_unblocks_the_bot(client: Client) -> None:
    chat, person = client.newcomer()
    client.sim.unblock_bot(person)
    assert not (await record_of(client, chat)).known


async def test_where_the_word_of_its_return_was_lost_telegram_is_asked(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    sim, group = client.sim, new_group(client)
    sim.groups.set_status(group, sim.bot, "member", by=sim.admin)
    await client.said_in(group)
    await services_of(client).storage.chats.note_inactive(group.id)
    sim.send_photo(group, sim.alice, picture(306), caption=asked(client))
    assert "%" not in "".join(await client.said_in(group))

    monkeypatch.setattr(membership, "RECHECK_S", -1)
    assert "%" in await client.text_after(sim.send_photo(group, sim.alice, picture(307), caption=asked(client)))
    assert (await record_of(client, group)).inactive_since is None


# Another id


async def test_a_supergroup_keeps_what_was_set_and_chosen_for_the_group(client: Client) -> None:
    sim, group = client.sim, new_group(client, "group")
    services = services_of(client)
    sim.groups.add(group, sim.bot, by=sim.admin)
    await client.said_in(group)
    await services.storage.chats.change(group.id, {"mode": "auto", "top_k": 2, "threshold": 0.0})
    await client.order("/use starter here", group)
    await services.storage.bans.add(group.id - 10**9)
    supergroup = sim.groups.migrate(group, by=sim.admin)
    assert await client.said_in(supergroup) == []  # no greeting of those it knows
    chats = services.storage.chats
    assert await chats.settings(supergroup.id) == ChatSettings(mode="auto", top_k=2, threshold=0.0)
    assert await chats.settings(group.id) == ChatSettings()
    assert not (await chats.record(group.id)).known
    assert services.models.chosen(supergroup.id) == "starter"
    assert services.models.chosen(group.id) is None
    choices = await services.storage.model_choices.all()
    assert choices[supergroup.id] == ModelChoice("starter", None)
    assert group.id not in choices


async def test_a_supergroup_knows_what_the_group_taught_until_it_removes_the_bot(client: Client) -> None:
    sim, group = client.sim, new_group(client, "group")
    teaching = services_of(client).teaching
    sim.groups.set_status(group, sim.bot, "member", by=sim.admin)
    await client.said_in(group)
    await teach(client, group, sim.alice, "Minka", CAT, 0, 1, 2)
    supergroup = sim.groups.migrate(group, by=sim.admin)
    await client.said_in(supergroup)
    assert [each.name for each in await teaching.classes(supergroup.id)] == ["Minka"]
    assert await teaching.classes(group.id) == ()
    assert await teaching.consented(supergroup.id, sim.alice.id)
    seen = sim.send_photo(supergroup, sim.alice, view(CAT, 4), caption=asked(client))
    assert (await client.text_after(seen)).startswith("Minka: ")
    sim.groups.set_status(supergroup, sim.bot, "left", by=sim.admin)
    await client.said_in(client.admin_chat)
    assert await teaching.given_by(sim.alice.id) == ()
    assert not await teaching.consented(supergroup.id, sim.alice.id)


async def test_a_ban_holds_for_the_supergroup_too(client: Client) -> None:
    sim, group = client.sim, new_group(client, "group")
    sim.groups.set_status(group, sim.bot, "member", by=sim.admin)
    await client.order(f"/ban {group.id}")
    supergroup = sim.groups.migrate(group, by=sim.admin)
    await client.said_in(supergroup)
    assert supergroup.id in services_of(client).storage.bans.ids
    assert group.id not in services_of(client).storage.bans.ids


async def test_an_old_button_of_a_group_that_became_a_supergroup_is_answered(client: Client) -> None:
    sim, group = client.sim, new_group(client, "group")
    sim.groups.set_status(group, sim.bot, "member", by=sim.admin)
    await client.said_in(group)
    answer = await client.reply_to(sim.send_photo(group, sim.alice, picture(309), caption=asked(client)))
    supergroup = sim.groups.migrate(group, by=sim.admin)
    assert (await sim.press(answer, button_data(MORE), sim.alice)).text == ""
    assert await client.said_in(supergroup) == []


async def test_settings_move_where_only_an_answer_finds_out_about_the_supergroup(client: Client) -> None:
    sim, group = client.sim, new_group(client, "group")
    chats = services_of(client).storage.chats
    sim.groups.set_status(group, sim.bot, "member", by=sim.admin)
    await client.said_in(group)
    await chats.change(group.id, {"top_k": 1})
    sim.send_photo(group, sim.alice, picture(308), caption="/label")
    supergroup = sim.groups.migrate(group, by=sim.admin)
    lost = [update for update in sim.store.updates.pending if "migrate" in str(update) or "my_chat_member" in update]
    assert len(lost) == 3
    for update in lost:
        sim.store.updates.pending.remove(update)
    (said,) = await client.said_in(supergroup)
    assert said.count("▱ ") == 1
    assert (await chats.settings(supergroup.id)).top_k == 1
    assert not (await chats.record(group.id)).known
