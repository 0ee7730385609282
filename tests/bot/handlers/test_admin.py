"""Who may give commands of admins, and those that look after the running bot."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from bot.localchat import faults
from bot.localchat.html import parse_html
from bot.localchat.server import LocalChatServer
from bot.views.admin_replies import ADMIN_COMMANDS
from tests.support.conversation import Conversation, conversation, conversation_at
from tests.support.pictures import picture
from tests.support.processes import alive, until
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")

COMMANDS = [f"/{command}" for command in ADMIN_COMMANDS]


def shown(html: str) -> str:
    return parse_html(html)[0]


# Who may


@pytest.mark.parametrize("command", [*COMMANDS, "/use starter", "/use starter here", "/ban 5", "/workers 2"])
async def test_others_get_one_line_which_helps_the_owner(talk: Conversation, command: str) -> None:
    chat, person = talk.newcomer()
    said = await talk.text_after(talk.world.send_text(chat, person, command))
    assert said == ENGLISH("admin-only", id=str(person.id))
    assert "\n" not in said
    assert str(person.id) in said


async def test_in_a_group_an_admin_is_one_by_their_own_account_only(talk: Conversation) -> None:
    world = talk.world
    group = world.add_group("Club", creator=world.boss, members=(world.alice,))
    text = f"/workers@{world.bot.username}"
    assert "1 of 1 worker ready" in await talk.order(text, group)
    # Being an admin of the group says nothing.
    world.groups.set_status(group, world.alice, "administrator", by=world.boss)
    refused = await talk.text_after(world.send_text(group, world.alice, text))
    assert refused == ENGLISH("admin-only", id=str(world.alice.id))
    hidden = await talk.text_after(world.send_text(group, world.anonymous, text))
    assert hidden == ENGLISH("admin-written-as-group")


async def test_an_edit_is_no_command(talk: Conversation) -> None:
    world = talk.world
    message = world.send_text(talk.admin_chat, world.boss, "hello")
    await talk.reply_to(message)
    world.edit_text(talk.admin_chat, message, "/workers 2")
    await talk.said_in(talk.admin_chat)
    assert talk.bot.pool.workers == 1


# Workers


async def test_the_number_of_workers_is_told_and_changed(talk: Conversation) -> None:
    assert (await talk.order("/workers")).startswith("1 of 1 worker ready\n")
    assert (await talk.order("/workers 2")).startswith("From now on 2 workers")
    await until(lambda: len(talk.bot.pool.worker_pids()) == 2)
    pids = talk.bot.pool.worker_pids()
    assert (await talk.order("/workers 1")).startswith("From now on 1 worker,")
    assert talk.bot.pool.worker_pids() == pids[:1]
    await until(lambda: not alive(pids[1]))
    most = 2 * len(os.sched_getaffinity(0))
    for number in ("0", "-1", str(most + 1), "many", "1 2", "9" * 30):
        assert await talk.order(f"/workers {number}") == ENGLISH("admin-workers-refused", most=most)
    assert talk.bot.pool.worker_pids() == pids[:1]


# Figures


async def test_stats_tell_what_was_done(tmp_path: Path) -> None:
    async with conversation(tmp_path) as talk:
        assert "0 photos · 0 seen before · 0 in the last minute" in await talk.order("/stats")
        for seed in (1, 2, 1):
            await talk.reply_to(talk.world.send_photo(talk.world.private, talk.world.alice, picture(seed)))
        lines = (await talk.order("/stats")).splitlines()
    assert re.fullmatch(r"Up for \d+ min", lines[0])
    assert re.fullmatch(r"3 photos · 1 seen before · p50 \d+ ms, p95 \d+ ms · 3 in the last minute", lines[1])
    assert lines[2] == "In all, at most a year back: 3 photos · 1 seen before · 0 not answered"
    assert lines[3:5] == ["0 photos in hand", "Messages that wait: 0 · given up: 0"]
    memory = re.fullmatch(r"1 of 1 worker ready · ([\d,]+) MB in all", lines[5])
    assert memory is not None
    assert 50 < float(memory[1].replace(",", "")) < 5000
    assert re.fullmatch(r"starter: 3 photos · 1 seen before · p50 \d+ ms, p95 \d+ ms", lines[7])


async def test_stats_tell_of_updates_that_could_not_be_read(tmp_path: Path) -> None:
    async with conversation(tmp_path) as talk:
        assert "could not be read" not in await talk.order("/stats")
        for _ in range(2):
            talk.world.store.updates.put({"message": {"text": "of nobody"}})
        assert "Updates that could not be read: 2" in await talk.order("/stats")


async def test_stats_tell_what_telegram_does_not_take(tmp_path: Path) -> None:
    async with conversation(tmp_path, stop_timeout_s=0.1) as talk:
        for wait_s in (100, 3600):
            chat, person = talk.newcomer()
            talk.server.faults.add(faults.RetryAfter(wait_s), method="sendMessage", chat_id=chat.id)
            talk.world.send_text(chat, person, "/help")
        await talk.world.wait_for(lambda: len(talk.calls_of("sendMessage")) == 2)
        assert "Messages that wait: 1 · given up: 1" in await talk.order("/stats")


# Bans


async def test_the_banned_are_ignored_until_the_ban_is_lifted(talk: Conversation) -> None:
    chat, person = talk.newcomer()
    assert await talk.order(f"/ban {person.id}") == ENGLISH("admin-banned", id=str(person.id))
    talk.world.send_photo(chat, person, picture(1))
    talk.world.send_text(chat, person, "/help")
    assert await talk.said_in(chat) == []
    assert str(person.id) in await talk.order("/ban")
    assert await talk.order(f"/unban {person.id}") == ENGLISH("admin-unbanned", id=str(person.id))
    assert await talk.order(f"/unban {person.id}") == ENGLISH("admin-was-not-banned", id=str(person.id))
    await talk.reply_to(talk.world.send_text(chat, person, "/help"))


async def test_a_reply_bans_whoever_wrote_the_message(talk: Conversation) -> None:
    world = talk.world
    person = world.add_user("Pest")
    group = world.add_group("Club", creator=world.boss, members=(world.alice, person))
    world.groups.set_status(group, world.bot, "administrator", by=world.boss)
    pest = world.send_photo(group, person, picture(2))
    order = world.send_text(group, world.boss, "/ban", reply_to=pest)
    assert await talk.text_after(order) == ENGLISH("admin-banned", id=str(person.id))
    caption = f"@{world.bot.username}"
    world.send_photo(group, person, picture(3), caption=caption)
    assert "%" in await talk.text_after(world.send_photo(group, world.alice, picture(4), caption=caption))
    assert len(await talk.said_in(group)) == 2


async def test_a_whole_chat_can_be_banned_but_its_admin_still_lifts_that(talk: Conversation) -> None:
    world = talk.world
    group = world.add_group("Noisy", creator=world.boss, members=(world.alice,))
    await talk.order(f"/ban {group.id}")
    world.send_text(group, world.alice, f"/label@{world.bot.username}")
    assert await talk.said_in(group) == []
    assert await talk.order(f"/unban {group.id}", group) == ENGLISH("admin-unbanned", id=str(group.id))


async def test_nobody_bans_an_admin_or_nobody(talk: Conversation) -> None:
    assert await talk.order(f"/ban {talk.world.boss.id}") == ENGLISH("admin-ban-an-admin")
    assert await talk.order(f"/ban {talk.world.bot.id}") == ENGLISH("admin-ban-an-admin")
    for text in ("/ban someone", "/ban 1 2", "/ban ²", f"/ban {10**20}"):
        assert (await talk.order(text)).startswith("Whom? /ban ID")
    assert await talk.order("/unban") == shown(ENGLISH("admin-unban-usage"))


async def test_bans_survive_a_restart(tmp_path: Path) -> None:
    async with LocalChatServer() as server:
        world = server.world
        world.add_private_chat(world.boss)
        async with conversation_at(server, tmp_path) as talk:
            await talk.order(f"/ban {world.alice.id}")
        async with conversation_at(server, tmp_path) as talk:
            world.send_photo(world.private, world.alice, picture(1))
            assert await talk.said_in(world.private) == []
