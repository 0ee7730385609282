"""The bot behind the proxies of `labelbot deploy` and compose.yaml."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest
import yaml

from bot.commands.deploy import deploy
from bot.config import Settings
from tests.support.client import Client, connected_client
from tests.support.debian import debian_program
from tests.support.forwarder import unused_port
from tests.support.processes import HANG_S

pytestmark = pytest.mark.slow

COMPOSE = Path(__file__).parents[2] / "compose.yaml"


@asynccontextmanager
async def running(port: int, *command: str | Path, home: Path) -> AsyncIterator[None]:
    """Run a server until the block ends, which begins once the server takes connections."""
    log = (home / "proxy.log").open("w")
    process = await asyncio.create_subprocess_exec(*command, env={"HOME": str(home)}, stdout=log, stderr=log)
    try:
        async with asyncio.timeout(HANG_S):
            while True:
                assert process.returncode is None, (home / "proxy.log").read_text()
                with suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    break
                await asyncio.sleep(0.02)
        yield
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        log.close()


async def status(url: str, method: str = "GET") -> int:
    async with aiohttp.ClientSession() as session, session.request(method, url) as response:
        return response.status


def caddy(folder: Path, settings: Settings, _: int) -> tuple[str | Path, ...]:
    (folder / "Caddyfile").write_text("{\n\tadmin off\n}\n" + deploy("caddy", settings).text)
    return (debian_program("caddy", "caddy"), "run", "--config", folder / "Caddyfile")


def nginx(folder: Path, settings: Settings, port: int) -> tuple[str | Path, ...]:
    lines = deploy("nginx", settings).text.splitlines()
    # Without a certificate, as the local Bot API server trusts none of its own making.
    kept = (line for line in lines if not line.strip().startswith(("ssl_", "listen [::]")))
    text = "\n".join(kept).replace(f"listen {port} ssl;", f"listen 127.0.0.1:{port};")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    head = f"daemon off;\nuser root;\npid {folder}/pid;\nerror_log stderr;\nevents {{}}\n"
    (folder / "nginx.conf").write_text(f"{head}http {{\naccess_log off;\n{temporary}{text}\n}}\n")
    return (debian_program("nginx", "nginx"), "-p", folder, "-c", folder / "nginx.conf")


@pytest.mark.parametrize("proxy", [caddy, nginx], ids=lambda proxy: proxy.__name__)
async def test_telegram_reaches_the_webhook_through_the_proxy_and_nothing_else_is_public(
    proxy: Callable[[Path, Settings, int], tuple[str | Path, ...]], tmp_path: Path
) -> None:
    port, own = unused_port(), unused_port()
    public = f"http://127.0.0.1:{port}"
    settings = {"listen": f"127.0.0.1:{own}", "webhook_url": f"{public}/telegram"}
    command = proxy(tmp_path, Settings.model_validate(settings), port)
    async with (
        running(port, *command, home=tmp_path),
        connected_client(tmp_path / "home", **settings) as client,
    ):
        await answers(client)
        assert await status(f"{public}/telegram", "POST") == 403
        assert await status(f"{public}/telegram") in (403, 404)
        for path in ("metrics", "readyz", "healthz", "telegram/more", ""):
            assert await status(f"{public}/{path}") == 404, path
        assert await status(f"http://127.0.0.1:{own}/metrics") == 200


async def answers(client: Client) -> None:
    chat, person = client.newcomer()
    assert await client.text_after(client.sim.send_text(chat, person, "/help"))


async def test_prometheus_of_compose_reads_metrics_alone_from_the_socket_in_the_home(tmp_path: Path) -> None:
    port, home = unused_port(), tmp_path / "home"
    text = yaml.safe_load(COMPOSE.read_text())["configs"]["metrics"]["content"]
    text = text.replace(":8080 {", f"http://127.0.0.1:{port} {{").replace("/data/", f"{home}/")
    (tmp_path / "Caddyfile").write_text("{\n\tadmin off\n}\n" + text)
    command = (debian_program("caddy", "caddy"), "run", "--config", tmp_path / "Caddyfile")
    async with connected_client(home), running(port, *command, home=tmp_path), aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{port}/metrics") as response:
            assert "labelbot_build_info{" in await response.text()
        assert await status(f"http://127.0.0.1:{port}/v1/models") == 404
