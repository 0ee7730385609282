"""Checks the bot's web server, and the certificate of the webhook's address."""

from __future__ import annotations

import errno
import os
import socket
import ssl
import time
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.commands.doctor.findings import Finding, Findings, failed, ok, warning

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.domain.web_addresses import ListenAddress

TIMEOUT_S = 5.0
# https://core.telegram.org/bots/webhooks
TELEGRAM_PORTS = (443, 80, 88, 8443)
# Certificates of Let's Encrypt are renewed 30 days before their end.
MIN_DAYS = 14
# Size limit on the answer of a program at the address.
MAX_REPORT_BYTES = 10_000
DAY_S = 86_400


def check_web(settings: Settings) -> Findings:
    """Check whether the web server can listen at its address, or already does."""
    from bot.config import ConfigError
    from bot.domain.web_addresses import listen_address, webhook_address

    try:
        address = listen_address(settings)
        if settings.token is not None or settings.token_file is not None:
            webhook_address(settings)
    except ConfigError as error:
        yield failed("web", str(error), "correct it")
        return
    if address is None:
        yield ok("web", "no web server is wanted; `labelbot healthcheck` asks the bot without one")
    else:
        yield assess_address(address)


def assess_address(address: ListenAddress) -> Finding:
    """Try to listen at an address for a moment."""
    try:
        _listen(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            if _labelbot_answers(address):
                return ok("web", f"the bot answers at {address}")
            return failed(
                "web", f"another program listens at {address}", "stop it, or set LABELBOT_LISTEN to another port"
            )
        reason = os.strerror(error.errno) if error.errno is not None and error.errno > 0 else str(error.strerror)
        return failed("web", f"{address} cannot be used: {reason}", "set LABELBOT_LISTEN to an address of this machine")
    return ok("web", f"the bot will listen at {address}")


def check_certificate(settings: Settings) -> Findings:
    """Connect to the webhook's public address, and verify its certificate as Telegram does."""
    if settings.webhook_url is None or not settings.webhook_url.startswith("https://"):
        return
    parts = urlsplit(settings.webhook_url)
    host, port = parts.hostname or "", parts.port or 443
    if port not in TELEGRAM_PORTS and settings.api_url == type(settings).model_fields["api_url"].default:
        ports = ", ".join(map(str, TELEGRAM_PORTS))
        yield failed("webhook", f"Telegram delivers to no port {port}", f"let LABELBOT_WEBHOOK_URL have one of {ports}")
        return
    try:
        ends_s = _certificate_end_s(host, port, settings)
    except ssl.SSLCertVerificationError as error:
        advice = "renew the certificate, or set LABELBOT_WEBHOOK_CERTIFICATE to a self-signed one"
        yield failed("webhook", f"the certificate of {host} cannot be verified: {error.verify_message}", advice)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        detail = f"{host}, port {port}, cannot be reached from this machine: {reason}"
        yield warning(
            "webhook", detail, "look at the reverse proxy and the firewall, if Telegram cannot reach it either"
        )
    else:
        yield assess_end(host, (ends_s - time.time()) / DAY_S)


def assess_end(host: str, days: float) -> Finding:
    """Assess a certificate by the days until its end."""
    detail = f"the certificate of {host} is valid for {days:.0f} more days"
    if days < MIN_DAYS:
        return warning("webhook", detail, "renew it, and look why it is not renewed by itself")
    return ok("webhook", detail)


def _listen(address: ListenAddress) -> None:
    family, kind, protocol, _, place = socket.getaddrinfo(
        address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(place)
        probe.listen()


def _labelbot_answers(address: ListenAddress) -> bool:
    connection = HTTPConnection(address.from_here.host, address.port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/readyz")
        return b'"ready"' in connection.getresponse().read(MAX_REPORT_BYTES)
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _certificate_end_s(host: str, port: int, settings: Settings) -> float:
    """Return the end of the certificate's validity in seconds since 1970."""
    context = ssl.create_default_context(cafile=settings.webhook_certificate)
    with (
        socket.create_connection((host, port), timeout=TIMEOUT_S) as connection,
        context.wrap_socket(connection, server_hostname=host) as secured,
    ):
        certificate = secured.getpeercert() or {}
    return ssl.cert_time_to_seconds(str(certificate["notAfter"]))
