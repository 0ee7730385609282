"""The address of the client of a request, also behind proxies."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

Networks: TypeAlias = Sequence[IPv4Network | IPv6Network]

FORWARDED = "X-Forwarded-For"


def behind_proxies(trusted: Networks) -> Middleware:
    """Return a middleware that sets `request.remote` to the client's address.

    Args:
        trusted: networks of the proxies. What another machine says in X-Forwarded-For does not count.
    """

    @web.middleware
    async def resolve_client(request: web.Request, handler: Handler) -> web.StreamResponse:
        if FORWARDED not in request.headers:
            return await handler(request)
        addresses = [*",".join(request.headers.getall(FORWARDED, ())).split(","), request.remote or ""]
        return await handler(request.clone(remote=client_address(addresses, trusted)))

    return resolve_client


def client_address(addresses: Sequence[str], trusted: Networks) -> str:
    """Return the last address that is not that of a trusted proxy.

    Args:
        addresses: those that the proxies name, then that of the connection. Each proxy appends the one that it sees, so
            whatever the client itself wrote comes first.
        trusted: networks of the proxies.
    """
    client = addresses[-1]
    for text in reversed(addresses):
        address = _parse(text)
        if address is None:
            return client  # what a trusted proxy passed on unchecked
        client = str(address)
        if not any(address in network for network in trusted):
            return client
    return client


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.strip().strip("[]"))
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
