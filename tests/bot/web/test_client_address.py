"""The client's address behind proxies, which a client cannot forge."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from bot.web.client_address import client_address

TRUSTED = [ip_network("127.0.0.0/8"), ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


@pytest.mark.parametrize(
    ("addresses", "client"),
    [
        (["127.0.0.1"], "127.0.0.1"),
        (["203.0.113.9", "127.0.0.1"], "203.0.113.9"),
        ([" 203.0.113.9 ", " 10.1.1.1", "127.0.0.1"], "203.0.113.9"),
        (["1.1.1.1", "203.0.113.9", "127.0.0.1"], "203.0.113.9"),  # what the client wrote itself comes first
        (["1.1.1.1", "203.0.113.9"], "203.0.113.9"),  # no proxy of ours: what it says does not count
        (["2001:db8::1", "fd00::1"], "2001:db8::1"),
        (["[2001:db8::1]", "::ffff:127.0.0.1"], "2001:db8::1"),
        (["unknown", "127.0.0.1"], "127.0.0.1"),
        (["", "127.0.0.1"], "127.0.0.1"),
        ([""], ""),
        (["203.0.113.9", ""], ""),
        (["10.0.0.1", "10.0.0.2"], "10.0.0.1"),
    ],
)
def test_the_last_address_that_no_trusted_proxy_has_is_the_clients(addresses: list[str], client: str) -> None:
    assert client_address(addresses, TRUSTED) == client


def test_without_trusted_proxies_nothing_that_is_said_counts() -> None:
    assert client_address(["203.0.113.9", "127.0.0.1"], []) == "127.0.0.1"
