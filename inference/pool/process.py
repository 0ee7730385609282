"""The parent's end of one worker process."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from inference.errors import ImageError, ModelError
from inference.models.bundle import Bundle
from inference.pool.output import IMAGE_CHARS, LOAD_CHARS, OutputLog, WorkerOutput
from inference.pool.protocol import (
    LENGTH,
    Done,
    Load,
    MemoryExhausted,
    Reply,
    Request,
    RequestTimes,
    Result,
    SharedImages,
    UnexpectedFailure,
    WorkerOptions,
    decode_reply,
    encode_request,
)
from inference.system.child_process import with_parent
from inference.system.environment import child_environment

log = logging.getLogger(__name__)

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


class WorkerProcess:
    """A process that runs `inference.pool.worker`, and the connection to it. A process handles one request at a time.

    Attributes:
        pid: process id.
        models: loaded models, the most recently used first.
        times: times that the process spent on the last request.
        needs_recycling: whether the process retains much more memory than its models need.
        ending: True once the process accepts no more requests.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        connection: socket.socket,
        shared: SharedImages,
        output: WorkerOutput,
        output_log: OutputLog,
        options: WorkerOptions,
    ) -> None:
        self.pid = process.pid
        self.models: tuple[Bundle, ...] = ()
        self.times = RequestTimes(0.0, 0.0)
        self.needs_recycling = False
        self.ending = False
        self._output = output
        self._output_log = output_log
        self._max_printed_chars = LOAD_CHARS
        self._batch_sizes: dict[Bundle, int] = {}
        self._process = process
        self._max_models = options.max_models
        self._connection = connection
        self._disconnected = asyncio.Event()
        self._received = bytearray()
        self._shared = shared
        self._loop = asyncio.get_running_loop()
        # The first message of the process means that it is ready, and is handled like the reply to a request.
        self._reply: asyncio.Future[tuple[Result, ...]] = self._loop.create_future()
        connection.setblocking(False)
        self._loop.add_reader(connection, self._receive)

    @classmethod
    async def start(cls, options: WorkerOptions, *, output_log: OutputLog | None = None) -> Self:
        """Start a process and wait until it accepts requests.

        Args:
            options: options of the process.
            output_log: log of the process's output; None for a new log.

        Raises:
            WorkerDied: the process died.
            OSError: the system cannot start a process.
        """
        connection, theirs = socket.socketpair()
        shared, shared_fd = SharedImages.create()
        output = WorkerOutput()
        with theirs:
            try:
                process = _spawn(theirs, output, shared_fd, options)
            except OSError:
                connection.close()
                shared.close()
                output.close()
                raise
            finally:
                os.close(shared_fd)
        worker = cls(process, connection, shared, output, output_log or OutputLog(), options)
        try:
            await worker._reply
        except BaseException:
            await worker.end()
            raise
        return worker

    @property
    def idle(self) -> bool:
        """Whether the process waits for a request."""
        return self._reply.done() and not self.ending

    def batch_size(self, bundle: Bundle) -> int:
        """Return the largest batch size that still makes a model faster; 1 before its first run."""
        # Hashing a bundle is the slowest step here, so it is skipped if no model is faster in batches.
        return self._batch_sizes.get(bundle, 1) if self._batch_sizes else 1

    def decoding_cpu_s(self) -> float:
        """Return the CPU time spent on decoding the current images, in seconds; 0.0 in any other stage."""
        since_cpu_s = self._shared.decoding_since_cpu_s
        if since_cpu_s is None:
            return 0.0
        try:
            stat = Path(f"/proc/{self.pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            # The process is gone; the connection is about to close.
            return 0.0
        # The process name may contain any characters. After the name, fields 11 and 12 are the CPU time in user mode
        # and in system mode.
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S - since_cpu_s

    async def load(self, bundle: Bundle) -> None:
        """Load a model and run it once.

        Raises:
            ModelError: the model's files are broken.
            WorkerDied: the process died.
        """
        await self.submit(Load(bundle), [])

    async def request(self, request: Request, image: bytes) -> Any:
        """Send a request for one image, and wait for the result.

        Returns:
            The result of the method of `Classifier` that handles the request.

        Raises:
            ImageError: the image cannot be decoded.
            ModelError, WorkerDied: see `submit`.
        """
        (result,) = await self.submit(request, [image])
        if isinstance(result, ImageError):
            raise result
        return result

    def submit(self, request: Request, images: Sequence[bytes]) -> asyncio.Future[tuple[Result, ...]]:
        """Send a request for some images or for none; the images must fit into `SharedImages`.

        Returns:
            A future of the results. It fails with ModelError if the model's files are broken, or after an unexpected
            error, which is logged. It fails with WorkerDied if the process died.
        """
        assert self.idle
        self.models = (request.bundle, *(model for model in self.models if model != request.bundle))[: self._max_models]
        self._reply = self._loop.create_future()
        self._shared.write(images)
        self._max_printed_chars = IMAGE_CHARS if images else LOAD_CHARS
        # The process is idle, so the socket has room. If it died, `_receive` is about to notice.
        with suppress(ConnectionError):
            self._connection.sendall(encode_request(request))
        return self._reply

    async def wait_for_reply(self) -> None:
        """Wait for the reply to the last request, or for the death of the process."""
        await asyncio.wait([self._reply])

    async def wait(self) -> int:
        """Wait for the exit of the process; return its status: a negative signal number if a signal killed it."""
        await self._disconnected.wait()
        return await self.end()

    def kill(self) -> None:
        """Kill the process at once, even if it is stopped or hangs. The process has no data to save."""
        self.ending = True
        self._process.kill()

    async def end(self) -> int:
        """Kill the process and wait for its exit; return its status as `wait` does."""
        self.kill()
        try:
            status = await asyncio.to_thread(self._process.wait)
            await self._disconnected.wait()
        except asyncio.CancelledError:
            # A pool that closes relies on the exit of the process. The process was killed, so this takes milliseconds.
            self._process.wait()
            if not self._disconnected.is_set():
                self._disconnect()
            raise
        return status

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
            self._handle_reply(reply)

    def _handle_reply(self, reply: Reply) -> None:
        self.times = self._shared.times
        if (printed := self._output.read(self._max_printed_chars)) is not None:
            self._output_log.write(self.pid, printed)
        if self._reply.done():
            # The caller no longer waits for the start of the process.
            return
        match reply:
            case Done(results, batch_size, needs_recycling):
                if batch_size > 1 or self._batch_sizes:
                    self._batch_sizes[self.models[0]] = batch_size
                self.needs_recycling = needs_recycling
                self._reply.set_result(results)
            case ModelError():
                self._reply.set_exception(reply)
            case UnexpectedFailure(kind, traceback):
                log.error("worker %d: %s", self.pid, traceback)
                self._reply.set_exception(ModelError(f"the model failed with {kind}"))
            case MemoryExhausted():
                log.warning("worker %d is out of memory", self.pid)
                self.ending = True
                self._reply.set_exception(WorkerDied(self.pid, began=True, out_of_memory=True))
            case None:
                self._reply.set_result(())

    def _disconnect(self) -> None:
        self.ending = True
        self._loop.remove_reader(self._connection)
        self._connection.close()
        if printed := self._output.final_output():
            log.warning("worker %d printed at its end: %s", self.pid, printed)
        if not self._reply.done():
            self._reply.set_exception(WorkerDied(self.pid, began=self._shared.begun))
        self._output.close()
        self._shared.close()
        self._disconnected.set()


def _spawn(
    connection: socket.socket, output: WorkerOutput, shared_fd: int, options: WorkerOptions
) -> subprocess.Popen[bytes]:
    arguments = (str(shared_fd), str(output.crash_fd), options.to_json())
    return subprocess.Popen(  # noqa: S603  (our own module)
        with_parent(sys.executable, "-P", "-m", "inference.pool.worker", *arguments),
        stdin=connection.fileno(),
        stdout=output.stderr_fd,
        stderr=output.stderr_fd,
        pass_fds=[shared_fd, output.crash_fd],
        env=child_environment() | ENVIRONMENT,
        # Ctrl-C in a terminal is meant for this process, which drains its workers.
        process_group=0,
    )
