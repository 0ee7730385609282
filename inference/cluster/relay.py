"""Relays the requests of one worker between the pool's process and the worker's node."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from ray.exceptions import RayError, RayTaskError

from inference.cluster.packed_models import PackedModels
from inference.cluster.stream import CUT_OFF, Outcome, Progress, Request, Returned, Stream
from inference.errors import ClusterError, ModelError
from inference.models.bundle import Bundle
from inference.pool.protocol import MAX_REQUEST_BYTES, decode_request, encode_reply
from inference.pool.shared_images import PLACES, SharedImages


class Relay:
    """Relays until the pool closes the connection, or the worker has ended, or its node is lost.

    The pool sees a worker at the other end of its sockets and of its shared memory.
    """

    def __init__(
        self,
        fds: Sequence[int],
        actor: Any,
        stream: Stream,
        models: PackedModels,
        *,
        on_returned: Callable[[], None],
        on_fault: Callable[[str], None],
    ) -> None:
        """Relay for an actor that has started its worker.

        Args:
            fds: the file descriptors of the worker's ends; see `WORKER_FDS`. They belong to the relay.
            actor: handle of the `WorkerActor`.
            stream: connection to it, which belongs to the relay.
            models: the models in packed form.
            on_returned: called after the worker has returned a request.
            on_fault: called with the reason if the node cannot keep a model, or gives no sign of life.
        """
        requests, unread, replies, shared_fd, self._stderr_fd, self._crash_fd = fds
        self._requests, self._unread = socket.socket(fileno=requests), socket.socket(fileno=unread)
        self._replies = socket.socket(fileno=replies)
        for each in (self._unread, self._replies):
            each.setblocking(False)
        self._shared = SharedImages(shared_fd)
        os.close(shared_fd)
        self._actor = actor
        self._stream = stream
        self._models = models
        self._on_returned = on_returned
        self._on_fault = on_fault
        self._known: set[Bundle] = set()
        # Contents of the requests at the worker by their places, the oldest first.
        self._at_worker: dict[int, bytes] = {}
        # Whether a request was returned that waits for the end of the one at work.
        self._waits = False
        self._changed = asyncio.Event()
        self._sending_reply = asyncio.Lock()
        self._loop = asyncio.get_running_loop()

    async def run(self) -> None:
        """Tell the pool that the worker is ready, and relay."""
        work = (self._send_requests(), self._receive(), self._watch_pool(), self._watch_actor())
        tasks = [asyncio.create_task(each) for each in work]
        try:
            with suppress(ConnectionError):  # the pool has no use for the worker any more
                self._replies.send(encode_reply(None))
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
            self._close()
        for error in filter(None, ends):
            if isinstance(error, OSError) and error.errno in CUT_OFF:
                self._on_fault("it gives no sign of life")
            elif not isinstance(error, (OSError, asyncio.CancelledError)):
                raise error

    def _close(self) -> None:
        if self._at_worker:
            # A photo that kills its worker has an outcome. So this is not the photo's fault, and it counts as begun
            # only if there was a progress.
            self._print(self._stderr_fd, b"the connection to it is lost\n")
        self._stream.close()
        self._shared.close()
        for each in (self._requests, self._unread, self._replies):
            each.close()
        for fd in (self._stderr_fd, self._crash_fd):
            os.close(fd)

    async def _send_requests(self) -> None:
        """Send requests as long as the worker may hold one more, until the pool is gone."""
        while True:
            await self._until(lambda: len(self._at_worker) < PLACES and not self._waits)
            message = await self._loop.sock_recv(self._unread, MAX_REQUEST_BYTES)
            if not message:
                return
            place, content = message[0], message[1:]
            self._at_worker[place] = content
            try:
                await self._provide_model(decode_request(content).bundle)
            except ModelError as error:
                await self._until(lambda place=place: next(iter(self._at_worker)) == place)  # type: ignore[misc]
                await self._finish(Outcome(place, encode_reply(error), self._shared.copy_header(place)))
            except ClusterError as error:
                self._on_fault(str(error))
                return
            except RayError:
                return
            else:
                self._stream.write(Request(place, content, self._shared.copy_images(place)))
                await self._stream.drain()

    async def _receive(self) -> None:
        """Pass on what the worker sends, until it has ended."""
        while (message := await self._stream.read()) is not None:
            match message:
                case Outcome():
                    await self._finish(message)
                case Progress(place, header, decoding_cpu_s):
                    self._shared.put_header(place, header, decoding_cpu_s)
                case Returned(place):
                    self._put_back(place)

    async def _watch_pool(self) -> None:
        """Return once the pool has closed the connection, or has killed the worker: this is all that it sends."""
        await self._loop.sock_recv(self._replies, 1)

    async def _watch_actor(self) -> None:
        """Return once Ray has lost the actor."""
        with suppress(RayError):
            await self._actor.stay.remote()

    async def _finish(self, outcome: Outcome) -> None:
        """Hand the outcome of the oldest request to the pool."""
        # The pool reads these when it notices the reply, or the end.
        self._shared.put_header(outcome.place, outcome.header)
        self._print(self._stderr_fd, outcome.printed)
        self._print(self._crash_fd, outcome.crash)
        async with self._sending_reply:
            # The pool may use the place again as soon as it has the reply.
            del self._at_worker[outcome.place]
            await self._loop.sock_sendall(self._replies, outcome.reply)
        self._waits = False
        self._changed.set()

    def _put_back(self, place: int) -> None:
        """Write a request that was returned into the socket that it was read from.

        It waits there for the end of the request at work, or the pool takes it back. The order of requests does not
        change, since the pool holds no others.
        """
        self._waits = True
        self._requests.send(bytes([place]) + self._at_worker.pop(place))
        self._on_returned()

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    async def _provide_model(self, bundle: Bundle) -> None:
        """Bring the files of a model to the node, unless it has them.

        Raises:
            ModelError: the files cannot be read here.
            ClusterError: the node cannot keep them.
            RayError: the actor is lost.
        """
        if bundle in self._known:
            return
        key, packed = await self._models.get(bundle)
        try:
            if not await self._actor.has_model.remote(bundle, key):
                await self._actor.add_model.remote(bundle, packed)
        except RayTaskError as error:
            raise ClusterError(str(error.cause)) from error
        self._known.add(bundle)

    def _print(self, fd: int, printed: bytes) -> None:
        """Write what the worker printed into a file of the pool, which is bounded."""
        if printed:
            with suppress(OSError):
                os.write(fd, printed)
