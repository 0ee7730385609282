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
    Bug,
    Done,
    Effort,
    Load,
    MemorySpent,
    Reply,
    Request,
    Result,
    SharedImages,
    decode_reply,
    encode_request,
)
from inference.system.environment import child_environment

log = logging.getLogger(__name__)

# Beyond what the models take. Heaps and the stacks of threads that were there vary by some dozen megabytes; above it,
# a tenth of what a process may have would be lost to the images that come.
MAX_KEPT_BYTES = 96 * 2**20
TICKS_PER_S = os.sysconf("SC_CLK_TCK")

ENVIRONMENT = {
    # Each worker has one core.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # A GPU would otherwise try all ways of each convolution anew for each number of images, which takes seconds.
    "TF_CUDNN_USE_AUTOTUNE": "0",
    # One thread needs one heap: what one image freed serves the next.
    "MALLOC_ARENA_MAX": "1",
    # The buffers of usual images stay in that heap, since a megabyte of page faults costs half a millisecond; those of
    # huge ones go back to the system at once.
    "MALLOC_MMAP_THRESHOLD_": str(4 * 2**20),
    "MALLOC_TRIM_THRESHOLD_": str(32 * 2**20),
}


class WorkerDied(Exception):
    """The process ended before it replied.

    Attributes:
        began: whether it had begun with the request.
        out_of_memory: whether that took more memory than it had.
    """

    def __init__(self, pid: int, *, began: bool, out_of_memory: bool = False) -> None:
        super().__init__(f"worker {pid} died")
        self.began = began
        self.out_of_memory = out_of_memory


