"""Downloads of large files from a real HTTP server that misbehaves."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inference.catalog.resumable_download import RemoteFile, download_file
from inference.errors import AddressRefused, DownloadError, WrongFile
from tests.support.examples import examples
from tests.support.file_server import Fault, FileServer, serving
from tests.support.hostile_web import DRIP, hostile_web
from tests.support.processes import until

SIZE = 300_000
CONTENT = np.random.default_rng(0).bytes(SIZE)
OTHER = np.random.default_rng(1).bytes(SIZE)
PATH = "/model.tgz"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def server() -> Iterator[FileServer]:
    with serving(FileServer({PATH: CONTENT})) as server:
        yield server


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "model.tgz"


class Watch:
    """What a download told of its progress."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def __call__(self, size_bytes: int) -> None:
        self.sizes.append(size_bytes)


def get(
    server: FileServer, target: Path, path: str = PATH, *, watch: Watch | None = None, sha256: str | None = None
) -> None:
    """Download what should be CONTENT, without long waits."""
    remote = RemoteFile(server.url(path), SIZE, sha256 or hashlib.sha256(CONTENT).hexdigest())
    download_file(remote, target, on_progress=watch or Watch(), backoffs_s=(0, 0, 0), stall_timeout_s=0.5)


def left(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir())


def test_a_file_comes_whole_and_nothing_else_is_left(server: FileServer, target: Path) -> None:
    watch = Watch()
    get(server, target, watch=watch)
    assert target.read_bytes() == CONTENT
    assert left(target) == ["model.tgz"]
    assert watch.sizes == sorted(watch.sizes)
    assert watch.sizes[-1] == SIZE


def test_a_broken_connection_is_gone_on_with(server: FileServer, target: Path) -> None:
    server.faults = [Fault(cut_at=100_000), Fault(cut_at=250_000)]
    get(server, target)
    assert target.read_bytes() == CONTENT
    assert server.asked == [(PATH, 0), (PATH, 100_000), (PATH, 250_000)]


def test_a_connection_that_ends_early_without_a_length_is_gone_on_with(server: FileServer, target: Path) -> None:
    server.faults = [Fault(cut_at=100_000, anonymous=True)]
    get(server, target)
    assert target.read_bytes() == CONTENT


def test_a_later_download_goes_on_where_one_gave_up(server: FileServer, target: Path) -> None:
    server.faults = [Fault(cut_at=100_000), *[Fault(status=503)] * 3]
    with pytest.raises(DownloadError, match="503 Service Unavailable"):
        get(server, target)
    assert not target.exists()
    get(server, target)
    assert target.read_bytes() == CONTENT
    assert server.asked[-1] == (PATH, 100_000)
    assert left(target) == ["model.tgz"]


def test_a_file_that_changed_meanwhile_is_begun_anew(server: FileServer, target: Path) -> None:
    server.files[PATH] = OTHER
    server.faults = [Fault(cut_at=100_000), *[Fault(status=503)] * 3]
    with pytest.raises(DownloadError):
        get(server, target)
    server.files[PATH] = CONTENT
    get(server, target)
    assert target.read_bytes() == CONTENT
    assert server.asked[-1] == (PATH, 100_000)
    assert len(server.asked) == 5


def test_a_part_of_another_address_is_not_gone_on_with(server: FileServer, target: Path) -> None:
    server.files["/mirror"] = CONTENT
    server.faults = [Fault(cut_at=100_000), *[Fault(status=503)] * 3]
    with pytest.raises(DownloadError):
        get(server, target)
    get(server, target, "/mirror")
    assert server.asked[-1] == ("/mirror", 0)


@pytest.mark.parametrize("validators", [{}, {"ETag": 'W/"weak"'}])
def test_without_a_sure_sign_of_the_same_file_a_download_begins_anew(
    server: FileServer, target: Path, validators: dict[str, str]
) -> None:
    server.validators = validators
    server.faults = [Fault(cut_at=100_000)]
    get(server, target)
    assert target.read_bytes() == CONTENT
    assert server.asked == [(PATH, 0), (PATH, 0)]


