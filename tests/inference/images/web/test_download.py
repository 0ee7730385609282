"""Downloads from real HTTP servers on this machine; if a test needs a public host, 127.0.0.1 counts as one."""

from __future__ import annotations

import asyncio
import gzip
import socket
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given
from hypothesis import strategies as st

from inference.errors import AddressRefused, DownloadError, NotAnImage, TooManyBytes
from inference.images.web.download import EndpointGuard, download_image, download_through, is_public, is_public_endpoint

PNG = b"\x89PNG\r\n\x1a\n and the rest of it"
PUBLIC_HERE = ip_address("127.0.0.1")


class Names(AbstractResolver):
    """Answers from a table; the last answer of a name stays."""

    def __init__(self, **answers: list[str]) -> None:
        self.answers = {name.replace("_", "."): addresses for name, addresses in answers.items()}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if host not in self.answers:
            raise OSError(socket.EAI_NONAME, "Name or service not known")
        addresses = self.answers[host]
        address = addresses.pop(0) if len(addresses) > 1 else addresses[0]
        return [
            ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0),
        ]

    async def close(self) -> None:
        pass


class Site:
    """A web server on all of 127.0.0.0/8 that keeps the paths it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.bytes_sent = 0
        self.port = 0
        self.hung_up = asyncio.Event()

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(f"{request.host.rpartition(':')[0]}{request.path}")
        answers: dict[str, Callable[[web.Request], web.StreamResponse]] = {
            "/photo.png": lambda _: web.Response(body=PNG, content_type="text/plain"),
            "/page": lambda _: web.Response(text="\n<!DOCTYPE HTML><title>Photos</title>", content_type="image/png"),
            "/hops/0": lambda _: web.Response(body=PNG),
            "/to": lambda request: _redirect(request.query["url"]),
            "/gzip": lambda _: web.Response(body=gzip.compress(PNG), headers={"Content-Encoding": "gzip"}),
            "/bomb": lambda _: web.Response(body=_zeros_compressed(), headers={"Content-Encoding": "gzip"}),
        }
        if request.path in answers:
            return answers[request.path](request)
        if request.path.startswith("/hops/"):
            return _redirect(f"/hops/{int(request.path.removeprefix('/hops/')) - 1}")
        if request.path in ("/endless", "/drip"):
            return await self._stream(request)
        return web.Response(status=404)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        chunk = bytes(65_536) if request.path == "/endless" else b"."
        try:
            while True:
                await response.write(chunk)
                self.bytes_sent += len(chunk)
                await asyncio.sleep(0 if request.path == "/endless" else 0.02)
        except ConnectionError:
            self.hung_up.set()
        return response


def _zeros_compressed() -> bytes:
    """Return a hundred million zeros as a tenth of a megabyte."""
    compressor = zlib.compressobj(wbits=31)
    return b"".join(compressor.compress(bytes(1_000_000)) for _ in range(100)) + compressor.flush()


def _redirect(location: str) -> web.Response:
    return web.Response(status=302, headers={"Location": location, "Connection": "close"})


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    app = web.Application()
    app.router.add_get("/{path:.*}", site.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "0.0.0.0", 0).start()
    site.port = runner.addresses[0][1]
    yield site
    await runner.cleanup()


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def only_public_here() -> EndpointGuard:
    return EndpointGuard(lambda address, _: address == PUBLIC_HERE)


async def fetch(guard: EndpointGuard, url: str, names: Names | None = None) -> bytes:
    return await download_through(guard, url, max_bytes=1_000_000, timeout_s=30, resolver=names)


async def test_the_content_comes_whatever_the_header_says(site: Site) -> None:
    assert await download_image(site.url("/photo.png"), allow_private=True) == PNG


async def test_a_compressed_answer_is_decompressed(site: Site) -> None:
    assert await download_image(site.url("/gzip"), allow_private=True) == PNG


async def test_a_web_page_is_named_as_such(site: Site) -> None:
    with pytest.raises(NotAnImage, match="web page"):
        await download_image(site.url("/page"), allow_private=True)


async def test_an_answer_that_is_no_success_is_told_with_its_status(site: Site) -> None:
    with pytest.raises(DownloadError, match="404 Not Found"):
        await download_image(site.url("/nothing"), allow_private=True)


async def test_five_redirects_are_followed_and_six_are_not(site: Site) -> None:
    assert await download_image(site.url("/hops/5"), allow_private=True) == PNG
    with pytest.raises(DownloadError, match="more than 5 redirects"):
        await download_image(site.url("/hops/6"), allow_private=True)


async def test_an_unknown_name_is_one_clear_sentence() -> None:
    with pytest.raises(DownloadError, match=r"http://far\.example/: the name far\.example could not be resolved"):
        await fetch(only_public_here(), "http://far.example/", Names())


async def test_a_closed_port_is_a_download_error(closed_port: int) -> None:
    with pytest.raises(DownloadError, match=f": nothing answers at 127.0.0.1 port {closed_port}$"):
        await download_image(f"http://127.0.0.1:{closed_port}/", allow_private=True)


async def test_an_answer_without_tls_is_a_download_error(site: Site) -> None:
    url = site.url("/").replace("http://", "https://")
    with pytest.raises(DownloadError, match=r"no secure connection: its certificate or TLS is not valid$"):
        await download_image(url, allow_private=True)


@pytest.mark.parametrize(
    "answer", [b"", b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"]
)
async def test_a_broken_answer_is_a_download_error(answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(DownloadError, match="broke off"):
            await download_image(f"http://127.0.0.1:{port}/", allow_private=True)


async def test_an_endless_body_is_cut_at_the_limit(site: Site) -> None:
    with pytest.raises(TooManyBytes) as caught:
        await download_image(site.url("/endless"), allow_private=True, max_bytes=1_000_000)
    assert caught.value.max_bytes == 1_000_000
    await asyncio.wait_for(site.hung_up.wait(), 30)


async def test_an_announced_size_over_the_limit_is_refused(site: Site) -> None:
    with pytest.raises(TooManyBytes) as caught:
        await download_image(site.url("/photo.png"), allow_private=True, max_bytes=len(PNG) - 1)
    assert caught.value.size_bytes == len(PNG)


async def test_a_body_of_exactly_the_limit_is_taken(site: Site) -> None:
    assert await download_image(site.url("/photo.png"), allow_private=True, max_bytes=len(PNG)) == PNG


async def test_a_decompression_bomb_is_refused_within_little_memory(site: Site) -> None:
    tracemalloc.start()
    with pytest.raises(TooManyBytes):
        await download_image(site.url("/bomb"), allow_private=True, max_bytes=2_000_000)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 20_000_000


async def test_a_body_that_drips_ends_with_the_time_limit(site: Site) -> None:
    with pytest.raises(DownloadError, match=r"no complete answer within 0\.3 s"):
        await download_image(site.url("/drip"), allow_private=True, timeout_s=0.3)
    assert site.bytes_sent > 1


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "0.0.0.0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
        "[64:ff9b::127.0.0.1]",
        socket.gethostname(),
    ],
)
async def test_no_spelling_of_this_machine_is_reached(site: Site, host: str) -> None:
    with pytest.raises(AddressRefused):
        await download_image(site.url("/photo.png", host=host))
    assert site.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.com/a.png",
        "data:image/png;base64,AAAA",
        "photo.png",
        "//example.com/a.png",
        "http:///a.png",
        "http://[::1",
        "http://example.com:99999/",
        "http://user@example.com/a.png",
        "http://user:secret@example.com/a.png",
        "http://:secret@example.com/a.png",
        f"http://{'a' * 70}.example/",
        "http://a..example/",
    ],
)
async def test_what_is_no_plain_web_address_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        await download_image(url)


@given(rest=st.text(max_size=40), scheme=st.sampled_from(["http://", "https://", ""]))
def test_any_text_for_an_address_is_a_download_error(scheme: str, rest: str) -> None:
    with pytest.raises(DownloadError):
        asyncio.run(fetch(EndpointGuard(lambda *_: False), scheme + rest, Names()))


async def test_a_redirect_from_a_public_host_to_a_private_one_is_refused(site: Site) -> None:
    names = Names(public_example=["127.0.0.1"], inside_example=["127.0.0.2"])
    inside = site.url("/photo.png", host="inside.example")
    with pytest.raises(AddressRefused, match=r"127\.0\.0\.2"):
        await fetch(only_public_here(), site.url(f"/to?url={inside}", host="public.example"), names)
    assert site.asked == ["public.example/to"]


async def test_a_name_that_turns_private_after_the_first_request_is_refused(site: Site) -> None:
    names = Names(turning_example=["127.0.0.1", "127.0.0.2"])
    same = site.url("/photo.png", host="turning.example")
    with pytest.raises(AddressRefused, match=r"127\.0\.0\.2"):
        await fetch(only_public_here(), site.url(f"/to?url={same}", host="turning.example"), names)
    assert site.asked == ["turning.example/to"]


@pytest.mark.parametrize("location", ["file:///etc/passwd", "http://user:pw@127.0.0.1/", "http://[::1", "gopher://x/"])
async def test_a_redirect_to_what_is_no_plain_web_address_is_refused(site: Site, location: str) -> None:
    with pytest.raises(AddressRefused):
        await download_image(site.url(f"/to?url={location}"), allow_private=True)


async def test_a_proxy_of_the_environment_is_not_asked(
    site: Site, closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("http_proxy", site.url("/"))
    with pytest.raises(DownloadError, match="nothing answers"):
        await download_image(f"http://127.0.0.1:{closed_port}/photo.png", allow_private=True)
    assert site.asked == []


# The IANA registries of special-purpose addresses, and the hosts of clouds.
NOT_PUBLIC_4 = (
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 "
    "192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 255.255.255.255/32 "
    "168.63.129.16/32 192.88.99.0/24"
)
NOT_PUBLIC_6 = (
    "::/128 ::1/128 ::/96 ::ffff:0:0/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16 "
    "fc00::/7 fe80::/10 fec0::/10 3fff::/20 ff00::/8"
)
PUBLIC = "1.1.1.0/24 8.0.0.0/8 93.184.0.0/16 149.154.160.0/20 2606:4700::/32 2a00:1450::/32 2001:67c::/32"


def addresses_in(*networks: str) -> st.SearchStrategy[IPv4Address | IPv6Address]:
    return st.one_of(*(st.ip_addresses(network=network) for network in networks))


@given(addresses_in(*NOT_PUBLIC_4.split(), *NOT_PUBLIC_6.split()))
def test_special_purpose_addresses_are_not_public(address: IPv4Address | IPv6Address) -> None:
    assert not is_public(address)


@given(addresses_in(*PUBLIC.split()))
def test_addresses_of_the_internet_are_public(address: IPv4Address | IPv6Address) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_inside_another_is_judged_by_itself_or_refused(address: IPv4Address) -> None:
    inside = int(address)
    assert is_public(IPv6Address((0x64FF9B << 96) | inside)) == is_public(address)
    for prefix in (0, 0xFFFF << 32):
        assert not is_public(IPv6Address(prefix | inside))
    assert not is_public(IPv6Address((0x2002 << 112) | (inside << 80)))


@given(st.integers(0, 65_535))
def test_only_ports_of_the_web_are_open(port: int) -> None:
    assert is_public_endpoint(IPv4Address("8.8.8.8"), port) == (port in (80, 443) or port >= 1024)
    assert not is_public_endpoint(IPv4Address("10.0.0.1"), port)
