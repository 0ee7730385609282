"""Links whose names never resolve, while a real bot goes on: see also tests/inference/images/web/test_resolver.py."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.support.client import connected_client
from tests.support.pictures import picture
from tests.support.processes import children, until

# Run by each process at its start: the system says nothing of names under `.dead`.
HANGING_NAMES = """
import socket, time

look_up = socket.getaddrinfo

def hang(host, *arguments, **options):
    if str(host).endswith(".dead"):
        time.sleep(10_000)
    return look_up(host, *arguments, **options)

socket.getaddrinfo = hang
"""


async def test_a_dead_worker_is_replaced_though_many_names_never_resolve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(HANGING_NAMES)
    monkeypatch.syspath_prepend(tmp_path)
    async with connected_client(tmp_path / "home", stop_timeout_s=0.1) as client:
        before = children()
        for number in range(10):
            chat, person = client.newcomer()
            client.sim.send_text(chat, person, f"http://{number}.dead/cat.jpg")
        # More than the event loop has threads on a machine with two cores.
        await until(lambda: len(children() - before) >= 7)
        (worker,) = client.bot.pool.worker_pids()
        os.kill(worker, signal.SIGKILL)
        chat, person = client.newcomer()
        assert "%" in await client.text_after(client.sim.send_photo(chat, person, picture(1)))
        assert len(children() - before) >= 7
    assert not children()