def test_a_date_is_a_sign_where_there_is_no_tag(server: FileServer, target: Path) -> None:
    server.validators = {"Last-Modified": "Sat, 05 Dec 2015 12:00:00 GMT"}
    server.faults = [Fault(cut_at=100_000)]
    get(server, target)
    assert server.asked == [(PATH, 0), (PATH, 100_000)]


def test_a_server_that_ignores_ranges_sends_all_anew(server: FileServer, target: Path) -> None:
    server.faults = [Fault(cut_at=100_000), Fault(ignores_range=True)]
    get(server, target)
    assert target.read_bytes() == CONTENT
    assert server.asked == [(PATH, 0), (PATH, 100_000)]


def test_a_server_that_ignores_ranges_and_always_breaks_off_is_given_up(server: FileServer, target: Path) -> None:
    server.faults = [Fault(cut_at=100_000, ignores_range=True)] * 20
    with pytest.raises(DownloadError, match="broke off after 100,000 of 300,000 bytes"):
        get(server, target)
    assert len(server.asked) == 4


def test_a_server_that_brings_little_each_time_is_given_up(server: FileServer, target: Path) -> None:
    server.faults = [Fault(cut_at=100 * number) for number in range(1, 100)]
    with pytest.raises(DownloadError, match="broke off"):
        get(server, target)
    assert len(server.asked) == 4


def test_a_server_that_brings_much_each_time_is_not_given_up(server: FileServer, target: Path) -> None:
    server.faults = [Fault(cut_at=first) for first in range(70_000, SIZE, 70_000)]
    get(server, target)
    assert target.read_bytes() == CONTENT


def test_another_part_than_was_asked_for_is_not_taken(server: FileServer, target: Path) -> None:
    server.faults = [Fault(cut_at=100_000), Fault(shift=1000)]
    get(server, target)
    assert target.read_bytes() == CONTENT
    assert server.asked == [(PATH, 0), (PATH, 100_000), (PATH, 0)]


def test_pieces_that_do_not_make_the_file_are_thrown_away_once(server: FileServer, target: Path) -> None:
    server.validators = {"ETag": '"always the same"'}
    server.faults = [Fault(content=OTHER, cut_at=100_000)]
    get(server, target)
    assert target.read_bytes() == CONTENT
    assert server.asked == [(PATH, 0), (PATH, 100_000), (PATH, 0)]


def test_a_file_of_another_checksum_is_refused_and_not_kept(server: FileServer, target: Path) -> None:
    server.files[PATH] = OTHER
    with pytest.raises(WrongFile) as wrong:
        get(server, target)
    assert hashlib.sha256(CONTENT).hexdigest() in wrong.value.expected
    assert wrong.value.received == hashlib.sha256(OTHER).hexdigest()
    assert server.asked == [(PATH, 0)]
    assert left(target) == []


@pytest.mark.parametrize("announces", [1000, SIZE + 1, 10**12])
def test_a_file_that_is_said_to_have_another_size_is_refused_at_once(
    server: FileServer, target: Path, announces: int
) -> None:
    server.faults = [Fault(announces=announces, cut_at=1000)]
    watch = Watch()
    with pytest.raises(WrongFile, match=f"expected 300,000 bytes. Received: {announces:,}"):
        get(server, target, watch=watch)
    assert watch.sizes == [0]
    assert left(target) == []


def test_a_rest_that_is_said_to_have_another_size_is_refused(server: FileServer, target: Path) -> None:
    server.faults = [Fault(cut_at=100_000), Fault(announces=SIZE + 1)]
    with pytest.raises(WrongFile, match="300,001"):
        get(server, target)


def test_an_endless_file_is_cut_at_its_size(server: FileServer, target: Path) -> None:
    server.faults = [Fault(content=CONTENT * 100, anonymous=True)]
    watch = Watch()
    with pytest.raises(WrongFile, match=r"expected 300,000 bytes\. Received: more"):
        get(server, target, watch=watch)
    assert watch.sizes[-1] <= SIZE
    assert left(target) == []


