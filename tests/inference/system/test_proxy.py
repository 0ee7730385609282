"""The proxies in the environment."""

from __future__ import annotations

import pytest

from inference.system.proxy import Proxy, UnusableProxy, environment_proxy

TELEGRAM = "https://api.telegram.org"


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize("name", ["https_proxy", "HTTPS_PROXY"])
@pytest.mark.parametrize("value", ["http://proxy.example:3128", "proxy.example:3128", " proxy.example:3128 "])
def test_a_proxy_may_be_written_without_its_scheme(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert environment_proxy(TELEGRAM) == Proxy("http://proxy.example:3128", name)
    assert environment_proxy("http://api.telegram.org") is None


def test_nothing_set_is_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    assert environment_proxy(TELEGRAM) is None
    monkeypatch.setenv("https_proxy", "")
    assert environment_proxy(TELEGRAM) is None


@pytest.mark.parametrize(
    ("exceptions", "direct"),
    [
        ("*", True),
        ("telegram.org", True),
        (".telegram.org", True),
        ("localhost, api.telegram.org", True),
        ("api.telegram.org:443", False),
        ("egram.org", False),
        ("10.0.0.0/8", False),
    ],
)
def test_no_proxy_names_hosts(monkeypatch: pytest.MonkeyPatch, exceptions: str, direct: bool) -> None:
    monkeypatch.setenv("https_proxy", "proxy:3128")
    monkeypatch.setenv("no_proxy", exceptions)
    assert (environment_proxy(TELEGRAM) is None) == direct


@pytest.mark.parametrize("exceptions", ["10.1.2.3", "10.1.2.3:8081", "10.0.0.0/8", "localhost,10.1.0.0/16"])
def test_no_proxy_names_addresses_ports_and_ranges(monkeypatch: pytest.MonkeyPatch, exceptions: str) -> None:
    monkeypatch.setenv("http_proxy", "proxy:3128")
    monkeypatch.setenv("NO_PROXY", exceptions)
    assert environment_proxy("http://10.1.2.3:8081/bot") is None
    assert environment_proxy("http://11.1.2.3:8081/bot") is not None


@pytest.mark.parametrize(
    "value",
    ["socks5://me:hunter2@proxy:1080", "http://", "http://proxy:port", "me:hunter2@proxy:99999", "ftp://proxy:21"],
)
def test_what_is_no_http_proxy_is_refused_without_its_password(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    with pytest.raises(UnusableProxy) as refused:
        environment_proxy(TELEGRAM)
    said = str(refused.value)
    assert said.startswith("HTTPS_PROXY cannot be used: expected a proxy as http://HOST:PORT. Received: ")
    assert "hunter2" not in said


def test_people_see_no_password() -> None:
    proxy = Proxy("http://me:hunter2@proxy:3128", "HTTPS_PROXY")
    assert proxy.address == "http://proxy:3128"
    assert proxy.describe_refusal(403, "Forbidden") == "the proxy http://proxy:3128 answered 403 Forbidden"
