"""The worker process of a pool: serves requests with a `Classifier`.

A pool starts it as ``python -m inference.pool.worker REPLIES_FD SHARED_FD CRASH_FD OPTIONS``. Standard input is the
socket of the requests, and REPLIES_FD the file descriptor of the socket for the replies; `protocol` describes the
messages. SHARED_FD is the file descriptor of the shared memory. CRASH_FD is the file descriptor of a file for the
traceback of a crash. OPTIONS are `WorkerOptions` as JSON. Standard error is a file of fixed size.
"""

from __future__ import annotations

import faulthandler
import io
import os
import resource
import socket
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from inference.errors import ModelError
from inference.models.classifier import Classifier
from inference.models.stage_observer import StageObserver
from inference.pool.process_memory import ProcessMemory
from inference.pool.protocol import (
    Classify,
    Done,
    Embed,
    Load,
    MemoryExhausted,
    Reply,
    Request,
    Result,
    UnexpectedFailure,
    WorkerOptions,
    decode_request,
    encode_reply,
    receive_request,
)
from inference.pool.shared_images import SharedImages
from inference.pool.stage_observer import WorkerStageObserver
from inference.system.stop_signals import ignore_stop

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

# Limit on the memory for images, in addition to the models. It is enough for the costliest image, an AVIF with
# transparency.
MAX_IMAGE_BYTES = 320 * 2**20

# Niceness of a worker, on top of the pool's. Workers keep all cores busy, so the pool would often wait for a core. The
# 95th percentile of the lag of the bot's event loop is 6.4 ms at 0, 3.7 ms at 5 and 2.1 ms at 10, measured with a
# network of Inception-v3's size on two busy cores. Photos per second are the same.
NICENESS = 10

# Encoded in advance, since encoding takes memory.
MEMORY_EXHAUSTED = encode_reply(MemoryExhausted())


def serve(
    requests: socket.socket,
    replies: socket.socket,
    shared: SharedImages,
    classifier: Classifier,
    stages: StageObserver,
) -> None:
    """Serve requests until their socket is closed.

    Args:
        requests: socket to receive requests from.
        replies: socket to send replies to.
        shared: memory shared with the pool.
        classifier: classifier for all requests.
        stages: observer of the stages; the classifier must have the same observer.
    """
    # If the parent is killed, the connections break without notice.
    with suppress(ConnectionError):
        replies.sendall(encode_reply(None))
        while (received := receive_request(requests)) is not None:
            try:
                images = shared.begin(received.place, received.waited_s)
                reply = reply_to(decode_request(received.content), images, classifier)
            except MemoryError:
                replies.sendall(MEMORY_EXHAUSTED)
                raise
            if isinstance(reply, Done) and stages.before_reply():
                reply = reply._replace(needs_recycling=True)
            shared.end()
            replies.sendall(encode_reply(reply))
            del reply, images
            stages.after_reply()


def reply_to(request: Request, images: Sequence[bytes], classifier: Classifier) -> Reply:
    results: Sequence[Result] = ()
    try:
        match request:
            case Load(bundle):
                classifier.load(bundle)
            case Classify(bundle, top_k, embedding):
                results = classifier.classify_all(images, bundle, top_k, embedding=embedding)
            case Embed(bundle, views):
                results = classifier.embed_all(images, bundle, views)
        return Done(tuple(results), classifier.batch_size(bundle))
    except ModelError as error:
        return error
    except MemoryError:
        # Other models or fragmentation may be the cause. The process exits, and its images get a second attempt in
        # another process. The same happens if native code runs out of memory and aborts.
        raise
    except Exception as error:  # noqa: BLE001  (the parent logs it, and this process goes on)
        return UnexpectedFailure(type(error).__name__, traceback.format_exc())


class _LossyStderr(io.RawIOBase):
    """Standard error, which may be full: bytes that do not fit are dropped without an error."""

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        with suppress(OSError):
            os.write(2, data)
        return memoryview(data).nbytes


def main() -> None:
    replies_fd, shared_fd, crash_fd = map(int, sys.argv[1:4])
    options = WorkerOptions.from_json(sys.argv[4])
    os.nice(NICENESS)
    faulthandler.enable(crash_fd)
    sys.stdout = sys.stderr = io.TextIOWrapper(
        io.BufferedWriter(_LossyStderr()), encoding="utf-8", errors="backslashreplace", line_buffering=True
    )
    # A signal to all processes of a service is meant for the parent, which drains its workers.
    ignore_stop()
    # A core dump would contain a photo.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    memory = ProcessMemory(
        max_bytes=options.max_memory_bytes,
        max_image_bytes=MAX_IMAGE_BYTES,
        max_retained_bytes=options.max_retained_bytes,
    )
    shared = SharedImages(shared_fd)
    stages = WorkerStageObserver(shared, memory)
    classifier = Classifier(max_models=options.max_models, options=options.network, stages=stages)
    requests = socket.socket(fileno=sys.stdin.fileno())
    # Not closed here, since the parent treats the end of this connection as the exit of the process.
    replies = socket.socket(fileno=replies_fd)
    try:
        serve(requests, replies, shared, classifier, stages)
    except MemoryError:
        # Exit at once, since the normal exit may run out of memory, too.
        os._exit(1)


if __name__ == "__main__":
    main()
