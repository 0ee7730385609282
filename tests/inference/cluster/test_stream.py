"""The connection between a relay and the worker of a node."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from inference.cluster import stream as stream_module
from inference.cluster.stream import Listener, Progress, Returned, Stream
from inference.errors import ClusterError

HERE = "127.0.0.1"


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[Listener, asyncio.Future[Stream]]]:
    """A listener, and the stream that it gets."""
    accepted: asyncio.Future[Stream] = asyncio.get_running_loop().create_future()
    listener = Listener(accepted.set_result)
    await listener.open(HERE)
    try:
        yield listener, accepted
    finally:
        listener._server.close()
        if accepted.done():
            accepted.result().close()


async def test_messages_of_any_size_travel_in_both_directions() -> None:
    async with listening() as (listener, accepted):
        ours = await Stream.connect(HERE, listener.port, listener.secret)
        theirs = await accepted
        large = Progress(0, bytes(20_000_000), None)
        sending = asyncio.create_task(_send(ours, Returned(1), large))
        theirs.write(Returned(0))
        assert await ours.read() == Returned(0)
        assert [await theirs.read(), await theirs.read()] == [Returned(1), large]
        await sending
        ours.close()
        assert await theirs.read() is None


async def test_whoever_does_not_know_the_secret_is_turned_away() -> None:
    async with listening() as (listener, accepted):
        wrong = await Stream.connect(HERE, listener.port, bytes(32))
        assert await _is_turned_away(wrong)
        wrong.close()
        assert not accepted.done()
        ours = await Stream.connect(HERE, listener.port, listener.secret)
        await accepted
        # There is one connection at most.
        with pytest.raises(ClusterError, match=f"port {listener.port} of {HERE} cannot be reached"):
            await Stream.connect(HERE, listener.port, listener.secret)
        ours.close()


async def test_a_port_that_says_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "CONNECT_TIMEOUT_S", 0.1)
    with closing(socket.create_server((HERE, 0), backlog=0)) as full:
        port = full.getsockname()[1]
        silent = rf"port {port} of {HERE} gives no answer within 0\.1 s"
        with closing(socket.create_connection((HERE, port))), pytest.raises(ClusterError, match=silent):
            await Stream.connect(HERE, port, b"")


async def test_the_certificates_of_ray_encrypt_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate, key = tmp_path / "node.crt", tmp_path / "node.key"
    await asyncio.to_thread(_make_certificate, certificate, key)
    monkeypatch.setenv("RAY_USE_TLS", "1")
    monkeypatch.setenv("RAY_TLS_SERVER_CERT", str(certificate))
    monkeypatch.setenv("RAY_TLS_SERVER_KEY", str(key))
    monkeypatch.setenv("RAY_TLS_CA_CERT", str(certificate))
    async with listening() as (listener, accepted):
        ours = await Stream.connect(HERE, listener.port, listener.secret)
        theirs = await accepted
        assert theirs._writer.get_extra_info("ssl_object").getpeercert()["subject"]
        theirs.write(Returned(0))
        assert await ours.read() == Returned(0)
        ours.close()
    async with listening() as (listener, accepted):
        monkeypatch.setenv("RAY_USE_TLS", "0")
        plain = await Stream.connect(HERE, listener.port, listener.secret)
        assert await _is_turned_away(plain)
        plain.close()
        assert not accepted.done()


async def _is_turned_away(stream: Stream) -> bool:
    try:
        return await stream.read() is None
    except ConnectionError:
        return True


async def _send(stream: Stream, *messages: Progress | Returned) -> None:
    for message in messages:
        stream.write(message)
        await stream.drain()


def _make_certificate(certificate: Path, key: Path) -> None:
    made = ("-keyout", str(key), "-out", str(certificate), "-days", "1", "-subj", "/CN=node")
    command = ("openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", *made)
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
