"""Downloads of images from links that strangers send: only from public hosts, with limits on bytes and time.

Addresses are checked when the socket is created: after DNS resolution and before any data is sent. So the check also
covers redirects, addresses in octal, and names that resolve to another address the second time.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import zlib
from collections.abc import AsyncIterator, Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from inference.errors import AddressRefused, DownloadError, NotAnImage, TooManyBytes
from inference.images.web.connection_failure import why_no_connection
from inference.images.web.metered_socket import READ_BYTES, Meter, MeteredSocket

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession
    from aiohttp.abc import AbstractResolver
    from yarl import URL

# Maximum size of an image. Telegram has the same limit for bots; a camera's JPEG has half of that size.
MAX_BYTES = 20 * 1024 * 1024
# Maximum time for a download, since a person waits for the answer in a chat.
TIMEOUT_S = 15.0
# Time for DNS, redirects and the beginning of the body. Then the body must arrive at `MIN_BYTES_PER_S` on average.
GRACE_S = 8.0
MIN_BYTES_PER_S = 65_536
# Maximum number of bytes received before the body. Certificates and the headers of six responses take half of that.
MAX_HEAD_BYTES = 64 * 1024
# Maximum number of bytes per read before the body. Small reads limit the work of one parser call, since a read may
# contain a hundred interim responses.
HEAD_READ_BYTES = 4096
# Maximum number of bytes received in addition to the image. Data that is read ahead takes half of that.
MAX_OVERHEAD_BYTES = 256 * 1024
# Maximum number of bytes decompressed in one turn of the event loop.
INFLATE_BYTES = 256 * 1024
# Maximum number of redirects: enough for a link shortener and the host's own redirects (to https, to www, to a CDN).
MAX_REDIRECTS = 5

OVERHEAD = "far more came than the image that it should hold"

GLOBAL_UNICAST = IPv6Network("2000::/3")
# Networks without IPv4 reach IPv4 hosts through this prefix; the IPv4 address after the prefix is checked (RFC 6052).
NAT64 = IPv6Network("64:ff9b::/96")
# Networks that are not public, although all or some versions of Python consider them public.
NOT_PUBLIC = (
    IPv4Network("168.63.129.16/32"),  # the host agent of every Azure machine
    IPv4Network("192.0.0.0/24"),  # protocol assignments; 192.0.0.192 is the metadata service of Oracle's cloud
    IPv4Network("192.88.99.0/24"),  # 6to4 relays
    IPv6Network("2001::/23"),  # protocol assignments; Teredo addresses contain an IPv4 address
    IPv6Network("2002::/16"),  # 6to4 addresses contain an IPv4 address
    IPv6Network("3fff::/20"),  # documentation
)


async def download_image(
    url: str,
    *,
    allow_private: bool = False,
    max_bytes: int = MAX_BYTES,
    timeout_s: float = TIMEOUT_S,
) -> bytes:
    """Download the file at a link.

    Proxy settings in the environment are ignored: a proxy resolves the host name itself, so the address could not be
    checked, and the proxy may reach servers that are not public. A redirect from https to
    http is followed, since nothing secret is sent, and an image is never trusted.

    Args:
        url: http or https URL without user name and password.
        allow_private: True to allow any host and port, including this machine and its private network.
        max_bytes: maximum size of the decompressed body, in bytes, checked while it arrives.
        timeout_s: maximum time for DNS, redirects and the body together, in seconds. If the body arrives slowly, the
            download ends earlier.

    Returns:
        The decompressed body.

    Raises:
        AddressRefused: the URL, or a URL that it redirects to, is not public or not http(s).
        DownloadError: the host name is unknown, the connection fails, the response is not complete in time, or its
            status is not 200.
        TooManyBytes: the body is larger than `max_bytes`.
        NotAnImage: the link leads to a web page.
    """
    guard = EndpointGuard(_anywhere if allow_private else is_public_endpoint)
    return await download_through(guard, url, max_bytes=max_bytes, timeout_s=timeout_s)


async def download_through(
    guard: EndpointGuard, url: str, *, max_bytes: int, timeout_s: float, resolver: AbstractResolver | None = None
) -> bytes:
    """Download the file at a link as `download_image` does, with the given guard and resolver.

    Args:
        guard: guard that creates the sockets; each download needs a guard of its own.
        url: see `download_image`.
        max_bytes: see `download_image`.
        timeout_s: see `download_image`.
        resolver: resolver of host names; None for a resolver that asks the system.
    """
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
        raise DownloadError(url, why_no_connection(error) + _proxy_hint(url)) from error
    except (aiohttp.ClientError, zlib.error) as error:
        reason = OVERHEAD if guard.meter.exceeded else "the connection broke off, or what came was no valid HTTP"
        raise DownloadError(url, reason) from error
    if guard.meter.exceeded:  # without Content-Length, aiohttp mistakes the broken connection for the end
        raise DownloadError(url, OVERHEAD)
    if _is_web_page(body.content):
        raise NotAnImage("the address leads to a web page; give the address of the image itself")
    return bytes(body.content)


def _proxy_hint(url: str) -> str:
    """Return the end of an error message if other downloads would use a proxy for the address; else ""."""
    proxied = urlsplit(url).scheme in getproxies() and not proxy_bypass(urlsplit(url).hostname or "")
    return "; images are downloaded without the proxy" if proxied else ""


class EndpointGuard:
    """Creates the sockets of one download, only for endpoints that a rule allows.

    Args:
        allows: rule that returns True for an allowed address and port.

    Attributes:
        refused: the last refused endpoint; None if no endpoint was refused.
        meter: meter of all received bytes.
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
    """Return True for a public address and a web port; other ports below 1024 belong to mail, SSH and so on."""
    return is_public(address) and (port in (80, 443) or port >= 1024)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Return True for an address on the public internet; this machine, its network and its cloud are not public."""
    if isinstance(address, IPv6Address):
        if address in NAT64:
            return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
        if address not in GLOBAL_UNICAST:
            return False
    return address.is_global and not address.is_multicast and not any(address in network for network in NOT_PUBLIC)


def _anywhere(address: IPv4Address | IPv6Address, port: int) -> bool:  # noqa: ARG001 - the signature of `EndpointGuard`'s rules
    return True


async def _follow(session: ClientSession, url: str, body: _Body) -> None:
    """Request a URL, follow its redirects and read the body of the final response."""
    target = parse_address(url)
    for _ in range(MAX_REDIRECTS + 1):
        async with session.get(target, allow_redirects=False) as response:
            location = response.headers.get("Location")
            if response.status not in (301, 302, 303, 307, 308) or location is None:
                return await body.read(response, url)
            target = parse_address(location, base=target)
    raise DownloadError(url, f"more than {MAX_REDIRECTS} redirects")


def parse_address(address: str, base: URL | None = None) -> URL:
    """Parse a web address.

    Args:
        address: URL; may be relative if there is a base.
        base: URL to which the address is relative; None if the address must be complete.

    Raises:
        AddressRefused: the address is invalid, not http(s), or has a user name or a password.
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
    """The body of a response, read within the limits on bytes and time.

    Attributes:
        content: bytes received so far, decompressed.
        deadline: timeout of the download, extended while bytes arrive.
        timeout_s: the current timeout in seconds, from the start of the download.
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
        """Increase the limits on bytes and time according to the number of bytes received so far."""
        size_bytes = len(self.content)
        # Chunked encoding adds about 1 % if the chunks have an ordinary size, but 500 % if each chunk has one byte.
        self._meter.allowed_bytes = MAX_OVERHEAD_BYTES + 2 * size_bytes
        self.timeout_s = min(self._max_timeout_s, GRACE_S + size_bytes / MIN_BYTES_PER_S)
        self.deadline.reschedule(self._started_s + self.timeout_s)


async def _inflate(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Decompress gzip or deflate data in pieces, so that other tasks can run between the pieces.

    Some servers send compressed data although the request does not ask for it.
    """
    inflating = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    async for piece in pieces:
        while piece and not inflating.eof:
            yield inflating.decompress(piece, INFLATE_BYTES)
            piece = inflating.unconsumed_tail
            await asyncio.sleep(0)
    if not inflating.eof:
        raise zlib.error("it ends early")


def _is_web_page(body: bytes | bytearray) -> bool:
    """Return True for HTML: a web page, a login page, or an error page with status 200."""
    return body[:256].removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith((b"<!doctype html", b"<html"))
