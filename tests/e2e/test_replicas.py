"""Replicas of `labelbot run` on one PostgreSQL database: kills, a pause, restarts.

These run at a small size; with LABELBOT_TEST_SIZE=full they run at the size of the figures that they print (`-s`):
20 kills of the leader; two replicas over a webhook with 500 photos in 20 chats and 20 kills.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from bot.localchat.faults import DOWNLOAD, Delay
from bot.localchat.server import LocalChatServer
from bot.services.metrics import percentile
from tests.support.balancer import balancer
from tests.support.crowd import ANSWER_TIMEOUT_S, Crowd
from tests.support.forwarder import unused_port
from tests.support.pictures import picture
from tests.support.postgresql import Postgresql
from tests.support.processes import until
from tests.support.service import Service

pytestmark = pytest.mark.slow

FULL = os.environ.get("LABELBOT_TEST_SIZE") == "full"
LEADER_KILLS = 20 if FULL else 2
PHOTOS, CHATS, KILLS, PHOTOS_PER_S = (500, 20, 20, 5.0) if FULL else (40, 5, 2, 8.0)
LEADS = "this replica leads"


@pytest.fixture
async def settings(postgresql_server: Postgresql) -> dict[str, str]:
    """Settings of replicas with the small model and an empty database."""
    address = await asyncio.to_thread(postgresql_server.database)
    # A worker each: the tests are about the replicas.
    return {
        "LABELBOT_MODEL": "starter",
        "LABELBOT_REPLICAS": "true",
        "LABELBOT_DATABASE_URL": address,
        "LABELBOT_WORKERS": "1",
    }


@asynccontextmanager
async def replicas(
    server: LocalChatServer, folder: Path, settings: dict[str, str], *ports: int
) -> AsyncIterator[list[Service]]:
    """Two replicas that run, each with a home of its own."""
    homes = [folder / name for name in ("first", "second")]
    for home in homes:
        home.mkdir()
    own = [{"LABELBOT_LISTEN": f"127.0.0.1:{port}"} for port in ports] or [{}, {}]
    async with (
        Service.running(server, homes[0], **settings, **own[0]) as first,
        Service.running(server, homes[1], **settings, **own[1]) as second,
    ):
        await until(lambda: first.log("started") and second.log("started"))
        yield [first, second]


def leader_of(services: list[Service]) -> Service:
    """The replica that began to lead last."""
    return max(services, key=lambda service: max((line["timestamp"] for line in service.log(LEADS)), default=""))


async def test_kills_of_the_leader_lose_no_photo(tmp_path: Path, settings: dict[str, str]) -> None:
    waits_s = []
    async with LocalChatServer() as server, replicas(server, tmp_path, settings) as services:
        crowd = Crowd(server.simulation, LEADER_KILLS)
        photos = [picture(number) for number in range(2 * LEADER_KILLS)]
        for photo in photos:
            await server.simulation.prepare_photo(photo)
        for number in range(LEADER_KILLS):
            leader, starts = leader_of(services), len(leader_of(services).log("started"))
            crowd.places = crowd.places[1:] + crowd.places[:1]
            # One is somewhere between its arrival and its answer, one comes while nobody leads.
            await crowd.send([photos[2 * number]], per_s=20)
            await leader.kill()
            await crowd.send([photos[2 * number + 1]], per_s=1_000)
            await crowd.answered()
            waits_s.append(crowd.sent[-1].answered_s - crowd.sent[-1].sent_s)
            await leader.start()
            await until(lambda: len(leader.log("started")) > starts)  # noqa: B023
        torn = {line["update_id"] for service in services for line in service.log("sent again, maybe twice")}
        twice = {sent.update_id for sent in crowd.twice()}
        for service in services:
            assert await service.stop() == 0
    p50_s, p95_s = (percentile(sorted(waits_s), percent) for percent in (50, 95))
    sys.stdout.write(
        f"\n{LEADER_KILLS} kills of the leader: the next photo is answered after {p50_s:.2f} s (p50), {p95_s:.2f} s "
        f"(p95); all {len(crowd.sent)} photos answered, {len(twice)} twice of {len(torn)} of unknown fate\n"
    )
    assert twice <= torn


async def test_kills_of_replicas_behind_a_webhook_lose_no_photo_and_keep_the_order(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    port, *ports = (unused_port() for _ in range(3))
    settings |= {"LABELBOT_WEBHOOK_URL": f"http://127.0.0.1:{port}/telegram"}
    photos = [picture(seed) for seed in range(PHOTOS)]
    async with (
        LocalChatServer() as server,
        balancer(port, ports),
        replicas(server, tmp_path, settings, *ports) as services,
    ):
        for photo in photos:
            await server.simulation.prepare_photo(photo)
        crowd = Crowd(server.simulation, CHATS)
        sending = asyncio.create_task(crowd.send(photos, per_s=PHOTOS_PER_S))
        for _ in range(KILLS):
            await asyncio.sleep(random.uniform(0.5, 2.0))
            killed = random.choice(services)
            starts = len(killed.log("started"))
            await killed.kill()
            await killed.start()
            await until(lambda: len(killed.log("started")) > starts)  # noqa: B023
        await sending
        await crowd.answered()
        torn = {line["update_id"] for service in services for line in service.log("sent again, maybe twice")}
        twice = {sent.update_id for sent in crowd.twice()}
        shares = [len(service.log("labelled")) for service in services]
        for service in services:
            assert await service.stop() == 0
        out_of_order = chats_out_of_order(crowd)
    latencies_s = sorted(sent.answered_s - sent.sent_s for sent in crowd.sent)
    sys.stdout.write(
        f"\n{PHOTOS} photos in {CHATS} chats, {KILLS} kills of two replicas: all answered, {len(twice)} twice of "
        f"{len(torn)} of unknown fate, {len(out_of_order)} chats out of order; photos by replica: {shares}; "
        f"p50 {percentile(latencies_s, 50):.2f} s, p95 {percentile(latencies_s, 95):.2f} s\n"
    )
    assert twice <= torn
    assert not out_of_order


async def test_broken_connections_to_the_database_lose_no_photo_and_end_no_replica(
    tmp_path: Path, settings: dict[str, str], postgresql_server: Postgresql
) -> None:
    port, *ports = (unused_port() for _ in range(3))
    settings |= {"LABELBOT_WEBHOOK_URL": f"http://127.0.0.1:{port}/telegram"}
    photos = [picture(seed) for seed in range(20)]
    async with (
        LocalChatServer() as server,
        balancer(port, ports),
        replicas(server, tmp_path, settings, *ports) as services,
    ):
        for photo in photos:
            await server.simulation.prepare_photo(photo)
        crowd = Crowd(server.simulation, 5)
        sending = asyncio.create_task(crowd.send(photos, per_s=8))
        for _ in range(5):
            await asyncio.sleep(random.uniform(0.2, 0.6))
            async with postgresql_server.out_of_reach():
                pass
        await sending
        await crowd.answered()
        assert not crowd.twice()
        assert not chats_out_of_order(crowd)
        for service in services:
            assert not service.log("took over from a replica that is gone")
            assert await service.stop() == 0


def chats_out_of_order(crowd: Crowd) -> set[int]:
    """The chats in which a photo got its first answer before a photo that was sent earlier."""
    answers: defaultdict[int, list[int]] = defaultdict(list)
    for sent in crowd.sent:
        answers[sent.message["chat"]["id"]].append(min(answer["message_id"] for answer in crowd.answers(sent)))
    return {chat_id for chat_id, first in answers.items() if first != sorted(first)}


async def test_a_leader_that_was_paused_writes_nothing_and_ends(tmp_path: Path, settings: dict[str, str]) -> None:
    async with LocalChatServer() as server, replicas(server, tmp_path, settings) as services:
        sim = server.simulation
        server.faults.add(Delay(1.0), method=DOWNLOAD)
        photo = sim.send_photo(sim.private, sim.alice, picture(1))
        await sim.wait_for(lambda: any(call.method == DOWNLOAD for call in sim.calls), ANSWER_TIMEOUT_S)
        paused = leader_of(services)
        paused.process.send_signal(signal.SIGSTOP)
        await sim.wait_for_reply(photo, ANSWER_TIMEOUT_S)
        [other] = [service for service in services if service is not paused]
        paused.process.send_signal(signal.SIGCONT)
        assert await asyncio.wait_for(paused.process.wait(), ANSWER_TIMEOUT_S) == 1
        last = (paused.home / "log").read_text().splitlines()[-1]
        assert last.startswith("labelbot: Another replica has taken over the work of this one")
        assert len(sim.replies(photo)) == 1
        assert other.log(LEADS)
        assert await other.stop() == 0


async def asked(port: int, path: str) -> tuple[int, str]:
    """Ask a replica's web server; return the status and the text."""
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as response:
        return response.status, await response.text()


