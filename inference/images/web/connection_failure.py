"""Messages for people about failed connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.errors import describe_os_error

if TYPE_CHECKING:
    from aiohttp import ClientConnectorError


def why_no_connection(error: ClientConnectorError) -> str:
    """Explain to people why a server could not be reached."""
    import aiohttp

    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return f"the proxy {error.host} port {error.port} cannot be reached: {describe_os_error(error.os_error)}"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"the name {error.host} could not be resolved: check the spelling and the network"
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return "no secure connection: its certificate or TLS is not valid"
    if isinstance(error.os_error, ConnectionRefusedError):
        return f"nothing answers at {error.host} port {error.port}"
    return f"no connection to {error.host} port {error.port}: {describe_os_error(error.os_error)}"
