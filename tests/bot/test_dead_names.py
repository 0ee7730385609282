"""Links whose names never resolve, while a real bot goes on: see also tests/inference/test_resolver.py."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.conversation import ANSWER_TIMEOUT_S, conversation
from tests.support.pictures import picture
from tests.support.processes import until


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names under `.dead` that were asked for; the system says nothing of them before the test ends."""
    look_up, let_go, asked = socket.getaddrinfo, threading.Event(), []

    def hang(host: Any, *args: Any, **options: Any) -> Any:
        if str(host).endswith(".dead"):
            asked.append(str(host))
            let_go.wait(2 * ANSWER_TIMEOUT_S)
        return look_up(host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    yield asked
    let_go.set()


async def test_a_dead_worker_is_replaced_though_many_names_never_resolve(asked: list[str], tmp_path: Path) -> None:
    async with conversation(tmp_path, stop_timeout_s=0.1) as talk:
        for number in range(10):
            chat, person = talk.newcomer()
            talk.world.send_text(chat, person, f"http://{number}.dead/cat.jpg")
        # More than the event loop has threads on a machine with two cores.
        await until(lambda: len(asked) >= 7)
        (worker,) = talk.bot.pool.worker_pids()
        os.kill(worker, signal.SIGKILL)
        chat, person = talk.newcomer()
        assert "%" in await talk.text_after(talk.world.send_photo(chat, person, picture(1)))
