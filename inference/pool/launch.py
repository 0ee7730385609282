"""Starts the process of a worker, on this machine or on another."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol, TypeAlias

from inference.pool.output import WorkerOutput
from inference.pool.protocol import WorkerOptions
from inference.system.child_process import with_parent
from inference.system.environment import child_environment

TICKS_PER_S = os.sysconf("SC_CLK_TCK")

ENVIRONMENT = {
    # Each worker has one core.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # Otherwise a GPU tries all algorithms of each convolution for each batch size, which takes seconds.
    "TF_CUDNN_USE_AUTOTUNE": "0",
    # One thread needs only one heap. Then the memory that one image has freed serves the next image.
    "MALLOC_ARENA_MAX": "1",
    # Buffers of ordinary images stay in the heap, since a megabyte of page faults costs half a millisecond. Buffers of
    # huge images return to the system at once.
    "MALLOC_MMAP_THRESHOLD_": str(4 * 2**20),
    "MALLOC_TRIM_THRESHOLD_": str(32 * 2**20),
}


class WorkerEnds(NamedTuple):
    """A worker's ends of the connection to its pool. The pool closes `replies` and `shared_fd` after the launch.

    Attributes:
        connection: the pool's own end of `replies`.
        requests: the sockets of `request_sockets`; the worker receives from the second.
        replies: socket for the replies; its end means the end of the worker.
        shared_fd: file descriptor of the `SharedImages`.
        output: files that the worker prints to.
    """

    connection: socket.socket
    requests: tuple[socket.socket, socket.socket]
    replies: socket.socket
    shared_fd: int
    output: WorkerOutput


class Process(Protocol):
    """A process that runs a worker, on this machine or on another."""

    @property
    def pid(self) -> int:
        """Process id on the machine of the process; 0 until it is known."""

    @property
    def is_local(self) -> bool:
        """Whether the process runs on this machine."""

    def kill(self) -> None:
        """Kill the process at once; the connection to it ends soon."""

    def wait(self) -> int:
        """Wait for the exit of the killed process; return its status, a negative signal number after a signal."""

    def cpu_s(self) -> float:
        """Return the CPU time of the process in seconds, by the clock of `SharedImages.decoding_since_cpu_s`."""


# Starts a process that runs a worker. Raises OSError or InferenceError if none can be started.
Launch: TypeAlias = Callable[[WorkerEnds, WorkerOptions], Process]


class LocalProcess:
    """A process of this machine."""

    is_local = True

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.pid = process.pid
        self.kill = process.kill
        self.wait = process.wait

    def cpu_s(self) -> float:
        try:
            stat = Path(f"/proc/{self.pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            # The process is gone; the connection is about to close.
            return 0.0
        # The process name may contain any characters. After the name, fields 11 and 12 are the CPU time in user mode
        # and in system mode.
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def launch_here(ends: WorkerEnds, options: WorkerOptions) -> LocalProcess:
    """Start a worker on this machine.

    Raises:
        OSError: the system cannot start a process.
    """
    fds = (ends.replies.fileno(), ends.shared_fd, ends.output.crash_fd)
    process = subprocess.Popen(  # noqa: S603  (our own module)
        with_parent(sys.executable, "-P", "-m", "inference.pool.worker", *map(str, fds), options.to_json()),
        stdin=ends.requests[1].fileno(),
        stdout=ends.output.stderr_fd,
        stderr=ends.output.stderr_fd,
        pass_fds=fds,
        env=child_environment() | ENVIRONMENT,
        # Ctrl-C in a terminal is meant for this process, which drains its workers.
        process_group=0,
    )
    return LocalProcess(process)
