from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.commands.doctor.database import assess_inspection, check_database, chosen_models, claimed_admins
from bot.commands.doctor.findings import Finding, Status
from bot.config import Settings
from bot.storage.database_url import sqlite_url
from bot.storage.inspection import Inspection
from bot.storage.migrate import migrate


def look(**settings: Any) -> Finding:
    (finding,) = check_database(Settings.model_validate(settings))
    return finding


@pytest.mark.parametrize(
    ("inspection", "status", "detail"),
    [
        (Inspection(None, "0004", known=True), Status.OK, "no tables yet"),
        (Inspection("0004", "0004", known=True), Status.OK, "is at revision 0004"),
        (Inspection("0002", "0004", known=True), Status.WARNING, "is at revision 0002, this program at 0004"),
        (Inspection("0005", "0004", known=False), Status.FAILED, "newer version"),
    ],
)
def test_a_revision_is_judged(inspection: Inspection, status: Status, detail: str) -> None:
    finding = assess_inspection("bot.sqlite3", inspection)
    assert finding.status is status
    assert detail in finding.detail


def test_the_database_of_the_home_is_looked_at(tmp_path: Path) -> None:
    assert look(home=tmp_path).status is Status.OK
    file = tmp_path / "labelbot.sqlite3"
    revision = migrate(sqlite_url(file))
    assert look(home=tmp_path).detail == f"{file} is at revision {revision}"


def test_a_database_that_cannot_be_used_is_a_failure_and_no_model_was_chosen(tmp_path: Path) -> None:
    (tmp_path / "labelbot.sqlite3").write_text("no database " * 100)
    assert look(home=tmp_path).status is Status.FAILED
    settings = Settings.model_validate({"home": tmp_path})
    assert (chosen_models(settings), claimed_admins(settings)) == (frozenset(), 0)


def test_a_server_that_is_not_there_is_a_failure_without_its_password() -> None:
    finding = look(database_url="postgresql://labelbot:hunter2@127.0.0.1:9/labelbot")
    assert finding.status is Status.FAILED
    assert "hunter2" not in str(finding)


def test_an_address_that_is_none_is_a_failure() -> None:
    assert look(database_url="labelbot.sqlite3").status is Status.FAILED


def test_admins_by_a_link_are_counted(tmp_path: Path) -> None:
    settings = Settings.model_validate({"home": tmp_path})
    migrate(sqlite_url(tmp_path / "labelbot.sqlite3"))
    assert claimed_admins(settings) == 0
    with closing(sqlite3.connect(tmp_path / "labelbot.sqlite3")) as database:
        database.execute("INSERT INTO claimed_admins VALUES (5, 0)")
        database.commit()
    assert claimed_admins(settings) == 1
