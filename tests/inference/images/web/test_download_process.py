"""Downloads in processes of their own: results, environment and end."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from inference.errors import AddressRefused, DownloadError, InferenceError, NotAnImage, TooManyBytes
from inference.images.web.download_process import download_image_apart
from tests.support.hostile_web import ENDLESS, SILENCE, hostile_web
from tests.support.processes import HANG_S, alive, children, until

CONTENT = bytes(range(256)) * 4096


@pytest.fixture
async def site() -> AsyncIterator[str]:
    async def answer(request: web.Request) -> web.Response:
        if request.path == "/page":
            return web.Response(text="<!doctype html>")
        if request.path == "/image":
            return web.Response(body=CONTENT)
        raise web.HTTPNotFound

    app = web.Application()
    app.router.add_get("/{path}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_an_image_comes_as_it_is_and_nothing_is_left_running(site: str) -> None:
    before = children()
    assert await download_image_apart(f"{site}/image", allow_private=True) == CONTENT
    assert children() == before


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/page", NotAnImage("the address leads to a web page; give the address of the image itself")),
        ("/none", DownloadError("{}/none", "the server answered 404 Not Found")),
        pytest.param("/image", TooManyBytes(len(CONTENT), 1000), marks=pytest.mark.slow),
    ],
)
async def test_each_error_comes_as_it_was_raised(site: str, path: str, error: InferenceError) -> None:
    with pytest.raises(type(error)) as caught:
        await download_image_apart(site + path, allow_private=True, max_bytes=1000)
    assert str(caught.value) == str(error).format(site)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A key and a certificate of its own for localhost, in one file."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    file = tmp_path / "localhost.pem"
    subject = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject, "-keyout", file, "-out", f"{file}.crt"],
        check=True,
        capture_output=True,
    )
    file.write_text(file.read_text() + Path(f"{file}.crt").read_text())
    return file


async def test_https_is_spoken_to_whom_a_known_authority_vouches_for(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=CONTENT)

    app = web.Application()
    app.router.add_get("/image", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    url = f"https://localhost:{runner.addresses[0][1]}/image"
    with pytest.raises(DownloadError, match="its certificate or TLS is not valid"):
        await download_image_apart(url, allow_private=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert await download_image_apart(url, allow_private=True) == CONTENT
    await runner.cleanup()


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/a.png",
        "http://\ud800/",
        pytest.param("ftp://example.com/", marks=pytest.mark.slow),
        pytest.param("no address", marks=pytest.mark.slow),
    ],
)
async def test_an_address_that_is_not_public_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused) as caught:
        await download_image_apart(url)
    assert caught.value.url == url


def given(pid: int, what: str) -> str:
    """What a process was started with, as everybody on the machine can see, or its user can."""
    return Path(f"/proc/{pid}/{what}").read_bytes().decode()


async def test_it_is_told_no_secret(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABELBOT_TOKEN", "1:secret")
    with hostile_web() as address:
        before = children()
        download = asyncio.create_task(download_image_apart(address + SILENCE, allow_private=True))
        await until(lambda: children() - before)
        (pid,) = children() - before
        await until(lambda: "inference.images.web.download_process" in given(pid, "cmdline"))
        assert "PYTHONPATH" in given(pid, "environ")
        assert "secret" not in given(pid, "environ")
        assert address not in given(pid, "cmdline")
        download.cancel()
        with pytest.raises(asyncio.CancelledError):
            await download
        assert not alive(pid)


async def test_one_that_is_killed_is_a_download_error() -> None:
    with hostile_web() as address:
        before = children()
        download = asyncio.create_task(download_image_apart(address + SILENCE, allow_private=True))
        await until(lambda: children() - before)
        (pid,) = children() - before
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(DownloadError, match="too much time or memory"):
            await download


async def test_one_that_hangs_ends_with_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inference.images.web.download_process.START_TIMEOUT_S", 0.0)
    with hostile_web() as address, pytest.raises(DownloadError, match=r"no complete answer within 0\.05 s"):
        await download_image_apart(address + SILENCE, allow_private=True, timeout_s=0.05)
    assert not children()


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(ENDLESS.keys() - {"/members"}))
async def test_hostile_links_end_with_an_error_and_leave_nothing_running(path: str) -> None:
    with hostile_web() as address:
        before = children()
        async with asyncio.timeout(HANG_S):
            links = (download_image_apart(address + path, allow_private=True) for _ in range(8))
            for ended in await asyncio.gather(*links, return_exceptions=True):
                assert isinstance(ended, InferenceError)
        assert children() == before
