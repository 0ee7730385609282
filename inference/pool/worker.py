"""What labels an image, and the process in which a pool has it run.

A pool starts ``python -m inference.pool.worker SHARED_FD CRASH_FD MAX_MODELS MAX_MEMORY_BYTES MAX_KEPT_BYTES``. They
talk as `protocol` says, over its standard input, which is a socket. SHARED_FD is the file descriptor of the memory that
they share, CRASH_FD that of a file for the traceback of a crash. Standard error takes so many bytes and no more.
"""

from __future__ import annotations

import faulthandler
import io
import os
import resource
import signal
import socket
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from inference.errors import ModelError
from inference.models.classifier import Classifier
from inference.models.stages import Stages
from inference.pool.process_memory import ProcessMemory
from inference.pool.protocol import (
    Bug,
    Classify,
    Done,
    Embed,
    Load,
    MemorySpent,
    Reply,
    Request,
    Result,
    SharedImages,
    decode_request,
    encode_reply,
    read_frame,
)
from inference.pool.stages import WatchedStages

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

# Of memory, beyond what the models take: room for the costliest image that is read, an AVIF with transparency.
MAX_IMAGE_BYTES = 320 * 2**20

# Written beforehand, since that takes memory.
LAST_WORDS = encode_reply(MemorySpent())


def serve(connection: socket.socket, shared: SharedImages, classifier: Classifier, stages: Stages) -> None:
    """Do what is asked until the other end is closed.

    Args:
        connection: with the pool.
        shared: memory that the pool shares.
        classifier: does it.
        stages: told what this process is at.
    """
    # It is closed without notice if the parent is killed.
    with suppress(ConnectionError), connection.makefile("rb") as requests:
        connection.sendall(encode_reply(None))
        while (content := read_frame(requests)) is not None:
            try:
                reply = reply_to(decode_request(content), shared.take(), classifier)
            except MemoryError:
                connection.sendall(LAST_WORDS)
                raise
            if isinstance(reply, Done) and stages.finish():
                reply = reply._replace(bloated=True)
            connection.sendall(encode_reply(reply))
            del reply
            stages.rest()


def reply_to(request: Request, images: Sequence[bytes], classifier: Classifier) -> Reply:
    results: Sequence[Result] = ()
    try:
        match request:
            case Load(bundle):
                classifier.load(bundle)
            case Classify(bundle, k):
                results = classifier.classify_all(images, bundle, k)
            case Embed(bundle, views):
                results = classifier.embed_all(images, bundle, views)
        return Done(tuple(results), classifier.batch_size(bundle))
    except ModelError as error:
        return error
    except MemoryError:
        # Other models and what fragments the memory may be the cause: this process ends, and its images get a second
        # chance in another, as they do if native code runs out of memory, which ends the process without asking.
        raise
    except Exception as error:  # noqa: BLE001  (the parent logs it, and this process serves on)
        return Bug(type(error).__name__, traceback.format_exc())


class _PatientStderr(io.RawIOBase):
    """Standard error, which may be full: what does not fit is lost, and whoever prints it is none the worse."""

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        with suppress(OSError):
            os.write(2, data)
        return memoryview(data).nbytes


def main() -> None:
    shared_fd, crash_fd, max_models, max_memory_bytes, max_kept_bytes = map(int, sys.argv[1:])
    faulthandler.enable(crash_fd)
    sys.stdout = sys.stderr = io.TextIOWrapper(
        io.BufferedWriter(_PatientStderr()), encoding="utf-8", errors="backslashreplace", line_buffering=True
    )
    # Whoever signals all processes of a service means the parent, which ends its workers when their work is done.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # A core dump would hold someone's photo.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    memory = ProcessMemory(max_bytes=max_memory_bytes, max_image_bytes=MAX_IMAGE_BYTES, max_kept_bytes=max_kept_bytes)
    shared = SharedImages(shared_fd)
    stages = WatchedStages(shared, memory)
    # Not closed here: the parent takes the end of the connection for the end of the process.
    connection = socket.socket(fileno=sys.stdin.fileno())
    try:
        serve(connection, shared, Classifier(max_models=max_models, stages=stages), stages)
    except MemoryError:
        # Without the usual end, for which there may be no memory either.
        os._exit(1)


if __name__ == "__main__":
    main()
