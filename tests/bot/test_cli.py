from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

import inference
from bot.config import load_settings
from tests.support.program import Outcome, Program

STARTER = Path(inference.__file__).parent / "starter"


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_names_every_command(program: Program, option: str) -> None:
    shown = program(option)
    assert shown.status == 0
    commands = {line.split()[0] for line in shown.out.partition("Commands:")[2].splitlines() if line}
    ours = {"try", "run", "migrate", "doctor", "benchmark"}
    assert commands == ours | {"label", "models", "evaluate", "export", "records", "retrain", "train"}


def test_the_version_is_that_of_the_package(program: Program) -> None:
    from importlib.metadata import version

    assert program("--version") == Outcome(0, f"labelbot {version('labelbot')}\n", "")


@pytest.mark.parametrize("arguments", [["nonsense"], ["--nonsense"], ["label"], ["try", "--port", "70000"]])
def test_what_is_no_command_is_a_usage_error(program: Program, arguments: list[str]) -> None:
    refused = program(*arguments)
    assert (refused.status, refused.out) == (2, "")
    assert "Error: " in refused.err


def test_help_loads_nothing_that_is_slow_to_import() -> None:
    script = "import sys\nfrom bot.cli import main\ntry: main()\nexcept SystemExit: print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", script, "--help"], capture_output=True, text=True, check=True)
    loaded = set(run.stdout.splitlines()[-1].split())
    assert "typer" in loaded
    assert not {"numpy", "PIL", "rich", "pydantic", "telegram", "aiohttp", "sqlalchemy", "tensorflow"} & loaded


def test_run_without_a_token_says_what_to_set(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LABELBOT_TOKEN", raising=False)
    refused = program("run")
    assert (refused.status, refused.out, refused.err.count("\n")) == (2, "", 1)
    assert "LABELBOT_TOKEN" in refused.err


@pytest.mark.parametrize("command", ["run", "migrate"])
def test_an_unusable_setting_is_named(program: Program, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setenv("LABELBOT_WORKERS", "many")
    refused = program(command)
    assert (refused.status, refused.out, refused.err.count("\n")) == (2, "", 1)
    assert "LABELBOT_WORKERS" in refused.err


def test_migrate_makes_the_database_and_is_content_with_it(program: Program) -> None:
    first = program("migrate")
    assert first.status == 0
    database = program.home / "labelbot.sqlite3"
    assert first.out.startswith(f"{database} is at revision ")
    assert program("migrate") == first
    with sqlite3.connect(database) as connection:
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    connection.close()
    assert first.out.split()[-1] == revision


def test_migrate_leaves_what_is_no_database(program: Program) -> None:
    database = program.home / "labelbot.sqlite3"
    program.home.mkdir()
    database.write_text("no database " * 100)
    refused = program("migrate")
    assert (refused.status, refused.out, refused.err.count("\n")) == (1, "", 1)
    assert str(database) in refused.err
    assert database.read_text() == "no database " * 100


def test_the_bot_looks_for_models_where_they_are_installed(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LABELBOT_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    program(
        "models", "install", STARTER / "model.tflite", "--labels", STARTER / "labels.txt", "--name", "copy",
        "--input-range=-1,1",
    )  # fmt: skip
    assert (load_settings().home / "models" / "copy" / "model.tflite").is_file()
