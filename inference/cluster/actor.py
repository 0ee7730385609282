"""The code that runs on a node, inside Ray: an actor for each worker, and a look at the node itself."""

from __future__ import annotations

import asyncio
import os
import pickle
import platform
import socket
import struct
from dataclasses import replace
from importlib.metadata import version
from typing import NamedTuple, Self

from inference.cluster.model_files import NodeModels, PackedModel
from inference.errors import WorkerCrashed
from inference.models.bundle import Bundle
from inference.pool.output import WorkerOutput
from inference.pool.process import WorkerEnds, launch_here
from inference.pool.protocol import (
    LENGTH,
    SharedImages,
    WorkerOptions,
    decode_request,
    request_sockets,
    take_back_request,
)
from inference.system.home import default_home

# Number of different requests that an actor keeps with the node's own paths.
MAX_REQUESTS = 64

_CALL_HEAD = struct.Struct("=QB")
_OUTCOME_SIZES = struct.Struct("=QQQ")


class NodeVersions(NamedTuple):
    """Versions on a node."""

    labelbot: str
    python: str


def node_versions() -> NodeVersions:
    """Return the versions on this node."""
    return NodeVersions(version("labelbot"), platform.python_version())


class Call(NamedTuple):
    """A request to an actor.

    Attributes:
        number: number of the call, from 0; the worker gets requests in this order.
        place: free place of the shared memory.
        request: content for `decode_request`.
    """

    number: int
    place: int
    request: bytes

    def encode(self) -> bytes:
        """Return the call as bytes, which Ray copies as they are."""
        return _CALL_HEAD.pack(self.number, self.place) + self.request

    @classmethod
    def decode(cls, content: bytes) -> Self:
        return cls(*_CALL_HEAD.unpack_from(content), content[_CALL_HEAD.size :])


class Outcome(NamedTuple):
    """What became of a request.

    Attributes:
        reply: frame that the worker sent; empty if the request was taken back, or the worker died.
        header: stage and times of the request, see `SharedImages.copy_header`; empty if it was taken back.
        printed: what the worker printed meanwhile.
        crash: traceback of a crash.
    """

    reply: bytes
    header: bytes
    printed: bytes = b""
    crash: bytes = b""

    def encode(self) -> bytes:
        """Return the outcome as bytes, which Ray copies as they are."""
        sizes = _OUTCOME_SIZES.pack(len(self.reply), len(self.header), len(self.printed))
        return b"".join((sizes, *self))

    @classmethod
    def decode(cls, content: bytes) -> Self:
        start = _OUTCOME_SIZES.size
        parts = []
        for size in _OUTCOME_SIZES.unpack_from(content):
            parts.append(content[start : start + size])
            start += size
        return cls(*parts, content[start:])


TAKEN_BACK = Outcome(b"", b"").encode()


