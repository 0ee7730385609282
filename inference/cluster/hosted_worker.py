"""A worker process on a node, and the requests that a relay sends it."""

from __future__ import annotations

import asyncio
import os
import pickle
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from inference.cluster.model_files import NodeModels
from inference.cluster.stream import Outcome, Progress, Request, Returned, Stream, read_frame
from inference.errors import ClusterError
from inference.models.bundle import Bundle
from inference.pool.launch import WorkerEnds, launch_here
from inference.pool.output import WorkerOutput
from inference.pool.protocol import WorkerOptions, decode_request, frame, request_sockets
from inference.pool.shared_images import PLACES, SharedImages

# Number of different requests that are kept with the node's own paths.
MAX_REQUESTS = 64
# Time in seconds after which it is noted again that a model is used.
NOTE_PERIOD_S = 86_400.0
# Seconds after which the relay is told how far a request is, and again after each such time. It is short beside the
# limit on decoding, which the pool watches.
PROGRESS_PERIOD_S = 0.5
# Seconds that a request waits behind another, until it is returned for any worker. Requests are sent ahead only if they
# take less.
MAX_AHEAD_S = 0.2


class HostedWorker:
    """A worker process of this node. It holds one request at work and one ahead.

    Attributes:
        process: the process.
    """

    def __init__(self, options: WorkerOptions, models: NodeModels, bundles: Mapping[Bundle, Bundle]) -> None:
        """Start a process.

        Args:
            options: options of the process.
            models: the node's models.
            bundles: models with their folders on the node, by those of the requests.

        Raises:
            OSError: the system cannot start a process.
        """
        self._models = models
        self._bundles = bundles
        self._local_requests: dict[bytes, bytes] = {}
        self._requests_since_s = time.monotonic()
        # Places and contents of the requests, the one at the worker first.
        self._order: list[tuple[int, bytes]] = []
        self._ahead_timer: asyncio.TimerHandle | None = None
        self._connection, theirs = socket.socketpair()
        self._requests = request_sockets()
        self._shared, shared_fd = SharedImages.create()
        self._output = WorkerOutput()
        with theirs:
            ends = WorkerEnds(self._connection, self._requests, theirs, shared_fd, self._output)
            # The process ends with this thread, which stays as long as the actor.
            self.process = launch_here(ends, options)
        os.close(shared_fd)

    async def start(self) -> None:
        """Wait until the process accepts requests.

        Raises:
            ClusterError: the process died.
        """
        self._replies, self._writer = await asyncio.open_unix_connection(sock=self._connection)
        if await read_frame(self._replies) is None:
            # Of a traceback, the last line names the error.
            printed = self._output.final_output().splitlines() or ["it printed nothing"]
            await self.end()
            raise ClusterError(f"its process died: {printed[-1].strip()}")

    async def serve(self, stream: Stream) -> None:
        """Serve a relay until it is gone, or the process has ended; then neither is left."""
        serving = [asyncio.create_task(each(stream)) for each in (self._take, self._answer, self._tell_progress)]
        try:
            await asyncio.wait(serving, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in serving:
                task.cancel()
            await asyncio.gather(*serving, return_exceptions=True)
            self._keep_ahead()
            stream.close()
            await self.end()

    async def end(self) -> None:
        """Kill the process."""
        self.process.kill()
        await asyncio.to_thread(self.process.wait)
        self._writer.close()
        for each in (*self._requests, self._shared, self._output):
            each.close()

    async def _take(self, stream: Stream) -> None:
        """Take requests until the relay is gone."""
        while (request := await stream.read()) is not None:
            assert isinstance(request, Request)
            self._shared.put_images(request.place, request.images)
            self._order.append((request.place, self._localize(request.content)))
            if len(self._order) == 1:
                self._send_first()
            else:
                self._ahead_timer = asyncio.get_running_loop().call_later(MAX_AHEAD_S, self._return_ahead, stream)

    async def _answer(self, stream: Stream) -> None:
        """Send what becomes of the requests, until the process has ended."""
        while (reply := await read_frame(self._replies)) is not None:
            place, _ = self._order.pop(0)
            self._keep_ahead()
            # What the worker printed is taken before it has another request to print about.
            outcome = Outcome(place, frame(reply), self._shared.copy_header(place), *self._output.take())
            self._send_first()
            stream.write(outcome)
            await stream.drain()
        for place, _ in self._order:
            stream.write(Outcome(place, b"", self._shared.copy_header(place), *self._output.take()))
        await stream.drain()

    async def _tell_progress(self, stream: Stream) -> None:
        watched: tuple[int, bytes] | None = None
        while True:
            await asyncio.sleep(PROGRESS_PERIOD_S)
            at_work = self._order[0] if self._order else None
            if at_work is not None and at_work is watched:
                place, _ = at_work
                since_cpu_s = self._shared.decoding_since_cpu_s(place)
                decoding_cpu_s = None if since_cpu_s is None else self.process.cpu_s() - since_cpu_s
                stream.write(Progress(place, self._shared.copy_header(place), decoding_cpu_s))
            watched = at_work

    def _send_first(self) -> None:
        """Send the worker the request whose turn it is. The one ahead stays here, so that it can be returned."""
        if self._order:
            place, request = self._order[0]
            self._requests[0].sendmsg([bytes([place]), request])

    def _return_ahead(self, stream: Stream) -> None:
        if len(self._order) == PLACES:
            place, _ = self._order.pop()
            stream.write(Returned(place))

    def _keep_ahead(self) -> None:
        if self._ahead_timer is not None:
            self._ahead_timer.cancel()

    def _localize(self, content: bytes) -> bytes:
        """Return a request with the node's own folder of the model, and note once a day that the model is used."""
        now_s = time.monotonic()
        if len(self._local_requests) >= MAX_REQUESTS or now_s - self._requests_since_s >= NOTE_PERIOD_S:
            self._local_requests.clear()
            self._requests_since_s = now_s
        if content not in self._local_requests:
            request = decode_request(content)
            bundle = self._bundles[request.bundle]
            with suppress(OSError):  # the worker itself tells if it cannot read the model
                self._models.find(bundle.directory.name)
            self._local_requests[content] = pickle.dumps(replace(request, bundle=bundle))
        return self._local_requests[content]
