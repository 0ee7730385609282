"""A reverse proxy before the bot's web server: passes bytes on, with TLS of its own if it has a certificate."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path


def unused_port() -> int:
    """A TCP port of this machine where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1, and its private key."""
    certificate, key = folder / "public.pem", folder / "private.key"
    options = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=127.0.0.1"
    names = ("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate))
    subprocess.run(("openssl", "req", "-x509", *options.split(), *names), check=True, capture_output=True)
    return certificate, key


@asynccontextmanager
async def forwarder(
    port: int, to: int, tls: tuple[Path, Path] | None = None, count: Callable[[str, int], None] | None = None
) -> AsyncIterator[None]:
    """Pass connections to one port on to another while the block runs.

    Args:
        port: port to listen at.
        to: port to connect to.
        tls: certificate and private key for connections to `port`.
        count: function that is told the direction of what is passed, "there" or "back", and the number of bytes.
    """
    context = None
    if tls is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*tls)
    passing: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        passing.add(task)
        with suppress(ConnectionError, asyncio.CancelledError):
            beyond = await asyncio.open_connection("127.0.0.1", to)
            there, back = (None, None) if count is None else (partial(count, "there"), partial(count, "back"))
            await asyncio.gather(_pass(reader, beyond[1], there), _pass(beyond[0], writer, back))
        writer.close()
        passing.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", port, ssl=context)
    try:
        yield
    finally:
        server.close()
        for task in tuple(passing):
            task.cancel()
        await asyncio.gather(*passing, return_exceptions=True)


async def _pass(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: Callable[[int], None] | None
) -> None:
    try:
        while data := await reader.read(65_536):
            if count is not None:
                count(len(data))
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()