def test_a_silent_server_is_asked_again(server: FileServer, target: Path) -> None:
    silence = Event()
    server.faults = [Fault(cut_at=100_000, waits=silence)]
    get(server, target)
    silence.set()
    assert target.read_bytes() == CONTENT
    assert server.asked[-1] == (PATH, 100_000)


def test_an_archive_that_is_called_compressed_content_comes_as_it_is(server: FileServer, target: Path) -> None:
    server.faults = [Fault(encoding="gzip")]
    get(server, target)
    assert target.read_bytes() == CONTENT
    assert server.asked == [(PATH, 0)]


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_refusal_is_told_and_not_asked_again(server: FileServer, target: Path, status: int) -> None:
    server.faults = [Fault(status=status)]
    with pytest.raises(DownloadError, match=f"could not download .*{PATH}: the server answered {status} "):
        get(server, target)
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again(server: FileServer, target: Path, status: int) -> None:
    server.faults = [Fault(status=status)] * 3
    get(server, target)
    assert len(server.asked) == 4


def test_a_redirect_is_followed_with_the_range(server: FileServer, target: Path) -> None:
    server.files["/elsewhere"] = CONTENT
    there = Fault(redirect="/elsewhere")
    server.faults = [there, Fault(cut_at=100_000), there]
    get(server, target)
    assert target.read_bytes() == CONTENT
    assert server.asked == [(PATH, 0), ("/elsewhere", 0), (PATH, 100_000), ("/elsewhere", 100_000)]


def test_redirects_in_a_circle_end(server: FileServer, target: Path) -> None:
    server.faults = [Fault(redirect=PATH)] * 50
    with pytest.raises(DownloadError, match="more than 5 redirects"):
        get(server, target)
    assert len(server.asked) <= 6


@pytest.mark.parametrize("location", ["ftp://127.0.0.1/model", "http://[::1", "file:///etc/passwd"])
def test_a_redirect_to_what_is_no_web_address_is_refused(server: FileServer, target: Path, location: str) -> None:
    server.faults = [Fault(redirect=location)]
    with pytest.raises(AddressRefused, match=r"no valid address|expected an address that begins with http://"):
        get(server, target)


