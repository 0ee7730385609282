from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

import inference
from bot.commands import bot_process
from bot.config import Settings, load_settings
from bot.storage.database_url import sqlite_url
from bot.storage.migrate import migrate
from inference import ModelStore
from tests.support.program import Outcome, Program

STARTER = Path(inference.__file__).parent / "models" / "starter"


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_names_every_command(program: Program, option: str) -> None:
    shown = program(option)
    assert shown.status == 0
    commands = {line.split()[0] for line in shown.out.partition("Commands:")[2].splitlines() if line}
    ours = {"try", "run", "migrate", "backup", "restore", "config", "doctor", "healthcheck", "deploy"}
    ours |= {"benchmark", "serve", "mcp", "keys", "stats", "taught"}
    assert commands == ours | {"label", "models", "evaluate", "export", "records", "retrain", "teach", "train"}


@pytest.mark.parametrize("command", ["try", "label", "retrain", "models install", "keys add", "taught export"])
def test_help_names_types_in_plain_words(program: Program, command: str) -> None:
    shown = program(*command.split(), "--help").out
    assert [kind for kind in re.findall(r"<[^<>]*>", shown) if "|" not in kind] == []
    assert "--home PATH" in shown or "--home" not in shown


def test_the_help_of_try_tells_of_its_photos(program: Program) -> None:
    assert "by default two sample photos" in " ".join(program("try", "-h").out.split())


@pytest.mark.parametrize("group", [[], ["models"]])
def test_help_cuts_no_summary(program: Program, group: list[str]) -> None:
    commands = program(*group, "-h").out.partition("Commands:")[2]
    assert "pull " in commands or "try " in commands
    assert "..." not in commands


def test_the_version_is_that_of_the_package(program: Program) -> None:
    from importlib.metadata import version

    assert program("--version") == Outcome(0, f"labelbot {version('labelbot')}\n", "")


@pytest.mark.parametrize("arguments", [["nonsense"], ["--nonsense"], ["label"], ["try", "--port", "70000"]])
def test_what_is_no_command_is_a_usage_error(program: Program, arguments: list[str]) -> None:
    refused = program(*arguments)
    assert (refused.status, refused.out) == (2, "")
    assert "Error: " in refused.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["label", "a.jpg", "--top", "x"], "expected a whole number. Received: 'x'"),
        (["label", "a.jpg", "--top", "0"], "expected at least 1. Received: '0'"),
        (["label", "a.jpg", "--min-score", "2"], "expected at most 1. Received: '2'"),
        (["label", "a.jpg", "--min-score", "x"], "expected a number. Received: 'x'"),
        (["try", "--port", "70000"], "expected at most 65535. Received: '70000'"),
        (["evaluate", "data", "--split", "x"], "'x' is not one of 'train', 'validation', 'test', 'all'"),
    ],
)
def test_an_option_that_cannot_be_used_is_told_in_plain_words(
    program: Program, arguments: list[str], said: str
) -> None:
    assert program(*arguments).err.splitlines()[-1].endswith(f": {said}")


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


