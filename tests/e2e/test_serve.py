"""`labelbot serve` as a process: it labels, answers what it has accepted at its end, and reports faults in words."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from bot.sample import sample
from inference import ModelStore
from tests.support.colour_models import install_colours
from tests.support.logs import restored_logging
from tests.support.program import Program

PROGRAM = Path(sys.executable).with_name("labelbot")


@pytest.fixture(autouse=True)
def _logs() -> Iterator[None]:
    with restored_logging():
        yield


@asynccontextmanager
async def serving(home: Path, *options: str, **settings: str) -> AsyncIterator[tuple[Process, str]]:
    """Run the program; return its process and its address."""
    environment = {**os.environ, "LABELBOT_HOME": str(home), "LABELBOT_WORKERS": "1", **settings}
    command: list[str | Path] = [PROGRAM, "serve", "--listen", "127.0.0.1:0", *options]
    process = await asyncio.create_subprocess_exec(*command, env=environment, cwd=home, stdout=PIPE, stderr=PIPE)
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), 120)).decode()
        yield process, line.split()[-1].rstrip("/")
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.mark.slow
async def test_a_request_that_was_accepted_is_answered_after_sigterm(tmp_path: Path) -> None:
    install_colours(ModelStore(tmp_path), tmp_path, "slow", side=1500)
    async with (
        serving(tmp_path, "--model", "slow") as (process, url),
        aiohttp.ClientSession(url, headers={"Content-Type": "image/jpeg"}) as http,
    ):
        async with http.get("/readyz") as ready:
            assert ready.status == 200
        accepted = [asyncio.create_task(http.post("/v1/label", data=sample().read_bytes())) for _ in range(2)]
        while True:
            async with http.get("/metrics") as answer:
                if 'labelbot_pool_images{state="in_flight"} 1.0' in await answer.text():
                    break
        process.send_signal(signal.SIGTERM)
        assert [answer.status for answer in await asyncio.gather(*accepted)] == [200, 200]
        assert await asyncio.wait_for(process.wait(), 60) == 0


@pytest.mark.parametrize(
    ("arguments", "settings", "words"),
    [
        (["--listen", "0.0.0.0:0"], {}, "would let other machines reach"),
        (["--listen", "0.0.0.0:0"], {"LABELBOT_WEBHOOK_URL": "https://bot.example/"}, "there are no keys"),
        (["--listen", "somewhere"], {}, "expected HOST:PORT"),
        (["--model", "none"], {}, "no model named 'none' is installed"),
        ([], {"LABELBOT_API_KEYS_FILE": "none.toml"}, "none.toml cannot be read: No such file"),
    ],
)
def test_what_it_cannot_start_with_is_one_sentence(
    program: Program, monkeypatch: pytest.MonkeyPatch, arguments: list[str], settings: dict[str, str], words: str
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    outcome = program("serve", *arguments)
    assert outcome.status in (1, 2)
    assert words in outcome.err
    assert "Traceback" not in outcome.err


def test_keys_are_added_listed_and_removed(program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LABELBOT_API_KEYS_FILE", str(tmp_path / "keys.toml"))
    absent = program("keys", "add", "birder", "--model", "birds", "--model", "starter")
    assert absent.err == "labelbot: no model named 'birds' is installed; the key may use it once it is\n"
    program("keys", "remove", "birder")
    key = program("keys", "add", "library", "--images-per-minute", "60", "--model", "starter").out.strip()
    assert key.startswith("labelbot_")
    listed = program("keys", "list").out
    assert listed == "library: starter, 60 images a minute\n"
    assert key not in (tmp_path / "keys.toml").read_text()
    assert program("keys", "remove", "library").out == "removed library\n"
    assert program("keys", "remove", "library").status == 1
    monkeypatch.delenv("LABELBOT_API_KEYS_FILE")
    assert "LABELBOT_API_KEYS_FILE" in program("keys", "list").err
