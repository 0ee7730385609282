"""Large files from addresses that we trust: gone on with where they broke off, and never longer than they should be."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from inference.catalog.partial_file import PartialFile
from inference.errors import AddressRefused, DownloadError, WrongFile
from inference.images.web.connection_failure import why_no_connection
from inference.images.web.download import MAX_REDIRECTS, parse_address
from inference.images.web.metered_socket import Meter, MeteredSocket

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

# A server's hiccup is over after a second, its restart after some ten.
BACKOFFS_S = (1.0, 2.0, 4.0, 8.0)
# The longest silence on a connection that still works; networks of phones pause for several seconds.
STALL_TIMEOUT_S = 30.0
# At which the largest model takes a day; a server that sends a byte now and then is not waited for.
MIN_BYTES_PER_S = 1024
# What may come in over one connection beside twice the file: headers and certificates, redirects included.
MAX_OVERHEAD_BYTES = 1024 * 1024
# At once. Little else runs in this process.
READ_BYTES = 256 * 1024
# What must have come for the backoffs to begin anew; a server that sends a byte and hangs up is not asked for ever.
STEP_BYTES = 65_536
# Busy, or waiting for another; a later request may be answered.
PASSING_STATUSES = (408, 425, 429, 500, 502, 503, 504)

CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


class Interrupted(DownloadError):
    """What came ends early; another connection may bring the rest."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file as a server has it.

    Attributes:
        url: http or https.
        size_bytes: its exact size.
        sha256: its checksum in hexadecimal digits, None where it is not known.
    """

    url: str
    size_bytes: int
    sha256: str | None


def download_file(
    remote: RemoteFile,
    target: Path,
    *,
    on_progress: Callable[[int], None],
    backoffs_s: Sequence[float] = BACKOFFS_S,
    stall_timeout_s: float = STALL_TIMEOUT_S,
) -> None:
    """Download a file, beginning with what an earlier attempt left in "TARGET.part".

    Proxies and passwords come from the environment and ~/.netrc, as for any program.

    Args:
        remote: what to download.
        target: what it becomes once it is complete and right.
        on_progress: is called with the bytes that there are so far; they may become fewer where a server starts over.
        backoffs_s: between attempts none of which brings anything.
        stall_timeout_s: for which a connection may bring nothing; for twice that it may bring next to nothing.

    Raises:
        DownloadError: no name, no connection, or an answer that is no success; what came is kept for the next time.
        WrongFile: the server has a file of another size or checksum.
        OSError: the disk is full, or cannot be written to.
    """
    parse_address(remote.url)
    part = PartialFile(target.with_name(f"{target.name}.part"))
    on_progress(part.size_bytes)
    # Bytes of two files can get together where a server says that they are of one.
    for last in (False, True):
        pieces = asyncio.run(_Transfer(remote, part, on_progress, stall_timeout_s).run(backoffs_s))
        received = sha256_of(part.path)
        if remote.sha256 in (None, received):
            break
        part.discard()
        if last or pieces == 1:
            raise WrongFile(remote.url, f"the SHA-256 {remote.sha256}", received)
    part.complete(target)


def sha256_of(path: Path) -> str:
    """The checksum of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Transfer:
    """Brings the bytes of one file, with as many connections as it takes."""

    # Of the connection that there is.
    _meter: Meter
    _deadline: asyncio.Timeout

    def __init__(
        self, remote: RemoteFile, part: PartialFile, on_progress: Callable[[int], None], stall_timeout_s: float
    ) -> None:
        self._remote = remote
        self._part = part
        self._on_progress = on_progress
        self._stall_timeout_s = stall_timeout_s
        self._has_responded = False

    async def run(self, backoffs_s: Sequence[float]) -> int:
        """Bring all bytes; returns in how many pieces they came."""
        import aiohttp

        from inference.images.web.resolver import Resolver

        pieces, furthest = int(self._part.size_bytes > 0), self._part.size_bytes
        backoffs = iter(backoffs_s)
        async with aiohttp.ClientSession(
            # A server that calls a .tgz a compressed .tar must not have it unpacked here.
            auto_decompress=False,
            headers={"User-Agent": "Labelbot", "Accept-Encoding": "identity"},
            connector=aiohttp.TCPConnector(
                resolver=Resolver(), socket_factory=lambda endpoint: MeteredSocket(*endpoint[:3], self._meter)
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=self._stall_timeout_s, sock_read=self._stall_timeout_s
            ),
            trust_env=True,
        ) as session:
            while self._part.size_bytes != self._remote.size_bytes:
                try:
                    pieces += 1
                    await self._connect(session)
                except Interrupted:
                    if self._part.size_bytes >= furthest + STEP_BYTES:
                        furthest, backoffs = self._part.size_bytes, iter(backoffs_s)
                    backoff_s = next(backoffs, None)
                    if backoff_s is None:
                        raise
                    await asyncio.sleep(backoff_s)
        return pieces

    async def _connect(self, session: ClientSession) -> None:
        """Bring what one connection brings."""
        import aiohttp

        url = self._remote.url
        self._meter = Meter(MAX_OVERHEAD_BYTES + 2 * self._remote.size_bytes, READ_BYTES)
        self._deadline = asyncio.timeout(2 * self._stall_timeout_s)
        try:
            async with self._deadline:
                await self._request(session)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            # Where nothing was ever reached, the network is down or the address is wrong, and waiting is of no use.
            kind = Interrupted if self._has_responded else DownloadError
            if isinstance(error, aiohttp.ClientConnectorError):
                raise kind(url, why_no_connection(error)) from error
            raise kind(url, f"no connection within {self._stall_timeout_s:g} s") from error
        except TimeoutError as error:
            if self._deadline.expired():
                raise Interrupted(url, f"next to nothing came for {2 * self._stall_timeout_s:g} s") from error
            raise Interrupted(url, f"nothing came for {self._stall_timeout_s:g} s") from error
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError) as error:
            raise Interrupted(url, self._broken_off()) from error
        except aiohttp.TooManyRedirects as error:
            raise DownloadError(url, f"more than {MAX_REDIRECTS} redirects") from error
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError, UnicodeError) as error:
            raise AddressRefused(url, "it, or what it redirects to, is no valid address") from error
        except aiohttp.ClientError as error:
            raise DownloadError(url, "what came was no valid HTTP") from error

    async def _request(self, session: ClientSession) -> None:
        url, offset = self._remote.url, self._part.size_bytes
        validator = self._part.validator(url)
        headers = {}
        if 0 < offset < self._remote.size_bytes and validator is not None:
            headers = {"Range": f"bytes={offset}-", "If-Range": validator}
        async with session.get(url, headers=headers, max_redirects=MAX_REDIRECTS) as response:
            self._has_responded = True
            if response.status == 206 and headers:
                self._check_resumed(response, offset)
            elif response.status == 200:
                self._start_over(response)
            elif response.status == 416 and headers:
                self._part.discard()
                raise Interrupted(url, f"the server has no more than {offset:,} bytes")
            else:
                kind = Interrupted if response.status in PASSING_STATUSES else DownloadError
                raise kind(url, f"the server answered {response.status} {response.reason}")
            await self._receive(response)

    def _check_resumed(self, response: ClientResponse, offset: int) -> None:
        """See that what comes is the rest of what is there."""
        given = CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if given is None or int(given[1]) != offset:
            self._part.discard()
            raise Interrupted(self._remote.url, "the server sent another part than it was asked for")
        if given[2] != "*":
            self._check_size(int(given[2]))

    def _start_over(self, response: ClientResponse) -> None:
        """Make ready for the whole file; what was there is not of use to this server."""
        if response.content_length is not None:
            self._check_size(response.content_length)
        self._part.begin(self._remote.url, _validator(response))

    def _check_size(self, announced_bytes: int) -> None:
        if announced_bytes != self._remote.size_bytes:
            raise WrongFile(self._remote.url, f"{self._remote.size_bytes:,} bytes", f"{announced_bytes:,}")

    async def _receive(self, response: ClientResponse) -> None:
        started_s, before_bytes = asyncio.get_running_loop().time(), self._part.size_bytes
        received_bytes = before_bytes
        with self._part.append() as file:
            async for chunk in response.content.iter_any():
                received_bytes += len(chunk)
                if received_bytes > self._remote.size_bytes:
                    self._part.discard()
                    raise WrongFile(self._remote.url, f"{self._remote.size_bytes:,} bytes", "more")
                file.write(chunk)
                self._on_progress(received_bytes)
                came_bytes = received_bytes - before_bytes
                self._deadline.reschedule(started_s + 2 * self._stall_timeout_s + came_bytes / MIN_BYTES_PER_S)
        if received_bytes < self._remote.size_bytes:
            raise Interrupted(self._remote.url, self._broken_off())

    def _broken_off(self) -> str:
        return f"the connection broke off after {self._part.size_bytes:,} of {self._remote.size_bytes:,} bytes"


def _validator(response: ClientResponse) -> str | None:
    """What tells whether the file is still the same one; a weak ETag does not (RFC 9110, section 13.1.5)."""
    etag = response.headers.get("ETag")
    if etag is not None and not etag.startswith("W/"):
        return etag
    return response.headers.get("Last-Modified")