@pytest.fixture
def started(program: Program, monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The settings of each bot that `labelbot run` would have started."""
    settings: list[Settings] = []
    monkeypatch.setattr(bot_process, "run_bot", settings.append)
    monkeypatch.setenv("LABELBOT_TOKEN", "1:x")
    return settings


@pytest.mark.parametrize(("options", "auto_pull"), [([], True), (["--no-pull"], False)])
def test_no_pull_turns_the_pull_in_the_background_off_as_well(
    program: Program, started: list[Settings], options: list[str], auto_pull: bool
) -> None:
    assert program("run", *options) == Outcome(0, "", "")
    assert [settings.auto_pull for settings in started] == [auto_pull]


def test_an_empty_name_of_a_model_counts_as_not_given(program: Program, started: list[Settings]) -> None:
    ModelStore(program.home).set_default("starter")
    assert program("run", "--model", "") == Outcome(0, "", "")
    assert [settings.model for settings in started] == ["starter"]


def test_a_name_that_is_no_text_is_told_in_one_line(
    program: Program, started: list[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABELBOT_MODEL", "\udcff")
    refused = program("run")
    assert (refused.status, refused.err.count("\n")) == (2, 1)
    assert refused.err.startswith("labelbot: LABELBOT_MODEL cannot be used: expected ")
    assert started == []


def test_a_pull_before_the_start_gets_no_secrets(
    program: Program, started: list[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    environments = []

    def pull(command: Sequence[str], *, env: dict[str, str], **_: object) -> subprocess.CompletedProcess[str]:
        environments.append(env)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", pull)
    monkeypatch.setenv("LABELBOT_DATABASE_URL", "postgresql://bot:secret@127.0.0.1/labels")
    monkeypatch.setenv("LABELBOT_DEVICE", "CPU:0")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    program("run", "--model", "inception_v3")
    [environment] = environments
    assert {name for name in environment if name.startswith("LABELBOT_")} == {"LABELBOT_DEVICE"}
    assert environment["https_proxy"] == "http://127.0.0.1:1"
    assert len(started) == 1


def test_a_backup_is_restored_once_its_user_agrees(program: Program, tmp_path: Path) -> None:
    database, file = program.home / "labelbot.sqlite3", tmp_path / "backup"
    program("migrate")
    assert program("backup", file) == Outcome(0, f"backed up {database} to {file}\n", "")
    restored = Outcome(0, f"{database} holds what {file} holds\n", "")
    assert program("restore", file) == restored, "an empty database is nothing to ask about"
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("INSERT INTO bans VALUES (666)")
    asked = program("restore", file)
    assert (asked.status, asked.out) == (1, "")
    assert asked.err == f"labelbot: The database {database} would be replaced: add --yes to allow it.\n"
    assert program("restore", file, "--yes") == restored


def test_of_backups_with_dates_the_last_ones_are_kept(program: Program, tmp_path: Path) -> None:
    program("migrate")
    older = [tmp_path / f"labels-2026-01-0{day}T040000Z.backup" for day in range(1, 6)]
    for path in (*older, tmp_path / "labels-2026.backup", tmp_path / "labels.backup"):
        path.touch()
    refused = program("backup", tmp_path / "labels.backup")
    assert refused.err.endswith("name a new file or a folder, or add --keep N for names with dates.\n")
    made = program("backup", tmp_path / "labels.backup", "--keep", "3")
    new = Path(made.out.strip().rpartition(" to ")[2])
    assert re.fullmatch(r"labels-20\d\d-\d\d-\d\dT\d{6}Z\.backup", new.name)
    assert {*tmp_path.glob("labels*")} == {*older[3:], new, tmp_path / "labels-2026.backup", tmp_path / "labels.backup"}
    assert program("restore", new).status == 0
    (tmp_path / "folder").mkdir()
    program("backup", tmp_path / "folder")
    assert [path.name[:11] for path in (tmp_path / "folder").iterdir()] == ["labelbot-20"]
    assert program("backup", tmp_path / "labels.backup", "--keep", "0").status == 2


def test_a_backup_that_fails_deletes_none_of_the_last_ones(program: Program, tmp_path: Path) -> None:
    old = tmp_path / "labels-2026-01-01T040000Z.backup"
    old.touch()
    assert program("backup", tmp_path / "labels.backup", "--keep", "1").status == 1
    assert old.exists()


def test_an_older_database_is_backed_up_before_it_is_migrated(program: Program) -> None:
    program("migrate")
    database, folder = program.home / "labelbot.sqlite3", program.home / "backups"
    assert not folder.exists()
    for times in range(1, 6):
        database.unlink()
        migrate(sqlite_url(database), revision="0004")
        with closing(sqlite3.connect(database)) as connection, connection:
            connection.execute("INSERT INTO bans VALUES (?)", [times])
        arguments = ["--no-backup"] if times == 5 else []
        told, *_ = program("migrate", *arguments).out.splitlines()
        assert (f" to {folder}/before-migration-" in told) == (times < 5)
    kept = sorted(folder.iterdir())
    assert len(kept) == 3
    with closing(sqlite3.connect(kept[-1])) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0004",)
        assert connection.execute("SELECT id FROM bans").fetchall() == [(4,)]
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_database_that_cannot_be_backed_up_is_not_migrated(program: Program) -> None:
    database = program.home / "labelbot.sqlite3"
    migrate(sqlite_url(database), revision="0003")
    (program.home / "backups").touch()
    refused = program("migrate")
    assert (refused.status, refused.out, refused.err.count("\n")) == (1, "", 1)
    assert "labelbot migrate --no-backup" in refused.err
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0003",)
    assert program("migrate", "--no-backup").status == 0


@pytest.mark.parametrize("command", [["backup", "/no/such/folder/file"], ["restore", "/etc/passwd"]])
def test_what_keeps_a_backup_from_being_made_or_restored_is_one_line(program: Program, command: list[str]) -> None:
    program("migrate")
    refused = program(*command)
    assert (refused.status, refused.out, refused.err.count("\n")) == (1, "", 1)
    assert command[1].rpartition("/")[0] in refused.err


@pytest.mark.parametrize("command", [["run"], ["migrate"], ["backup", "file"]])
def test_an_unusable_address_of_the_database_is_named_but_never_shown(
    program: Program, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setenv("LABELBOT_TOKEN", "1:x")
    monkeypatch.setenv("LABELBOT_DATABASE_URL", "mysql://me:hunter2@localhost/labels")
    refused = program(*command)
    assert (refused.status, refused.out, refused.err.count("\n")) == (2, "", 1)
    assert "LABELBOT_DATABASE_URL" in refused.err
    assert "hunter2" not in refused.err


@pytest.mark.parametrize("command", ["run", "migrate"])
def test_an_unusable_setting_is_named(program: Program, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setenv("LABELBOT_TOKEN", "1:x")
    monkeypatch.setenv("LABELBOT_WORKERS", "many")
    refused = program(command)
    assert (refused.status, refused.out, refused.err.count("\n")) == (2, "", 1)
    assert "LABELBOT_WORKERS" in refused.err


def test_all_that_is_wrong_on_this_machine_is_told_at_once(
    program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    for name, value in {
        "ADMINS": "me, you",
        "HOME": str(tmp_path / "file" / "home"),
        "MODEL": "no-such-model",
        "TOKEN": "hunter2",
        "WORKERS": "many",
    }.items():
        monkeypatch.setenv(f"LABELBOT_{name}", value)
    refused = program("run")
    assert (refused.status, refused.out) == (2, "")
    lines = refused.err.splitlines()
    for line, said in zip(
        lines,
        [
            "LABELBOT_ADMINS cannot be used: expected the ids of people, which are whole numbers. Received: 'me'",
            "LABELBOT_WORKERS cannot be used: expected a whole number. Received: 'many'",
            "LABELBOT_TOKEN does not hold a bot token",
            "no model named 'no-such-model' is installed",
            f"The data folder {tmp_path / 'file' / 'home'} cannot be made: Not a directory.",
        ],
        strict=True,
    ):
        assert line.startswith(f"labelbot: {said}")


def test_what_is_wrong_with_the_database_is_told_with_the_rest(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABELBOT_TOKEN", "1:x")
    monkeypatch.setenv("LABELBOT_MODEL", "no-such-model")
    program.home.mkdir()
    (program.home / "labelbot.sqlite3").write_text("no database " * 100)
    refused = program("run")
    assert (refused.status, refused.out, refused.err.count("\n")) == (1, "", 2)
    assert "no model named 'no-such-model'" in refused.err
    assert "labelbot.sqlite3 cannot be used: file is not a database" in refused.err


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
