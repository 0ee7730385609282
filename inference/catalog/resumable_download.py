"""Downloads of large files from trusted addresses. Downloads resume after an interruption; wrong sizes are rejected."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from netrc import NetrcParseError, netrc
from pathlib import Path
from typing import TYPE_CHECKING

from inference.catalog.partial_file import PartialFile
from inference.errors import AddressRefused, DownloadError, WrongFile
from inference.images.web.connection_failure import why_no_connection
from inference.images.web.download import MAX_REDIRECTS, parse_address
from inference.images.web.metered_socket import Meter, MeteredSocket
from inference.system.proxy import AUTHENTICATION_REQUIRED, Proxy, environment_proxy

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

# Seconds to wait before each retry. A short outage of a server lasts about a second, and a restart about ten seconds.
BACKOFFS_S = (1.0, 2.0, 4.0, 8.0)
# Seconds without a byte after which a connection counts as broken. Mobile networks pause for several seconds.
STALL_TIMEOUT_S = 30.0
# Minimum rate of a download. At this rate, the largest model takes a day. Without this limit, a server could send
# single bytes forever.
MIN_BYTES_PER_S = 1024
# Bytes that a connection may receive in addition to twice the file's size: headers, certificates and redirects.
MAX_OVERHEAD_BYTES = 1024 * 1024
# Size of one read. A large size is possible, since little else runs in this process.
READ_BYTES = 256 * 1024
# Progress in bytes after which the waits start again with the first one. So a server that sends one byte and hangs up
# is not retried forever.
STEP_BYTES = 65_536
# HTTP statuses of a temporary failure; a later request may succeed.
PASSING_STATUSES = (408, 425, 429, 500, 502, 503, 504)

REDIRECTS = (301, 302, 303, 307, 308)

CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


class Interrupted(DownloadError):
    """The connection ended before the file was complete; a new connection may deliver the rest."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file on a server.

    Attributes:
        url: address, http or https.
        size_bytes: exact size.
        sha256: SHA-256 in hexadecimal digits; None if it is not known.
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
    """Download a file, or resume the download that an earlier attempt left in "TARGET.part".

    Proxies come from the environment; see `environment_proxy`. User names and passwords of servers come from ~/.netrc.

    Args:
        remote: file to download.
        target: path of the complete and verified file.
        on_progress: called with the number of bytes so far; the number falls if the download starts over.
        backoffs_s: waiting times, in seconds, between consecutive attempts without progress.
        stall_timeout_s: maximum time, in seconds, without a byte. A connection below the minimum rate is ended after
            twice this time.

    Raises:
        DownloadError: the host cannot be reached, or the server refuses the request; the bytes so far are kept for the
            next attempt.
        WrongFile: the server's file has a wrong size or checksum.
        UnusableProxy: the environment names a proxy that is not an HTTP proxy.
        OSError: the disk is full, or cannot be written to.
    """
    parse_address(remote.url)
    part = PartialFile(target.with_name(f"{target.name}.part"))
    on_progress(part.size_bytes)
    # If a server sends wrong validators, the partial file can contain bytes of two different files. So a file that came
    # in several pieces gets a second attempt.
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
    """Return the SHA-256 of a file in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Transfer:
    """The transfer of one file over one or more connections, one at a time."""

    # State of the current connection.
    _meter: Meter
    _deadline: asyncio.Timeout
    _proxy: Proxy | None

    def __init__(
        self, remote: RemoteFile, part: PartialFile, on_progress: Callable[[int], None], stall_timeout_s: float
    ) -> None:
        self._remote = remote
        self._part = part
        self._on_progress = on_progress
        self._stall_timeout_s = stall_timeout_s
        self._has_responded = False

    async def run(self, backoffs_s: Sequence[float]) -> int:
        """Receive all bytes; return the number of pieces in which they came."""
        import aiohttp

        from inference.images.web.resolver import Resolver

        pieces, furthest = int(self._part.size_bytes > 0), self._part.size_bytes
        backoffs = iter(backoffs_s)
        async with aiohttp.ClientSession(
            # A server may declare a .tgz as a compressed .tar, but the file must remain a .tgz.
            auto_decompress=False,
            headers={"User-Agent": "Labelbot", "Accept-Encoding": "identity"},
            connector=aiohttp.TCPConnector(
                resolver=Resolver(), socket_factory=lambda endpoint: MeteredSocket(*endpoint[:3], self._meter)
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=self._stall_timeout_s, sock_read=self._stall_timeout_s
            ),
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
        """Receive the bytes that one connection delivers.

        Raises:
            Interrupted: a new attempt can succeed.
            DownloadError: a new attempt cannot succeed.
            WrongFile: the server's file has a wrong size.
        """
        import aiohttp

        url = self._remote.url
        self._meter = Meter(MAX_OVERHEAD_BYTES + 2 * self._remote.size_bytes, READ_BYTES)
        self._deadline = asyncio.timeout(2 * self._stall_timeout_s)
        try:
            async with self._deadline:
                await self._request(session)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            # Without any response so far, the network is down or the address is wrong, and a retry does not help.
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
        except aiohttp.ClientHttpProxyError as error:
            assert self._proxy is not None, "the error is a proxy's"
            kind = Interrupted if error.status in PASSING_STATUSES else DownloadError
            raise kind(url, self._proxy.describe_refusal(error.status, error.message)) from error
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
        target = parse_address(url)
        for _ in range(MAX_REDIRECTS + 1):
            proxy = self._proxy = environment_proxy(str(target))
            async with session.get(
                target,
                headers=headers | _login(target.host),
                allow_redirects=False,
                proxy=None if proxy is None else proxy.url,
            ) as response:
                location = response.headers.get("Location")
                if response.status in REDIRECTS and location is not None:
                    target = parse_address(location, base=target)
                    continue
                if response.status == AUTHENTICATION_REQUIRED and proxy is not None:
                    raise DownloadError(url, proxy.describe_refusal(response.status, response.reason))
                return await self._take(response, offset if headers else None)
        raise DownloadError(url, f"more than {MAX_REDIRECTS} redirects")

    async def _take(self, response: ClientResponse, offset: int | None) -> None:
        """Receive the body of a response.

        Args:
            response: response of the server.
            offset: first byte that was asked for; None if the whole file was asked for.
        """
        url = self._remote.url
        self._has_responded = True
        if response.status == 206 and offset is not None:
            self._check_resumed(response, offset)
        elif response.status == 200:
            self._start_over(response)
        elif response.status == 416 and offset is not None:
            self._part.discard()
            raise Interrupted(url, f"the server has no more than {offset:,} bytes")
        else:
            kind = Interrupted if response.status in PASSING_STATUSES else DownloadError
            raise kind(url, f"the server answered {response.status} {response.reason}")
        await self._receive(response)

    def _check_resumed(self, response: ClientResponse, offset: int) -> None:
        """Raise if a partial response is not the rest of the file."""
        given = CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if given is None or int(given[1]) != offset:
            self._part.discard()
            raise Interrupted(self._remote.url, "the server sent another part than it was asked for")
        if given[2] != "*":
            self._check_size(int(given[2]))

    def _start_over(self, response: ClientResponse) -> None:
        """Discard the part: the response has the whole file."""
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


def _login(host: str | None) -> dict[str, str]:
    """Return the header with a server's user name and password from ~/.netrc, or from the file that NETRC names."""
    try:
        path = Path(os.environ.get("NETRC") or Path.home() / ".netrc")
        found = netrc(path).authenticators(host or "")
    except (OSError, NetrcParseError, UnicodeError, RuntimeError):  # a RuntimeError: the user has no home folder
        found = None
    if found is None:
        return {}
    return {"Authorization": f"Basic {b64encode(f'{found[0]}:{found[2]}'.encode()).decode()}"}


def _validator(response: ClientResponse) -> str | None:
    """Return the response's strong ETag, or else its date. RFC 9110, section 13.1.5, does not allow a weak ETag."""
    etag = response.headers.get("ETag")
    if etag is not None and not etag.startswith("W/"):
        return etag
    return response.headers.get("Last-Modified")
