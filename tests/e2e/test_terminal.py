"""The program on a terminal: nothing that others named steers it, and nothing secret shows."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.pictures import picture

PROGRAM = Path(sys.executable).with_name("labelbot")
SECRET = "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0"
TOKEN = f"4839574812:{SECRET}"
EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egpj"
# What Rich and structlog write: colours, the cursor, lines; never a title or a whole screen.
DRAWING = re.compile(r"\x1b\[[0-9;?]*[A-HKfhlm]|\r")


def on_a_terminal(home: Path, *arguments: str | Path, until: str | None = None, **variables: str) -> tuple[int, str]:
    """Run the program with a terminal for stdout and stderr; return its exit status and all that it wrote.

    Args:
        home: home of the program.
        arguments: arguments of the program.
        until: text after which the program is stopped; None if it ends by itself.
        variables: environment variables of the program.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LABELBOT_")}
    ours, theirs = pty.openpty()
    command = [PROGRAM, *arguments]
    environment = kept | {"LABELBOT_HOME": str(home), "TERM": "xterm-256color", "COLUMNS": "200"} | variables
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env=environment, cwd=home
    ) as process:
        os.close(theirs)
        written = bytearray()
        while chunk := _read(ours):
            written += chunk
            if until is not None and until.encode() in written:
                process.terminate()
                until = None
        os.close(ours)
        return process.wait(60), written.decode(errors="surrogateescape")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # Linux's word for the end
        return b""


def steering(written: str) -> list[str]:
    """What steers a terminal in a text, but for what libraries draw with."""
    return re.findall(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", DRAWING.sub("", written))


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.slow
def test_names_of_files_are_shown_and_steer_nothing(tmp_path: Path, number: int) -> None:
    files = [tmp_path / f"{EVIL}{each}.jpg" for each in range(number)]
    for seed, file in enumerate(files):
        file.write_bytes(picture(seed))
    missing, broken = tmp_path / f"{EVIL}missing.jpg", tmp_path / f"{EVIL}broken.jpg"
    broken.write_bytes(b"no image")
    status, written = on_a_terminal(tmp_path, "label", *files, missing, broken)
    assert status == 1
    assert steering(written) == []
    assert "\\x1b]0;owned\\x07\\x1b[2J\\x9b31m\\u202egpj" in written
    assert written.count("score = ") == 5 * number


def test_what_is_typed_wrongly_is_told_and_steers_nothing(tmp_path: Path) -> None:
    for arguments in (("label", "--model", EVIL, "a.jpg"), ("models", "show", EVIL), (EVIL,), ("label", f"--{EVIL}")):
        status, written = on_a_terminal(tmp_path, *arguments)
        assert status in (1, 2)
        assert steering(written) == []
        assert "\\x1b" in written


@pytest.mark.slow
def test_a_conversation_steers_nothing(tmp_path: Path) -> None:
    photo = tmp_path / f"{EVIL}.jpg"
    photo.write_bytes(picture(1))
    status, written = on_a_terminal(tmp_path, "try", "--once", photo)
    assert status == 0
    assert steering(written) == []
    assert "\\x1b]0;owned" in written


@pytest.mark.slow
def test_a_token_that_was_pasted_elsewhere_shows_nowhere(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:9/file/bot{TOKEN}/photos/1.jpg"
    runs = [
        on_a_terminal(tmp_path, "label", url),
        on_a_terminal(tmp_path, "label", "--allow-private", url, url),
        on_a_terminal(tmp_path, "label", "--model", TOKEN, "a.jpg"),
        on_a_terminal(tmp_path, "models", "pull", TOKEN),
        on_a_terminal(tmp_path, "run", LABELBOT_TOKEN=TOKEN, LABELBOT_WORKERS=TOKEN),
        on_a_terminal(tmp_path, "run", LABELBOT_TOKEN=f"{TOKEN} {TOKEN}"),
        on_a_terminal(tmp_path, "run", LABELBOT_TOKEN_FILE=f"/{TOKEN}"),
        on_a_terminal(tmp_path, "migrate", LABELBOT_DATABASE_URL="postgresql://bot:hunter2@127.0.0.1:9/x"),
        on_a_terminal(tmp_path, TOKEN),
    ]
    waiting = on_a_terminal(
        tmp_path,
        "run",
        until="[token]",
        LABELBOT_TOKEN=TOKEN,
        LABELBOT_API_URL=f"http://127.0.0.1:9/bot{TOKEN}",
    )
    assert waiting[0] == 0, "it waits for the Bot API until it is stopped"
    assert all(status != 0 for status, _ in runs)
    for _, written in [*runs, waiting]:
        assert SECRET not in written
        assert "hunter2" not in written
        assert steering(written) == []


@pytest.mark.slow
def test_the_doctor_shows_neither(tmp_path: Path) -> None:
    variables = {
        "LABELBOT_TOKEN": TOKEN,
        "LABELBOT_API_URL": f"http://me:hunter2@127.0.0.1:9/bot{TOKEN}",
        "LABELBOT_MODEL": f"{EVIL}{TOKEN}",
        "LABELBOT_WORKERS": TOKEN,
    }
    _, written = on_a_terminal(tmp_path, "doctor", **variables)
    _, as_json = on_a_terminal(tmp_path, "doctor", "--json", **variables)
    for text in (written, as_json):
        assert steering(text) == []
        assert SECRET not in text
        assert "hunter2" not in text
    details = [json.loads(line)["detail"] for line in as_json.splitlines()]
    assert any("[token]" in detail for detail in details)
    assert "[token]" in written


def test_a_traceback_shows_neither(tmp_path: Path) -> None:
    code = f"import sys; from bot import cli; cli.build_app = lambda: lambda: int({EVIL + TOKEN!r}); cli.main()"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    last = ended.stderr.strip().splitlines()[-1]
    assert last.startswith("ValueError: invalid literal for int()")
    assert SECRET not in last
    assert steering(last) == []
