"""The proxies in the environment: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in capitals or small letters."""

from __future__ import annotations

import os
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from inference.errors import ProgramError

AUTHENTICATION_REQUIRED = 407
SYSTEM = "the system's settings"


class UnusableProxy(ProgramError):
    """The environment names a proxy that is not an HTTP proxy. The message shows no password."""

    exit_status = 2


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy.

    Attributes:
        url: address, with the user name and the password if the environment has them.
        variable: name of the environment variable.
    """

    url: str
    variable: str

    @property
    def address(self) -> str:
        """The address without user name and password, for people."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    def describe_refusal(self, status: int, reason: str | None) -> str:
        """Explain to people why the proxy did not pass a request on.

        Args:
            status: HTTP status of the proxy's answer.
            reason: text beside the status.
        """
        if status != AUTHENTICATION_REQUIRED:
            return f"the proxy {self.address} answered {status} {reason}"
        if urlsplit(self.url).username is not None:
            return f"the proxy {self.address} does not accept the user name and the password in {self.variable} (407)"
        place = f"write USER:PASSWORD@ before its host in {self.variable}"
        return f"the proxy {self.address} asks for a user name and a password (407): {place}"


def environment_proxy(url: str) -> Proxy | None:
    """Return the proxy that the environment sets for an address; None for no proxy.

    A proxy may be written without "http://", as for other programs. NO_PROXY has names of hosts, with or without their
    subdomains and ports, and addresses or ranges of addresses, separated by commas; or "*".

    Raises:
        UnusableProxy: the proxy is not an HTTP proxy.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    given = getproxies().get(parts.scheme, "").strip()
    if not given or proxy_bypass(host) or proxy_bypass(parts.netloc.rpartition("@")[2]) or _in_range(host):
        return None
    variable = _variable(parts.scheme)
    proxy = Proxy(given if "://" in given else f"http://{given}", variable)
    try:
        found = urlsplit(proxy.url)
        usable = found.scheme in ("http", "https") and found.hostname and (found.port is None or found.port > 0)
    except ValueError:
        usable = False
    if not usable:
        scheme, separator, rest = given.rpartition("://")
        shown = f"{scheme}{separator}{rest.rpartition('@')[2]}"
        raise UnusableProxy(f"{variable} cannot be used: expected a proxy as http://HOST:PORT. Received: {shown!r}")
    return proxy


def _variable(scheme: str) -> str:
    """Return the name of the variable with the proxy of a scheme; `getproxies` prefers small letters, too."""
    names = (f"{scheme}_proxy", f"{scheme}_proxy".upper())
    return next((name for name in names if os.environ.get(name)), SYSTEM)


def _in_range(host: str) -> bool:
    """Return whether NO_PROXY has a range with an address, such as 10.0.0.0/8."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    for entry in (os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or "").split(","):
        try:
            if address in ip_network(entry.strip(), strict=False):
                return True
        except ValueError:
            continue
    return False
