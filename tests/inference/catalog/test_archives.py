from __future__ import annotations

import gzip
import hashlib
import io
import stat
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from inference.catalog import archives as unpacking
from inference.catalog.archives import unpack
from inference.catalog.catalog import Member
from inference.errors import WrongFile
from tests.support.examples import examples

GRAPH = np.random.default_rng(0).bytes(5000)
LABELS = b"ant\nbee\n"
FILES = {"graph.pb": GRAPH, "labels.txt": LABELS}
MEMBERS = (Member(name="graph.pb", size_bytes=len(GRAPH)), Member(name="labels.txt"))
Build = Callable[[dict[str, bytes]], bytes]


def tar(files: dict[str, bytes], *entries: tarfile.TarInfo) -> bytes:
    """Build a .tar.gz of files and of entries without content."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for name, file in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(file)
            archive.addfile(entry, io.BytesIO(file))
        for entry in entries:
            archive.addfile(entry)
    return content.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in files.items():
            archive.writestr(name, file)
    return content.getvalue()


def linked(name: str, kind: bytes, target: str) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, target
    return entry


class Bench:
    """An archive, and a folder to unpack it into that has a neighbour."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "to" / "here"
        self.folder.mkdir(parents=True)

    def unpack(self, archive: bytes, members: tuple[Member, ...] = MEMBERS) -> dict[str, bytes]:
        path = self.root / "archive"
        path.write_bytes(archive)
        unpack(path, members, self.folder)
        return {path.name: path.read_bytes() for path in self.folder.iterdir()}

    def everything(self) -> list[str]:
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*"))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.parametrize("build", [tar, zipped])
def test_the_members_asked_for_are_taken_and_nothing_else(bench: Bench, build: Build) -> None:
    assert bench.unpack(build({"LICENSE": b"Apache", **FILES, "panda.jpg": bytes(9000)})) == FILES


@pytest.mark.parametrize("build", [tar, zipped])
def test_a_member_is_found_in_its_folders_and_leaves_them(bench: Bench, build: Build) -> None:
    deep = {"package/models/graph.pb": GRAPH, "models/graph.pb": b"another", "graph.pb": b"a third"}
    assert bench.unpack(build(deep), (Member(name="package/models/graph.pb"),)) == {"graph.pb": GRAPH}
    with pytest.raises(WrongFile, match=r"expected an archive with package/graph\.pb\. Received: one without"):
        bench.unpack(build(deep), (Member(name="package/graph.pb"),))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_a_folder_that_is_a_link_leads_nowhere(bench: Bench, kind: bytes) -> None:
    evil = tar({}, linked("package", kind, "/etc"))
    with pytest.raises(WrongFile, match=r"expected an archive with package/hostname"):
        bench.unpack(evil, (Member(name="package/hostname"),))
    assert bench.everything() == ["archive", "to", "to/here"]


def test_a_leading_dot_is_no_part_of_a_name(bench: Bench) -> None:
    assert bench.unpack(tar({f"./{name}": content for name, content in FILES.items()})) == FILES


@pytest.mark.parametrize("build", [tar, zipped])
@pytest.mark.parametrize("path", ["../escaped", "/tmp/escaped-from-archive", "..", "a/../../escaped", "sub/graph.pb"])
def test_paths_in_an_archive_lead_nowhere(bench: Bench, build: Build, path: str) -> None:
    assert bench.unpack(build({path: b"evil", **FILES})) == FILES
    assert bench.everything() == ["archive", "to", "to/here", "to/here/graph.pb", "to/here/labels.txt"]
    assert not Path("/tmp/escaped-from-archive").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_what_is_no_plain_file_is_refused(bench: Bench, kind: bytes) -> None:
    with pytest.raises(WrongFile, match=r"expected labels\.txt as a plain file\. Received: a link"):
        bench.unpack(tar({"graph.pb": GRAPH}, linked("labels.txt", kind, "graph.pb")))
    assert not (bench.folder / "labels.txt").exists()


def test_a_link_in_a_zip_is_refused(bench: Bench) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        link = zipfile.ZipInfo("labels.txt")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(WrongFile, match="plain file"):
        bench.unpack(content.getvalue())


