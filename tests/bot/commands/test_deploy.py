"""`labelbot deploy`: each file is one that its program accepts, and fits the installation."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import kubernetes_validate
import pytest
import yaml

from bot.commands.deployment_files import TEMPLATES, DeploymentFile
from bot.config import PREFIX
from tests.support.debian import debian_program
from tests.support.program import Program

ROOT = Path(__file__).parents[3]
TOKEN = "123456:AAE-abc_DEFghijklmnopqrstuvwxyz012345"

Print = Callable[..., str]


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX) and name != "LABELBOT_TEST_DEBIAN"]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def printed(program: Program, monkeypatch: pytest.MonkeyPatch) -> Print:
    def print_file(file: DeploymentFile, **settings: str) -> str:
        for name, value in settings.items():
            monkeypatch.setenv(f"LABELBOT_{name}", value)
        done = program("deploy", file)
        assert done.status == 0, done.err
        return done.out

    return print_file


def check(*command: str | Path) -> str:
    """Run a program that must succeed; return what it says."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("file", get_args(DeploymentFile))
def test_no_placeholder_and_no_secret_is_left(file: DeploymentFile, printed: Print) -> None:
    text = printed(file, TOKEN=TOKEN, DATABASE_URL="postgresql://me:swordfish@host/name", WEBHOOK_SECRET="hunter2")
    assert not re.search(r"@[A-Z_]+@", text)
    assert not any(secret in text for secret in (TOKEN.partition(":")[2], "swordfish", "hunter2"))
    assert (ROOT / "bot/deploy" / TEMPLATES[file]).read_text().count("\n") <= text.count("\n") + 1


