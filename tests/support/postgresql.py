"""A PostgreSQL server for the tests, from the programs installed on this machine."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import URL

PROGRAMS = Path("/usr/lib/postgresql")
PASSWORD = "hunter2@secret"
# These settings are faster, and no data outlives the server.
SETTINGS = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "autovacuum=off"]
START_TIMEOUT_S = 60
SOCKET = ".s.PGSQL.5432"
# A database is three hundred files, which a disk takes five times as long for.
MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 2_000_000_000
HANG_UP = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'labelbot%'"


@dataclass
class Postgresql:
    """A running server; `database` makes an empty database in it.

    Attributes:
        folder: with its socket.
    """

    folder: Path
    _databases: int = 0

    def address(self, name: str, *, password: str = "hunter2%40secret") -> str:
        return f"postgresql://labelbot:{password}@/{name}?host={self.folder}"

    def database(self, *, template: str | None = None) -> str:
        """Make a database, an empty one or a copy of `template`; return its address, with a password in it."""
        self._databases += 1
        name = f"labelbot_{self._databases}"
        asyncio.run(self._execute(f"CREATE DATABASE {name} TEMPLATE {template or 'template1'}"))
        return self.address(name)

    def drop(self, url: URL) -> None:
        """Remove a database, though somebody may still be connected to it."""
        asyncio.run(self._execute(f"DROP DATABASE {url.database} WITH (FORCE)"))

    @asynccontextmanager
    async def out_of_reach(self) -> AsyncIterator[None]:
        """Hang up on the bot, and let nobody connect for a while."""
        connection = await asyncpg.connect(self.address("postgres"))
        socket, away = self.folder / SOCKET, self.folder / "away"
        socket.rename(away)
        try:
            await connection.execute(HANG_UP)
            yield
        finally:
            away.rename(socket)
            await connection.close()

    @asynccontextmanager
    async def relayed(self, name: str) -> AsyncIterator[Relay]:
        """Make a database reachable at another address, which can vanish."""
        relay = Relay(self.folder / SOCKET)
        server = await asyncio.start_server(relay.connect, "127.0.0.1", 0)
        relay.address = f"postgresql://labelbot:hunter2%40secret@127.0.0.1:{server.sockets[0].getsockname()[1]}/{name}"
        try:
            yield relay
        finally:
            server.close()
            relay.close()

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self.address("postgres"))
        await connection.execute(statement)
        await connection.close()


class Relay:
    """Passes on what a server and its clients say, until it is told to vanish.

    Args:
        socket: of the server.

    Attributes:
        address: of the database, by this relay.
    """

    address: str

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._vanished = False
        self._passing: list[asyncio.Task[None]] = []

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_unix_connection(self._socket)
        for source, target in ((reader, server_writer), (server_reader, writer)):
            self._passing.append(asyncio.create_task(self._pass_on(source, target)))

    def vanish(self) -> None:
        """Say nothing from now on, like a host whose cable was pulled out."""
        self._vanished = True

    def close(self) -> None:
        for task in self._passing:
            task.cancel()

    async def _pass_on(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65_536):
                if not self._vanished:
                    target.write(data)
        finally:
            target.close()


def find_postgresql() -> Path | None:
    """The folder of the newest server's programs, or None where there is none."""
    found = [folder for folder in PROGRAMS.glob("*/bin") if (folder / "initdb").exists()]
    return max(found, key=lambda folder: int(folder.parent.name), default=None)


@contextmanager
def postgresql(programs: Path, settings: Sequence[str] = SETTINGS) -> Iterator[Postgresql]:
    """Start a server that listens on a socket in a folder of its own, and stop it at the end."""
    # The path of a socket has at most 107 characters, and only root may use pytest's folders.
    folder = _new_folder()
    data, password_file = folder / "data", folder / "password"
    password_file.write_text(PASSWORD)
    user = _unprivileged()
    if user is not None:
        for path in (folder, password_file):
            os.chown(path, user.pw_uid, user.pw_gid)
    try:
        initdb = f"--no-sync --encoding=UTF8 --locale=C --username=labelbot --auth=scram-sha-256 --pgdata={data}"
        command = [f"{programs}/initdb", *initdb.split(), f"--pwfile={password_file}"]
        subprocess.run(
            command, check=True, timeout=START_TIMEOUT_S, stdout=subprocess.DEVNULL, cwd="/", **_identity(user)
        )
        options = ["-D", str(data), "-k", str(folder), "-c", "listen_addresses="]
        # If this process is killed, the server ends, too.
        command = ["setpriv", "--pdeathsig=QUIT", f"{programs}/postgres", *options, *settings]
        with (folder / "log").open("w") as log:
            server = subprocess.Popen(command, stderr=log, cwd="/", **_identity(user))
        try:
            ready = [f"{programs}/pg_isready", "--quiet", f"--host={folder}"]
            while subprocess.run(ready, timeout=START_TIMEOUT_S, check=False).returncode != 0:
                assert server.poll() is None, (folder / "log").read_text()
            yield Postgresql(folder)
        finally:
            server.send_signal(signal.SIGQUIT)
            server.wait(START_TIMEOUT_S)
    finally:
        shutil.rmtree(folder)


def _new_folder() -> Path:
    """Make a folder: in memory, if there is enough of it."""
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < ENOUGH_BYTES:
        return Path(tempfile.mkdtemp(prefix="labelbot-pg-"))
    # What a killed process left there would take memory until the next start of the machine.
    for left in MEMORY.glob("labelbot-pg-*"):
        if not Path("/proc", left.name.split("-")[2]).exists():
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"labelbot-pg-{os.getpid()}-", dir=MEMORY))


def _unprivileged() -> pwd.struct_passwd | None:
    """Someone to run the server as, where these tests run as root, which it refuses."""
    return pwd.getpwnam("nobody") if os.getuid() == 0 else None


def _identity(user: pwd.struct_passwd | None) -> dict[str, Any]:
    return {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": ()}
