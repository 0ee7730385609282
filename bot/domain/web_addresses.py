"""Where the bot's web server listens, and where Telegram delivers updates to it, as the settings say."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from bot.config import PREFIX, ConfigError, Settings

# Hosts that stand for all networks of this machine.
ALL_NETWORKS = ("0.0.0.0", "::")  # noqa: S104 -- only compared
# Path of the webhook if its address has none.
DEFAULT_PATH = "/telegram"
# Paths of the web server that have another purpose.
TAKEN_PATHS = frozenset({"/healthz", "/readyz", "/metrics", "/openapi.json"})
TAKEN_FOLDERS = ("/v1/", "/v2/", "/api/")
# What the webhook's secret is derived for, so that no other secret of the same token is equal to it.
PURPOSE = b"labelbot webhook secret"


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """An address of this machine.

    Attributes:
        host: name or IP address; 0.0.0.0 or :: for all networks.
        port: TCP port; 0 for any free one.
    """

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def from_here(self) -> ListenAddress:
        """The address by which programs on this machine reach it."""
        return replace(self, host="127.0.0.1") if self.host in ALL_NETWORKS else self

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the address."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False


@dataclass(frozen=True, slots=True)
class WebhookAddress:
    """The address to which Telegram delivers updates.

    Attributes:
        url: the address that Telegram is told, with a path.
        secret: text that each delivery must bring.
        certificate: file with the public certificate that the address uses, in PEM, if it is self-signed; else None.
        max_connections: number of deliveries that Telegram makes at once.
    """

    url: str
    secret: str
    certificate: Path | None
    max_connections: int

    @property
    def path(self) -> str:
        """Path at which the web server receives updates."""
        return urlsplit(self.url).path


def listen_address(settings: Settings) -> ListenAddress | None:
    """Return the address at which the web server listens; None if there is to be none.

    Raises:
        ConfigError: other machines could reach the web server, and no secret protects it.
    """
    if settings.listen is None:
        return None
    parts = urlsplit(f"//{settings.listen}")
    assert parts.hostname is not None, "the settings are checked"
    assert parts.port is not None, "the settings are checked"
    address = ListenAddress(parts.hostname, parts.port)
    if not address.is_loopback and settings.webhook_url is None and settings.api_keys_file is None:
        raise ConfigError(
            f"{PREFIX}LISTEN={address} would let other machines reach the bot's web server, which has no secret yet: "
            f"set {PREFIX}WEBHOOK_URL or {PREFIX}API_KEYS_FILE, or listen at 127.0.0.1:{address.port}, where only this "
            "machine reaches it.",
            "listen",
        )
    return address


def webhook_address(settings: Settings) -> WebhookAddress | None:
    """Return the address to which Telegram is to deliver updates; None if the bot fetches them.

    Raises:
        ConfigError: the address, its secret or its certificate cannot be used, or the web server listens nowhere.
    """
    if settings.webhook_url is None:
        return None
    if settings.listen is None:
        raise ConfigError(
            f"{PREFIX}WEBHOOK_URL also needs {PREFIX}LISTEN, the HOST:PORT where the bot receives what a proxy passes "
            f"on, such as {PREFIX}LISTEN=127.0.0.1:8080.",
            "webhook_url",
        )
    return WebhookAddress(
        webhook_parts(settings.webhook_url).geturl(),
        settings.read_webhook_secret() or derived_secret(settings.read_token()),
        _readable(settings.webhook_certificate),
        settings.webhook_max_connections,
    )


def webhook_parts(url: str) -> SplitResult:
    """Return the parts of the webhook's address, with the default path if it names none.

    Raises:
        ConfigError: the web server answers something else at this path.
    """
    parts = urlsplit(url)
    if parts.path in ("", "/"):
        parts = parts._replace(path=DEFAULT_PATH)
    if parts.path in TAKEN_PATHS or parts.path.startswith(TAKEN_FOLDERS):
        raise ConfigError(
            f"{PREFIX}WEBHOOK_URL cannot be used: the bot's web server answers something else at {parts.path}. "
            f"Choose another path, such as {DEFAULT_PATH}.",
            "webhook_url",
        )
    return parts


def derived_secret(token: str) -> str:
    """Return a secret that stays the same as long as the token does, and tells nothing of it.

    Args:
        token: token of the bot.
    """
    return hmac.digest(token.encode(), PURPOSE, "sha256").hex()


def _readable(certificate: Path | None) -> Path | None:
    if certificate is None:
        return None
    try:
        content = certificate.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{PREFIX}WEBHOOK_CERTIFICATE ({certificate}) cannot be read: {error.strerror}.", "webhook_certificate"
        ) from None
    if b"PRIVATE KEY-----" in content or b"-----BEGIN CERTIFICATE-----" not in content:
        raise ConfigError(
            f"{PREFIX}WEBHOOK_CERTIFICATE ({certificate}) cannot be used: expected the public certificate alone, in "
            "PEM, which begins with -----BEGIN CERTIFICATE-----. Keep the private key where it is.",
            "webhook_certificate",
        )
    return certificate
