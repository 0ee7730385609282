"""The local clock is compared with Telegram's."""

from __future__ import annotations

import time
from email.utils import formatdate
from pathlib import Path

import pytest

from bot.app import LabelBot
from bot.localchat.faults import WrongClock
from bot.localchat.server import LocalChatServer
from bot.transport.http import AiohttpRequest
from bot.transport.server_clock import ServerClock
from tests.support.client import ANSWER_TIMEOUT_S, Client, settings_for
from tests.support.pictures import picture
from tests.support.texts import ENGLISH

NOW_S = 1_700_000_000
HOURS_S = 2 * 3600


def test_before_the_first_answer_the_local_clock_counts() -> None:
    clock = ServerClock(lambda: NOW_S)
    assert (clock.ahead_s, clock.now_s()) == (0, NOW_S)


@pytest.mark.parametrize("ahead_s", [HOURS_S, 0, -HOURS_S])
def test_the_last_answer_tells_the_time(ahead_s: int) -> None:
    clock = ServerClock(lambda: NOW_S)
    clock.note(formatdate(NOW_S - 5 * ahead_s, usegmt=True))
    clock.note(formatdate(NOW_S - ahead_s, usegmt=True))
    assert (clock.ahead_s, clock.now_s()) == (ahead_s, NOW_S - ahead_s)


@pytest.mark.parametrize("date", [None, "", "soon", "Mon, 99 Foo 2020", "Wed, 15 Nov 999999 00:00:00 GMT"])
def test_an_unreadable_date_changes_nothing(date: str | None) -> None:
    clock = ServerClock(lambda: NOW_S)
    clock.note(formatdate(NOW_S - HOURS_S, usegmt=True))
    clock.note(date)
    assert clock.ahead_s == HOURS_S


@pytest.mark.parametrize("ahead_s", [HOURS_S, -HOURS_S])
async def test_photos_are_answered_whatever_the_clock_of_this_machine_says(tmp_path: Path, ahead_s: int) -> None:
    async with LocalChatServer() as server:
        sim = server.simulation
        # A clock that is ahead here is one that is behind there.
        server.faults.add(WrongClock(-ahead_s))
        photo = sim.send_photo(sim.private, sim.alice, picture(1))
        photo["date"] -= ahead_s
        missed = sim.send_photo(sim.group, sim.alice, picture(2), caption=f"@{sim.bot.username}")
        missed["date"] -= ahead_s + HOURS_S
        bob = sim.add_user("Bob")
        late = sim.send_text(sim.add_private_chat(bob), bob, "hello")
        late["date"] -= ahead_s + HOURS_S
        async with LabelBot(settings_for(server, tmp_path)) as bot:
            assert "%" in (await sim.wait_for_reply(photo, ANSWER_TIMEOUT_S))["text"]
            client = Client(server, bot)
            assert await client.text_after(late) == ENGLISH("inbox-too-old")
            assert [said for said in sim.messages(sim.group) if said["from"]["is_bot"]] == []


async def test_a_refusal_by_another_server_on_the_way_tells_no_time() -> None:
    clock = ServerClock(time.time)
    async with LocalChatServer() as server:
        server.faults.add(WrongClock(HOURS_S))
        request = AiohttpRequest(connections=1, read_timeout_s=5, clock=clock)
        await request.initialize()
        await request.do_request(f"{server.api_url}/botwrong/getMe", "POST")
        assert clock.ahead_s == 0
        await request.do_request(f"{server.api_url}/bot{server.token}/getMe", "POST")
        assert abs(clock.ahead_s + HOURS_S) < 60
        await request.shutdown()
