"""What the running bot writes to its log, and what it never does."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import logging
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import structlog
from telegram import Chat, Message, Update, User

from bot import logs
from tests.support.logs import reset_logs

TOKEN = "123456:AAE-the-secret"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def restored_logging() -> Iterator[None]:
    logs.current_update.set(None)
    # An earlier test may have left it on; pytest has restored how warnings are shown, which logging does not know.
    logging.captureWarnings(False)
    root = logging.getLogger()
    handlers, level, hook = root.handlers[:], root.level, sys.excepthook
    yield
    logging.captureWarnings(False)
    root.handlers[:], root.level, sys.excepthook = handlers, level, hook
    reset_logs()


def test_each_record_is_one_json_object_where_the_output_is_no_terminal() -> None:
    stream = io.StringIO()
    logs.configure(TOKEN, stream)
    with structlog.contextvars.bound_contextvars(update_id=7):
        structlog.get_logger().info("labelled", model="starter", total_ms=12.5)
    logging.getLogger("some.library").warning("%s broke", "it")
    with warnings.catch_warnings(action="always"):
        warnings.warn("it ages", DeprecationWarning, stacklevel=1)
    ours, theirs, warning = map(json.loads, stream.getvalue().splitlines())
    assert ours.items() >= {"event": "labelled", "level": "info", "update_id": 7, "total_ms": 12.5}.items()
    assert theirs["event"] == "it broke"
    assert "DeprecationWarning: it ages" in warning["event"]


def test_a_terminal_gets_lines_for_people() -> None:
    stream = Terminal()
    logs.configure(TOKEN, stream)
    structlog.get_logger().info("labelled", model="starter")
    assert "labelled" in stream.getvalue()
    assert not stream.getvalue().startswith("{")


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()], ids=["json", "terminal"])
def test_the_token_shows_neither_in_messages_nor_arguments_nor_tracebacks(stream: io.StringIO) -> None:
    logs.configure(TOKEN, stream)
    url = f"https://api.telegram.org/file/bot{TOKEN}/photos/1.jpg"
    logging.getLogger("library").warning("GET %s", url)
    structlog.get_logger().warning("polling failed", reason=url)
    try:
        try:
            raise ConnectionError(f"cannot reach {url}")
        except ConnectionError as error:
            raise RuntimeError("no photo") from error
    except RuntimeError:
        structlog.get_logger().exception("unexpected error", reference="1f")
        logging.getLogger("library").exception("again")
    written = stream.getvalue()
    assert "AAE-the-secret" not in written
    assert written.count("[token]") >= 4
    assert "ConnectionError" in written


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()], ids=["json", "terminal"])
def test_a_traceback_shows_no_values_of_variables(stream: io.StringIO) -> None:
    logs.configure(TOKEN, stream)
    caption = "my " + "secret garden"
    try:
        raise ValueError(len(caption))
    except ValueError:
        structlog.get_logger().exception("unexpected error")
    assert "ValueError" in stream.getvalue()
    assert "secret garden" not in stream.getvalue()


ANN = User(7, "Ann", is_bot=False, last_name="Secretive", username="ann_s")
MESSAGE = Message(1, datetime.now(UTC), Chat(7, Chat.PRIVATE), from_user=ANN, caption="my (hidden) garden")
CAPTION = Update(1, MESSAGE).to_dict()


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()], ids=["json", "terminal"])
def test_an_error_does_not_tell_what_somebody_wrote_or_is_called(stream: io.StringIO) -> None:
    logs.configure(TOKEN, stream)
    logs.current_update.set(CAPTION)
    try:
        raise ValueError("Ann wrote: my (hidden) garden; Annual figures")
    except ValueError:
        structlog.get_logger().exception("unexpected error")
        logging.getLogger("library").exception("by %s", "Secretive")
    structlog.get_logger().info("a call failed", reason="no user ann_s")
    written = stream.getvalue()
    assert not re.search(r"\bAnn\b|Secretive|ann_s|hidden", written)
    assert "[private] wrote: [private]; Annual figures" in written
    assert written.count("ValueError") >= 2


async def test_an_error_that_nobody_waited_for_is_told_by_its_kind_and_place_alone() -> None:
    stream = io.StringIO()
    logs.configure(TOKEN, stream)

    words = "my hidden garden"

    async def fail() -> None:
        raise ValueError(words)

    task = asyncio.create_task(fail())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task
    gc.collect()
    (told,) = map(json.loads, stream.getvalue().splitlines())
    assert told["event"] == "Task exception was never retrieved"
    assert "in fail" in told["exception"]
    assert told["exception"].endswith("ValueError")
    assert words not in stream.getvalue()


def test_libraries_that_tell_every_request_or_update_are_quiet() -> None:
    stream = io.StringIO()
    logs.configure(TOKEN, stream)
    for name in ("httpx", "telegram.ext.Application", "telegram.Bot", "sqlalchemy.engine", "alembic.runtime.migration"):
        logging.getLogger(name).info("what somebody wrote")
    assert stream.getvalue() == ""


def test_the_error_that_ends_the_process_is_logged_without_the_token() -> None:
    code = f"from bot import logs; logs.configure({TOKEN!r}); raise RuntimeError('reach bot{TOKEN}/getMe')"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ})
    assert ended.returncode == 1
    assert "RuntimeError: reach bot123456:[token]/getMe" in json.loads(ended.stderr)["exception"]
    assert "AAE-the-secret" not in ended.stderr.replace(code, "")


EVIL = "\x1b]0;owned\x07\x9b2J\u202egpj"
PASTED = "4839574812:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0"


def log_what_others_wrote(text: str) -> None:
    structlog.get_logger().warning("polling failed", reason=text, reasons=[text], error=OSError(text))
    logging.getLogger("library").warning("broke: %s", text)
    try:
        raise RuntimeError(text)
    except RuntimeError:
        structlog.get_logger().exception("unexpected error")


def test_a_terminal_is_steered_by_nothing_that_others_wrote() -> None:
    stream = Terminal()
    logs.configure(TOKEN, stream)
    log_what_others_wrote(EVIL)
    written = re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue())
    assert written.count("owned") == 5
    assert re.findall(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", written) == []


def test_the_log_of_programs_holds_no_control_characters_either() -> None:
    stream = io.StringIO()
    logs.configure(TOKEN, stream)
    log_what_others_wrote(EVIL)
    assert stream.getvalue().isascii()
    assert re.findall(r"[\x00-\x09\x0b-\x1f\x7f]", stream.getvalue()) == []
    assert json.loads(stream.getvalue().splitlines()[0])["reason"] == EVIL


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()], ids=["json", "terminal"])
def test_tokens_of_other_bots_and_passwords_do_not_show(stream: io.StringIO) -> None:
    logs.configure(TOKEN, stream)
    log_what_others_wrote(f"https://api.telegram.org/bot{PASTED}/getMe")
    log_what_others_wrote("http://me:hunter2@proxy:3128 refused")
    assert PASTED.partition(":")[2] not in stream.getvalue()
    assert "hunter2" not in stream.getvalue()
    assert stream.getvalue().count("[token]") >= 5
