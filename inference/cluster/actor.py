"""The code that Ray runs on a node: an actor for each worker, and a look at the node itself."""

from __future__ import annotations

import asyncio
import os
import platform
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from inference.cluster.hosted_worker import HostedWorker
from inference.cluster.model_files import NodeModels, PackedModel
from inference.cluster.stream import Listener, Stream
from inference.models.bundle import Bundle
from inference.pool.protocol import WorkerOptions
from inference.system.home import default_home


class NodeVersions(NamedTuple):
    """Versions on a node."""

    labelbot: str
    python: str


def node_versions() -> NodeVersions:
    """Return the versions on this node."""
    return NodeVersions(version("labelbot"), platform.python_version())


class Started(NamedTuple):
    """A worker that waits for its relay.

    Attributes:
        pid: process id.
        port, secret: see `Stream.connect`.
    """

    pid: int
    port: int
    secret: bytes


class WorkerActor:
    """A Ray actor with one worker process, which ends with it."""

    def __init__(self) -> None:
        self._models = NodeModels(Path(os.environ.get("LABELBOT_HOME") or default_home()) / "cluster")
        self._bundles: dict[Bundle, Bundle] = {}
        self._serving: asyncio.Task[None] | None = None

    async def start(self, options: WorkerOptions, address: str) -> Started:
        """Start the worker process, wait until it accepts requests, and listen for its relay.

        Args:
            options: options of the process.
            address: IP address of this node.

        Raises:
            ClusterError: the process died.
            OSError: the system cannot start a process, or the address is not one of this machine.
        """
        # Ray hides GPUs from actors that reserve none. A worker chooses its device itself.
        if not os.environ.get("CUDA_VISIBLE_DEVICES", "-"):
            del os.environ["CUDA_VISIBLE_DEVICES"]
        self._worker = HostedWorker(options, self._models, self._bundles)
        await self._worker.start()
        listener = Listener(self._serve)
        await listener.open(address)
        return Started(self._worker.process.pid, listener.port, listener.secret)

    def _serve(self, stream: Stream) -> None:
        self._serving = asyncio.create_task(self._worker.serve(stream))

    async def stay(self) -> None:
        """Never return, so that this call fails as soon as Ray has lost the actor."""
        await asyncio.Event().wait()

    async def has_model(self, bundle: Bundle, key: str) -> bool:
        """Return whether the node has a model's files, and all are whole; if so, requests with the bundle use them.

        Raises:
            ModelError: the files cannot be read.
        """
        folder = await asyncio.to_thread(self._models.find_whole, key)
        if folder is not None:
            self._bundles[bundle] = replace(bundle, directory=folder)
        return folder is not None

    async def add_model(self, bundle: Bundle, packed: PackedModel) -> None:
        """Write a model's files to the node's disk, unless it has them.

        Raises:
            ModelError: the files are damaged or cannot be written.
        """
        folder = await asyncio.to_thread(self._models.add, PackedModel(*packed))
        self._bundles[bundle] = replace(bundle, directory=folder)
