"""The parent's end of one worker process."""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import signal
import sys
from asyncio.subprocess import PIPE
from contextlib import suppress
from typing import Self

from inference.bundle import Bundle
from inference.errors import InferenceError, ModelError
from inference.prediction import Classification
from inference.worker_protocol import LENGTH, Bug, Classify, Load, Reply, Request, frame

log = logging.getLogger(__name__)

# An image goes to the worker in pieces of this size, so that 20 MB do not keep the event loop from other work.
PIECE_BYTES = 256 * 1024

ONE_THREAD = {
    # Each worker has a core of its own.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # One heap, since there is one thread: memory that one image freed serves the next.
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


class WorkerProcess:
    """A fresh interpreter that runs `inference.worker`, with pipes of its own. It does one request at a time.

    Attributes:
        pid: of the process.
        models: those that it has loaded, the last used first.
    """

    def __init__(self, process: asyncio.subprocess.Process, max_models: int) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.pid = process.pid
        self.models: tuple[Bundle, ...] = ()
        self._process = process
        self._requests = process.stdin
        self._replies = process.stdout
        self._max_models = max_models
        self._lost = False

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
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "inference.worker", str(max_models), str(max_memory_bytes)),
            stdin=PIPE,
            stdout=PIPE,
            # It finds the modules that this process finds, wherever it was started.
            env={**os.environ, **ONE_THREAD, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            # Ctrl-C in a terminal is for this process, which ends its workers when their work is done.
            process_group=0,
        )
        worker = cls(process, max_models)
        try:
            await worker._read_frame(began=False)
        except BaseException:
            await worker.end()
            raise
        return worker

    @property
    def alive(self) -> bool:
        """Whether a request makes sense, as far as is known yet."""
        return not self._lost and not self._replies.at_eof()

    async def load(self, bundle: Bundle) -> None:
        """Load a model and run it once.

        Raises:
            ModelError: its files are broken.
            WorkerDied: the process ended.
        """
        await self._request(Load(bundle))
        self._used(bundle)

    async def classify(self, image: bytes, bundle: Bundle, top_k: int) -> Classification:
        """Label an image.

        Raises:
            ImageError: the image cannot be labelled.
            ModelError: the model's files are broken, or something unexpected happened, which is logged.
            WorkerDied: the process ended.
        """
        self._used(bundle)
        answer = await self._request(Classify(bundle, top_k), image)
        assert isinstance(answer, Classification)
        return answer

    def kill(self) -> None:
        """End the process at once, even one that is stopped or hangs."""
        self._lost = True
        if self._process.returncode is None:
            # Not Popen's own way, which may take the exit status away from under asyncio.
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    async def wait(self) -> int:
        """Wait until the process is gone; returns its exit status, minus the signal's number where one ended it."""
        status = await self._process.wait()
        self._lost = True
        return status

    async def end(self) -> None:
        """End the process, which has no state worth saving, and wait until it is gone."""
        self.kill()
        await self.wait()

    def _used(self, bundle: Bundle) -> None:
        self.models = (bundle, *(model for model in self.models if model != bundle))[: self._max_models]

    async def _request(self, request: Request, image: bytes | None = None) -> Classification | None:
        # Where the process dies meanwhile, the end of its replies tells.
        with suppress(ConnectionError):
            await self._send(request, image)
        await self._read_frame(began=False)
        reply: Reply = pickle.loads(await self._read_frame(began=True))  # noqa: S301  (our own process wrote it)
        match reply:
            case InferenceError():
                raise reply
            case Bug(kind, traceback):
                log.error("worker %d: %s", self.pid, traceback)
                raise ModelError(f"the model {request.bundle.spec.name} failed with {kind}")
            case _:
                return reply

    async def _send(self, request: Request, image: bytes | None) -> None:
        header = frame(pickle.dumps(request))
        if image is None:
            self._requests.write(header)
            return
        view = memoryview(image)
        self._requests.writelines((header, LENGTH.pack(len(image)), view[:PIECE_BYTES]))
        for start in range(PIECE_BYTES, len(image), PIECE_BYTES):
            await self._requests.drain()
            self._requests.write(view[start : start + PIECE_BYTES])

    async def _read_frame(self, *, began: bool) -> bytes:
        try:
            (length,) = LENGTH.unpack(await self._replies.readexactly(LENGTH.size))
            return await self._replies.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            self._lost = True
            raise WorkerDied(self.pid, began=began) from None
