"""A Ray cluster of the tests' own, in a network namespace."""

from __future__ import annotations

import ctypes
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support import ray_namespace

# Otherwise, a token in the home folder of the user changes how Ray starts.
ENVIRONMENT = {"RAY_AUTH_MODE": "disabled"}
# From <sched.h>.
CLONE_NEWNET = 0x40000000


class RayCluster:
    """Nodes of a cluster; node 1 is the head.

    Attributes:
        address: address of the head, inside the namespace.
        namespace_pid: process id of the process that holds the namespace.
    """

    def __init__(self, namespace: subprocess.Popen[str], network: str, folder: Path) -> None:
        """Control the nodes in the network namespace of a process that runs `ray_namespace`.

        Args:
            namespace: that process.
            network: its network.
            folder: its temporary folder.
        """
        self._folder = folder
        self.address = f"{network}.{ray_namespace.HEAD}:{ray_namespace.PORT}"
        self._namespace = namespace
        self.namespace_pid = namespace.pid

    def start(self, node: int) -> None:
        self._command(f"start {node}")

    def kill(self, node: int) -> None:
        """Kill a node with all of its processes, as if its machine were gone."""
        self._command(f"kill {node}")

    def pids(self) -> list[int]:
        """Return the process ids of all processes in the namespace."""
        here = Path(f"/proc/{self._namespace.pid}/ns/net").readlink()
        found = []
        for process in Path("/proc").iterdir():
            try:
                if process.name.isdigit() and (process / "ns/net").readlink() == here:
                    found.append(int(process.name))
            except OSError:
                continue
        return found

    def spilled_files(self) -> list[Path]:
        """Return the files to which nodes wrote objects that are too large for their object stores."""
        return [path for path in self._folder.glob("session_*/ray_spilled_objects*/*") if path.is_file()]

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Let this thread, and the processes that it starts, use the network of the cluster, and no other."""
        given = {name: os.environ.get(name) for name in ENVIRONMENT}
        os.environ.update(ENVIRONMENT)
        own = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        theirs = os.open(f"/proc/{self._namespace.pid}/ns/net", os.O_RDONLY)
        try:
            _enter(theirs)
            yield
        finally:
            _enter(own)
            os.close(own)
            os.close(theirs)
            for name, value in given.items():
                del os.environ[name]
                if value is not None:
                    os.environ[name] = value

    def _command(self, command: str) -> None:
        assert self._namespace.stdin is not None
        assert self._namespace.stdout is not None
        self._namespace.stdin.write(f"{command}\n")
        self._namespace.stdin.flush()
        assert self._namespace.stdout.readline() == "done\n", f"{command} failed"


@contextmanager
def ray_cluster(nodes: int) -> Iterator[RayCluster]:
    """Start a cluster with some nodes; all of its processes are gone afterwards, even if this process is killed."""
    _check_rights()
    # The path of a socket in it must be short.
    folder = tempfile.mkdtemp(prefix="r-", dir="/tmp")
    # Another cluster may run on this machine.
    network = f"10.77.{random.randrange(256)}"
    command = ["unshare", "-n", sys.executable, ray_namespace.__file__, folder, network]
    namespace = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | ENVIRONMENT,
        process_group=0,
    )
    assert namespace.stdin is not None
    try:
        cluster = RayCluster(namespace, network, Path(folder))
        for node in range(1, nodes + 1):
            cluster.start(node)
        yield cluster
    finally:
        namespace.stdin.close()
        namespace.wait()
        assert namespace.stdout is not None
        namespace.stdout.close()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def network_of_its_own() -> Iterator[Callable[[str], None]]:
    """Move this thread into a network of its own; the function sets the link to itself "up" or "down"."""

    def set_link(state: str) -> None:
        subprocess.run(["ip", "link", "set", "lo", state], check=True)

    _check_rights()
    own = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "unshare failed")
        set_link("up")
        yield set_link
    finally:
        _enter(own)
        os.close(own)


def _check_rights() -> None:
    if os.geteuid() != 0 or shutil.which("unshare") is None or shutil.which("ip") is None:
        pytest.skip("needs root, and the packages util-linux and iproute2")


def _enter(namespace_fd: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(namespace_fd, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns failed")