def test_a_link_is_never_written_through(bench: Bench) -> None:
    evil = tar({}, linked("elsewhere", tarfile.SYMTYPE, str(bench.root)))
    with pytest.raises(WrongFile, match="expected an archive with labels"):
        bench.unpack(evil, MEMBERS[1:])
    assert bench.everything() == ["archive", "to", "to/here"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_is_there_twice_is_refused(bench: Bench) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("labels.txt", LABELS)
        archive.writestr("labels.txt", b"others")
    with pytest.raises(WrongFile, match=r"expected labels\.txt once\. Received: it twice"):
        bench.unpack(content.getvalue(), MEMBERS[1:])


def test_a_missing_member_is_named(bench: Bench) -> None:
    with pytest.raises(WrongFile, match=r"expected an archive with labels\.txt\. Received: one without"):
        bench.unpack(tar({"graph.pb": GRAPH}))


@pytest.mark.parametrize("build", [tar, zipped])
@pytest.mark.parametrize(("size_bytes", "received"), [(4999, "more"), (5001, "5,000")])
def test_a_member_of_another_size_is_refused(bench: Bench, build: Build, size_bytes: int, received: str) -> None:
    with pytest.raises(WrongFile, match=rf"graph\.pb: expected {size_bytes:,} bytes\. Received: {received}"):
        bench.unpack(build(FILES), (Member(name="graph.pb", size_bytes=size_bytes),))


@pytest.mark.parametrize("build", [tar, zipped])
def test_a_member_of_another_checksum_is_refused(bench: Bench, build: Build) -> None:
    right = Member(name="graph.pb", sha256=hashlib.sha256(GRAPH).hexdigest())
    assert bench.unpack(build(FILES), (right,)) == {"graph.pb": GRAPH}
    with pytest.raises(WrongFile, match=f"expected the SHA-256 {right.sha256}"):
        bench.unpack(build({"graph.pb": GRAPH[::-1]}), (right,))


@pytest.mark.parametrize("build", [tar, zipped])
def test_a_bomb_is_cut_off_at_the_size_of_the_member(bench: Bench, build: Build) -> None:
    with pytest.raises(WrongFile, match=r"expected 5,000 bytes\. Received: more"):
        bench.unpack(build({"graph.pb": bytes(50_000_000)}))
    assert (bench.folder / "graph.pb").stat().st_size <= unpacking.BLOCK_BYTES


def test_a_bomb_beside_the_members_is_cut_off(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "MAX_UNPACKED_BYTES", 2_000_000)
    with pytest.raises(WrongFile, match="more than 2,000,000 bytes"):
        bench.unpack(tar({**FILES, "filler": bytes(5_000_000)}))


@pytest.mark.parametrize("content", [b"", b"<html>404</html>", GRAPH, b"\x1f\x8b", b"PK\x03\x04", tar(FILES)[:-4]])
def test_what_is_no_whole_archive_is_refused(bench: Bench, content: bytes) -> None:
    with pytest.raises(WrongFile, match="archive: expected an archive that can be unpacked"):
        bench.unpack(content)


def test_a_zip_with_a_password_is_refused(bench: Bench) -> None:
    encrypted = bytearray(zipped(FILES))
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = encrypted.find(header)
        encrypted[place + flags] |= 1
    with pytest.raises(WrongFile, match="password"):
        bench.unpack(bytes(encrypted))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_of_another_compression_is_refused(bench: Bench, method: int) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        archive.writestr("graph.pb", GRAPH)
    damaged = bytearray(content.getvalue())
    damaged[len(damaged) // 2] ^= 1
    with pytest.raises(WrongFile, match="not Deflate"):
        bench.unpack(bytes(damaged), MEMBERS[:1])


def test_a_full_disk_is_an_error_of_the_system(bench: Bench) -> None:
    (bench.root / "archive").write_bytes(tar(FILES))
    program = """
import pathlib, resource, signal, sys
from inference.catalog.catalog import Member
from inference.catalog.archives import unpack
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    unpack(pathlib.Path(sys.argv[1]), [Member(name="graph.pb")], pathlib.Path(sys.argv[2]))
except OSError as error:
    print(error.strerror)
"""
    command = [sys.executable, "-c", program, str(bench.root / "archive"), str(bench.folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "File too large\n"


SMALL = {"graph.pb": bytes(range(256)) * 3, "labels.txt": LABELS}
SIZES = {name: len(content) for name, content in SMALL.items()}
ARCHIVES = (tar(SMALL), zipped(SMALL))


def assert_refused_or_whole(bench: Bench, archive: bytes) -> None:
    """Unpack what may be refused, but must not give anything of another size than was asked for."""
    members = tuple(Member(name=name, size_bytes=size) for name, size in SIZES.items())
    try:
        unpacked = bench.unpack(archive, members)
    except WrongFile:
        return
    assert {name: len(content) for name, content in unpacked.items()} == SIZES


@settings(deadline=None, max_examples=examples(300), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    archive=st.sampled_from(ARCHIVES),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), max_size=4),
)
@example(archive=ARCHIVES[1], changes=[(0.9921875, 1)])
def test_a_damaged_archive_is_refused_or_gives_what_was_asked_for(
    bench: Bench, archive: bytes, changes: list[tuple[float, int]]
) -> None:
    damaged = bytearray(archive)
    for place, flips in changes:
        damaged[int(place * len(damaged))] ^= flips
    assert_refused_or_whole(bench, bytes(damaged))


@settings(deadline=None, max_examples=examples(300), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.integers(0, 3071), st.integers(0, 255)), max_size=6))
def test_a_tar_that_is_damaged_inside_is_refused_or_gives_what_was_asked_for(
    bench: Bench, changes: list[tuple[int, int]]
) -> None:
    damaged = bytearray(gzip.decompress(ARCHIVES[0]))
    for place, value in changes:
        damaged[place] = value
    assert_refused_or_whole(bench, gzip.compress(bytes(damaged)))
