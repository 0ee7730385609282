"""The log of a bot of which everything fails that can: it says so, and nothing about the people."""

from __future__ import annotations

import io
import json
import logging
import os
import signal
import sqlite3
import sys
from functools import partial
from pathlib import Path

import pytest

from bot import logs
from bot.domain.callback_data import MORE, button_data
from bot.localchat.faults import DOWNLOAD, Answer, Cut, Effect, NotFound, ServerError
from bot.storage import durable
from tests.support.client import Client, connected_client
from tests.support.logs import reset_logs
from tests.support.pictures import picture
from tests.support.processes import until

NAME, CAPTION, TITLE, TEXT = "Zebediah", "my hidden garden", "The Conspirators", "https://127.0.0.1/a-secret-place.jpg"
FAULTS: tuple[tuple[str, Effect], ...] = (
    ("getFile", ServerError(502)),
    ("getFile", NotFound()),
    (DOWNLOAD, NotFound()),
    (DOWNLOAD, Cut(after_effect=False)),
    ("sendMessage", ServerError(500)),
    ("sendMessage", Cut(after_effect=True)),
    ("sendMessage", Answer(f"<html>{CAPTION}".encode())),
    ("sendMessage", Answer(f'{{"ok": true, "result": {{"text": "{CAPTION}"}}}}'.encode())),
    ("getFile", Answer(f'{{"ok": true, "result": "{CAPTION}"}}'.encode())),
    ("getUpdates", Answer(f'{{"ok": true, "result": [{{"message": {{"text": "{CAPTION}"'.encode())),
    ("getUpdates", Answer(f'{{"ok": true, "result": [{{"message": {{"text": "{CAPTION}"}}}}]}}'.encode())),
    ("getUpdates", Answer(f"<html>{CAPTION}".encode(), 404)),
    ("sendChatAction", ServerError(500)),
    ("getUpdates", ServerError(500)),
)


async def test_the_log_tells_what_failed_and_nothing_about_people(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durable, "PATIENCE_S", 1.0)
    stream = io.StringIO()
    root = logging.getLogger()
    handlers, level, hook = root.handlers[:], root.level, sys.excepthook
    try:
        async with connected_client(tmp_path) as client:
            logs.configure(client.server.token, stream)
            await let_all_fail(client, tmp_path)
            secret = client.server.token.partition(":")[2]
    finally:
        root.handlers[:], root.level, sys.excepthook = handlers, level, hook
        reset_logs()
    written = stream.getvalue()
    events = [json.loads(line) for line in written.splitlines()]
    told = {event["event"] for event in events}
    assert told >= {
        "file unavailable",
        "not labelled",
        "a message is sent again",
        "an answer has buttons that do nothing",
        "polling failed",
        "sent, and nothing more is known of it",
        "unexpected error",
        "update left out",
        "labelled",
    }
    for private in (NAME, CAPTION, TITLE, TEXT, "a-secret-place", "secret_file", secret):
        assert private not in written
    labelled = next(event for event in events if event["event"] == "labelled")
    assert labelled.keys() >= {"update_id", "chat", "model", "total_ms"}


async def let_all_fail(client: Client, home: Path) -> None:
    sim = client.sim
    ask = f"@{sim.bot.username} {CAPTION}"
    for seed, (method, effect) in enumerate(FAULTS):
        person = sim.add_user(NAME)
        chat, group = sim.add_private_chat(person), sim.add_group(TITLE, creator=person)
        fault = client.server.faults.add(effect, method=method)
        sim.send_photo(chat, person, picture(seed), caption=CAPTION)
        sim.send_photo(group, person, picture(seed), caption=ask)
        await until(partial(getattr, fault, "hits"))
        client.server.faults.remove(fault)
    sim.send_text(chat, person, TEXT)
    sim.send_document(chat, person, b"no image", file_name="secret_file.jpg", mime_type="image/jpeg", caption=CAPTION)
    for pid in client.bot.pool.worker_pids():
        os.kill(pid, signal.SIGKILL)
    sim.send_photo(chat, person, picture(50), caption=CAPTION)
    await client.said_in(chat)
    with sqlite3.connect(home / "labelbot.sqlite3") as database:
        database.execute("DROP TABLE answers")
    asked = sim.send_photo(group, person, picture(60), caption=ask)
    answer = await client.reply_to(asked)
    data = button_data(MORE)
    query = {"id": "1", "from": person.to_api(), "message": answer, "chat_instance": "1", "data": data}
    sim.store.updates.add("callback_query", query)
    await client.said_in(group)
