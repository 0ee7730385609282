"""`labelbot try`, as a process: what it prints, and how it ends."""

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

# The program answers within seconds; this only ends a test that would hang.
GUARD_S = 120
LABEL_LINE = re.compile(r"[▰▱]{10} +\d+\.\d% \S")


def environment(home: Path, **variables: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LABELBOT_")}
    return inherited | {"LABELBOT_HOME": str(home), "LABELBOT_WORKERS": "1"} | variables


def labelbot_try(home: Path, *arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bot.cli", "try", *map(str, arguments)]
    return subprocess.run(
        command, env=environment(home, **variables), capture_output=True, text=True, timeout=GUARD_S, check=False
    )


@contextmanager
def serving(home: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The program while it serves the page, and the page's address."""
    command = [sys.executable, "-m", "bot.cli", "try", *arguments]
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


def test_the_sample_is_answered_with_labels_model_and_time(tmp_path: Path) -> None:
    finished = labelbot_try(tmp_path, "--once")
    assert finished.returncode == 0, finished.stderr
    lines = finished.stdout.splitlines()
    assert re.search(r"Alice +grace_hopper\.jpg$", finished.stdout, re.MULTILINE)
    assert sum(bool(LABEL_LINE.search(line)) for line in lines) == 5
    assert re.search(r"starter · \d+ ms", finished.stdout)
    assert re.search(r"answered in \d+\.\d\d s", finished.stdout)
    assert "http://" not in finished.stdout
    assert finished.stderr == ""


def test_each_photo_is_answered_also_one_that_telegram_takes_only_as_a_file(tmp_path: Path) -> None:
    Image.new("RGB", (300, 200), "teal").save(tmp_path / "teal.png")
    Image.new("RGB", (4000, 40), "teal").save(tmp_path / "ribbon.jpg")
    finished = labelbot_try(tmp_path, "--once", tmp_path / "teal.png", tmp_path / "ribbon.jpg")
    assert finished.returncode == 0, finished.stderr
    assert re.findall(r"^Alice +(\S+)$", finished.stdout, re.MULTILINE) == ["teal.png", "ribbon.jpg"]
    assert len(re.findall(r"starter · \d+ ms", finished.stdout)) == 2


def test_settings_and_data_of_a_real_bot_stay_untouched(tmp_path: Path) -> None:
    real = {"LABELBOT_TOKEN": "123:real", "LABELBOT_TOKEN_FILE": "/nowhere", "LABELBOT_API_URL": "http://127.0.0.1:1"}
    finished = labelbot_try(tmp_path / "home", "--once", **real)
    assert finished.returncode == 0, finished.stderr
    assert not (tmp_path / "home").exists()


def test_an_unknown_model_is_one_line_with_the_installed_ones(tmp_path: Path) -> None:
    finished = labelbot_try(tmp_path, "--once", "--model", "inception_v9")
    assert finished.returncode == 1
    assert finished.stderr == "labelbot: no model named 'inception_v9' is installed; installed: starter\n"


@pytest.mark.shared
def test_an_installed_model_answers(tmp_path: Path, shared: Path) -> None:
    models = shared / "models"
    install = [models / "mobilenet_v2_1.0_224_quant.tflite", "--labels", models / "imagenet_labels.txt"]
    command = [sys.executable, "-m", "bot.cli", "models", "install", *map(str, install), "--name", "mobilenet_v2"]
    subprocess.run(command, env=environment(tmp_path), capture_output=True, timeout=GUARD_S, check=True)
    photo = shared / "images" / "photos" / "hot_dog.jpg"
    finished = labelbot_try(tmp_path, "--once", "--model", "mobilenet_v2", photo)
    assert finished.returncode == 0, finished.stderr
    first = next(line for line in finished.stdout.splitlines() if LABEL_LINE.search(line))
    assert first.endswith("hotdog")
    assert "mobilenet_v2 · " in finished.stdout


def test_a_photo_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    finished = labelbot_try(tmp_path, "--once", tmp_path / "none.jpg")
    assert (finished.returncode, finished.stdout) == (1, "")
    assert finished.stderr == f"labelbot: {tmp_path / 'none.jpg'} cannot be read: No such file or directory\n"


@pytest.mark.parametrize("name", ["notes.txt", "notes.jpg"])
def test_what_is_no_image_is_answered_kindly_and_ends_in_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("just text")
    Image.new("RGB", (300, 200), "teal").save(tmp_path / "teal.png")
    finished = labelbot_try(tmp_path, "--once", tmp_path / name, tmp_path / "teal.png")
    assert finished.returncode == 1
    assert "image" in finished.stdout.partition("answered in")[0]
    assert len(re.findall(r"starter · \d+ ms", finished.stdout)) == 1
    assert finished.stderr == f"labelbot: no labels for {name}\n"


def test_an_unusable_port_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        finished = labelbot_try(tmp_path, "--port", str(port))
    assert finished.returncode == 1
    assert finished.stderr == f"labelbot: port {port} cannot be used: Address already in use\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_page_is_served_until_a_signal_ends_it_well(tmp_path: Path, number: signal.Signals) -> None:
    with serving(tmp_path) as (process, url):
        assert status_of(url) == 200
        process.send_signal(number)
        _, err = process.communicate(timeout=GUARD_S)
        assert (process.returncode, err) == (0, "")
        with pytest.raises(urllib.error.URLError):
            status_of(url)


def test_the_usual_port_is_not_needed(tmp_path: Path) -> None:
    with serving(tmp_path) as (_, usual), serving(tmp_path) as (_, other):
        assert usual != other
        assert status_of(usual) == status_of(other) == 200