class WorkerProcess:
    """A fresh interpreter that runs `inference.pool.worker`, and the connection with it. It does one request at a time.

    Attributes:
        pid: of the process.
        models: those that it has loaded, the last used first.
        effort: what its last reply took.
        bloated: whether it keeps much more memory than its models take.
        ending: whether it takes no more requests.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        connection: socket.socket,
        shared: SharedImages,
        output: WorkerOutput,
        output_log: OutputLog,
        max_models: int,
    ) -> None:
        self.pid = process.pid
        self.models: tuple[Bundle, ...] = ()
        self.effort = Effort(0.0, 0.0)
        self.bloated = False
        self.ending = False
        self._output = output
        self._output_log = output_log
        self._max_printed_chars = LOAD_CHARS
        self._batch_sizes: dict[Bundle, int] = {}
        self._process = process
        self._max_models = max_models
        self._connection = connection
        self._disconnected = asyncio.Event()
        self._received = bytearray()
        self._shared = shared
        self._loop = asyncio.get_running_loop()
        # Its first message says that it is ready, as if it had been asked.
        self._reply: asyncio.Future[tuple[Result, ...]] = self._loop.create_future()
        connection.setblocking(False)
        self._loop.add_reader(connection, self._receive)

    @classmethod
    async def start(
        cls,
        *,
        max_models: int,
        max_memory_bytes: int,
        max_kept_bytes: int = MAX_KEPT_BYTES,
        output_log: OutputLog | None = None,
    ) -> Self:
        """Start a process and wait until it takes requests.

        Args:
            max_models: that it keeps in memory.
            max_memory_bytes: of private writable memory, over which its allocations fail.
            max_kept_bytes: of that memory, beyond what its models take, which it may keep after a request.
            output_log: takes what it prints; None for one of its own.

        Raises:
            WorkerDied: it ended instead.
            OSError: the system starts no process.
        """
        connection, theirs = socket.socketpair()
        shared, shared_fd = SharedImages.create()
        output = WorkerOutput()
        with theirs:
            try:
                process = _spawn(theirs, output, shared_fd, max_models, max_memory_bytes, max_kept_bytes)
            except OSError:
                connection.close()
                shared.close()
                output.close()
                raise
            finally:
                os.close(shared_fd)
        worker = cls(process, connection, shared, output, output_log or OutputLog(), max_models)
        try:
            await worker._reply
        except BaseException:
            await worker.end()
            raise
        return worker

    @property
    def idle(self) -> bool:
        """Whether it waits for a request."""
        return self._reply.done() and not self.ending

    def batch_size(self, bundle: Bundle) -> int:
        """How many images a model gains from running at once, as far as is known: 1 before its first run."""
        # Most models gain nothing, and to hash a bundle takes longer than all else here.
        return self._batch_sizes.get(bundle, 1) if self._batch_sizes else 1

    def decoding_cpu_s(self) -> float:
        """How many seconds of CPU the images have cost that it decodes; 0.0 if it is at something else."""
        since_cpu_s = self._shared.decoding_since_cpu_s
        if since_cpu_s is None:
            return 0.0
        try:
            stat = Path(f"/proc/{self.pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            # It is gone, which the connection is about to tell.
            return 0.0
        # Behind the name, which may hold anything, come the state, and at 11 and 12 the time in user and system mode.
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S - since_cpu_s

    async def load(self, bundle: Bundle) -> None:
        """Have it load a model and run it once.

        Raises:
            ModelError: the files are broken.
            WorkerDied: the process ended.
        """
        await self.begin(Load(bundle), [])

    async def ask(self, request: Request, image: bytes) -> Any:
        """Have it do what is asked with one image.

        Returns:
            The answer of the method of `Classifier` that does it.

        Raises:
            ImageError: the image cannot be read.
            ModelError, WorkerDied: see `begin`.
        """
        (result,) = await self.begin(request, [image])
        if isinstance(result, ImageError):
            raise result
        return result

    def begin(self, request: Request, images: Sequence[bytes]) -> asyncio.Future[tuple[Result, ...]]:
        """Have it do what is asked, with images that fit into `SharedImages` or without.

        Returns:
            The results for the images; raises ModelError where the model's files are broken, or for what nobody
            expected, which is logged, and WorkerDied where the process ended.
        """
        assert self.idle
        self.models = (request.bundle, *(model for model in self.models if model != request.bundle))[: self._max_models]
        self._reply = self._loop.create_future()
        self._shared.put(images)
        self._max_printed_chars = IMAGE_CHARS if images else LOAD_CHARS
        # It waits with nothing unread, so that there is room. Where it died, `_receive` is about to notice.
        with suppress(ConnectionError):
            self._connection.sendall(encode_request(request))
        return self._reply

    async def replied(self) -> None:
        """Wait until it has replied to what it was asked last, or can no longer."""
        await asyncio.wait([self._reply])

    async def wait(self) -> int:
        """Wait until the process is gone; returns its exit status, minus the signal's number where one ended it."""
        await self._disconnected.wait()
        return await self.end()

    def kill(self) -> None:
        """End the process at once, even one that is stopped or hangs; it has nothing to save."""
        self.ending = True
        self._process.kill()

    async def end(self) -> int:
        """End the process and wait until it is gone; returns its exit status as `wait` does."""
        self.kill()
        try:
            status = await asyncio.to_thread(self._process.wait)
            await self._disconnected.wait()
        except asyncio.CancelledError:
            # A pool that closes counts on it all the same. It was killed: this takes milliseconds.
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
            self._settle(reply)

    def _settle(self, reply: Reply) -> None:
        self.effort = self._shared.effort
        if (printed := self._output.take(self._max_printed_chars)) is not None:
            self._output_log.note(self.pid, printed)
        if self._reply.done():
            # Whoever started it gave up.
            return
        match reply:
            case Done(results, batch_size, bloated):
                if batch_size > 1 or self._batch_sizes:
                    self._batch_sizes[self.models[0]] = batch_size
                self.bloated = bloated
                self._reply.set_result(results)
            case ModelError():
                self._reply.set_exception(reply)
            case Bug(kind, traceback):
                log.error("worker %d: %s", self.pid, traceback)
                self._reply.set_exception(ModelError(f"the model failed with {kind}"))
            case MemorySpent():
                log.warning("worker %d is out of memory", self.pid)
                self.ending = True
                self._reply.set_exception(WorkerDied(self.pid, began=True, out_of_memory=True))
            case None:
                self._reply.set_result(())

    def _disconnect(self) -> None:
        self.ending = True
        self._loop.remove_reader(self._connection)
        self._connection.close()
        if last_words := self._output.last_words():
            log.warning("worker %d printed at its end: %s", self.pid, last_words)
        if not self._reply.done():
            self._reply.set_exception(WorkerDied(self.pid, began=self._shared.begun))
        self._output.close()
        self._shared.close()
        self._disconnected.set()


def _spawn(
    connection: socket.socket,
    output: WorkerOutput,
    shared_fd: int,
    max_models: int,
    max_memory_bytes: int,
    max_kept_bytes: int,
) -> subprocess.Popen[bytes]:
    arguments = map(str, (shared_fd, output.crash_fd, max_models, max_memory_bytes, max_kept_bytes))
    return subprocess.Popen(  # noqa: S603  (our own module)
        [sys.executable, "-P", "-m", "inference.pool.worker", *arguments],
        stdin=connection.fileno(),
        stdout=output.stderr_fd,
        stderr=output.stderr_fd,
        pass_fds=[shared_fd, output.crash_fd],
        env=child_environment() | ENVIRONMENT,
        # Ctrl-C in a terminal is for this process, which ends its workers when their work is done.
        process_group=0,
    )
