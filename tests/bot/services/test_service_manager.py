"""What systemd is told, at a socket such as its own."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.localchat.server import LocalChatServer
from bot.services.service_manager import ALIVE, READY, ServiceManager
from tests.support.service import Service


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bound:
        bound.bind(str(tmp_path / "notify"))
        bound.settimeout(60)
        yield bound


def test_a_state_arrives_at_the_socket_in_the_environment(tmp_path: Path, listening: socket.socket) -> None:
    environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "OTHER": "kept"}
    ServiceManager.from_environment(environment).notify(READY)
    assert listening.recv(100) == b"READY=1"
    assert environment == {"OTHER": "kept"}


def test_a_name_in_the_abstract_space_works_too() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bound:
        bound.bind(f"\0labelbot-test-{os.getpid()}")
        ServiceManager(f"@labelbot-test-{os.getpid()}").notify(READY)
        assert bound.recv(100) == b"READY=1"


def test_without_systemd_or_its_socket_nothing_happens(tmp_path: Path) -> None:
    ServiceManager.from_environment({}).notify(READY)
    with capture_logs() as logs:
        ServiceManager(str(tmp_path / "missing")).notify(READY)
    assert [line["reason"] for line in logs] == ["No such file or directory"]


async def test_signs_of_life_are_given_only_while_updates_arrive(tmp_path: Path, listening: socket.socket) -> None:
    receiving = [True, False, False, True]
    given: list[bool] = []

    def receives() -> bool:
        given.append(receiving[len(given)])
        return given[-1]

    manager = ServiceManager.from_environment(
        {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "10000", "WATCHDOG_PID": str(os.getpid())}
    )
    with pytest.raises(IndexError):
        await manager.give_signs_of_life(receives)
    assert [listening.recv(100) for _ in range(2)] == [ALIVE.encode()] * 2
    listening.setblocking(False)
    with pytest.raises(BlockingIOError):
        listening.recv(100)


@pytest.mark.parametrize("variables", [{}, {"WATCHDOG_USEC": "0"}, {"WATCHDOG_USEC": "9", "WATCHDOG_PID": "1"}])
async def test_without_a_limit_no_signs_are_given(variables: dict[str, str]) -> None:
    await ServiceManager.from_environment(dict(variables)).give_signs_of_life(lambda: True)


@pytest.mark.slow
async def test_the_program_tells_that_it_is_ready_lives_and_stops(tmp_path: Path, listening: socket.socket) -> None:
    variables = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "200000"}
    async with LocalChatServer() as server, Service.running(server, tmp_path, **variables) as service:
        states = [await asyncio.to_thread(listening.recv, 100) for _ in range(4)]
        assert states == [b"READY=1", *[b"WATCHDOG=1"] * 3]
        assert await service.stop() == 0
    listening.setblocking(False)
    left: list[bytes] = []
    while not left or left[-1] != b"STOPPING=1":
        left.append(listening.recv(100))
    assert set(left[:-1]) <= {b"WATCHDOG=1"}