class WorkerActor:
    """A Ray actor with one worker process, which ends with it. It holds what it is sent, one request at work and one ahead."""

    def __init__(self) -> None:
        self._models = NodeModels(default_home() / "cluster")
        self._local_bundles: dict[Bundle, Bundle] = {}
        self._local_requests: dict[bytes, bytes] = {}
        self._outcomes: dict[int, asyncio.Future[bytes]] = {}
        self._order: list[int] = []
        self._received = bytearray()
        self._ended = False
        self._next_number = 0
        self._turn = asyncio.Event()

    async def start(self, options: WorkerOptions) -> int:
        """Start the worker process, and wait until it accepts requests.

        Returns:
            Its process id.

        Raises:
            WorkerCrashed: the process died.
            OSError: the system cannot start a process.
        """
        # Ray hides GPUs from actors that reserve none. A worker chooses its device itself.
        if not os.environ.get("CUDA_VISIBLE_DEVICES", "-"):
            del os.environ["CUDA_VISIBLE_DEVICES"]
        self._loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._connection, theirs = socket.socketpair()
        self._requests = request_sockets()
        self._shared, shared_fd = SharedImages.create()
        self._output = WorkerOutput()
        with theirs:
            # This coroutine runs in the thread of the event loop, which lives as long as the actor.
            ends = WorkerEnds(self._connection, self._requests, theirs, shared_fd, self._output)
            self._process = launch_here(ends, options)
        os.close(shared_fd)
        self._connection.setblocking(False)
        self._loop.add_reader(self._connection, self._receive)
        await self._ready
        return self._process.pid

    async def has_model(self, bundle: Bundle, key: str) -> bool:
        """Return whether the node has a model's files; if so, requests with the bundle use them."""
        folder = await asyncio.to_thread(self._models.find, key)
        if folder is not None:
            self._local_bundles[bundle] = replace(bundle, directory=folder)
        return folder is not None

    async def add_model(self, bundle: Bundle, packed: PackedModel) -> None:
        """Write a model's files to the node's disk, unless it has them.

        Raises:
            ModelError: the files are damaged or cannot be written.
        """
        folder = await asyncio.to_thread(self._models.add, PackedModel(*packed))
        self._local_bundles[bundle] = replace(bundle, directory=folder)

    async def run(self, call: bytes, images: bytes) -> bytes:
        """Hand a request to the worker, and wait for what becomes of it.

        Args:
            call: an encoded `Call`; the node must have its model.
            images: result of `SharedImages.copy_images`.

        Returns:
            An encoded `Outcome`.
        """
        number, place, request = Call.decode(call)
        # Ray may start calls in another order.
        while number != self._next_number:
            await self._turn.wait()
        self._next_number += 1
        self._turn.set()
        self._turn = asyncio.Event()
        outcome = self._outcomes[place] = self._loop.create_future()
        self._order.append(place)
        self._shared.put_images(place, images)
        self._requests[0].sendmsg([bytes([place]), self._localize(request)])
        if self._ended:
            self._end()
        return await outcome

    async def take_back(self) -> bool:
        """Take back the request that was sent ahead; return False if the worker has read it."""
        place = take_back_request(self._requests[1])
        if place is not None:
            self._order.remove(place)
            self._outcomes.pop(place).set_result(TAKEN_BACK)
        return place is not None

    async def progress(self, place: int) -> tuple[bytes, float | None]:
        """Return the header of a request, and the CPU time of decoding so far, in seconds, if it is decoded now."""
        since_cpu_s = self._shared.decoding_since_cpu_s(place)
        decoding_cpu_s = None if since_cpu_s is None else self._process.cpu_s() - since_cpu_s
        return self._shared.copy_header(place), decoding_cpu_s

    def _localize(self, content: bytes) -> bytes:
        """Return a request with the node's own folder of the model."""
        if content not in self._local_requests:
            if len(self._local_requests) >= MAX_REQUESTS:
                self._local_requests.clear()
            request = decode_request(content)
            self._local_requests[content] = pickle.dumps(replace(request, bundle=self._local_bundles[request.bundle]))
        return self._local_requests[content]

    def _receive(self) -> None:
        try:
            data = self._connection.recv(65_536)
        except ConnectionError:
            data = b""
        if not data:
            self._end()
            return
        self._received += data
        while len(self._received) >= LENGTH.size:
            end = LENGTH.size + LENGTH.unpack_from(self._received)[0]
            if len(self._received) < end:
                return
            frame = bytes(self._received[:end])
            del self._received[:end]
            if not self._ready.done():
                self._ready.set_result(None)
            else:
                place = self._order.pop(0)
                printed, _ = self._output.take()
                outcome = Outcome(frame, self._shared.copy_header(place), printed)
                self._outcomes.pop(place).set_result(outcome.encode())

    def _end(self) -> None:
        """Report the death of the worker to all who wait for it."""
        self._ended = True
        self._loop.remove_reader(self._connection)
        if not self._ready.done():
            self._ready.set_exception(WorkerCrashed(1))
        printed, crash = self._output.take()
        for place in self._order:
            outcome = Outcome(b"", self._shared.copy_header(place), printed, crash)
            self._outcomes.pop(place).set_result(outcome.encode())
        self._order.clear()
