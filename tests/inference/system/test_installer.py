"""The command that a person is told, which must work in the environment that the program is installed in."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from bot.sample import sample
from inference import STARTER
from inference.system import installer
from inference.system.installer import add_pip, pip_install
from tests.support.image_folders import write_images

ROOT = Path(__file__).parents[3]


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment without pip."""
    monkeypatch.setattr(installer, "find_spec", lambda _: None)
    folder = tmp_path / "my env"
    (folder / "bin").mkdir(parents=True)
    monkeypatch.setattr(sys, "prefix", str(folder))
    monkeypatch.setattr(sys, "executable", str(folder / "bin/python"))
    return folder


def test_pip_installs_where_there_is_one() -> None:
    assert shlex.split(pip_install("labelbot[plots]", "a")) == [
        *(sys.executable, "-m", "pip", "install"),
        *("labelbot[plots]", "a"),
    ]


def test_without_pip_one_is_added_first(environment: Path) -> None:
    python = shlex.quote(f"{environment}/bin/python")
    assert pip_install("a") == f"{python} -m ensurepip && {python} -m pip install a"
    assert add_pip() == f"{python} -m ensurepip"


def test_uv_installs_into_an_environment_of_its_own(environment: Path) -> None:
    (environment / "pyvenv.cfg").write_text("home = /usr/bin\nuv = 0.13.9\n")
    assert shlex.split(pip_install("a")) == ["uv", "pip", "install", "--python", f"{environment}/bin/python", "a"]


def test_pipx_installs_into_an_environment_of_its_own_also_if_uv_made_it(environment: Path) -> None:
    (environment / "pyvenv.cfg").write_text("uv = 0.13.9\n")
    (environment / "pipx_metadata.json").write_text("{}")
    assert shlex.split(pip_install("a")) == ["pipx", "runpip", "my env", "install", "a"]
    assert shlex.split(add_pip()) == ["pipx", "runpip", "my env", "install", "pip"]


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables of a shell that has uv and pipx, with folders of their own."""
    folder = tmp_path_factory.mktemp("tools")
    venv.create(folder / "own", with_pip=False, symlinks=True)
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "own/bin/python"), "install", "--quiet", "uv", "pipx"]
    if (done := subprocess.run(pip, capture_output=True, text=True, timeout=300, check=False)).returncode:
        pytest.skip(f"needs a package index with uv and pipx: {done.stderr.strip().splitlines()[-1]}")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("UV_", "PIPX_", "LABELBOT_"))}
    names = {"HOME": "home", "UV_CACHE_DIR": "cache", "UV_TOOL_DIR": "uv", "PIPX_HOME": "pipx"}
    programs = str(folder / "bin")
    return (
        kept
        | {name: str(folder / place) for name, place in names.items()}
        | {"UV_TOOL_BIN_DIR": programs, "PIPX_BIN_DIR": programs, "UV_LINK_MODE": "hardlink"}
        | {"PATH": os.pathsep.join((programs, str(folder / "own/bin"), os.environ["PATH"]))}
    )


@pytest.mark.slow
@pytest.mark.index
@pytest.mark.parametrize(
    ("install", "adds"),
    [(("uv", "tool", "install"), "uv pip install --python "), (("pipx", "install"), "pipx runpip labelbot install ")],
    ids=["uv", "pipx"],
)
def test_the_program_works_in_an_environment_without_pip_and_names_a_command_that_does(
    tools: dict[str, str], install: tuple[str, ...], adds: str, tmp_path: Path
) -> None:
    def run(*command: str, shell: bool = False) -> subprocess.CompletedProcess[str]:
        words = command[0] if shell else command
        return subprocess.run(
            words, shell=shell, env=tools, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
        )

    installed = run(*install, "--force", "--python", sys.executable, str(ROOT))
    assert installed.returncode == 0, installed.stderr
    labelled = run("labelbot", "label", "--model", STARTER, "--top", "1", str(sample()))
    assert labelled.stdout.startswith("espresso "), labelled.stderr
    refused = run(
        "labelbot", "evaluate", write_images(tmp_path / "photos", {"a": 1, "b": 1}).as_posix(), "--out", "out"
    )
    command = refused.stderr.partition("not installed: ")[2]
    assert command.startswith(adds), refused.stderr
    added = run(command, shell=True)
    assert added.returncode == 0, added.stderr
    again = run("labelbot", "evaluate", "photos", "--out", "out")
    assert "needs the extra" not in again.stderr
