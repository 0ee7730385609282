"""The gateway's side of a cluster, without a cluster."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from types import SimpleNamespace

import pytest

pytest.importorskip("ray")

from inference.cluster import gateway as gateway_module
from inference.cluster.gateway import Gateway
from inference.cluster.messages import Nodes, StartWorker, receive
from inference.cluster.node_watch import NodeWatch
from inference.pool.protocol import WorkerOptions

OPTIONS = WorkerOptions(max_models=1, max_memory_bytes=2**30)
NODE = {"NodeID": "a", "NodeManagerHostname": "slow", "NodeManagerAddress": "10.0.0.1", "Resources": {"CPU": 1}}


async def test_a_node_whose_worker_does_not_start_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = SimpleNamespace(start=SimpleNamespace(remote=lambda *_: asyncio.Event().wait()))
    monkeypatch.setattr(gateway_module, "START_TIMEOUT_S", 0.0)
    monkeypatch.setattr(gateway_module, "_kill", lambda _: None)
    monkeypatch.setattr(Gateway, "_create_actor", lambda *_: hanging)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        gateway = Gateway(theirs)
        nodes = gateway._nodes
        nodes._alive, nodes._faults = {"a": NODE}, {"a": None}
        nodes._checks["a"] = asyncio.create_task(asyncio.Event().wait())  # type: ignore[arg-type]
        fd, kept = os.pipe()
        await gateway._run_worker(StartWorker(1, OPTIONS, None), [fd])
        os.set_blocking(kept, False)
        with pytest.raises(BrokenPipeError):
            os.write(kept, b"x")
        os.close(kept)
        nodes._checks["a"].cancel()
        received = receive(ours)
    assert received is not None
    assert isinstance(received[0], Nodes)
    (node,) = received[0].nodes
    assert node.fault == "no worker starts there: it does not start within 0 s"


def test_a_worker_starts_on_the_node_of_the_one_that_it_replaces() -> None:
    nodes = NodeWatch({"a": 1, "b": 0}, lambda _: None)
    nodes._alive = {name: NODE | {"NodeID": name} for name in "abc"}
    nodes._faults = {"a": None, "b": None, "c": "it has Python 3.12"}
    assert nodes.choose() == "b"
    assert nodes.choose(preferred="a") == "a"
    assert nodes.choose(preferred="c") == nodes.choose(preferred="gone") == "b"


def test_what_ray_prints_is_dropped_and_errors_of_python_are_not() -> None:
    program = "import os; from inference.cluster import gateway; gateway.silence_ray(); os.write(2, b'GCS'); 1 / 0"
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "ZeroDivisionError" in printed.stderr
    assert "GCS" not in printed.stderr
    assert printed.stdout == ""
