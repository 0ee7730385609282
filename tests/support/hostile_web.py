"""A hostile web server in a process of its own: each path answers forever in another way, at full speed.

It prints its port to standard output, and runs until its standard input ends.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress

OK = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
# Start of an answer and the bytes that are repeated after it, by path.
ENDLESS: dict[str, tuple[bytes, bytes]] = {
    "/informational": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "/early-hints": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"),
    "/one-byte-chunks": (CHUNKED, b"1\r\nx\r\n"),
    "/chunk-extensions": (CHUNKED, b"1;" + b"a" * 4000 + b"\r\nx\r\n"),
    "/long-chunk-size": (CHUNKED, b"0"),
    "/trailers": (CHUNKED + b"1\r\nx\r\n0\r\n", b"X-Trailer: x\r\n"),
    "/headers": (OK, b"X-Header: x\r\n"),
    "/long-header": (OK + b"X-Header: ", b"x"),
    "/long-status": (b"HTTP/1.1 200 ", b"O"),
    "/empty-lines": (b"", b"\r\n"),
    "/body": (OK + b"\r\n", b"x" * 1000),
    # Empty deflate blocks: five bytes each, with no content.
    "/empty-blocks": (OK + b"Content-Encoding: deflate\r\n\r\n", b"\x00\x00\x00\xff\xff"),
    # A gzip file may have many members; these are empty.
    "/members": (OK + b"Content-Encoding: gzip\r\n\r\n", zlib.compressobj(wbits=31).flush()),
    "/zeros": (OK + b"Content-Encoding: deflate\r\n\r\n", zlib.compress(bytes(10_000_000))[:-6] * 20),
    "/cookies": (OK, b"Set-Cookie: " + b"a=b;" * 1000 + b"\r\n"),
    "/redirects": (b"HTTP/1.1 302 Found\r\nLocation: /redirects\r\n" + b"X-Header: x\r\n" * 100 + b"\r\n", b"x"),
}
DRIP = "/drip"
SILENCE = "/silence"
BURST_BYTES = 65_536


@contextmanager
def hostile_web() -> Iterator[str]:
    """Serve in a process of its own, whose work is not this one's; gives the address."""
    command = [sys.executable, "-P", __file__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def main() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        sys.stdout.write(f"{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        threading.Thread(target=_accept, args=(listener,), daemon=True).start()
        sys.stdin.read()


def _accept(listener: socket.socket) -> None:
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_answer, args=(connection,), daemon=True).start()


def _answer(connection: socket.socket) -> None:
    with connection, suppress(OSError):
        path = connection.recv(65_536).split(b" ")[1].decode().partition("?")[0]
        if path == SILENCE:
            connection.recv(1)
            return
        if path == DRIP:
            connection.sendall(OK + b"\r\n")
            while True:
                connection.sendall(b"x")
                time.sleep(0.02)
        beginning, again = ENDLESS[path]
        connection.sendall(beginning)
        burst = again * (BURST_BYTES // len(again) + 1)
        while True:
            connection.sendall(burst)


if __name__ == "__main__":
    main()
