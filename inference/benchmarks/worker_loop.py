"""A worker's loop in a process that ends by itself, so that callgrind can count its instructions.

`python -m inference.benchmarks.worker_loop MODEL_FOLDER IMAGE` reads a number from each line of its standard input,
labels the image that many times as a worker of a pool does, and prints a line when it is done. A thread stands for the
pool: it writes each image into the shared memory and reads the reply.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from pathlib import Path

from inference.models.bundle import Bundle, read_bundle
from inference.models.classifier import Classifier
from inference.pool.pool import WORKER_MEMORY_BYTES
from inference.pool.process_memory import ProcessMemory
from inference.pool.protocol import (
    MAX_RETAINED_BYTES,
    Classify,
    Done,
    decode_reply,
    read_frame,
    request_sockets,
    send_request,
)
from inference.pool.shared_images import SharedImages
from inference.pool.stage_observer import WorkerStageObserver
from inference.pool.worker import MAX_IMAGE_BYTES, serve

TOP_K = 5


def feed(requests: socket.socket, replies: socket.socket, shared: SharedImages, bundle: Bundle, image: bytes) -> None:
    """Send as many requests as each line of standard input says, one after the other."""
    received = replies.makefile("rb")
    read_frame(received)  # the worker is ready
    with requests:
        for line in sys.stdin:
            for number in range(int(line)):
                place = number % 2
                shared.write(place, [image])
                send_request(requests, place, Classify(bundle, TOP_K))
                reply = decode_reply(read_frame(received) or b"")
                assert isinstance(reply, Done), reply
            sys.stdout.write("done\n")
            sys.stdout.flush()


def main(folder: Path, image: bytes) -> None:
    requests, unread_requests = request_sockets()
    replies, theirs = socket.socketpair()
    shared, fd = SharedImages.create()
    worker_side = SharedImages(fd)
    os.close(fd)
    feeding = threading.Thread(target=feed, args=(requests, replies, shared, read_bundle(folder), image))
    feeding.start()
    memory = ProcessMemory(
        max_bytes=WORKER_MEMORY_BYTES, max_image_bytes=MAX_IMAGE_BYTES, max_retained_bytes=MAX_RETAINED_BYTES
    )
    stages = WorkerStageObserver(worker_side, memory)
    serve(unread_requests, theirs, worker_side, Classifier(stages=stages), stages)
    feeding.join()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]).read_bytes())
