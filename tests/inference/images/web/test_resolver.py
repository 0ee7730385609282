"""Host names that never resolve: they delay neither the program's other work nor its exit."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from inference.errors import DownloadError
from inference.images.web.download import EndpointGuard, download_through
from inference.images.web.resolver import Resolver
from tests.support.processes import HANG_S, until


class DeadNames:
    """A system's resolver of which names under `.dead` never hear anything, until they are let go."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.let_go = threading.Event()

    def __call__(self, host: str, *args: Any, **options: Any) -> list[Any]:
        self.asked.append(host)
        if host.endswith(".dead"):
            self.let_go.wait(HANG_S)
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return socket.getaddrinfo("127.0.0.1", *args, **options)


@pytest.fixture
def names() -> Iterator[DeadNames]:
    names = DeadNames()
    yield names
    names.let_go.set()


async def test_a_name_of_this_machine_is_resolved() -> None:
    (found, *_) = await Resolver().resolve("localhost", 80)
    assert (found["hostname"], found["host"], found["port"]) == ("localhost", "127.0.0.1", 80)
    assert found["family"] == socket.AF_INET


async def test_an_unknown_name_is_the_systems_error() -> None:
    with pytest.raises(OSError, match=r"."):
        await Resolver().resolve("no-such-name.invalid")


async def test_an_address_of_a_link_keeps_its_interface() -> None:
    def look_up(*args: Any, **options: Any) -> list[Any]:
        return [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("fe80::1", 80, 0, 2))]

    (found,) = await Resolver(look_up).resolve("here.local", 80, socket.AF_INET6)
    assert found["host"] == "fe80::1%2"


async def test_names_that_never_resolve_hold_up_no_other_name_and_no_thread_of_the_loop(names: DeadNames) -> None:
    resolver = Resolver(names, max_lookups=40)
    waiting = [asyncio.create_task(resolver.resolve(f"{number}.dead")) for number in range(30)]
    await until(lambda: len(names.asked) == 30)
    async with asyncio.timeout(HANG_S):
        assert await resolver.resolve("alive.example", 80)
        # The loop's own threads must stay free, for example for waiting for a dead worker.
        await asyncio.gather(*(asyncio.to_thread(int) for _ in range(50)))
    for task in waiting:
        task.cancel()
    await asyncio.wait(waiting)


async def test_a_lookup_that_nobody_waits_for_any_more_keeps_its_place_until_it_ends(names: DeadNames) -> None:
    resolver = Resolver(names, max_lookups=2)
    given_up = [asyncio.create_task(resolver.resolve(f"{number}.dead")) for number in range(2)]
    await until(lambda: len(names.asked) == 2)
    for task in given_up:
        task.cancel()
    await asyncio.gather(*given_up, return_exceptions=True)
    later = asyncio.create_task(resolver.resolve("alive.example", 80))
    for _ in range(10):
        await asyncio.sleep(0)
    assert len(names.asked) == 2
    names.let_go.set()
    assert await later


async def download_from_nowhere(*, timeout_s: float, resolver: Resolver) -> bytes:
    guard = EndpointGuard(lambda *_: True)
    return await download_through(
        guard, "http://never.dead/a.png", max_bytes=1000, timeout_s=timeout_s, resolver=resolver
    )


async def test_a_link_whose_name_never_resolves_ends_with_its_time(names: DeadNames) -> None:
    with pytest.raises(DownloadError, match=r"no complete answer within 0\.1 s"):
        await download_from_nowhere(timeout_s=0.1, resolver=Resolver(names))


def test_a_program_ends_though_a_name_never_resolved() -> None:
    program = """
import asyncio, socket, time
from inference.images.web.download import download_image
from inference.errors import DownloadError

socket.getaddrinfo = lambda *arguments, **options: time.sleep(10_000)

async def main():
    try:
        await download_image("http://never.dead/", timeout_s=0.1)
    except DownloadError as error:
        print(error)

asyncio.run(main())
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=HANG_S, check=True, cwd="."
    )
    assert "no complete answer within 0.1 s" in ended.stdout
