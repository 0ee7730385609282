"""Who may give commands of admins, and those that look after the running bot."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.corrections import Correction
from bot.localchat import faults
from bot.localchat.html import parse_html
from bot.localchat.server import LocalChatServer
from bot.views.admin_replies import ADMIN_COMMANDS
from tests.support.client import Client, connected_client, connected_client_at
from tests.support.pictures import picture
from tests.support.processes import alive, until
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")

COMMANDS = [f"/{command}" for command in ADMIN_COMMANDS]


def shown(html: str) -> str:
    return parse_html(html)[0]


# Who may


@pytest.mark.parametrize("command", [*COMMANDS, "/use starter", "/use starter here", "/ban 5", "/workers 2"])
async def test_others_get_one_line_which_helps_the_owner(client: Client, command: str) -> None:
    chat, person = client.newcomer()
    said = await client.text_after(client.sim.send_text(chat, person, command))
    assert said == ENGLISH("admin-only", id=str(person.id))
    assert "\n" not in said
    assert str(person.id) in said


async def test_in_a_group_an_admin_is_one_by_their_own_account_only(client: Client) -> None:
    sim = client.sim
    group = sim.add_group("Club", creator=sim.admin, members=(sim.alice,))
    text = f"/workers@{sim.bot.username}"
    assert "1 of 1 worker ready" in await client.order(text, group)
    # Being an admin of the group says nothing.
    sim.groups.set_status(group, sim.alice, "administrator", by=sim.admin)
    refused = await client.text_after(sim.send_text(group, sim.alice, text))
    assert refused == ENGLISH("admin-only", id=str(sim.alice.id))
    hidden = await client.text_after(sim.send_text(group, sim.anonymous, text))
    assert hidden == ENGLISH("admin-written-as-group")


async def test_an_edit_is_no_command(client: Client) -> None:
    sim = client.sim
    message = sim.send_text(client.admin_chat, sim.admin, "hello")
    await client.reply_to(message)
    sim.edit_text(client.admin_chat, message, "/workers 2")
    await client.said_in(client.admin_chat)
    assert client.bot.pool.workers == 1


# Workers


async def test_the_number_of_workers_is_told_and_changed(client: Client) -> None:
    most = 2 * len(os.sched_getaffinity(0))
    told = await client.order("/workers")
    assert told == f"1 of 1 worker ready\n/workers {most} changes the number until I'm restarted."
    assert (await client.order("/workers 2")).startswith("OK, 2 workers")
    await until(lambda: len(client.bot.pool.worker_pids()) == 2)
    pids = client.bot.pool.worker_pids()
    assert (await client.order("/workers 1")).startswith("OK, 1 worker,")
    assert client.bot.pool.worker_pids() == pids[:1]
    await until(lambda: not alive(pids[1]))
    for number in ("0", "-1", str(most + 1), "many", "1 2", "9" * 30):
        assert await client.order(f"/workers {number}") == ENGLISH("admin-workers-refused", most=most)
    assert client.bot.pool.worker_pids() == pids[:1]


# Figures


async def test_stats_tell_what_was_done(tmp_path: Path) -> None:
    async with connected_client(tmp_path) as client:
        assert "Photos answered: 0, of which 0 at once" in await client.order("/stats")
        for seed in (1, 2, 1):
            await client.reply_to(client.sim.send_photo(client.sim.private, client.sim.alice, picture(seed)))
        lines = (await client.order("/stats")).splitlines()
    assert re.fullmatch(r"Running for \d+ min", lines[0])
    assert lines[1] == "Photos answered: 3, of which 1 at once, as I had seen them before"
    assert re.fullmatch(r"Time to look at a new photo: typically [\d,]+ ms, 19 of 20 within [\d,]+ ms", lines[2])
    assert lines[3] == "Photos in the last minute: 3 · in progress: 0 · messages waiting: 0"
    memory = re.fullmatch(r"1 of 1 worker ready · memory used: ([\d,]+) MB", lines[4])
    assert memory is not None
    assert 50 < float(memory[1].replace(",", "")) < 5000
    assert lines[6:8] == [
        "The past year",
        "Photos answered: 3, of which 1 seen before · messages I couldn't answer: 0",
    ]
    assert re.fullmatch(
        r"starter: photos answered: 3 \(seen before: 1\) · typically [\d,]+ ms, 19 of 20 within [\d,]+ ms", lines[10]
    )
    assert lines[12:] == ["What people say about my answers", ENGLISH("admin-live-none")]


async def test_stats_tell_of_updates_that_could_not_be_read(tmp_path: Path) -> None:
    async with connected_client(tmp_path) as client:
        assert "couldn't read" not in await client.order("/stats")
        for _ in range(2):
            client.sim.store.updates.put({"message": {"text": "of nobody"}})
        assert "Updates from Telegram that I couldn't read: 2" in await client.order("/stats")


async def test_stats_tell_what_telegram_does_not_take(tmp_path: Path) -> None:
    async with connected_client(tmp_path, stop_timeout_s=0.1) as client:
        for wait_s in (100, 3600):
            chat, person = client.newcomer()
            client.server.faults.add(faults.RetryAfter(wait_s), method="sendMessage", chat_id=chat.id)
            client.sim.send_text(chat, person, "/help")
        await client.sim.wait_for(lambda: len(client.calls_of("sendMessage")) == 2)
        stats = await client.order("/stats")
        assert "messages waiting: 1\n" in stats
        assert ENGLISH("admin-stats-given-up", count=1) in stats


# Bans


async def test_the_banned_are_ignored_until_the_ban_is_lifted(client: Client) -> None:
    chat, person = client.newcomer()
    assert await client.order(f"/ban {person.id}") == ENGLISH("admin-banned", id=str(person.id))
    client.sim.send_photo(chat, person, picture(1))
    client.sim.send_text(chat, person, "/help")
    assert await client.said_in(chat) == []
    assert f"{person.first_name} · {person.id}" in await client.order("/ban")
    assert await client.order(f"/unban {person.id}") == ENGLISH("admin-unbanned", id=str(person.id))
    assert await client.order(f"/unban {person.id}") == ENGLISH("admin-was-not-banned", id=str(person.id))
    await client.reply_to(client.sim.send_text(chat, person, "/help"))


async def test_a_reply_bans_whoever_wrote_the_message(client: Client) -> None:
    sim = client.sim
    person = sim.add_user("Pest")
    group = sim.add_group("Club", creator=sim.admin, members=(sim.alice, person))
    sim.groups.set_status(group, sim.bot, "administrator", by=sim.admin)
    pest = sim.send_photo(group, person, picture(2))
    order = sim.send_text(group, sim.admin, "/ban", reply_to=pest)
    assert await client.text_after(order) == ENGLISH("admin-banned", id=str(person.id))
    caption = f"@{sim.bot.username}"
    sim.send_photo(group, person, picture(3), caption=caption)
    assert "%" in await client.text_after(sim.send_photo(group, sim.alice, picture(4), caption=caption))
    assert len(await client.said_in(group)) == 2


async def test_a_whole_chat_can_be_banned_but_its_admin_still_lifts_that(client: Client) -> None:
    sim = client.sim
    group = sim.add_group("Noisy", creator=sim.admin, members=(sim.alice,))
    await client.order(f"/ban {group.id}")
    await client.order("/ban -1001999999999")
    listed = await client.order("/ban")
    assert f"\nNoisy · {group.id}" in listed
    assert "\n-1001999999999" in listed
    await client.order("/unban -1001999999999")
    sim.send_text(group, sim.alice, f"/label@{sim.bot.username}")
    assert await client.said_in(group) == []
    assert await client.order(f"/unban {group.id}", group) == ENGLISH("admin-unbanned", id=str(group.id))


async def test_nobody_bans_an_admin_or_nobody(client: Client) -> None:
    assert await client.order(f"/ban {client.sim.admin.id}") == ENGLISH("admin-ban-an-admin")
    assert await client.order(f"/ban {client.sim.bot.id}") == ENGLISH("admin-ban-an-admin")
    for text in ("/ban someone", "/ban 1 2", "/ban ²", f"/ban {10**20}"):
        assert (await client.order(text)).startswith("Who? Use /ban ID")
    assert await client.order("/unban") == shown(ENGLISH("admin-unban-usage"))


async def test_bans_survive_a_restart(tmp_path: Path) -> None:
    async with LocalChatServer() as server:
        sim = server.simulation
        sim.add_private_chat(sim.admin)
        async with connected_client_at(server, tmp_path) as client:
            await client.order(f"/ban {sim.alice.id}")
        async with connected_client_at(server, tmp_path) as client:
            sim.send_photo(sim.private, sim.alice, picture(1))
            assert await client.said_in(sim.private) == []


async def test_stats_tell_what_people_say_apart_from_what_was_measured(client: Client) -> None:
    table = client.bot.application.bot_data["services"].storage.corrections
    vote = Correction(-5, 1, "starter", "v1", 7, 7, "sure", "class:n02123045", is_right=True)
    for photo in range(1, 21):
        await table.save(replace(vote, photo_id=photo, is_right=photo > 2))
    await table.save(replace(vote, photo_id=30, certainty="taught", said=None))
    said = (await client.order("/stats")).split("What people say about my answers\n")[1].splitlines()
    assert said == [
        "starter, when sure: 90% right (70% to 97% with 95% confidence) · photos: 20",
        "starter, what it was taught: too few photos to say: 1 of 20",
        shown(ENGLISH("admin-live-note", days=30)),
    ]
