"""Downloads of wheels by the real pip from a real index on this machine."""

from __future__ import annotations

import hashlib
import shutil
import socket
import sys
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest

from inference.catalog.package_download import (
    PackageUnavailable,
    PipUnavailable,
    RemotePackage,
    _wheel_bytes,
    download_package,
)
from inference.errors import DownloadError, WrongFile
from tests.support.file_server import Fault, FileServer, serving
from tests.support.full_disk import small_files_only
from tests.support.packages import download_with_pip, let_pip_ask, serve_package, wheel
from tests.support.processes import HANG_S, children

NAME = "colours_model-1.0-py3-none-any.whl"
# Larger than pip's write buffer, so that the file grows visibly.
WHEEL = wheel("colours_model", "1.0", {"colours_model/models/colours.bin": np.random.default_rng(0).bytes(1_000_000)})
PAGE, FILE = "/simple/colours-model/", f"/files/{NAME}"
NO_WHEEL = "no package index has a wheel of this version for this Python"


@dataclass
class Pip:
    """Downloads the package from an index into a folder."""

    server: FileServer
    folder: Path
    sizes: list[int] = field(default_factory=list)

    def __call__(
        self, *, size_bytes: int = len(WHEEL), sha256: str | None = None, stall_timeout_s: float = HANG_S
    ) -> Path:
        package = RemotePackage("colours-model", "1.0", size_bytes, sha256 or hashlib.sha256(WHEEL).hexdigest())
        target = self.folder / NAME
        download_package(package, target, on_progress=self.sizes.append, stall_timeout_s=stall_timeout_s)
        return target

    def left(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


@pytest.fixture
def pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pip]:
    folder = tmp_path / "downloads"
    folder.mkdir()
    with serving(FileServer()) as server:
        let_pip_ask(monkeypatch, server.url("/simple"))
        serve_package(server, "colours-model", {NAME: WHEEL})
        yield Pip(server, folder)


def test_the_wheel_comes_whole_and_nothing_else_of_it_and_nothing_else_is_left(pip: Pip) -> None:
    (pip.folder / f"{NAME}.pip").mkdir()
    (pip.folder / f"{NAME}.pip" / "left by a pull that was killed.whl").write_bytes(bytes(9_000_000))
    assert pip().read_bytes() == WHEEL
    assert pip.left() == [NAME]
    assert (pip.sizes[0], pip.sizes[-1]) == (0, len(WHEEL))
    assert max(pip.sizes) == len(WHEEL)
    assert {path for path, _ in pip.server.asked} == {PAGE, FILE}, "what it depends on is not asked for"


def test_folders_of_pip_may_go_while_the_wheel_is_measured(tmp_path: Path) -> None:
    (tmp_path / "wheel").mkdir()
    (tmp_path / "wheel" / NAME).write_bytes(bytes(700))
    ended = Event()

    def come_and_go() -> None:
        while not ended.is_set():
            folders = [tmp_path / f"pip-unpack-{number}" for number in range(30)]
            for folder in folders:
                (folder / "deeper").mkdir(parents=True)
            for folder in folders:
                shutil.rmtree(folder)

    thread = Thread(target=come_and_go)
    thread.start()
    try:
        assert {_wheel_bytes(tmp_path) for _ in range(500)} == {700}
    finally:
        ended.set()
        thread.join()


def test_another_file_than_was_published_is_refused_and_not_kept(pip: Pip) -> None:
    pip.server.files[FILE] = WHEEL[::-1]
    with pytest.raises(WrongFile) as wrong:
        pip()
    assert wrong.value.source == "colours-model==1.0"
    assert hashlib.sha256(WHEEL).hexdigest() in wrong.value.expected
    assert wrong.value.received == hashlib.sha256(WHEEL[::-1]).hexdigest()
    assert pip.left() == []


def test_a_wheel_without_end_is_cut_off(pip: Pip) -> None:
    let_go = Event()
    pip.server.faults = [Fault(), Fault(content=bytes(50_000_000), cut_at=3_000_000, anonymous=True, waits=let_go)] * 2
    try:
        with pytest.raises(WrongFile, match=f"expected {len(WHEEL):,} bytes. Received: more"):
            pip()
    finally:
        let_go.set()
    assert pip.left() == []
    assert not children()


