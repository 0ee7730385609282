"""What is said of the web server's address, and of the webhook's certificate."""

from __future__ import annotations

import asyncio
import http.server
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.commands.doctor.findings import Finding, Status
from bot.commands.doctor.web import assess_end, check_certificate, check_web
from bot.config import Settings
from tests.support.client import connected_client
from tests.support.forwarder import forwarder, self_signed, unused_port


def look(check: Any, **settings: Any) -> list[Finding]:
    return list(check(Settings.model_validate({"token": SecretStr("1:a"), **settings})))


@pytest.fixture
def other_program() -> Iterator[int]:
    """The port of a web server of another program."""
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_an_address_that_is_free_is_told() -> None:
    address = f"127.0.0.1:{unused_port()}"
    (finding,) = look(check_web, listen=address)
    assert (finding.status, finding.detail) == (Status.OK, f"the bot will listen at {address}")


def test_without_an_address_no_web_server_is_wanted() -> None:
    (finding,) = look(check_web)
    assert finding.status is Status.OK
    assert "no web server is wanted" in finding.detail


def test_an_address_that_another_program_has_is_a_failure(other_program: int) -> None:
    (finding,) = look(check_web, listen=f"127.0.0.1:{other_program}")
    assert finding.status is Status.FAILED
    assert finding.detail == f"another program listens at 127.0.0.1:{other_program}"


def test_an_address_of_another_machine_is_a_failure() -> None:
    settings = {"listen": "192.0.2.1:8080", "webhook_url": "https://bot.example/hook"}
    (finding,) = look(check_web, **settings)
    assert finding.status is Status.FAILED
    assert "192.0.2.1:8080 cannot be used: Cannot assign requested address" in finding.detail


@pytest.mark.parametrize("settings", [{"listen": "0.0.0.0:8080"}, {"webhook_url": "https://bot.example/hook"}])
def test_settings_that_do_not_fit_together_are_a_failure(settings: dict[str, str]) -> None:
    (finding,) = look(check_web, **settings)
    assert finding.status is Status.FAILED
    assert "LABELBOT_" in finding.detail


async def test_the_running_bot_is_known(tmp_path: Path) -> None:
    async with connected_client(tmp_path, listen="127.0.0.1:0") as client:
        address = str(client.bot.listening)
        (finding,) = await asyncio.to_thread(look, check_web, listen=address)
    assert (finding.status, finding.detail) == (Status.OK, f"the bot answers at {address}")


async def test_a_certificate_is_verified_as_telegram_does(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    port = unused_port()
    settings = {"webhook_url": f"https://127.0.0.1:{port}/hook", "api_url": "http://127.0.0.1:1"}
    async with forwarder(port, port, (certificate, key)):
        (unknown,) = await asyncio.to_thread(look, check_certificate, **settings)
        (own,) = await asyncio.to_thread(look, check_certificate, **settings, webhook_certificate=certificate)
    (gone,) = await asyncio.to_thread(look, check_certificate, **settings)
    assert unknown.status is Status.FAILED
    assert "the certificate of 127.0.0.1 cannot be verified: self-signed certificate" in unknown.detail
    # It is valid for a day.
    assert (own.status, own.detail) == (Status.WARNING, "the certificate of 127.0.0.1 is valid for 1 more days")
    assert gone.status is Status.WARNING
    assert f"127.0.0.1, port {port}, cannot be reached from this machine: Connection refused" in gone.detail


def test_a_port_to_which_telegram_does_not_deliver_is_a_failure() -> None:
    (finding,) = look(check_certificate, webhook_url="https://bot.example:8080/hook")
    assert (finding.status, finding.detail) == (Status.FAILED, "Telegram delivers to no port 8080")


@pytest.mark.parametrize(("days", "status"), [(60.2, Status.OK), (13.0, Status.WARNING)])
def test_a_certificate_that_ends_soon_is_told(days: float, status: Status) -> None:
    assert assess_end("bot.example", days).status is status


def test_without_a_webhook_there_is_no_certificate() -> None:
    assert look(check_certificate) == []
    with socket.socket():
        assert look(check_certificate, webhook_url="http://127.0.0.1/hook") == []
