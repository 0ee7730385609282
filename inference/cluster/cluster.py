"""The pool's side of a Ray cluster: its gateway process, its nodes, and its workers."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from inference.cluster.address import is_address
from inference.cluster.messages import (
    Connected,
    Failed,
    Message,
    Node,
    Nodes,
    Returned,
    StartWorker,
    WorkerStarted,
    receive,
    send,
)
from inference.errors import ClusterError
from inference.pool.launch import Process, WorkerEnds
from inference.pool.output import WorkerOutput
from inference.pool.protocol import WorkerOptions
from inference.system.child_process import with_parent
from inference.system.environment import child_environment
from inference.system.extras import require_extra

log = logging.getLogger(__name__)

RAY_SETTINGS = {"RAY_USAGE_STATS_ENABLED": "0"}
# Limit on connecting to a cluster that is there, in seconds; it takes two, and some more on a busy machine.
CONNECT_TIMEOUT_S = 30.0
# Limit on the look at the first node, which starts a process there.
FIRST_NODE_TIMEOUT_S = 90.0
# Shortest and longest wait before another try to connect, in seconds.
FIRST_DELAY_S = 1.0
LAST_DELAY_S = 30.0


class ClusterWorker:
    """A worker on a node, as the pool's process sees it.

    Attributes:
        number: number of the worker among those of the pool.
        pid: process id on its node; 0 until it is known.
    """

    is_local = False

    def __init__(self, number: int, connection: socket.socket, on_end: Callable[[], None]) -> None:
        """Describe a worker that is being started.

        Args:
            number: number of the worker among those of the pool.
            connection: the pool's end of the worker's connection; the worker ends if it is shut down.
            on_end: called in any thread when the worker has ended.
        """
        self.number = number
        self.pid = 0
        self._connection = connection.dup()
        self._on_end = on_end

    def kill(self) -> None:
        with suppress(OSError):  # the other side was faster
            self._connection.shutdown(socket.SHUT_RDWR)

    def wait(self) -> int:
        """Return at once: the node ends the process as soon as it hears of the shutdown, or is gone itself."""
        self._connection.close()
        self._on_end()
        return -signal.SIGKILL

    def cpu_s(self) -> float:
        """Return 0.0: the gateway writes CPU times relative to now."""
        return 0.0


class Cluster:
    """A Ray cluster whose nodes run the workers of one pool: a `WorkerHost`.

    `async with Cluster(address) as cluster` connects and disconnects. After a loss of the head, it connects again and
    again; meanwhile images wait.

    Attributes:
        nodes: the nodes, those with a fault included; empty while there is no connection.
        connected: address and versions of the cluster; None while there is no connection.
        fault: why there is no connection; None while there is one, and before the first try ends.
    """

    def __init__(self, address: str) -> None:
        """Describe a cluster.

        Args:
            address: HOST:PORT of its head, or "auto" for the cluster that this machine belongs to.

        Raises:
            ClusterError: this is no such address.
            MissingExtra: Ray is not installed.
        """
        if not is_address(address):
            raise ClusterError(f"a cluster's address: expected HOST:PORT of its head, or auto. Received: {address}")
        require_extra("cluster", "labelling on a cluster")
        self.nodes: tuple[Node, ...] = ()
        self.connected: Connected | None = None
        self.fault: str | None = None
        self._address = address
        self._workers: dict[int, ClusterWorker] = {}
        self._numbers = 0
        self._on_change: Callable[[], None] = lambda: None
        self._changed = asyncio.Event()
        self._control: socket.socket | None = None
        self._failure: str | None = None
        self._supervisor: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def cores(self) -> int:
        """Number of cores of the usable nodes; 1 if there are none, for a worker that waits for a node."""
        return max(1, self._room)

    @property
    def most(self) -> int:
        """Largest number of workers: one per core of the usable nodes, at least 1."""
        return self.cores

    @property
    def _room(self) -> int:
        return sum(node.cores for node in self.nodes if node.usable)

    async def open(self) -> None:
        """Connect to the cluster, and wait until one of its nodes is usable.

        Raises:
            ClusterError: there is no connection, or no node is usable; the text says why.
        """
        self._loop = asyncio.get_running_loop()
        self._supervisor = asyncio.create_task(self._supervise())
        try:
            async with asyncio.timeout(FIRST_NODE_TIMEOUT_S):
                while not self._room:
                    self._check_start()
                    await self._next_change()
        except TimeoutError:
            await self.close()
            waited = f"{FIRST_NODE_TIMEOUT_S:g} s"
            raise ClusterError(f"no node of the cluster at {self._address} is ready within {waited}") from None
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Disconnect from the cluster; the workers end."""
        if self._supervisor is not None:
            self._supervisor.cancel()
            await asyncio.gather(self._supervisor, return_exceptions=True)

    def launch(self, ends: WorkerEnds, options: WorkerOptions, replaced: Process | None = None) -> Process:
        """Have a node start a worker, that of the replaced worker if there is one.

        Raises:
            ClusterError: there is no connection to the cluster.
        """
        self._numbers += 1
        number = self._numbers
        replaced_number = replaced.number if isinstance(replaced, ClusterWorker) else None
        fds = (
            *(each.fileno() for each in (*ends.requests, ends.replies)),
            *(ends.shared_fd, ends.output.stderr_fd, ends.output.crash_fd),
        )
        try:
            if self._control is None:
                raise ConnectionError
            send(self._control, StartWorker(number, options, replaced_number), fds)
        except OSError as error:
            raise ClusterError(f"there is no connection to the cluster at {self._address}") from error
        worker = self._workers[number] = ClusterWorker(number, ends.connection, lambda: self._note_end(number))
        return worker

    async def wait_for_room(self) -> None:
        """Wait until the usable nodes have more cores than workers."""
        while self._control is None or len(self._workers) >= self._room:
            await self._next_change()

    async def wait_until_checked(self) -> None:
        """Wait until all present nodes were looked at."""
        while not all(node.checked for node in self.nodes):
            await self._next_change()

    def watch(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change

    def _check_start(self) -> None:
        if self.fault is not None:
            raise ClusterError(f"no connection to the cluster at {self._address}: {self.fault}")
        if self.nodes and not self._room and all(node.checked for node in self.nodes):
            faults = "; ".join(describe(node) for node in self.nodes if node.fault) or "none offers CPUs"
            raise ClusterError(f"no node of the cluster at {self._address} can label: {faults}")

    async def _next_change(self) -> None:
        await self._changed.wait()

    def _change(self) -> None:
        # Wakes all who wait now.
        self._changed.set()
        self._changed = asyncio.Event()
        self._on_change()

    def _note_end(self, number: int) -> None:
        self._workers.pop(number, None)
        with suppress(RuntimeError):  # the event loop has closed
            self._loop.call_soon_threadsafe(self._change)

    async def _supervise(self) -> None:
        """Run gateways, one after another."""
        delay_s = FIRST_DELAY_S
        while True:
            self.fault = await self._run_gateway()
            if self.nodes:
                delay_s = FIRST_DELAY_S
                log.error("the connection to the cluster at %s is lost: %s", self._address, self.fault)
            self.nodes, self.connected = (), None
            self._change()
            await asyncio.sleep(delay_s)
            delay_s = min(2 * delay_s, LAST_DELAY_S)

    async def _run_gateway(self) -> str:
        """Run a gateway until it ends; return why it ended."""
        self._failure = None
        output = WorkerOutput()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs:
                gateway = _start_gateway(theirs, output, self._address)
        except OSError as error:
            ours.close()
            output.close()
            return f"no process can be started for it: {error.strerror}"
        ours.setblocking(False)
        ended = asyncio.Event()
        self._loop.add_reader(ours, self._receive, ours, ended)
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S) as connecting:
                self._connecting = connecting
                await ended.wait()
        except TimeoutError:
            self._failure = f"the head gives no answer within {CONNECT_TIMEOUT_S:g} s"
        finally:
            self._control = None
            self._loop.remove_reader(ours)
            ours.close()
            gateway.kill()
            gateway.wait()
            if printed := output.final_output():
                log.warning("the connection to the cluster printed at its end: %s", printed)
            output.close()
        if self._failure is not None:
            return self._failure
        if self.connected is None:
            return "is this machine a node of it? `ray start --address` makes it one"
        return "the head is gone"

    def _receive(self, control: socket.socket, ended: asyncio.Event) -> None:
        """Handle all messages that are there: a worker's process id comes before the worker is ready."""
        with suppress(BlockingIOError):
            while (received := receive(control)) is not None:
                self._handle(received[0], control)
            ended.set()

    def _handle(self, message: Message, control: socket.socket) -> None:
        match message:
            case Connected():
                self._connecting.reschedule(None)
                self.connected, self._control, self.fault = message, control, None
            case Failed(reason):
                self._failure = reason
                return
            case Nodes(nodes):
                known, self.nodes = self.nodes, nodes
                _log_changes(known, nodes, self._room)
            case WorkerStarted(number, pid):
                if number in self._workers:
                    self._workers[number].pid = pid
            case Returned() | StartWorker():
                pass
        self._change()


