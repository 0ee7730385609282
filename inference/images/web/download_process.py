"""Downloads of strangers' links, each in a process of its own.

What a server sends may be made to cost far more to read than to send, and the name of a server may keep whoever asks
for it waiting. Here that costs others nothing: the process has less of the processor than those that answer people,
knows no secret, and is ended when its time is over.

A download runs ``python -m inference.images.web.download_process``, which reads a request from standard input, a JSON
object, and writes to standard output a line, a JSON object that is empty or holds an error, and after it the image.
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

# A tenth of a core that a worker wants, too.
NICENESS = 10
# An image takes half a second, most of it for the program to start.
MAX_CPU_S = 5
# The program takes 60 MB, an image is held twice, and few bytes may be decompressed to many.
MAX_MEMORY_BYTES = 256 * 1024 * 1024
# For the program to start, on a machine that is busy.
START_TIMEOUT_S = 10.0
PIECE_BYTES = 65_536


async def download_image_apart(
    url: str, *, allow_private: bool = False, max_bytes: int = MAX_BYTES, timeout_s: float = TIMEOUT_S
) -> bytes:
    """Download what a link leads to, as `download_image` does, but for its cost.

    Raises:
        InferenceError: what `download_image` raises.
    """
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
        # With what is left in its pipe, without which it would not be known to have ended.
        await process.communicate()


async def _start() -> Process:
    return await asyncio.create_subprocess_exec(
        *with_parent(sys.executable, "-P", "-m", "inference.images.web.download_process"),
        stdin=PIPE,
        stdout=PIPE,
        # A traceback could tell what people send.
        stderr=DEVNULL,
        env=child_environment(),
        # Ctrl-C in a terminal is for the parent, which ends its downloads when their work is done.
        process_group=0,
    )


async def _receive(process: Process, url: str, max_bytes: int) -> bytes:
    assert process.stdout is not None
    try:
        error = json.loads(await process.stdout.readline())
    except ValueError as nothing:  # it was ended by one of its limits
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
    # Whoever signals all processes of a service means the parent.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_S, MAX_CPU_S))
    resource.setrlimit(resource.RLIMIT_DATA, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    # A core dump would hold someone's image.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    request = json.load(sys.stdin)
    # If the parent is gone by then.
    signal.alarm(int(START_TIMEOUT_S + request["timeout_s"]))
    try:
        error, body = {}, asyncio.run(download_image(**request))
    except InferenceError as refused:
        error, body = _encode(refused), b""
    sys.stdout.buffer.write(json.dumps(error).encode() + b"\n" + body)


if __name__ == "__main__":
    main()