@pytest.mark.parametrize(
    ("names", "attributes", "reason"),
    [
        (["colours_model-2.0-py3-none-any.whl"], "", "no package index that pip asks has this version"),
        (["colours-model-1.0.tar.gz"], "", NO_WHEEL),
        pytest.param(["colours_model-1.0-cp27-none-win32.whl"], "", NO_WHEEL, marks=pytest.mark.slow),
        pytest.param([NAME], 'data-requires-python="&lt;3"', NO_WHEEL, marks=pytest.mark.slow),
    ],
)
def test_what_an_index_lacks_is_told(pip: Pip, names: list[str], attributes: str, reason: str) -> None:
    serve_package(pip.server, "colours-model", dict.fromkeys(names, b"never run, never asked for"), attributes)
    with pytest.raises(PackageUnavailable) as failed:
        pip()
    assert str(failed.value) == f"could not download colours-model==1.0: {reason}"
    assert failed.value.said == "No matching distribution found for colours-model==1.0"
    assert [path for path, _ in pip.server.asked] == [PAGE]


@pytest.mark.slow
@pytest.mark.parametrize("status", [401, 403, 404, 503])
@pytest.mark.parametrize("path", [PAGE, FILE])
def test_what_a_server_answers_is_told(pip: Pip, status: int, path: str) -> None:
    pip.server.faults = [Fault(status=status)] if path == PAGE else [Fault(), Fault(status=status)]
    with pytest.raises(PackageUnavailable) as failed:
        pip()
    # An index answers 404 for an unknown package.
    unknown = (path, status) == (PAGE, 404)
    reason = "no package index that pip asks has this version" if unknown else f"a package index answered {status}"
    assert failed.value.reason == reason


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("PIP_INDEX_URL", "http://127.0.0.1:{closed}/simple", "no package index can be reached"),
        ("PIP_INDEX_URL", "https://name.invalid/simple", "no package index can be reached"),
        ("PIP_INDEX_URL", "https://127.0.0.1:{open}/simple", "the certificate of a package index is not trusted"),
        ("PIP_PROXY", "http://127.0.0.1:{closed}", "no package index can be reached"),
        ("PIP_CONSTRAINT", "{folder}/constraints", "pip's constraints on this machine ask for another version"),
        ("PIP_CONFIG_FILE", "{folder}/damaged", "pip could not get it"),
    ],
)
def test_what_keeps_pip_from_any_index_is_told(
    pip: Pip, tmp_path: Path, closed_port: int, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, reason: str
) -> None:
    (tmp_path / "constraints").write_text("colours-model==2.0\n")
    (tmp_path / "damaged").write_text("[global\nindex-url = x")
    monkeypatch.delenv("no_proxy")
    monkeypatch.setenv(variable, value.format(closed=closed_port, open=pip.server.port, folder=tmp_path))
    with pytest.raises(PackageUnavailable) as failed:
        pip()
    assert failed.value.reason == reason
    assert failed.value.said
    assert failed.value.said.isprintable()
    assert pip.left() == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PIP_NO_BINARY", ":all:"),
        ("PIP_DEST", "/nonexistent"),
        ("PIP_QUIET", "3"),
        ("PIP_REQUIRE_VIRTUALENV", "1"),
        ("PIP_PROGRESS_BAR", "on"),
        ("FORCE_COLOR", "1"),
    ],
)
def test_settings_of_pip_that_are_for_people_are_no_obstacle(
    pip: Pip, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    assert pip().read_bytes() == WHEEL


@pytest.mark.slow
def test_an_index_in_a_configuration_file_is_asked(pip: Pip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pip.conf").write_text(f"[global]\nindex-url = {pip.server.url('/simple')}\n")
    monkeypatch.delenv("PIP_INDEX_URL")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    assert pip().read_bytes() == WHEEL


@pytest.mark.slow
def test_a_connection_that_breaks_off_once_is_made_again(pip: Pip) -> None:
    pip.server.faults = [Fault(), Fault(cut_at=500_000)]
    assert pip().read_bytes() == WHEEL


@pytest.mark.slow
def test_a_connection_that_always_breaks_off_is_given_up(pip: Pip) -> None:
    pip.server.faults = [Fault(), *[Fault(cut_at=500_000, ignores_range=True)] * 9] * 2
    with pytest.raises((PackageUnavailable, WrongFile)):
        pip()
    assert pip.left() == []


def test_a_silent_server_is_given_up(pip: Pip) -> None:
    let_go = Event()
    pip.server.faults = [Fault(), Fault(cut_at=900_000, waits=let_go)]
    try:
        with pytest.raises(PackageUnavailable, match=r"colours-model==1\.0: nothing came for 0\.5 s"):
            pip(stall_timeout_s=0.5)
    finally:
        let_go.set()
    assert pip.left() == []
    assert not children()


def test_without_a_pip_one_is_asked_for(pip: Pip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Environments made by uv have no pip.
    venv.create(tmp_path / "environment", with_pip=False, symlinks=True)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "environment/bin/python"))
    with pytest.raises(PipUnavailable, match=r"this Python has no pip to fetch it with: \S+ -m ensurepip$"):
        pip()
    assert pip.left() == []


def test_a_folder_called_pip_is_not_run(pip: Pip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pip").mkdir()
    (tmp_path / "pip/__main__.py").write_text("raise SystemExit('run')")
    monkeypatch.chdir(tmp_path)
    assert pip().read_bytes() == WHEEL


def test_pip_knows_none_of_our_settings(pip: Pip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        f"import os, pathlib\npathlib.Path({str(tmp_path / 'variables')!r}).write_text('\\n'.join(os.environ))"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    for name in ("LABELBOT_TOKEN", "labelbot_database_url", "OTHER"):
        monkeypatch.setenv(name, "1:secret")
    pip()
    names = (tmp_path / "variables").read_text().splitlines()
    assert {"OTHER", "PIP_INDEX_URL"} <= {*names}
    assert not [name for name in names if name.upper().startswith("LABELBOT")]


def test_whatever_ends_a_download_ends_pip(pip: Pip) -> None:
    class Ended(BaseException):
        pass

    let_go = Event()
    pip.server.faults = [Fault(), Fault(cut_at=900_000, waits=let_go)]
    started: list[int] = []

    def end(size_bytes: int) -> None:
        if size_bytes:
            started.extend(children())
            raise Ended

    package = RemotePackage("colours-model", "1.0", len(WHEEL), hashlib.sha256(WHEEL).hexdigest())
    try:
        with pytest.raises(Ended):
            download_package(package, pip.folder / NAME, on_progress=end)
    finally:
        let_go.set()
    assert len(started) == 1
    assert not children()
    assert pip.left() == []


@pytest.mark.slow
def test_a_full_disk_is_an_error_of_the_system(pip: Pip) -> None:
    with small_files_only(len(WHEEL) // 2), pytest.raises(OSError, match="File too large"):
        pip()
    assert pip.left() == []


@pytest.fixture(scope="module", params=["22.2", "26.0"])
def other_pip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pip from before or after it learned to go on with a download that broke off."""
    folder = tmp_path_factory.mktemp("pip")
    download_with_pip(f"pip=={request.param}", folder)
    [archive] = folder.iterdir()
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder / "unpacked")
    return folder / "unpacked"


@pytest.mark.slow
@pytest.mark.index
def test_other_pips_do_and_say_the_same(
    other_pip: Path, pip: Pip, monkeypatch: pytest.MonkeyPatch, closed_port: int
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(other_pip))
    assert pip().read_bytes() == WHEEL
    with pytest.raises(WrongFile, match="expected the SHA-256 0000"):
        pip(sha256="0" * 64)
    pip.server.faults = [Fault(status=503)]
    with pytest.raises(PackageUnavailable, match=r"a package index answered 503$"):
        pip()
    pip.server.faults = [Fault(), *[Fault(cut_at=500_000, ignores_range=True)] * 20]
    with pytest.raises((PackageUnavailable, WrongFile)) as broken:
        pip()
    pip.server.faults = []
    assert isinstance(broken.value, WrongFile) or str(broken.value).endswith("the connection broke off")
    serve_package(pip.server, "colours-model", {"colours-model-1.0.tar.gz": b""})
    with pytest.raises(PackageUnavailable, match=f"{NO_WHEEL}$"):
        pip()
    serve_package(pip.server, "colours-model", {})
    with pytest.raises(PackageUnavailable, match=r"no package index that pip asks has this version$"):
        pip()
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{closed_port}/simple")
    with pytest.raises(DownloadError, match=r"no package index can be reached$"):
        pip()
