"""What `labelbot doctor` prints, and its exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.doctor.findings import Finding, Status, ok, warning
from bot.commands.doctor.report import MARGIN_WIDTH, lines, summary

TIMEOUT_S = 120
TOKEN = "123:not-this-one"
NAMES = {
    "python",
    "packages",
    "extras",
    "gpu",
    "settings",
    "cpu",
    "memory",
    "disk",
    "home",
    "database",
    "models",
    "answer",
}
NAMES |= {"instance", "proxy", "web", "telegram", "admins", "access"}


def doctor(
    folder: Path, *options: str, before: Sequence[str] = (), **variables: str
) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LABELBOT_")}
    return subprocess.run(
        [*before, Path(sys.executable).with_name("labelbot"), "doctor", *options],
        cwd=folder,
        env=inherited | {"LABELBOT_HOME": str(folder / "home")} | variables,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def test_what_to_do_stands_below_what_was_seen() -> None:
    finding = warning("telegram", "there is no bot token", "ask @BotFather for one")
    assert [line.plain for line in lines(finding, None)] == [
        "warning  telegram  there is no bot token",
        "                   -> ask @BotFather for one",
    ]


@given(words=st.lists(st.text("abc/-", min_size=1, max_size=15), min_size=1, max_size=30), width=st.integers(40, 120))
def test_a_terminal_s_lines_are_filled_and_no_word_is_broken(words: list[str], width: int) -> None:
    printed = [line.plain for line in lines(ok("disk", " ".join(words)), width)]
    assert all(len(line) <= width for line in printed)
    assert [word for line in printed for word in line[MARGIN_WIDTH:].split()] == words


@pytest.mark.parametrize(
    ("statuses", "said"),
    [
        ([Status.OK], "nothing failed, no warnings"),
        ([Status.OK, Status.WARNING], "nothing failed, 1 warning"),
        ([Status.FAILED, Status.FAILED, Status.WARNING, Status.WARNING], "2 failed, 2 warnings"),
    ],
)
def test_all_is_told_in_a_line(statuses: list[Status], said: str) -> None:
    assert summary(Counter(statuses)).strip() == said


@pytest.mark.slow
def test_a_machine_that_can_run_the_bot(tmp_path: Path) -> None:
    finished = doctor(tmp_path)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert "\x1b" not in finished.stdout
    told = [line for line in finished.stdout.splitlines() if line and not line.startswith(" ")]
    assert told.pop() == "nothing failed, 2 warnings"
    assert {line.split()[1] for line in told} == NAMES
    assert "LABELBOT_TOKEN" in finished.stdout
    assert not (tmp_path / "home").exists()


@pytest.mark.slow
def test_what_is_wrong_is_told_to_programs_too_and_stops_nothing(tmp_path: Path) -> None:
    variables = {"LABELBOT_WORKERS": "many", "LABELBOT_TOKEN": TOKEN, "LABELBOT_API_URL": "http://127.0.0.1:9"}
    finished = doctor(tmp_path, "--json", LABELBOT_ADMIN="7", LABELBOT_MODEL="birds", **variables)
    assert (finished.returncode, finished.stderr) == (1, "")
    findings = [Finding(**json.loads(line)) for line in finished.stdout.splitlines()]
    assert {finding.name for finding in findings} == NAMES
    assert {finding.name for finding in findings if finding.status == "failed"} == {
        "settings",
        "models",
        "answer",
        "telegram",
    }
    assert all((finding.advice is None) == (finding.status == "ok") for finding in findings)
    assert any(finding.advice == "did you mean LABELBOT_ADMINS?" for finding in findings)
    assert TOKEN not in finished.stdout


@pytest.mark.slow
def test_a_home_out_of_reach_is_told_with_what_to_do(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0)
    # Root opens all doors, unless it has handed in the keys.
    keyless = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.getuid() == 0 else ()
    finished = doctor(tmp_path, "--json", before=keyless, LABELBOT_HOME=str(locked / "home"))
    assert (finished.returncode, finished.stderr) == (1, "")
    findings = [Finding(**json.loads(line)) for line in finished.stdout.splitlines()]
    failed = {finding.name: finding for finding in findings if finding.status == "failed"}
    assert failed.keys() == {"disk", "home", "database", "models", "answer"}
    for finding in failed.values():
        assert "Permission denied" in finding.detail
        assert str(locked / "home") in finding.detail
        assert "LABELBOT_HOME" in str(finding.advice)


@pytest.mark.slow
def test_settings_that_cannot_be_read_leave_the_checks_of_the_machine(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xff\xfe")
    finished = doctor(tmp_path)
    assert (finished.returncode, finished.stderr) == (1, "")
    assert ".env cannot be read" in finished.stdout
    assert "these were not checked: gpu, cpu, " in finished.stdout
    assert "ok       packages" in finished.stdout


@pytest.mark.slow
def test_a_package_that_breaks_stops_only_the_checks_that_need_it(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "numpy.py").write_text("raise ImportError('numpy is for another machine')")
    finished = doctor(tmp_path, "--json", PYTHONPATH=str(broken))
    assert (finished.returncode, finished.stderr) == (1, "")
    findings = {
        finding.name: finding for finding in (Finding(**json.loads(line)) for line in finished.stdout.splitlines())
    }
    assert findings.keys() == NAMES
    assert findings["models"].detail == "cannot be looked at: ImportError: numpy is for another machine"
    assert findings["database"].status == "ok"
    assert findings["memory"].detail.partition(" ")[0].replace(".", "").isdigit()


@pytest.mark.slow
def test_the_program_itself_never_loads_tensorflow(tmp_path: Path) -> None:
    script = (
        "import sys\nfrom bot.cli import main\nsys.argv[1:] = ['doctor', '--json']\n"
        "try: main()\nexcept SystemExit: print(*sys.modules)"
    )
    environment = os.environ | {"LABELBOT_HOME": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    loaded = set(run.stdout.splitlines()[-1].split())
    assert "bot.commands.doctor.gpu" in loaded
    assert not {"tensorflow", "keras"} & loaded


def test_a_wrong_option_is_a_usage_error(tmp_path: Path) -> None:
    refused = doctor(tmp_path, "--nonsense")
    assert (refused.returncode, refused.stdout) == (2, "")
