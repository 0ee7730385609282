"""Downloads from links that strangers send; each download has a process of its own.

A server can send data that takes far more time to read than to send, and its name may take long to resolve. A process
of its own protects the rest of the program: the process has a low priority and no secrets, and it is killed when its
time is over.

A download runs ``python -m inference.images.web.download_process``. That program reads a request, a JSON
object, from standard input. It writes one line of JSON to standard output: an error or an empty object. After the empty
object, it writes the image.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from typing import Any

from inference import errors
from inference.errors import DownloadError, InferenceError, TooManyBytes
from inference.images.web.download import MAX_BYTES, TIMEOUT_S, download_image
from inference.system.child_process import with_parent
from inference.system.environment import child_environment
from inference.system.stop_signals import ignore_stop

# Niceness of the process. If a worker, whose niceness is 10, runs on the same core, a download gets an eighth of the
# core's time.
NICENESS = 19
# Maximum CPU time. A download takes half a second of CPU time, mostly for the start of the program.
MAX_CPU_S = 5
# Maximum memory of the process, since a few compressed bytes may become very many. The program takes 60 MB, and holds
# an image twice.
MAX_MEMORY_BYTES = 256 * 1024 * 1024
# Additional time for the start of the program on a busy machine.
START_TIMEOUT_S = 10.0
PIECE_BYTES = 65_536


async def download_image_apart(
    url: str, *, allow_private: bool = False, max_bytes: int = MAX_BYTES, timeout_s: float = TIMEOUT_S
) -> bytes:
    """Download the file at a link in a process of its own; for arguments, result and errors, see `download_image`."""
    request = {"url": url, "allow_private": allow_private, "max_bytes": max_bytes, "timeout_s": timeout_s}
    process = await _start()
    try:
        async with asyncio.timeout(START_TIMEOUT_S + timeout_s):
            assert process.stdin is not None
            process.stdin.write(json.dumps(request).encode())
            process.stdin.close()
            return await _receive(process, url, max_bytes)
    except TimeoutError as error:
        raise DownloadError(url, f"no complete answer within {timeout_s:g} s") from error
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        # Read the rest of the pipe: asyncio reports the end of a process only when its pipes are closed.
        await process.communicate()


async def _start() -> Process:
    return await asyncio.create_subprocess_exec(
        *with_parent(sys.executable, "-P", "-m", "inference.images.web.download_process"),
        stdin=PIPE,
        stdout=PIPE,
        # A traceback could show the links that people send.
        stderr=DEVNULL,
        env=child_environment(),
        # With its own process group, Ctrl-C in a terminal reaches only the parent, which ends its downloads itself.
        process_group=0,
    )


async def _receive(process: Process, url: str, max_bytes: int) -> bytes:
    assert process.stdout is not None
    try:
        error = json.loads(await process.stdout.readline())
    except ValueError as nothing:  # the process reached one of its limits
        raise DownloadError(url, "what came took too much time or memory to read") from nothing
    if error:
        raise _decode(error)
    body = bytearray()
    while piece := await process.stdout.read(PIECE_BYTES):
        body += piece
        if len(body) > max_bytes:
            raise TooManyBytes(None, max_bytes)
    return bytes(body)


def _encode(error: InferenceError) -> dict[str, Any]:
    return {"kind": type(error).__name__, "arguments": error.args}


def _decode(error: dict[str, Any]) -> InferenceError:
    kind = getattr(errors, error["kind"])
    decoded = kind(*error["arguments"])
    assert isinstance(decoded, InferenceError)
    return decoded


def main() -> None:
    os.nice(NICENESS)
    # Ignore signals that are sent to all processes of a service: the parent receives them, too, and ends its downloads.
    ignore_stop()
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_S, MAX_CPU_S))
    resource.setrlimit(resource.RLIMIT_DATA, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    # A core dump would contain a person's image.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    request = json.load(sys.stdin)
    # The alarm ends this process even if the parent can no longer end it.
    signal.alarm(int(START_TIMEOUT_S + request["timeout_s"]))
    try:
        error, body = {}, asyncio.run(download_image(**request))
    except InferenceError as refused:
        error, body = _encode(refused), b""
    sys.stdout.buffer.write(json.dumps(error).encode() + b"\n" + body)


if __name__ == "__main__":
    main()
