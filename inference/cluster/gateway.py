"""The gateway process: connected to Ray, it starts an actor for each worker of a pool, and relays the requests.

A pool starts it as ``python -m inference.cluster.gateway ADDRESS``, with the socket of the messages as standard input.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import platform
import socket
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import ray
from ray.exceptions import RayError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from inference.cluster.actor import WorkerActor
from inference.cluster.messages import (
    Connected,
    Failed,
    Message,
    Returned,
    StartWorker,
    WorkerStarted,
    receive,
    send,
)
from inference.cluster.node_watch import HEAD_TIMEOUT_S, NodeWatch
from inference.cluster.packed_models import PackedModels
from inference.cluster.relay import Relay
from inference.cluster.stream import Stream
from inference.errors import InferenceError
from inference.pool.slot import START_TIMEOUT_S
from inference.system.stop_signals import ignore_stop

# Limit on the first connection to the head's port, in seconds.
CONNECT_TIMEOUT_S = 5.0


class Gateway:
    """Serves the messages of one pool."""

    def __init__(self, control: socket.socket) -> None:
        """Serve a pool that is at the other end of a socket."""
        self._control = control
        self._models = PackedModels()
        self._workers: Counter[str] = Counter()
        self._node_of: dict[int | None, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._nodes = NodeWatch(self._workers, self._tell)
        self._actor_class: Any = ray.remote(WorkerActor)

    async def serve(self) -> None:
        """Serve until the pool closes the socket."""
        loop = asyncio.get_running_loop()
        watching = asyncio.create_task(self._nodes.run())
        watching.add_done_callback(self._end_without_head)
        while (received := await loop.run_in_executor(None, receive, self._control)) is not None:
            message, fds = received
            assert isinstance(message, StartWorker)
            task = asyncio.create_task(self._run_worker(message, fds))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        watching.cancel()

    def _end_without_head(self, watching: asyncio.Task[None]) -> None:
        if watching.cancelled():
            return
        self._tell(Failed(f"the head gives no answer within {HEAD_TIMEOUT_S:g} s"))
        # The thread that waits for the head cannot be stopped.
        os._exit(1)

    async def _run_worker(self, message: StartWorker, fds: Sequence[int]) -> None:
        """Run a worker from its start to its end. After a failed start, its connection is closed."""
        node = self._nodes.choose(preferred=self._node_of.get(message.replaced))
        if node is None:
            _close(fds)
            return
        address = self._nodes.address(node)
        self._workers[node] += 1
        self._node_of[message.number] = node
        actor: Any = None
        try:
            actor = await asyncio.to_thread(self._create_actor, node)
            async with asyncio.timeout(START_TIMEOUT_S):
                started = await actor.start.remote(message.options, address)
                stream = await Stream.connect(address, started.port, started.secret)
        except (RayError, InferenceError, OSError) as error:
            self._nodes.note_fault(node, f"no worker starts there: {_describe(error)}".splitlines()[0])
            _close(fds)
        else:
            self._tell(WorkerStarted(message.number, started.pid))
            relay = Relay(
                fds,
                actor,
                stream,
                self._models,
                on_returned=partial(self._tell, Returned()),
                on_fault=partial(self._nodes.note_fault, node),
            )
            await relay.run()
        finally:
            self._workers[node] -= 1
            del self._node_of[message.number]
            if actor is not None:
                await asyncio.to_thread(_kill, actor)
            self._nodes.refresh()

    def _create_actor(self, node: str) -> Any:
        # The pool itself decides how many actors a node gets, so they reserve nothing.
        options = self._actor_class.options(
            num_cpus=0,
            max_restarts=0,
            max_task_retries=0,
            enable_task_events=False,
            scheduling_strategy=NodeAffinitySchedulingStrategy(node, soft=False),
        )
        return options.remote()

    def _tell(self, message: Message) -> None:
        with suppress(OSError):  # the end of the pool is noticed elsewhere
            send(self._control, message)


def _describe(error: Exception) -> str:
    """Return why a worker does not start."""
    if isinstance(error, RayTaskError):
        return str(error.cause)
    if isinstance(error, RayError):
        return f"Ray's process for it is lost ({type(error).__name__})"
    if isinstance(error, TimeoutError):
        return f"it does not start within {START_TIMEOUT_S:g} s"
    return str(error)


def _close(fds: Sequence[int]) -> None:
    for fd in fds:
        os.close(fd)


def _kill(actor: Any) -> None:
    with suppress(RayError, ValueError):  # it is dead already
        ray.kill(actor)


def connect(address: str) -> Connected:
    """Connect this process to a cluster.

    Args:
        address: HOST:PORT of the head, or "auto".

    Raises:
        ConnectionError, RuntimeError, ValueError: this is not possible; the text says why.
    """
    if address != "auto":
        # Ray itself tries for more than a minute.
        host, _, port = address.rpartition(":")
        socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_TIMEOUT_S).close()
    ray.init(
        address=address, logging_level=logging.ERROR, log_to_driver=False, configure_logging=False, namespace="labelbot"
    )
    return Connected(ray.get_runtime_context().gcs_address, ray.__version__, platform.python_version())


def silence_ray() -> None:
    """Drop what Ray's own code prints, which only its developers understand; errors of Python are still printed.

    If the head goes away, `Cluster.fault` says so. Ray's log files have the rest.
    """
    sys.stdout = sys.stderr = os.fdopen(os.dup(sys.stderr.fileno()), "w", buffering=1, errors="backslashreplace")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for fd in (1, 2):
        os.dup2(nowhere, fd)
    os.close(nowhere)


def main() -> None:
    silence_ray()
    control = socket.socket(fileno=sys.stdin.fileno())
    try:
        connected = connect(sys.argv[1])
    except (OSError, RuntimeError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        if "Could not find any running Ray instance" in reason:
            reason = "this machine is a node of none; `ray start` makes it one"
        elif reason.startswith("Failed to connect to Ray cluster"):
            reason = "the head accepts no connection; if the cluster has a token, set RAY_AUTH_MODE=token"
        send(control, Failed(reason))
        return
    # Signals to all processes of a service are meant for the pool's process, which drains its workers. Ray has just set
    # handlers of its own.
    ignore_stop()
    # The garbage collector no longer visits the objects of Ray.
    gc.freeze()
    send(control, connected)
    asyncio.run(Gateway(control).serve())
    # Its actors end with this process. A shutdown of Ray may wait for a head that is gone.
    threading.Timer(3.0, os._exit, (0,)).start()
    ray.shutdown()
    os._exit(0)


if __name__ == "__main__":
    main()
