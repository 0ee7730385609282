from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.commands.doctor.findings import Finding, Status
from bot.commands.doctor.settings import check_unknown_variables, read_settings
from bot.config import Settings


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.upper().startswith("LABELBOT_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def read() -> tuple[Settings | None, list[Finding]]:
    reading, findings = read_settings(), []
    while True:
        try:
            findings.append(next(reading))
        except StopIteration as end:
            return end.value, findings


def test_settings_are_told_by_name_and_place_and_never_by_value(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LABELBOT_TOKEN", "123:secret")
    (tmp_path / ".env").write_text("LABELBOT_ADMINS=7\nOTHER=1\n")
    settings, (finding,) = read()
    assert settings is not None
    assert settings.admins == {7}
    assert (finding.status, finding.detail) == (
        Status.OK,
        "LABELBOT_TOKEN in the environment; LABELBOT_ADMINS in .env",
    )


def test_every_value_that_cannot_be_used_is_told_and_the_others_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABELBOT_WORKERS", "many")
    monkeypatch.setenv("LABELBOT_API_URL", "telegram")
    monkeypatch.setenv("LABELBOT_MODEL", "birds")
    settings, findings = read()
    assert settings is not None
    assert (settings.workers, settings.api_url, settings.model) == (None, "https://api.telegram.org", "birds")
    assert {finding.status for finding in findings} == {Status.FAILED}
    assert [finding.detail.partition(" ")[0] for finding in findings] == ["LABELBOT_WORKERS", "LABELBOT_API_URL"]


def test_a_file_that_cannot_be_read_leaves_no_settings(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"LABELBOT_MODEL=\xff\xfe")
    settings, (finding,) = read()
    assert settings is None
    assert finding.status is Status.FAILED
    assert ".env cannot be read" in finding.detail


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("LABELBOT_ADMIN", "did you mean LABELBOT_ADMINS?"),
        ("LABELBOT_TOKENFILE", "did you mean LABELBOT_TOKEN_FILE?"),
        ("labelbot_modell", "did you mean LABELBOT_MODEL?"),
        ("LABELBOT_DEVICES", "did you mean LABELBOT_DEVICE?"),
        ("LABELBOT_XYZZY", "remove it; "),
    ],
)
def test_a_variable_that_is_no_setting_is_told_with_the_nearest(
    monkeypatch: pytest.MonkeyPatch, name: str, advice: str
) -> None:
    monkeypatch.setenv(name, "1")
    (finding,) = check_unknown_variables()
    assert finding.status is Status.WARNING
    assert finding.detail == f"{name.upper()} in the environment is not a setting"
    assert str(finding.advice).startswith(advice)


def test_variables_in_dot_env_are_looked_at_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LABELBOT_HOMES=/\nHOMES=/\nLABELBOT_HOME=/\n")
    (finding,) = check_unknown_variables()
    assert finding.detail == "LABELBOT_HOMES in .env is not a setting"
