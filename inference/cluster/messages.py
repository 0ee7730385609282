"""Messages between a pool's process and its gateway process: one pickle per packet of a socket.

gateway ->  Connected or Failed, then Nodes whenever the nodes have changed, WorkerStarted, Returned
pool    ->  StartWorker, with the file descriptors of the worker's ends of its connection
"""

from __future__ import annotations

import pickle
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from inference.pool.protocol import WorkerOptions

# Limit on a packet, and so on the nodes of a cluster: some thousands.
MAX_PACKET_BYTES = 2**20
# File descriptors with StartWorker: both sockets of the requests, the socket of the replies, the shared memory, and the
# two files of the output.
WORKER_FDS = 6


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the cluster.

    Attributes:
        id: Ray's id of the node.
        name: host name.
        address: IP address.
        cores: number of CPUs that the node offers.
        workers: number of workers on it.
        checked: whether its versions are known.
        fault: why no worker can run on it; None if no reason is known.
    """

    id: str
    name: str
    address: str
    cores: int
    workers: int
    checked: bool
    fault: str | None

    @property
    def usable(self) -> bool:
        """Whether workers can run on it."""
        return self.checked and self.fault is None


@dataclass(frozen=True, slots=True)
class Connected:
    """The gateway is connected to a cluster.

    Attributes:
        address: address of its head.
        ray, python: versions of Ray and Python.
    """

    address: str
    ray: str
    python: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The gateway cannot be connected to the cluster, and ends."""

    reason: str


@dataclass(frozen=True, slots=True)
class Nodes:
    """The nodes as they are now."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class StartWorker:
    """Start a worker and relay its requests.

    Attributes:
        number: number of the worker.
        options: its options.
        replaced: number of a worker that ends soon, whose node is to run this one; None for the node with the most
            free cores.
    """

    number: int
    options: WorkerOptions
    replaced: int | None


@dataclass(frozen=True, slots=True)
class WorkerStarted:
    """A worker runs.

    Attributes:
        number: number of the worker in StartWorker.
        pid: process id on its node.
    """

    number: int
    pid: int


@dataclass(frozen=True, slots=True)
class Returned:
    """A node has returned a request that was sent ahead; the pool may give it to another worker."""


Message: TypeAlias = Connected | Failed | Nodes | StartWorker | WorkerStarted | Returned


def send(control: socket.socket, message: Message, fds: Sequence[int] = ()) -> None:
    """Send a message.

    Raises:
        OSError: the other side is gone, or does not read.
    """
    socket.send_fds(control, [pickle.dumps(message)], fds)


def receive(control: socket.socket) -> tuple[Message, list[int]] | None:
    """Receive a message with its file descriptors; None if the other side is gone."""
    try:
        packet, fds, _, _ = socket.recv_fds(control, MAX_PACKET_BYTES, WORKER_FDS)
    except ConnectionError:
        return None
    if not packet:
        return None
    message: Message = pickle.loads(packet)  # noqa: S301  (the other side is our own process)
    return message, fds
