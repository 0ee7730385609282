"""The code that runs on a node, inside Ray: an actor for each worker, and a look at the node itself."""

from __future__ import annotations

import os
import pickle
import platform
import socket
import struct
import threading
import time
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import version
from itertools import accumulate, pairwise
from pathlib import Path
from typing import NamedTuple, Self

from inference.cluster.model_files import NodeModels, PackedModel
from inference.errors import ClusterError
from inference.models.bundle import Bundle
from inference.pool.launch import WorkerEnds, launch_here
from inference.pool.output import WorkerOutput
from inference.pool.protocol import WorkerOptions, decode_request, frame, read_frame, request_sockets
from inference.pool.shared_images import PLACES, SharedImages
from inference.system.home import default_home

# Number of different requests that an actor keeps with the node's own paths.
MAX_REQUESTS = 64
# Time in seconds after which an actor notes again that it uses a model.
NOTE_PERIOD_S = 86_400.0
# Two requests, one that is taken back, one question about progress, one model that is provided, and the wait for the
# worker's end.
MAX_CALLS = 6

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
        number, place = _CALL_HEAD.unpack_from(content)
        return cls(number, place, content[_CALL_HEAD.size :])


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
        ends = list(accumulate(_OUTCOME_SIZES.unpack_from(content), initial=_OUTCOME_SIZES.size))
        reply, header, printed = (content[slice(*each)] for each in pairwise(ends))
        return cls(reply, header, printed, content[ends[-1] :])


TAKEN_BACK = Outcome(b"", b"").encode()


class WorkerActor:
    """A Ray actor with one worker process, which ends with it. It holds one request at work and one ahead.

    Its methods run in threads of Ray, at most `MAX_CALLS` at once: an actor with an event loop needs more CPU time.
    """

    def __init__(self) -> None:
        self._models = NodeModels(Path(os.environ.get("LABELBOT_HOME") or default_home()) / "cluster")
        self._local_bundles: dict[Bundle, Bundle] = {}
        self._local_requests: dict[bytes, bytes] = {}
        self._requests_since_s = time.monotonic()
        # Guards what follows, and wakes the calls that wait for their turn.
        self._turn = threading.Condition()
        self._next_number = 0
        # Places and contents of the requests, the one at the worker first.
        self._order: list[tuple[int, bytes]] = []
        self._taken_back: set[int] = set()

    def start(self, options: WorkerOptions) -> int:
        """Start the worker process, and wait until it accepts requests.

        Returns:
            Its process id.

        Raises:
            ClusterError: the process died.
            OSError: the system cannot start a process.
        """
        # Ray hides GPUs from actors that reserve none. A worker chooses its device itself.
        if not os.environ.get("CUDA_VISIBLE_DEVICES", "-"):
            del os.environ["CUDA_VISIBLE_DEVICES"]
        connection, theirs = socket.socketpair()
        self._replies = connection.makefile("rb")
        self._requests = request_sockets()
        self._shared, shared_fd = SharedImages.create()
        self._output = WorkerOutput()
        # The file of the replies stays open.
        with connection, theirs:
            # Ray keeps its threads as long as the actor.
            ends = WorkerEnds(connection, self._requests, theirs, shared_fd, self._output)
            self._process = launch_here(ends, options)
        os.close(shared_fd)
        if read_frame(self._replies) is None:
            # Of a traceback, the last line names the error.
            printed = self._output.final_output().splitlines() or ["it printed nothing"]
            raise ClusterError(f"its process died: {printed[-1].strip()}")
        return self._process.pid

    def wait_for_end(self) -> None:
        """Wait until the worker process has ended."""
        self._process.wait()

    def has_model(self, bundle: Bundle, key: str) -> bool:
        """Return whether the node has a model's files, and all are whole; if so, requests with the bundle use them.

        Raises:
            ModelError: the files cannot be read.
        """
        folder = self._models.find_whole(key)
        if folder is not None:
            self._local_bundles[bundle] = replace(bundle, directory=folder)
        return folder is not None

    def add_model(self, bundle: Bundle, packed: PackedModel) -> None:
        """Write a model's files to the node's disk, unless it has them.

        Raises:
            ModelError: the files are damaged or cannot be written.
        """
        self._local_bundles[bundle] = replace(bundle, directory=self._models.add(PackedModel(*packed)))

    def run(self, call: bytes, images: bytes) -> bytes:
        """Hand a request to the worker, and wait for what becomes of it.

        Args:
            call: an encoded `Call`; the node must have its model.
            images: result of `SharedImages.copy_images`.

        Returns:
            An encoded `Outcome`.
        """
        number, place, request = Call.decode(call)
        with self._turn:
            # Ray may start calls in another order.
            self._turn.wait_for(lambda: number == self._next_number)
            self._next_number += 1
            self._shared.put_images(place, images)
            self._order.append((place, self._localize(request)))
            if len(self._order) == 1:
                self._send_first()
            self._turn.notify_all()
            self._turn.wait_for(lambda: place in self._taken_back or self._order[0][0] == place)
            if place in self._taken_back:
                self._taken_back.remove(place)
                return TAKEN_BACK
        # Only one thread reads, until it lets the next one.
        reply = read_frame(self._replies)
        printed, crash = self._output.take()
        with self._turn:
            self._order.pop(0)
            self._send_first()
            self._turn.notify_all()
        return Outcome(frame(reply) if reply else b"", self._shared.copy_header(place), printed, crash).encode()

    def _send_first(self) -> None:
        """Send the worker the request whose turn it is. The one ahead stays here, so that it can be taken back."""
        if self._order:
            place, request = self._order[0]
            self._requests[0].sendmsg([bytes([place]), request])

    def take_back(self) -> bool:
        """Take back the request that was sent ahead; return False if its turn has come."""
        with self._turn:
            if len(self._order) < PLACES:
                return False
            place, _ = self._order.pop()
            self._taken_back.add(place)
            self._turn.notify_all()
            return True

    def progress(self, place: int) -> tuple[bytes, float | None]:
        """Return the header of a request, and the CPU time of decoding so far, in seconds, if it is decoded now."""
        since_cpu_s = self._shared.decoding_since_cpu_s(place)
        decoding_cpu_s = None if since_cpu_s is None else self._process.cpu_s() - since_cpu_s
        return self._shared.copy_header(place), decoding_cpu_s

    def _localize(self, content: bytes) -> bytes:
        """Return a request with the node's own folder of the model, and note once a day that the model is used."""
        now_s = time.monotonic()
        if len(self._local_requests) >= MAX_REQUESTS or now_s - self._requests_since_s >= NOTE_PERIOD_S:
            self._local_requests.clear()
            self._requests_since_s = now_s
        if content not in self._local_requests:
            request = decode_request(content)
            bundle = self._local_bundles[request.bundle]
            with suppress(OSError):  # the worker itself tells if it cannot read the model
                self._models.find(bundle.directory.name)
            self._local_requests[content] = pickle.dumps(replace(request, bundle=bundle))
        return self._local_requests[content]
