"""`labelbot try`, mostly as a process: what it prints, and how it ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from bot.app import LabelBot
from bot.commands import try_ as trial
from bot.config import Settings
from bot.localchat.server import LocalChatServer
from bot.localchat.simulation import Simulation
from bot.sample import sample
from inference import ModelStore
from inference.models.store import BUILT_IN
from tests.support.colour_models import install_colours
from tests.support.program import Program
from tests.support.texts import ENGLISH

# The program answers within seconds; this only ends a test that would hang.
GUARD_S = 120
PROGRAM = Path(sys.executable).with_name("labelbot")
HEADLINE = re.compile(r"^Labelbot +(.*): \d+%$", re.MULTILINE)
LABEL_LINE = re.compile(r"\S [▰▱]{5} \d+%")


def environment(home: Path, **variables: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LABELBOT_")}
    return inherited | {"LABELBOT_HOME": str(home), "LABELBOT_WORKERS": "1"} | variables


def labelbot_try(home: Path, *arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    command: list[str | Path] = [PROGRAM, "try", *arguments]
    return subprocess.run(
        command, env=environment(home, **variables), capture_output=True, text=True, timeout=GUARD_S, check=False
    )


@contextmanager
def serving(home: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The program while it serves the page, and the page's address."""
    command: list[str | Path] = [PROGRAM, "try", *arguments]
    with subprocess.Popen(
        command, env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            printed = ""
            for line in process.stdout:
                printed += line
                if found := re.search(r"http://127\.0\.0\.1:\d+/", line):
                    yield process, found.group()
                    break
            else:
                pytest.fail(f"no address in {printed!r}; {process.communicate()[1]}")
        finally:
            process.kill()


def status_of(url: str) -> int:
    with urllib.request.urlopen(url, timeout=GUARD_S) as response:
        return int(response.status)


@pytest.mark.slow
def test_the_samples_are_answered_and_a_real_bot_stays_untouched(home: Path) -> None:
    real = {"LABELBOT_TOKEN": "123:real", "LABELBOT_TOKEN_FILE": "/nowhere", "LABELBOT_API_URL": "http://127.0.0.1:1"}
    before = sorted(home.rglob("*"))
    finished = labelbot_try(home, "--once", **real)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert re.findall(r"^Alice +(\S+)$", finished.stdout, re.MULTILINE) == ["espresso.jpg", "cat.jpg"]
    assert HEADLINE.findall(finished.stdout) == ["Espresso", "A cat"]
    assert sum(bool(LABEL_LINE.search(line)) for line in finished.stdout.splitlines()) == 4
    assert " ms" not in finished.stdout, "only admins, and people with several models, care which one answers"
    assert len(re.findall(r"answered in \d+\.\d\d s", finished.stdout)) == 2
    assert "http://" not in finished.stdout
    assert sorted(home.rglob("*")) == before


@pytest.mark.slow
def test_a_model_that_is_still_to_be_built_is_told_once_and_kept(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = labelbot_try(home, "--once", sample())
    assert (first.returncode, first.stderr) == (0, "Building the model efficientnet_lite0, which is done once ...\n")
    assert ModelStore(home).find("efficientnet_lite0", build=False).spec.classes == 1000
    assert [path.name for path in home.iterdir()] == ["models"]
    assert labelbot_try(home, "--once", sample()).stderr == ""


def test_each_photo_is_answered_and_those_without_labels_end_in_one_line(tmp_path: Path, home: Path) -> None:
    (tmp_path / "notes.txt").write_text("just text")
    (tmp_path / "notes.jpg").write_text("just text")
    Image.new("RGB", (300, 200), "teal").save(tmp_path / "teal.png")
    # Too long for its height: Telegram takes it as a file only.
    Image.new("RGB", (4000, 40), "teal").save(tmp_path / "ribbon.jpg")
    names = ["notes.txt", "teal.png", "notes.jpg", "ribbon.jpg"]
    finished = labelbot_try(home, "--once", *(tmp_path / name for name in names))
    assert re.findall(r"^Alice +(\S+)$", finished.stdout, re.MULTILINE) == names
    assert finished.stdout.count("answered in") == 4
    assert len(LABEL_LINE.findall(finished.stdout)) > 2
    assert (finished.returncode, finished.stderr) == (1, "labelbot: no labels for notes.txt, notes.jpg\n")


def test_an_unknown_model_is_one_line_with_the_installed_ones(tmp_path: Path) -> None:
    finished = labelbot_try(tmp_path, "--once", "--model", "inception_v9")
    assert finished.returncode == 1
    assert (
        finished.stderr
        == "labelbot: no model named 'inception_v9' is installed; installed: starter, efficientnet_lite0\n"
    )


@pytest.mark.shared
@pytest.mark.slow
def test_an_installed_model_answers(tmp_path: Path, shared: Path) -> None:
    models = shared / "models"
    install: list[str | Path] = [
        models / "mobilenet_v2_1.0_224_quant.tflite",
        "--labels",
        models / "imagenet_labels.txt",
    ]
    command: list[str | Path] = [PROGRAM, "models", "install", *install, "--name", "mobilenet_v2"]
    subprocess.run(command, env=environment(tmp_path), capture_output=True, timeout=GUARD_S, check=True)
    photo = shared / "images" / "photos" / "hot_dog.jpg"
    finished = labelbot_try(tmp_path, "--once", "--model", "mobilenet_v2", photo)
    assert finished.returncode == 0, finished.stderr
    assert HEADLINE.findall(finished.stdout) == ["Hot dog"]
    assert "mobilenet_v2 · " in finished.stdout


def test_a_photo_that_is_not_there_is_one_line(program: Program, tmp_path: Path) -> None:
    finished = program("try", "--once", tmp_path / "none.jpg")
    assert (finished.status, finished.out) == (1, "")
    assert finished.err == f"labelbot: {tmp_path / 'none.jpg'} cannot be read: No such file or directory\n"


async def test_a_bot_that_does_not_answer_is_one_line() -> None:
    photo = sample()
    with pytest.raises(trial.TrialError, match=r"^the bot did not answer within 0\.05 s$"):
        await trial.converse(Simulation(), ENGLISH, photo.name, photo.read_bytes(), timeout_s=0.05)


def test_an_unusable_port_is_one_line(program: Program) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        finished = program("try", "--port", str(port))
    assert finished.status == 1
    assert finished.err == f"labelbot: port {port} cannot be used: Address already in use\n"


@pytest.mark.slow
def test_the_page_is_served_until_a_signal_on_any_free_port(home: Path) -> None:
    with serving(home) as (first, usual), serving(home) as (second, other):
        assert usual != other
        for process, url, number in ((first, usual, signal.SIGINT), (second, other, signal.SIGHUP)):
            assert status_of(url) == 200
            process.send_signal(number)
            _, err = process.communicate(timeout=GUARD_S)
            assert (process.returncode, err) == (0, "")
            with pytest.raises(urllib.error.URLError):
                status_of(url)


async def test_who_may_use_the_real_bot_says_nothing_of_the_trial(tmp_path: Path, home: Path) -> None:
    settings = Settings.model_validate({"home": home, "workers": 1, "allowed": {5}, "added_by_admins": True})
    (tmp_path / "trial").mkdir()
    tried = trial.trial_settings(settings, LocalChatServer(), home=tmp_path / "trial", model=None)
    assert (tried.allowed, tried.added_by_admins) == (frozenset(), False)


async def test_what_an_admin_of_the_trial_does_to_models_leaves_the_real_ones_alone(tmp_path: Path) -> None:
    real, home = ModelStore(tmp_path / "real"), tmp_path / "trial"
    install_colours(real, tmp_path)
    home.mkdir()
    async with LocalChatServer() as server:
        sim = server.simulation
        sim.add_private_chat(sim.admin)
        settings = Settings.model_validate({"home": tmp_path / "real", "workers": 1, "model": "starter"})
        async with LabelBot(trial.trial_settings(settings, server, home=home, model=None)):
            for order, expected in (
                ("/use colours", "I'm using colours everywhere now."),
                ("/use starter", "I'm using starter everywhere now."),
                ("/remove colours", "colours has been removed."),
            ):
                message = sim.send_text(sim.store.chats[sim.admin.id], sim.admin, order)
                assert expected in (await sim.wait_for_reply(message, GUARD_S))["text"]
    assert ModelStore(home).names() == BUILT_IN
    assert real.find("colours").directory.is_dir()
