"""Where the database is, said in a setting or a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config import ConfigError, Settings
from bot.storage.database_url import database_url, name_of, postgresql_url

ADDRESS = "postgresql://me:hunter2@db.example:5433/labels"


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DATABASE_URL", "DATABASE_URL_FILE", "HOME"):
        monkeypatch.delenv(f"LABELBOT_{name}", raising=False)
    monkeypatch.chdir(tmp_path)


def test_without_a_server_it_is_a_file_in_the_home_folder(tmp_path: Path) -> None:
    url = database_url(Settings(home=tmp_path / "50%?#"))
    assert name_of(url) == url.database == str(tmp_path / "50%?#" / "labelbot.sqlite3")


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg"])
def test_a_server_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    monkeypatch.setenv("LABELBOT_DATABASE_URL", ADDRESS.replace("postgresql", scheme))
    settings = Settings()
    url = database_url(settings)
    assert url.password == "hunter2"
    assert name_of(url) == "labels on db.example:5433"
    assert "hunter2" not in f"{settings!r} {url!r} {url}"


def test_the_address_comes_from_a_file_without_its_line_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{ADDRESS}\n")
    monkeypatch.setenv("LABELBOT_DATABASE_URL_FILE", str(tmp_path / "secret"))
    assert database_url(Settings()) == postgresql_url(ADDRESS)


def test_two_places_for_the_address_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABELBOT_DATABASE_URL", ADDRESS)
    monkeypatch.setenv("LABELBOT_DATABASE_URL_FILE", "/nowhere")
    with pytest.raises(ConfigError, match="Both LABELBOT_DATABASE_URL and LABELBOT_DATABASE_URL_FILE"):
        database_url(Settings())


def test_a_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABELBOT_DATABASE_URL_FILE", "/nowhere/secret")
    with pytest.raises(ConfigError, match=r"LABELBOT_DATABASE_URL_FILE \(/nowhere/secret\) cannot be read"):
        database_url(Settings())


@pytest.mark.parametrize(
    "address",
    [
        "",
        "hunter2",
        "mysql://me:hunter2@localhost/labels",
        "sqlite:///hunter2",
        "postgresql+psycopg://me:hunter2@localhost/labels",
        "postgresql://me:hunter2@localhost",
        "postgresql://me:hunter2@localhost:port/labels",
        "postgresql://me:pass@hunter2@localhost/labels",
    ],
)
def test_what_is_no_address_is_refused_and_never_shown(address: str) -> None:
    with pytest.raises(ConfigError, match=r"^LABELBOT_DATABASE_URL ") as refused:
        postgresql_url(address)
    assert "hunter2" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_password_may_hold_anything_that_is_encoded() -> None:
    assert postgresql_url("postgresql://me:p%40ss%2Fw%25@localhost/labels").password == "p@ss/w%"


def test_replicas_need_a_server(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="SQLite is for one process: set LABELBOT_DATABASE_URL"):
        database_url(Settings(home=tmp_path, replicas=True))
