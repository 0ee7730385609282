"""Images from addresses that strangers give: only public hosts, few bytes, little time.

The address is judged where a socket is made for it, after every spelling of it was resolved and before anything is
sent. So a name that resolves differently the second time, a redirect, or an address in octal, changes nothing.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import zlib
from collections.abc import AsyncIterator, Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING

from inference.errors import AddressRefused, DownloadError, NotAnImage, TooManyBytes
from inference.images.web.connection_failure import why_no_connection
from inference.images.web.metered_socket import READ_BYTES, Meter, MeteredSocket

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession
    from aiohttp.abc import AbstractResolver
    from yarl import URL

# What Telegram lets a bot download, too; a camera's JPEG is half of it.
MAX_BYTES = 20 * 1024 * 1024
# Someone waits for the answer in a chat.
TIMEOUT_S = 15.0
# For names, redirects and the beginning of the body; after that it must come no slower than a telephone line brings it.
GRACE_S = 8.0
MIN_BYTES_PER_S = 65_536
# Before the image: certificates and the headers of six answers take half of it. In small pieces, since one may hold a
# hundred answers before the answer, and each takes as long to read as any.
MAX_HEAD_BYTES = 64 * 1024
HEAD_READ_BYTES = 4096
# What may come in beside the image: what is read ahead takes half of it.
MAX_OVERHEAD_BYTES = 256 * 1024
# What is decompressed in one turn of the event loop.
INFLATE_BYTES = 256 * 1024
# A shortener and the host's own moves (http to https, to www, to a CDN) take three.
MAX_REDIRECTS = 5

OVERHEAD = "far more came than the image that it should hold"

GLOBAL_UNICAST = IPv6Network("2000::/3")
# Networks without IPv4 reach it through these; what counts is the address inside (RFC 6052).
NAT64 = IPv6Network("64:ff9b::/96")
# Public by their number, or by what some versions of Python know of them.
NOT_PUBLIC = (
    IPv4Network("168.63.129.16/32"),  # the host agent of every Azure machine
    IPv4Network("192.0.0.0/24"),  # protocol assignments; 192.0.0.192 is the metadata service of Oracle's cloud
    IPv4Network("192.88.99.0/24"),  # relays of 6to4
    IPv6Network("2001::/23"),  # protocol assignments; Teredo holds an IPv4 address
    IPv6Network("2002::/16"),  # 6to4 holds an IPv4 address
    IPv6Network("3fff::/20"),  # documentation
)


async def download_image(
    url: str,
    *,
    allow_private: bool = False,
    max_bytes: int = MAX_BYTES,
    timeout_s: float = TIMEOUT_S,
) -> bytes:
    """Download what a link leads to. Proxies of the environment are not used: they would hide the real address.

    A redirect from https to http is followed: nothing secret is sent, and the image is no more trusted either way.

    Args:
        url: http or https, without user name and password.
        allow_private: connect to this machine and its network, too, on any port.
        max_bytes: of the body, counted while it arrives and after decompression.
        timeout_s: for everything together: names, redirects and the body. One that drips has less.

    Raises:
        AddressRefused: the address, or one that it redirects to, is not public, or not http(s).
        DownloadError: no name, no connection, no answer in time, or an answer that is no success.
        TooManyBytes: the body is larger than `max_bytes`.
        NotAnImage: a web page came.
    """
    guard = EndpointGuard(_anywhere if allow_private else is_public_endpoint)
    return await download_through(guard, url, max_bytes=max_bytes, timeout_s=timeout_s)


async def download_through(
    guard: EndpointGuard, url: str, *, max_bytes: int, timeout_s: float, resolver: AbstractResolver | None = None
) -> bytes:
    """As `download_image`, with sockets from `guard`, which serves one download, and names from `resolver`."""
    import aiohttp

    from inference.images.web.resolver import Resolver

    connector = aiohttp.TCPConnector(socket_factory=guard, resolver=resolver or Resolver(), use_dns_cache=False)
    body = _Body(guard.meter, max_bytes, timeout_s)
    try:
        async with (
            body.deadline,
            aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": "Labelbot", "Accept": "image/*", "Accept-Encoding": "identity"},
                timeout=aiohttp.ClientTimeout(total=None),
                auto_decompress=False,
            ) as session,
        ):
            await _follow(session, url, body)
    except TimeoutError as error:
        raise DownloadError(url, f"no complete answer within {body.timeout_s:g} s") from error
    except (aiohttp.InvalidURL, UnicodeError) as error:  # UnicodeError: a host name that IDNA cannot encode
        raise AddressRefused(url, "this is no valid address") from error
    except aiohttp.ClientConnectorError as error:
        if guard.meter.exceeded:
            raise DownloadError(url, OVERHEAD) from error
        if guard.refused is not None:
            raise AddressRefused(url, f"{guard.refused} is not on the public web") from error
        raise DownloadError(url, why_no_connection(error)) from error
    except (aiohttp.ClientError, zlib.error) as error:
        reason = OVERHEAD if guard.meter.exceeded else "the connection broke off, or what came was no valid HTTP"
        raise DownloadError(url, reason) from error
    if guard.meter.exceeded:  # which looks like the end of a body whose size was not announced
        raise DownloadError(url, OVERHEAD)
    if _is_web_page(body.content):
        raise NotAnImage("the address leads to a web page; give the address of the image itself")
    return bytes(body.content)


class EndpointGuard:
    """Makes sockets for the endpoints that a rule allows, and for no other, for one download.

    Attributes:
        refused: the last endpoint that was not allowed.
        meter: of all that comes in.
    """

    def __init__(self, allows: Callable[[IPv4Address | IPv6Address, int], bool]) -> None:
        self._allows = allows
        self.refused: str | None = None
        self.meter = Meter(MAX_HEAD_BYTES, HEAD_READ_BYTES)

    def __call__(self, endpoint: tuple[int, int, int, str, tuple[str, int]]) -> socket.socket:
        family, kind, protocol, _, (host, port, *_) = endpoint
        if not self._allows(ip_address(host), port):
            self.refused = f"{host} port {port}"
            raise PermissionError(errno.EACCES, f"{self.refused} is refused")
        return MeteredSocket(family, kind, protocol, self.meter)


def is_public_endpoint(address: IPv4Address | IPv6Address, port: int) -> bool:
    """True for a public address and a port of the web; others below 1024 belong to mail, SSH and the like."""
    return is_public(address) and (port in (80, 443) or port >= 1024)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """True where the address belongs to the internet at large, not to this machine, its network or its cloud."""
    if isinstance(address, IPv6Address):
        if address in NAT64:
            return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
        if address not in GLOBAL_UNICAST:
            return False
    return address.is_global and not address.is_multicast and not any(address in network for network in NOT_PUBLIC)


def _anywhere(address: IPv4Address | IPv6Address, port: int) -> bool:  # noqa: ARG001 - the signature of a rule
    return True


async def _follow(session: ClientSession, url: str, body: _Body) -> None:
    """Ask for the address and for those that it redirects to."""
    target = parse_address(url)
    for _ in range(MAX_REDIRECTS + 1):
        async with session.get(target, allow_redirects=False) as response:
            location = response.headers.get("Location")
            if response.status not in (301, 302, 303, 307, 308) or location is None:
                return await body.read(response, url)
            target = parse_address(location, base=target)
    raise DownloadError(url, f"more than {MAX_REDIRECTS} redirects")


def parse_address(address: str, base: URL | None = None) -> URL:
    """Read a plain web address, one that may be relative where there is a base.

    Raises:
        AddressRefused: it is none, not http(s), or holds a user name or a password.
    """
    from yarl import URL

    try:
        url = URL(address) if base is None else base.join(URL(address))
    except ValueError as error:
        raise AddressRefused(address, "this is no valid address") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise AddressRefused(address, "expected an address that begins with http:// or https://")
    if url.user is not None or url.password is not None:
        raise AddressRefused(address, "it holds a user name or a password")
    return url


class _Body:
    """What is read of an image, no more of it and no slower than it may come.

    Attributes:
        content: so far.
        deadline: for it to go on.
        timeout_s: which that is, from the beginning.
    """

    def __init__(self, meter: Meter, max_bytes: int, timeout_s: float) -> None:
        self.content = bytearray()
        self.timeout_s = min(timeout_s, GRACE_S)
        self._meter = meter
        self._max_bytes = max_bytes
        self._max_timeout_s = timeout_s
        self._started_s = asyncio.get_running_loop().time()
        self.deadline = asyncio.timeout(self.timeout_s)

    async def read(self, response: ClientResponse, url: str) -> None:
        if response.status != 200:
            raise DownloadError(url, f"the server answered {response.status} {response.reason}")
        if response.content_length is not None and response.content_length > self._max_bytes:
            raise TooManyBytes(response.content_length, self._max_bytes)
        self._meter.read_bytes = READ_BYTES
        pieces: AsyncIterator[bytes] = response.content.iter_any()
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            pieces = _inflate(pieces)
        self._allow()
        async for piece in pieces:
            self.content += piece
            if len(self.content) > self._max_bytes:
                raise TooManyBytes(None, self._max_bytes)
            self._allow()

    def _allow(self) -> None:
        """Let as much come, and for as long, as suits what has come."""
        size_bytes = len(self.content)
        # Chunks as servers send them add a hundredth to what is in them; those of one byte five times as much.
        self._meter.allowed_bytes = MAX_OVERHEAD_BYTES + 2 * size_bytes
        self.timeout_s = min(self._max_timeout_s, GRACE_S + size_bytes / MIN_BYTES_PER_S)
        self.deadline.reschedule(self._started_s + self.timeout_s)


async def _inflate(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Decompress gzip or deflate, which some servers send though they were asked not to; others can run in between."""
    inflating = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    async for piece in pieces:
        while piece and not inflating.eof:
            yield inflating.decompress(piece, INFLATE_BYTES)
            piece = inflating.unconsumed_tail
            await asyncio.sleep(0)
    if not inflating.eof:
        raise zlib.error("it ends early")


def _is_web_page(body: bytes | bytearray) -> bool:
    """True for HTML as servers send it for a page, an error with status 200, or a login."""
    return body[:256].removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith((b"<!doctype html", b"<html"))
