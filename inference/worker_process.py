"""The parent's end of one worker process."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, Self

from inference.bundle import Bundle
from inference.errors import InferenceError, ModelError
from inference.prediction import Classification
from inference.worker_protocol import LENGTH, Bug, Classify, Load, Reply, Request, decode_reply, encode_request

log = logging.getLogger(__name__)

# An image goes to the worker in pieces of this size: 20 MB at once would occupy the event loop for 20 ms.
PIECE_BYTES = 256 * 1024

ENVIRONMENT = {
    # Each worker has one core.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # One thread needs one heap: what one image freed serves the next.
    "MALLOC_ARENA_MAX": "1",
}


class WorkerDied(Exception):
    """The process ended before it replied.

    Attributes:
        began: whether it had begun with the request.
    """

    def __init__(self, pid: int, *, began: bool) -> None:
        super().__init__(f"worker {pid} died")
        self.began = began


class WorkerProcess(asyncio.Protocol):
    """A fresh interpreter that runs `inference.worker`, and the connection with it. It does one request at a time.

    Attributes:
        pid: of the process.
        models: those that it has loaded, the last used first.
    """

    def __init__(self, process: subprocess.Popen[bytes], max_models: int) -> None:
        loop = asyncio.get_running_loop()
        self.pid = process.pid
        self.models: tuple[Bundle, ...] = ()
        self._process = process
        self._max_models = max_models
        self._disconnected = asyncio.Event()
        self._disconnected.set()
        # Its first message says that it is ready, as if it had been asked.
        self._reply: asyncio.Future[Any] = loop.create_future()
        self._began = False
        self._received = bytearray()
        self._unsent: Iterator[memoryview] = iter(())
        self._paused = False

    @classmethod
    async def start(cls, *, max_models: int, max_memory_bytes: int) -> Self:
        """Start a process and wait until it takes requests.

        Args:
            max_models: that it keeps in memory.
            max_memory_bytes: of private writable memory, over which its allocations fail.

        Raises:
            WorkerDied: it ended instead.
            OSError: the system starts no process.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                process = subprocess.Popen(  # noqa: S603, ASYNC220  (our own module; takes a millisecond)
                    [sys.executable, "-P", "-m", "inference.worker", str(max_models), str(max_memory_bytes)],
                    stdin=theirs.fileno(),
                    # What a library prints belongs into the log, on standard error.
                    stdout=2,
                    # It finds the modules that this process finds, wherever it was started.
                    env={**os.environ, **ENVIRONMENT, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                    # Ctrl-C in a terminal is for this process, which ends its workers when their work is done.
                    process_group=0,
                )
            except OSError:
                ours.close()
                raise
        worker = cls(process, max_models)
        try:
            await asyncio.get_running_loop().create_unix_connection(lambda: worker, sock=ours)
            await worker._reply
        except BaseException:
            await worker.end()
            raise
        return worker

    @property
    def idle(self) -> bool:
        """Whether it waits for a request."""
        return self._reply.done() and not self._disconnected.is_set()

    def load(self, bundle: Bundle) -> asyncio.Future[None]:
        """Have it load a model and run it once.

        Returns:
            Done when it has; raises ModelError where the files are broken, WorkerDied where the process ended.
        """
        return self._request(Load(bundle))

    def classify(self, image: bytes, bundle: Bundle, top_k: int) -> asyncio.Future[Classification]:
        """Have it label an image.

        Returns:
            The answer; raises ImageError or ModelError as `Classifier.classify`, ModelError also for what nobody
            expected, which is logged, and WorkerDied where the process ended.
        """
        return self._request(Classify(bundle, top_k), image)

    async def wait(self) -> int:
        """Wait until the process is gone; returns its exit status, minus the signal's number where one ended it."""
        await self._disconnected.wait()
        return await self.end()

    def kill(self) -> None:
        """End the process at once, even one that is stopped or hangs; it has nothing to save."""
        self._process.kill()

    async def end(self) -> int:
        """End the process and wait until it is gone; returns its exit status as `wait` does."""
        self.kill()
        status = await asyncio.to_thread(self._process.wait)
        await self._disconnected.wait()
        return status

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._disconnected.clear()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  (asyncio's)
        self._disconnected.set()
        if not self._reply.done():
            self._reply.set_exception(WorkerDied(self.pid, began=self._began))

    def data_received(self, data: bytes) -> None:
        self._received += data
        while len(self._received) >= LENGTH.size:
            end = LENGTH.size + LENGTH.unpack_from(self._received)[0]
            if len(self._received) < end:
                return
            content = self._received[LENGTH.size : end]
            del self._received[:end]
            if content:
                self._settle(decode_reply(content))
            else:
                self._began = True

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._send_on()

    def _request(self, request: Request, image: bytes | None = None) -> asyncio.Future[Any]:
        assert self.idle
        self.models = (request.bundle, *(model for model in self.models if model != request.bundle))[: self._max_models]
        self._reply = asyncio.get_running_loop().create_future()
        self._began = False
        if image is None:
            self._transport.write(encode_request(request))
        else:
            view = memoryview(image)
            self._transport.write(b"".join((encode_request(request), LENGTH.pack(len(image)), view[:PIECE_BYTES])))
            self._unsent = (view[at : at + PIECE_BYTES] for at in range(PIECE_BYTES, len(image), PIECE_BYTES))
            self._send_on()
        return self._reply

    def _send_on(self) -> None:
        while not self._paused:
            piece = next(self._unsent, None)
            if piece is None:
                return
            self._transport.write(piece)

    def _settle(self, reply: Reply) -> None:
        if self._reply.done():
            # Whoever started it gave up.
            return
        match reply:
            case InferenceError():
                self._reply.set_exception(reply)
            case Bug(kind, traceback):
                log.error("worker %d: %s", self.pid, traceback)
                self._reply.set_exception(ModelError(f"the model failed with {kind}"))
            case _:
                self._reply.set_result(reply)
