"""Relays the requests of one worker between the pool's process and the worker's actor."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

from ray.exceptions import RayError, RayTaskError

from inference.cluster.actor import Call, Outcome
from inference.cluster.packed_models import PackedModels
from inference.errors import ClusterError, ModelError
from inference.models.bundle import Bundle
from inference.pool.protocol import MAX_REQUEST_BYTES, decode_request, encode_reply
from inference.pool.shared_images import PLACES, SharedImages

# Seconds after which the actor is asked how far it is with a request, and again after each such time. It is short
# beside the limit on decoding, which the pool watches.
PROGRESS_PERIOD_S = 0.5
# Seconds that a request waits behind another at the actor, until it is taken back for any worker. Requests are sent
# ahead only if they take less.
MAX_AHEAD_S = 0.2


class Relay:
    """Relays until the pool closes the connection, or the actor or its worker has ended.

    The pool sees a worker at the other end of its sockets and of its shared memory.
    """

    def __init__(
        self,
        fds: Sequence[int],
        actor: Any,
        models: PackedModels,
        *,
        on_taken_back: Callable[[], None],
        on_fault: Callable[[str], None],
    ) -> None:
        """Relay for an actor that has started its worker.

        Args:
            fds: the file descriptors of the worker's ends; see `WORKER_FDS`. They belong to the relay.
            actor: handle of the `WorkerActor`.
            models: the models in packed form.
            on_taken_back: called after a request was taken back from the actor.
            on_fault: called with the reason if the node cannot keep a model.
        """
        requests, unread, replies, shared_fd, self._stderr_fd, self._crash_fd = fds
        self._requests, self._unread = socket.socket(fileno=requests), socket.socket(fileno=unread)
        self._replies = socket.socket(fileno=replies)
        self._shared = SharedImages(shared_fd)
        os.close(shared_fd)
        self._actor = actor
        self._models = models
        self._on_taken_back = on_taken_back
        self._on_fault = on_fault
        self._known: set[Bundle] = set()
        # Places of the requests at the actor, in the order of the requests.
        self._places: list[int] = []
        self._outcomes: dict[int, Outcome] = {}
        self._submitting = asyncio.Lock()
        self._submitted = 0
        self._worker_died = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._ahead_timer: asyncio.TimerHandle | None = None
        # Whether a request is being taken back, and whether one that was taken back waits for the one at work.
        self._taking_back = self._waits = False
        self._reads = False
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[None] = self._loop.create_future()

    async def run(self) -> None:
        """Tell the pool that the worker is ready, and relay."""
        watching = [asyncio.create_task(each) for each in (self._watch_progress(), self._watch_end())]
        try:
            self._replies.sendall(encode_reply(None))
            self._loop.add_reader(self._replies, self._read_end)
            self._set_reading()
            await self._ended
        except ConnectionError:
            pass  # the pool has no use for the worker any more
        finally:
            for task in (*watching, *self._tasks):
                task.cancel()
            self._close()

    def _close(self) -> None:
        if self._ahead_timer is not None:
            self._ahead_timer.cancel()
        for each in (self._replies, self._unread):
            self._loop.remove_reader(each)
        self._shared.close()
        for each in (self._requests, self._unread, self._replies):
            each.close()
        for fd in (self._stderr_fd, self._crash_fd):
            os.close(fd)

    def _end(self) -> None:
        if not self._ended.done():
            self._ended.set_result(None)

    def _read_end(self) -> None:
        """End if the pool has closed the connection, or has killed the worker."""
        with suppress(BlockingIOError):  # its end is all that the pool sends
            if not self._replies.recv(1, socket.MSG_DONTWAIT):
                self._end()

    def _read_request(self) -> None:
        try:
            message = self._unread.recv(MAX_REQUEST_BYTES, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return  # the pool has taken it back
        if not message:
            self._end()
            return
        place = message[0]
        self._places.append(place)
        if len(self._places) == PLACES:
            self._ahead_timer = self._loop.call_later(MAX_AHEAD_S, lambda: self._start(self._take_back()))
        self._set_reading()
        self._start(self._call(place, message[1:]))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _set_reading(self) -> None:
        """Read the next request as soon as the actor may hold it."""
        reads = len(self._places) < PLACES and not self._taking_back and not self._waits
        if reads and not self._reads:
            self._loop.add_reader(self._unread, self._read_request)
        elif self._reads and not reads:
            self._loop.remove_reader(self._unread)
        self._reads = reads

    async def _call(self, place: int, content: bytes) -> None:
        try:
            # The lock keeps the order of the requests.
            async with self._submitting:
                await self._provide_model(decode_request(content).bundle)
                call = Call(self._submitted, place, content).encode()
                reply = self._actor.run.remote(call, self._shared.copy_images(place))
                self._submitted += 1
            outcome = Outcome.decode(await reply)
        except ModelError as error:
            self._hand_over(place, Outcome(encode_reply(error), self._shared.copy_header(place)))
            return
        except ClusterError as error:
            self._on_fault(str(error))
            self._end()
            return
        except RayError as error:
            # A photo that kills its worker leaves the actor alive. So this is not the photo's fault, and it counts as
            # begun only if it was seen at work; see `_watch_progress`.
            with suppress(OSError):
                os.write(self._stderr_fd, f"the actor is lost: {type(error).__name__}\n".encode())
            self._end()
            return
        if not outcome.header:
            self._put_back(place, content)
            return
        self._hand_over(place, outcome)

    def _hand_over(self, place: int, outcome: Outcome) -> None:
        """Hand outcomes to the pool in the order of the requests."""
        self._outcomes[place] = outcome
        while self._places and (ready := self._outcomes.pop(self._places[0], None)) is not None:
            self._finish(self._places.pop(0), ready)

    def _finish(self, place: int, outcome: Outcome) -> None:
        """Hand the outcome of the oldest request to the pool."""
        # The pool reads these when it notices the reply, or the end.
        self._shared.put_header(place, outcome.header)
        self._print(outcome)
        if outcome.reply:
            with suppress(ConnectionError):
                self._replies.sendall(outcome.reply)
        else:
            self._worker_died = True
        if self._ahead_timer is not None:
            self._ahead_timer.cancel()
        self._waits = False
        self._set_reading()
        if self._worker_died and not self._places:
            self._end()

    def _put_back(self, place: int, content: bytes) -> None:
        """Write a request that was taken back into the socket that it was read from.

        It waits there for the end of the request at work, or the pool takes it back. The order of requests does not
        change, since the pool holds no others. If the request at work has ended meanwhile, the pool may have sent
        another one, and this one goes to the actor again.
        """
        self._taking_back = False
        if self._places[0] == place:
            self._start(self._call(place, content))
        else:
            self._places.remove(place)
            self._waits = True
            self._requests.send(bytes([place]) + content)
            self._on_taken_back()
        self._set_reading()

    async def _take_back(self) -> None:
        """Take back the request that was sent ahead, unless its turn has come."""
        self._taking_back = True
        self._set_reading()
        with suppress(RayError):  # the call of the request fails as well
            if await self._actor.take_back.remote():
                return
        self._taking_back = False
        self._set_reading()

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

    async def _watch_progress(self) -> None:
        """Write into the shared memory how far a request is that takes long."""
        watched: int | None = None
        while True:
            await asyncio.sleep(PROGRESS_PERIOD_S)
            at_work = self._places[0] if self._places else None
            if at_work is not None and at_work == watched:
                with suppress(RayError):
                    header, decoding_cpu_s = await self._actor.progress.remote(at_work)
                    if self._places and self._places[0] == at_work:
                        self._shared.put_header(at_work, header, decoding_cpu_s)
            watched = at_work

    async def _watch_end(self) -> None:
        """End as soon as the worker or its actor has ended and the outcomes of its requests are known."""
        with suppress(RayError):
            await self._actor.wait_for_end.remote()
        self._worker_died = True
        if not self._places:
            self._end()

    def _print(self, outcome: Outcome) -> None:
        """Write what the worker printed into the files of the pool, which are bounded."""
        for fd, printed in ((self._stderr_fd, outcome.printed), (self._crash_fd, outcome.crash)):
            if printed:
                with suppress(OSError):
                    os.write(fd, printed)
