"""The parent's end of one worker process."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from inference.errors import ImageError, ModelError
from inference.models.bundle import Bundle
from inference.pool.launch import Launch, Process, WorkerEnds, launch_here
from inference.pool.output import IMAGE_CHARS, LOAD_CHARS, OutputLog, WorkerOutput
from inference.pool.protocol import (
    LENGTH,
    Done,
    Load,
    MemoryExhausted,
    Reply,
    Request,
    Result,
    UnexpectedFailure,
    WorkerOptions,
    decode_reply,
    request_sockets,
    send_request,
    take_back_request,
)
from inference.pool.shared_images import NO_TIMES, PLACES, RequestTimes, SharedImages

log = logging.getLogger(__name__)


class WorkerDied(Exception):
    """A worker process died before it replied.

    Attributes:
        began: whether the process had begun with the request.
        out_of_memory: whether the request needed more memory than the process may have.
    """

    def __init__(self, pid: int, *, began: bool, out_of_memory: bool = False) -> None:
        super().__init__(f"worker {pid} died")
        self.began = began
        self.out_of_memory = out_of_memory


@dataclass(frozen=True, slots=True)
class Usage:
    """Time of worker processes, in seconds.

    Attributes:
        work_s: time at work on requests.
        idle_s: time without a request.
    """

    work_s: float = 0.0
    idle_s: float = 0.0

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.work_s + other.work_s, self.idle_s + other.idle_s)

    def __sub__(self, other: Usage) -> Usage:
        return Usage(self.work_s - other.work_s, self.idle_s - other.idle_s)


@dataclass(eq=False, slots=True)
class HeldRequest:
    """A request that a worker holds.

    Attributes:
        bundle: model of the request.
        place: place of its images in the shared memory.
        max_printed_chars: limit on the logged output of the request.
        reply: future of the results, in the order of the images. It fails with ModelError if the model's files are
            broken, or after an unexpected error, which is logged. It fails with WorkerDied if the process died. It is
            cancelled if the request is taken back.
        times: times that the worker spent, once it has replied.
    """

    bundle: Bundle
    place: int
    max_printed_chars: int
    reply: asyncio.Future[tuple[Result, ...]]
    times: RequestTimes = NO_TIMES


class WorkerProcess:
    """A process that runs `inference.pool.worker`, and the connection to it.

    A process holds up to two requests, and works on the older one.

    Attributes:
        models: loaded models, the most recently used first.
        held: requests that the process holds, the one at work first.
        latest: request that the process replied to last; None before its first reply.
        usage: time that the process has spent so far.
        needs_recycling: whether the process retains much more memory than its models need.
        process: the process itself.
        ending: True once the process accepts no more requests.
    """

    def __init__(
        self,
        process: Process,
        connection: socket.socket,
        requests: tuple[socket.socket, socket.socket],
        shared: SharedImages,
        output: WorkerOutput,
        output_log: OutputLog,
        options: WorkerOptions,
    ) -> None:
        self.models: tuple[Bundle, ...] = ()
        self.held: deque[HeldRequest] = deque()
        self.latest: HeldRequest | None = None
        self.usage = Usage()
        self.needs_recycling = False
        self.ending = False
        self._output = output
        self._output_log = output_log
        self._batch_sizes: dict[Bundle, int] = {}
        self.process = process
        self._max_models = options.max_models
        self._connection = connection
        self._requests, self._unread_requests = requests
        self._free_places = list(range(PLACES))
        self._disconnected = asyncio.Event()
        self._received = bytearray()
        self._shared = shared
        self._loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[None] = self._loop.create_future()
        connection.setblocking(False)
        self._loop.add_reader(connection, self._receive)

    @classmethod
    async def start(
        cls, options: WorkerOptions, *, output_log: OutputLog | None = None, launch: Launch | None = None
    ) -> Self:
        """Start a process and wait until it accepts requests.

        Args:
            options: options of the process.
            output_log: log of the process's output; None for a new log.
            launch: starts the process; None for `launch_here`.

        Raises:
            WorkerDied: the process died.
            OSError, InferenceError: no process can be started.
        """
        connection, theirs = socket.socketpair()
        requests = request_sockets()
        shared, shared_fd = SharedImages.create()
        output = WorkerOutput()
        with theirs:
            try:
                process = (launch or launch_here)(WorkerEnds(connection, requests, theirs, shared_fd, output), options)
            except BaseException:
                for each in (connection, *requests, shared, output):
                    each.close()
                raise
            finally:
                os.close(shared_fd)
        worker = cls(process, connection, requests, shared, output, output_log or OutputLog(), options)
        try:
            await worker._ready
        except BaseException:
            await worker.end()
            raise
        return worker

    @property
    def pid(self) -> int:
        """Process id on the machine of the process."""
        return self.process.pid

    @property
    def is_local(self) -> bool:
        """Whether the process runs on this machine."""
        return self.process.is_local

    @property
    def idle(self) -> bool:
        """Whether the process waits for a request."""
        return not self.held and not self.ending

    @property
    def at_work(self) -> bool:
        """Whether the process has read the oldest request that it holds."""
        return bool(self.held) and self._shared.begun(self.held[0].place)

    def batch_size(self, bundle: Bundle) -> int:
        """Return the largest batch size that still makes a model faster; 1 before its first run."""
        # Hashing a bundle is the slowest step here, so it is skipped if no model is faster in batches.
        return self._batch_sizes.get(bundle, 1) if self._batch_sizes else 1

    def decoding_cpu_s(self) -> float:
        """Return the CPU time spent on decoding the images at work, in seconds; 0.0 in any other stage."""
        since_cpu_s = self._shared.decoding_since_cpu_s(self.held[0].place) if self.held else None
        if since_cpu_s is None:
            return 0.0
        return self.process.cpu_s() - since_cpu_s

    async def load(self, bundle: Bundle) -> None:
        """Load a model and run it once.

        Raises:
            ModelError: the model's files are broken.
            WorkerDied: the process died.
        """
        await self.submit(Load(bundle), []).reply

    async def request(self, request: Request, image: bytes) -> Any:
        """Send a request for one image, and wait for the result.

        Returns:
            The result of the method of `Classifier` that handles the request.

        Raises:
            ImageError: the image cannot be decoded.
            ModelError, WorkerDied: see `HeldRequest`.
        """
        (result,) = await self.submit(request, [image]).reply
        if isinstance(result, ImageError):
            raise result
        return result

    def submit(self, request: Request, images: Sequence[bytes]) -> HeldRequest:
        """Send a request for some images or for none; the images must fit into a place of `SharedImages`.

        The process must hold fewer than two requests, and not be ending.
        """
        assert not self.ending
        self.models = (request.bundle, *(model for model in self.models if model != request.bundle))[: self._max_models]
        max_printed_chars = IMAGE_CHARS if images else LOAD_CHARS
        held = HeldRequest(
            request.bundle, self._free_places.pop(0), max_printed_chars, reply=self._loop.create_future()
        )
        self.held.append(held)
        self._shared.write(held.place, images)
        # The socket has room for two requests. If the process died, `_receive` is about to notice.
        send_request(self._requests, held.place, request)
        return held

    def take_back(self) -> HeldRequest | None:
        """Take back the oldest request that the process has not read yet; None if it has read all."""
        place = take_back_request(self._unread_requests)
        if place is None:
            return None
        held = next(each for each in self.held if each.place == place)
        self._release(held)
        held.reply.cancel()
        return held

    async def wait_for_replies(self) -> None:
        """Wait for the replies to all requests, or for the death of the process."""
        if self.held:
            await asyncio.wait([held.reply for held in self.held])

    async def wait(self) -> int:
        """Wait for the exit of the process; return its status: a negative signal number if a signal killed it."""
        await self._disconnected.wait()
        return await self.end()

    def kill(self) -> None:
        """Kill the process at once, even if it is stopped or hangs. The process has no data to save."""
        self.ending = True
        self.process.kill()

    async def end(self) -> int:
        """Kill the process and wait for its exit; return its status as `wait` does."""
        self.kill()
        try:
            status = await asyncio.to_thread(self.process.wait)
            await self._disconnected.wait()
        except asyncio.CancelledError:
            # A pool that closes relies on the exit of the process. The process was killed, so this takes milliseconds.
            self.process.wait()
            if not self._disconnected.is_set():
                self._disconnect()
            raise
        return status

    def _release(self, held: HeldRequest) -> None:
        self.held.remove(held)
        self._free_places.append(held.place)

    def _receive(self) -> None:
        try:
            data = self._connection.recv(65_536)
        except ConnectionError:
            data = b""
        if not data:
            self._disconnect()
        self._received += data
        while len(self._received) >= LENGTH.size:
            end = LENGTH.size + LENGTH.unpack_from(self._received)[0]
            if len(self._received) < end:
                return
            reply = decode_reply(self._received[LENGTH.size : end])
            del self._received[:end]
            if reply is not None:
                self._handle_reply(reply)
            elif not self._ready.done():
                self._ready.set_result(None)

    def _handle_reply(self, reply: Reply) -> None:
        held = self.held[0]
        held.times = times = self._shared.times(held.place)
        self._release(held)
        self.usage += Usage(times.work_s, times.waited_s)
        self.latest = held
        if (printed := self._output.read(held.max_printed_chars)) is not None:
            self._output_log.write(self.pid, printed)
        if held.reply.done():
            # The caller no longer waits for the reply.
            return
        match reply:
            case Done(results, batch_size, needs_recycling):
                if batch_size > 1 or self._batch_sizes:
                    self._batch_sizes[held.bundle] = batch_size
                self.needs_recycling = needs_recycling
                held.reply.set_result(results)
            case ModelError():
                held.reply.set_exception(reply)
            case UnexpectedFailure(kind, traceback):
                log.error("worker %d: %s", self.pid, traceback)
                held.reply.set_exception(ModelError(f"the model failed with {kind}"))
            case MemoryExhausted():
                log.warning("worker %d is out of memory", self.pid)
                self.ending = True
                held.reply.set_exception(WorkerDied(self.pid, began=True, out_of_memory=True))

    def _disconnect(self) -> None:
        self.ending = True
        self._loop.remove_reader(self._connection)
        for each in (self._connection, self._requests, self._unread_requests):
            each.close()
        if printed := self._output.final_output():
            log.warning("worker %d printed at its end: %s", self.pid, printed)
        if not self._ready.done():
            self._ready.set_exception(WorkerDied(self.pid, began=False))
        # The last request fails first, so that whoever queues the requests again keeps their order.
        while self.held:
            held = self.held.pop()
            if not held.reply.done():
                held.reply.set_exception(WorkerDied(self.pid, began=self._shared.begun(held.place)))
        self._output.close()
        self._shared.close()
        self._disconnected.set()