def test_secrets_and_what_the_file_assumes_are_told(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABELBOT_DATABASE_URL", "postgresql://me:swordfish@host/name")
    assert program("deploy", "systemd").err.splitlines()[-1] == (
        "labelbot: LABELBOT_DATABASE_URL is a secret, and left out. Use LABELBOT_DATABASE_URL_FILE."
    )
    assert program("deploy", "caddy").err.splitlines() == [
        (
            "labelbot: LABELBOT_WEBHOOK_URL is not set. The file assumes https://bot.example.org/telegram; set it for "
            "the bot, too."
        ),
        "labelbot: LABELBOT_LISTEN is not set. The file assumes 127.0.0.1:8080; set it for the bot, too.",
    ]


def systemd_settings(unit: str) -> list[tuple[str, str]]:
    """The variables that a unit sets, with quotes and escapes resolved as systemd does."""
    lines = re.findall(r"^Environment=(.*)$", unit, re.MULTILINE)
    return [tuple(shlex.split(line)[0].split("=", 1)) for line in lines]  # type: ignore[misc]


def test_systemd_accepts_the_unit_and_nothing_in_it_is_unknown(printed: Print, tmp_path: Path) -> None:
    """With unknown keys, `verify` ends with status 0."""
    analyze = debian_program("systemd-analyze", "systemd")
    unit = tmp_path / "labelbot.service"
    unit.write_text(printed("systemd", ADMINS="7, 4", CATALOG='/srv/50% "off"'))
    assert check(analyze, "verify", unit) == ""
    assert re.search(
        r"Overall exposure level for labelbot.service: [01]\.", check(analyze, "security", "--offline=true", unit)
    )
    unit.write_text(unit.read_text().replace("RestartSec", "RestartSeconds"))
    assert "Unknown key" in check(analyze, "verify", unit)


def test_the_unit_starts_this_installation_with_its_settings(printed: Print, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LABELBOT_ADMINS=7, 4\n")
    unit = printed("systemd", TOKEN_FILE="token.txt", DATABASE_URL_FILE="/etc/url", CATALOG='/srv/50% "off"')
    assert f"ExecStart={Path(sys.executable).with_name('labelbot')} run\n" in unit
    assert f"LoadCredential=token:{tmp_path}/token.txt\n" in unit
    assert "LoadCredential=database_url:/etc/url\n" in unit
    assert systemd_settings(unit) == [
        ("LABELBOT_HOME", "%S/labelbot"),
        ("LABELBOT_TOKEN_FILE", "%d/token"),
        ("LABELBOT_DATABASE_URL_FILE", "%d/database_url"),
        ("LABELBOT_CATALOG", '/srv/50%% "off"'),
        ("LABELBOT_ADMINS", "4,7"),
    ]


@pytest.mark.parametrize(
    ("prefix", "base", "protected"),
    [
        ("/opt/labelbot/.venv", "/usr", "yes"),
        ("/home/me/labelbot/.venv", "/usr", "read-only"),
        ("/opt/labelbot", "/home/me/.local/share/uv/python/cpython-3.12", "read-only"),
    ],
)
def test_the_unit_hides_home_folders_unless_it_needs_one(
    printed: Print, monkeypatch: pytest.MonkeyPatch, prefix: str, base: str, protected: str
) -> None:
    monkeypatch.setattr(sys, "prefix", prefix)
    monkeypatch.setattr(sys, "base_prefix", base)
    assert f"\nProtectHome={protected}\n" in printed("systemd")


def test_files_in_a_home_folder_stay_readable(printed: Print, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", "/opt/labelbot")
    monkeypatch.setattr(sys, "base_prefix", "/usr")
    # systemd itself reads the files of secrets.
    assert "\nProtectHome=yes\n" in printed("systemd", DATABASE_URL_FILE="/home/me/url")
    assert "\nProtectHome=read-only\n" in printed("systemd", CATALOG="/home/me/catalog.toml")


def test_the_way_of_an_earlier_home_is_told(program: Program) -> None:
    assert "/var/lib/labelbot" not in program("deploy", "systemd").err
    program.home.mkdir()
    (program.home / "labelbot.sqlite3").touch()
    assert f"To keep what is in {program.home}, move it there." in program("deploy", "systemd").err


def test_an_address_that_the_bot_would_refuse_is_refused(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABELBOT_LISTEN", "0.0.0.0:8080")
    refused = program("deploy", "prometheus")
    assert (refused.status, refused.out) == (2, "")
    assert "LABELBOT_LISTEN=0.0.0.0:8080" in refused.err


def test_a_webhook_at_a_path_of_the_web_server_is_refused(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABELBOT_WEBHOOK_URL", "https://bot.example/v1/label")
    for file in ("caddy", "nginx"):
        done = program("deploy", file)
        assert (done.status, done.out) == (2, "")
        assert "answers something else at /v1/label" in done.err


def test_a_program_that_the_service_may_not_enter_is_told(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", "/root/.venv")
    assert "This program is in /root/.venv, which the service's user may not enter" in program("deploy", "systemd").err


def test_caddy_accepts_its_file(printed: Print, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    caddy = debian_program("caddy", "caddy")
    monkeypatch.setenv("HOME", str(tmp_path))
    file = tmp_path / "Caddyfile"
    file.write_text(printed("caddy", LISTEN="0.0.0.0:9000", WEBHOOK_URL="https://a.example:8443/hook"))
    assert "Valid configuration" in check(caddy, "validate", "--adapter", "caddyfile", "--config", file)
    adapted = json.loads(check(caddy, "adapt", "--config", file).splitlines()[0])
    assert adapted["apps"]["http"]["servers"]["srv0"]["listen"] == [":8443"]
    assert '"path": ["/hook"]' in json.dumps(adapted)
    assert '"dial": "127.0.0.1:9000"' in json.dumps(adapted)
    assert "not formatted" not in check(caddy, "validate", "--adapter", "caddyfile", "--config", file)


def test_nginx_accepts_its_file(printed: Print, tmp_path: Path) -> None:
    nginx = debian_program("nginx", "nginx")
    text = printed("nginx", LISTEN="[::1]:9000", WEBHOOK_URL="https://a.example:8443/hook")
    assert {"listen 8443 ssl;", "server_name a.example;", "proxy_pass http://[::1]:9000;"} <= {
        line.strip() for line in text.splitlines()
    }
    subject = ("-subj", "/CN=a.example", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
    live = tmp_path / "live/a.example"
    live.mkdir(parents=True)
    check("openssl", "req", "-x509", *subject, "-keyout", live / "privkey.pem", "-out", live / "fullchain.pem")
    (tmp_path / "labelbot.conf").write_text(text.replace("/etc/letsencrypt", str(tmp_path)))
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\ninclude labelbot.conf;\n"
        + "".join(
            f"{kind}_temp_path {tmp_path}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        + "}\n"
    )
    said = check(nginx, "-t", "-p", tmp_path, "-c", tmp_path / "nginx.conf")
    assert "test is successful" in said
    assert "[warn]" not in said


def test_prometheus_accepts_its_file_and_the_rules(printed: Print, tmp_path: Path) -> None:
    promtool = debian_program("promtool", "prometheus")
    (tmp_path / "prometheus.yml").write_text(printed("prometheus", LISTEN="127.0.0.1:9000"))
    (tmp_path / "labelbot-alerts.yml").write_text(printed("alerts"))
    said = check(promtool, "check", "config", tmp_path / "prometheus.yml")
    assert re.search(r"labelbot-alerts.yml\s+SUCCESS: \d+ rules found", said)
    assert "127.0.0.1:9000" in (tmp_path / "prometheus.yml").read_text()


def kubernetes_objects(text: str) -> list[dict[str, Any]]:
    objects = list(yaml.safe_load_all(text))
    for each in objects:
        kubernetes_validate.validate(each, "1.31", strict=True)
    return objects


def test_kubernetes_accepts_its_file(printed: Print) -> None:
    text = printed("kubernetes", ADMINS="7", CATALOG="/etc/catalog.toml")
    _, deployment = kubernetes_objects(text)
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert {"name": "LABELBOT_ADMINS", "value": "7"} in container["env"]
    assert "LABELBOT_CATALOG" not in text
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_objects(text.replace("readOnlyRootFilesystem", "readonlyRootFilesystem"))