@pytest.mark.parametrize("url", ["ftp://example.com/a", "http://me:secret@127.0.0.1/a", "http:///a", "model.tgz"])
def test_what_is_no_plain_web_address_is_refused(target: Path, url: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        download_file(RemoteFile(url, SIZE, None), target, on_progress=Watch())
    assert refused.value.url == url


def test_a_server_that_cannot_be_reached_is_named_without_delay(target: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    url = f"http://127.0.0.1:{port}/model.tgz"
    with pytest.raises(DownloadError, match=f"could not download {url}: nothing answers at 127.0.0.1"):
        # Any pause would exceed the time limit of a test.
        download_file(RemoteFile(url, SIZE, None), target, on_progress=Watch(), backoffs_s=(10_000,))


def test_what_is_no_http_is_a_download_error(target: Path) -> None:
    async def talk() -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            remote = RemoteFile(url, SIZE, None)
            with pytest.raises(DownloadError, match="no valid HTTP"):
                await asyncio.to_thread(download_file, remote, target, on_progress=Watch(), backoffs_s=())

    asyncio.run(talk())


def test_a_proxy_of_the_environment_is_asked(server: FileServer, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("no_proxy")
    monkeypatch.setenv("http_proxy", server.url("/"))
    remote = RemoteFile(f"http://models.example{PATH}", SIZE, hashlib.sha256(CONTENT).hexdigest())
    download_file(remote, target, on_progress=Watch())
    assert server.asked == [(PATH, 0)]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_what_a_proxy_refuses_is_told_without_its_password(
    server: FileServer, target: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.delenv("no_proxy")
    monkeypatch.setenv(f"{scheme}_proxy", f"me:hunter2@127.0.0.1:{server.port}")
    server.faults = [Fault(status=407)]
    with pytest.raises(DownloadError) as refused:
        download_file(RemoteFile(f"{scheme}://models.example{PATH}", SIZE, None), target, on_progress=Watch())
    # The server knows no CONNECT, with which a request for https begins.
    said = {"http": "does not accept the user name and the password in http_proxy (407)", "https": "answered 404 "}
    assert f"the proxy http://127.0.0.1:{server.port} {said[scheme]}" in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_a_redirect_gets_the_proxy_of_its_own_host(
    server: FileServer, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    server.faults = [Fault(redirect=server.url(PATH)), Fault(redirect=f"http://models.example{PATH}")]
    with pytest.raises(DownloadError, match=r"the proxy 127\.0\.0\.1 port 9 cannot be reached"):
        download_file(RemoteFile(server.url(PATH), SIZE, None), target, on_progress=Watch(), backoffs_s=())
    assert server.asked == [(PATH, 0)] * 2


def test_a_server_s_password_comes_from_netrc(
    server: FileServer, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password sesame\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    server.login = f"Basic {base64.b64encode(b'me:sesame').decode()}"
    download_file(RemoteFile(server.url(PATH), SIZE, None), target, on_progress=Watch())
    monkeypatch.setenv("NETRC", str(tmp_path / "nothing"))
    target.unlink()
    with pytest.raises(DownloadError, match="401"):
        download_file(RemoteFile(server.url(PATH), SIZE, None), target, on_progress=Watch())


def test_a_killed_download_is_gone_on_with(server: FileServer, target: Path) -> None:
    stall = Event()
    server.faults = [Fault(cut_at=200_000, waits=stall)]
    program = """
import pathlib, sys
from inference.catalog.resumable_download import RemoteFile, download_file
url, target = sys.argv[1:]
download_file(RemoteFile(url, 300_000, None), pathlib.Path(target), on_progress=lambda size: None)
"""
    part = target.with_name("model.tgz.part")
    with subprocess.Popen([sys.executable, "-c", program, server.url(PATH), str(target)]) as process:
        asyncio.run(until(lambda: part.exists() and part.stat().st_size > 65_536))
        os.kill(process.pid, signal.SIGKILL)
    stall.set()
    offset = part.stat().st_size
    get(server, target)
    assert target.read_bytes() == CONTENT
    assert server.asked == [(PATH, 0), (PATH, offset)]


def test_a_full_disk_is_an_error_of_the_system_and_the_part_stays(server: FileServer, target: Path) -> None:
    program = """
import pathlib, resource, signal, sys
from inference.catalog.resumable_download import RemoteFile, download_file
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
url, target = sys.argv[1:]
try:
    download_file(RemoteFile(url, 300_000, None), pathlib.Path(target), on_progress=lambda size: None)
except OSError as error:
    print(error.strerror)
"""
    command = [sys.executable, "-c", program, server.url(PATH), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "File too large\n"
    get(server, target)
    assert target.read_bytes() == CONTENT
    assert server.asked == [(PATH, 0), (PATH, 100_000)]


@settings(deadline=None, max_examples=examples(30), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(part=st.binary(max_size=50), record=st.one_of(st.binary(max_size=80), st.just(b'{"url": 3, "validator": [1]}')))
def test_whatever_an_earlier_attempt_left_is_no_obstacle(
    server: FileServer, target: Path, part: bytes, record: bytes
) -> None:
    target.with_name("model.tgz.part").write_bytes(part)
    target.with_name("model.tgz.part.json").write_bytes(record)
    get(server, target)
    assert target.read_bytes() == CONTENT
    assert left(target) == ["model.tgz"]


@pytest.mark.parametrize("path", [DRIP, "/informational", "/one-byte-chunks", "/headers", "/trailers"])
def test_a_server_that_answers_for_ever_is_given_up(target: Path, path: str) -> None:
    with hostile_web() as address, pytest.raises(DownloadError):
        download_file(
            RemoteFile(address + path, SIZE, None), target, on_progress=Watch(), backoffs_s=(0,), stall_timeout_s=0.2
        )
    assert not target.exists()


def test_what_hardly_comes_is_told(target: Path) -> None:
    with hostile_web() as address, pytest.raises(DownloadError, match=r"next to nothing came for 0\.4 s"):
        download_file(
            RemoteFile(address + DRIP, SIZE, None), target, on_progress=Watch(), backoffs_s=(), stall_timeout_s=0.2
        )
