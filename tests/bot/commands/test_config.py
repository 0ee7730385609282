"""`labelbot config`: what each setting is now, where that came from, and what it means."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from bot.commands.config import plain
from bot.config import UNSET, Settings
from inference.models.defaults import STARTER
from tests.support.program import Program

TOKEN = "123456:AAE-abc_DEFghijklmnopqrstuvwxyz012345"


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: Program) -> None:
    for name in [name for name in os.environ if name.startswith("LABELBOT_") and name != "LABELBOT_HOME"]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def current(program: Program) -> dict[str, dict[str, str]]:
    settings = [json.loads(line) for line in program("config", "--json").out.splitlines()]
    return {setting["name"]: setting for setting in settings}


def test_each_setting_is_shown_with_its_meaning(program: Program) -> None:
    settings = current(program)
    assert list(settings) == [f"LABELBOT_{field.upper()}" for field in Settings.model_fields]
    assert all(setting["meaning"].endswith(".") and setting["value"] for setting in settings.values())


def test_what_applies_without_a_value_is_told_where_there_is_no_default() -> None:
    fields = Settings.model_fields.items()
    without = {field for field, information in fields if information.default in (None, frozenset(), ())}
    assert set(UNSET) == without | {field for field, information in fields if information.default_factory is not None}


def test_each_value_is_told_with_its_source(program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("LABELBOT_WORKERS=3\nLABELBOT_ADMINS=7, 4\nlabelbot_max_age=60\n")
    monkeypatch.setenv("LABELBOT_WORKERS", "2")
    monkeypatch.setenv("LABELBOT_DEVICE", "")
    settings = current(program)
    told = {name: (setting["value"], setting["source"]) for name, setting in settings.items()}
    assert told["LABELBOT_WORKERS"] == ("2", "the environment")
    assert told["LABELBOT_HOME"] == (str(program.home), "the environment")
    assert told["LABELBOT_ADMINS"] == ("4,7", ".env")
    assert told["LABELBOT_MAX_AGE"] == ("60", ".env")
    assert told["LABELBOT_DEVICE"] == ("the first GPU, else the CPU", "default")
    assert told["LABELBOT_AUTO_PULL"] == ("true", "default")


def test_a_chosen_model_is_told_with_the_command_that_chose_it(program: Program) -> None:
    assert current(program)["LABELBOT_MODEL"]["source"] == "default"
    assert program("models", "use", STARTER).status == 0
    model = current(program)["LABELBOT_MODEL"]
    assert (model["value"], model["source"]) == (STARTER, "labelbot models use")


def test_secrets_are_never_shown(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABELBOT_TOKEN", "hunter2")
    monkeypatch.setenv("LABELBOT_DATABASE_URL", "postgresql://me:swordfish@host/name")
    shown = program("config")
    assert "LABELBOT_TOKEN: [hidden] (the environment)" in shown.out
    assert "hunter2" not in shown.out + shown.err
    assert "swordfish" not in shown.out + shown.err


def test_what_cannot_be_used_and_what_is_misspelt_is_told_beside_the_rest(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABELBOT_WORKERS", "many")
    monkeypatch.setenv("LABELBOT_ADMIN", "7")
    shown = program("config")
    assert shown.status == 2
    assert "LABELBOT_WORKERS: one per core (default)" in shown.out
    assert shown.err.splitlines() == [
        "labelbot: LABELBOT_WORKERS cannot be used: expected a whole number. Received: 'many'",
        "labelbot: LABELBOT_ADMIN in the environment is not a setting; did you mean LABELBOT_ADMINS?",
    ]


def test_settings_that_cannot_be_read_are_one_error(program: Program, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"LABELBOT_MODEL=\xff\xfe")
    shown = program("config")
    assert (shown.status, shown.out) == (2, "")
    assert shown.err.startswith("labelbot: The file .env cannot be read")


def test_links_of_the_page_become_plain_words() -> None:
    assert plain("A [published\none](models.md#published), `auto`.") == "A published one, auto."