def describe(node: Node) -> str:
    """Return the name of a node, and what it offers."""
    state = f"cores: {node.cores}" if node.checked else "not looked at yet"
    return f"{node.name} ({node.address}): {node.fault or state}"


def _log_changes(known: Sequence[Node], nodes: Sequence[Node], room: int) -> None:
    """Log which nodes came, and warn of those that are lost.

    Args:
        known: the nodes before.
        nodes: the nodes now.
        room: number of workers that they have room for now.
    """
    usable, faults = {node.id for node in known if node.usable}, {(node.id, node.fault) for node in known}
    if {node.id for node in nodes if node.usable} - usable:
        log.info("nodes of the cluster: %s", ", ".join(map(describe, nodes)))
    for node in known:
        if node.usable and node.id not in {each.id for each in nodes}:
            log.warning("the node %s (%s) is gone; cores that are left for workers: %d", node.name, node.address, room)
    for node in nodes:
        if node.fault is not None and (node.id, node.fault) not in faults:
            log.warning("no worker can run on %s; cores that are left for workers: %d", describe(node), room)


def _start_gateway(control: socket.socket, output: WorkerOutput, address: str) -> subprocess.Popen[bytes]:
    given = {name: value for name, value in os.environ.items() if name.startswith("RAY_")}
    return subprocess.Popen(  # noqa: S603  (our own module)
        with_parent(sys.executable, "-P", "-m", "inference.cluster.gateway", address),
        stdin=control.fileno(),
        stdout=output.stderr_fd,
        stderr=output.stderr_fd,
        env=child_environment() | RAY_SETTINGS | given,
        process_group=0,
    )