async def test_a_restart_of_each_replica_leaves_no_gap(tmp_path: Path, settings: dict[str, str]) -> None:
    """Prints how long photos wait that are sent while the leader is asked to stop."""
    waits_s = []
    ports = [unused_port(), unused_port()]
    async with LocalChatServer() as server, replicas(server, tmp_path, settings, *ports) as services:
        sim = server.simulation
        assert {await asked(port, "/healthz") for port in ports} == {(200, "ok (leader)\n"), (200, "ok (standby)\n")}
        assert [(await asked(port, "/readyz"))[0] for port in ports] == [200, 200]
        for number in range(2):
            leader = leader_of(services)
            photo = picture(number)
            await sim.prepare_photo(photo)
            leader.process.send_signal(signal.SIGTERM)
            start_s = time.monotonic()
            await sim.wait_for_reply(sim.send_photo(sim.private, sim.alice, photo), ANSWER_TIMEOUT_S)
            waits_s.append(time.monotonic() - start_s)
            assert await leader.process.wait() == 0
            starts = len(leader.log("started"))
            await leader.start()
            await until(lambda: len(leader.log("started")) > starts)  # noqa: B023
        for service in services:
            assert await service.stop() == 0
    sys.stdout.write(f"\nrestarts of the leader: the next photo is answered after {max(waits_s):.2f} s at worst\n")
