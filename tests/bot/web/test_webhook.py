"""Updates that Telegram delivers: stored and answered as those that are fetched, and nobody else's."""

from __future__ import annotations

import asyncio
import io
import json
import random
import string
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from bot.app import ALLOWED_UPDATES, LabelBot, StartError
from bot.config import ConfigError, load_settings
from bot.domain.web_addresses import derived_secret, webhook_address
from bot.localchat.faults import Answer, Delay
from bot.localchat.server import LocalChatServer
from bot.services import health_watch
from bot.transport import webhook as transport
from bot.web.webhook import MAX_UPDATE_BYTES, SECRET_HEADER
from tests.bot.services.test_health_checks import shown, until_told
from tests.support.client import ANSWER_TIMEOUT_S, Client, connected_client, connected_client_at, settings_for
from tests.support.forwarder import forwarder, self_signed, unused_port
from tests.support.pictures import picture
from tests.support.processes import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/hook"


def over_webhook(port: int, **changes: Any) -> dict[str, Any]:
    return {"listen": f"127.0.0.1:{port}", "webhook_url": f"http://127.0.0.1:{port}{PATH}"} | changes


@asynccontextmanager
async def hooked_client(home: Path, **changes: Any) -> AsyncIterator[Client]:
    async with connected_client(home, **over_webhook(unused_port(), **changes)) as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    async with hooked_client(tmp_path_factory.mktemp("home")) as running:
        yield running


async def post(client: Client, body: bytes, secret: str | None = None) -> int:
    """Deliver something as Telegram does, or with another secret."""
    headers = {SECRET_HEADER: derived_secret(client.server.token) if secret is None else secret}
    url = f"http://{client.bot.listening}{PATH}"
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=io.BytesIO(body), headers=headers) as response,
    ):
        return response.status


async def counts(client: Client) -> Mapping[str, float]:
    registry = client.bot._measurements.registry
    outcomes = ("stored", "refused", "unreadable", "busy")
    name = "labelbot_webhook_requests_total"
    return {outcome: registry.get_sample_value(name, {"outcome": outcome}) or 0 for outcome in outcomes}


def message(update_id: int, client: Client) -> bytes:
    chat, person = client.newcomer()
    return json.dumps(
        {
            "update_id": update_id,
            "message": {
                "message_id": 1,
                "date": 2_000_000_000,
                "chat": {"id": chat.id, "type": "private", "first_name": "Guest"},
                "from": {"id": person.id, "is_bot": False, "first_name": "Guest"},
                "text": "/help",
            },
        }
    ).encode()


async def test_photos_are_answered_without_a_single_poll(client: Client) -> None:
    chat, person = client.newcomer()
    sent = [client.sim.send_photo(chat, person, picture(seed)) for seed in range(3)]
    for photo in sent:
        assert "%" in await client.text_after(photo)
    assert client.calls_of("getUpdates") == []
    assert client.calls_of("deleteWebhook") == []
    (call,) = client.calls_of("setWebhook")
    assert call.parameters["max_connections"] == "40"
    assert call.parameters["secret_token"] == derived_secret(client.server.token)
    assert json.loads(call.parameters["allowed_updates"]) == [*ALLOWED_UPDATES]
    assert not client.sim.store.updates.pending


async def test_each_wrong_secret_is_refused_and_nothing_is_stored(client: Client) -> None:
    right = derived_secret(client.server.token)
    wrong = ["", right[:-1], right + "0", right.upper(), " " + right[1:], "ö" * 64, right.swapcase()]
    rng = random.Random(20)
    wrong += ["".join(rng.choices(string.ascii_letters + string.digits, k=64)) for _ in range(93)]
    before = await counts(client)
    with capture_logs() as logs:
        statuses = [await post(client, message(1_000_000 + number, client), each) for number, each in enumerate(wrong)]
    assert statuses == [403] * 100
    now = await counts(client)
    assert (now["refused"] - before["refused"], now["stored"]) == (100, before["stored"])
    assert [line["event"] for line in logs] == ["a request to the webhook has a wrong secret"], "one line a minute"


async def test_a_request_without_a_secret_is_refused_before_its_body_is_read(client: Client) -> None:
    assert client.bot.listening is not None
    reader, writer = await asyncio.open_connection(client.bot.listening.host, client.bot.listening.port)
    writer.write(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n".encode())
    assert (await reader.readline()).startswith(b"HTTP/1.1 403")
    writer.close()


@pytest.mark.parametrize(
    ("body", "status", "outcome"),
    [
        (b"", 400, "unreadable"),
        (b"{", 400, "unreadable"),
        (b"\xff\xfe", 400, "unreadable"),
        (b"[]", 200, "stored"),
        (b"null", 200, "stored"),
        (b'{"update_id": "x"}', 200, "stored"),
        (b'{"update_id": 5, "message": {"chat": 7}}', 200, "stored"),
        (b"[" * 100_000, 200, "stored"),
        (b'{"update_id": 6, "message": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 200, "stored"),
    ],
)
async def test_what_cannot_be_read_holds_up_nothing(client: Client, body: bytes, status: int, outcome: str) -> None:
    before = await counts(client)
    assert await post(client, body) == status
    assert (await counts(client))[outcome] == before[outcome] + 1
    chat, person = client.newcomer()
    assert await client.text_after(client.sim.send_text(chat, person, "/help"))


async def test_a_body_that_is_larger_than_any_update_is_refused(client: Client) -> None:
    assert await post(client, b" " * (MAX_UPDATE_BYTES + 1)) == 413


async def test_an_update_that_comes_ten_times_at_once_is_answered_once(client: Client) -> None:
    body = message(client.sim.store.updates.put({}) + 1000, client)
    to = str(json.loads(body)["message"]["chat"]["id"])
    assert await asyncio.gather(*(post(client, body) for _ in range(10))) == [200] * 10
    await client.said_in(client.newcomer()[0])
    assert sum(call.parameters["chat_id"] == to for call in client.calls_of("sendMessage")) == 1


async def test_a_bot_over_a_webhook_is_ready(client: Client) -> None:
    report = await client.bot._readiness.report()
    assert report["ready"], report


async def test_updates_that_wait_survive_the_change_from_polling_to_a_webhook_and_back(tmp_path: Path) -> None:
    async with LocalChatServer() as server:
        sim = server.simulation
        for settings in ({}, over_webhook(unused_port()), {}):
            waiting = sim.send_text(sim.private, sim.alice, "/help")
            async with connected_client_at(server, tmp_path, **settings) as client:
                assert await client.text_after(waiting)
                assert await client.text_after(sim.send_text(sim.private, sim.alice, "/help"))
        assert len([each for each in sim.messages(sim.private) if each["from"]["is_bot"]]) == 6
        assert server.simulation.store.webhook_delivery.webhook is None


async def test_a_stop_answers_what_was_delivered_and_leaves_the_rest_to_telegram(tmp_path: Path) -> None:
    async with LocalChatServer() as server:
        sim = server.simulation
        sim.store.webhook_delivery.first_retry_s = 0.05
        settings = over_webhook(unused_port())
        server.faults.add(Delay(0.3), method="sendMessage")
        async with connected_client_at(server, tmp_path, **settings) as client:
            first = sim.send_text(sim.private, sim.alice, "/help")
            await sim.wait_for(lambda: client.calls_of("sendMessage"), ANSWER_TIMEOUT_S)
        assert sim.replies(first)
        late = sim.send_text(sim.private, sim.alice, "/help")
        await until(lambda: sim.store.webhook_delivery.webhook and sim.store.webhook_delivery.webhook.last_error)
        async with connected_client_at(server, tmp_path, **settings):
            assert await sim.wait_for_reply(late, ANSWER_TIMEOUT_S)


async def test_a_self_signed_certificate_is_uploaded_and_trusted(tmp_path: Path) -> None:
    public, _ = pair = await asyncio.to_thread(self_signed, tmp_path)
    port, inner = unused_port(), unused_port()
    settings = {
        "listen": f"127.0.0.1:{inner}",
        "webhook_url": f"https://127.0.0.1:{port}/secret/hook",
        "webhook_certificate": public,
        "webhook_secret": "my-own_secret",
    }
    async with forwarder(port, inner, pair), connected_client(tmp_path, **settings) as client:
        assert await client.text_after(client.sim.send_text(client.sim.private, client.sim.alice, "/help"))
        hook = client.sim.store.webhook_delivery.webhook
        assert hook is not None
        assert (hook.certificate, hook.secret_token) == (public.read_text(), "my-own_secret")


@pytest.fixture
def _frequent_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_watch, "LOOK_EVERY_S", 0.05)
    # Longer than between two looks, so that each look sees what a check found.
    monkeypatch.setattr(transport, "CHECK_PERIOD_S", 0.5)


@pytest.mark.usefixtures("_frequent_looks")
async def test_admins_are_told_once_that_telegram_cannot_deliver_and_once_that_it_can(tmp_path: Path) -> None:
    port, inner = unused_port(), unused_port()
    settings = {"listen": f"127.0.0.1:{inner}", "webhook_url": f"http://127.0.0.1:{port}/hook"}
    async with connected_client(tmp_path, **settings) as client:
        client.sim.store.webhook_delivery.first_retry_s = 0.05
        waiting = client.sim.send_text(client.sim.private, client.sim.alice, "/help")
        fails = shown("health-webhook", reason="Connection refused")
        await until_told(client, fails)
        async with forwarder(port, inner):
            assert await client.text_after(waiting)
            await until_told(client, fails, shown("health-webhook-over", lasted_min=1))


@pytest.mark.usefixtures("_frequent_looks")
async def test_a_webhook_that_another_program_takes_away_is_set_again_and_told(tmp_path: Path) -> None:
    async with hooked_client(tmp_path) as client, aiohttp.ClientSession() as session:
        await session.get(f"{client.server.api_url}/bot{client.server.token}/deleteWebhook")
        replaced = shown("health-webhook-replaced")
        await until_told(client, replaced)
        assert await client.text_after(client.sim.send_text(client.sim.private, client.sim.alice, "/help"))
        await until_told(client, replaced, shown("health-webhook-replaced-over", lasted_min=1))
        assert len(client.calls_of("setWebhook")) == 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"listen": ""}, "LABELBOT_WEBHOOK_URL also needs LABELBOT_LISTEN"),
        ({"webhook_url": "https://bot.example/metrics"}, "answers something else at /metrics"),
        ({"webhook_url": "https://bot.example/v1/label"}, "answers something else at /v1/label"),
        ({"webhook_url": "bot.example"}, "expected an address such as https://bot.example/telegram"),
        ({"webhook_url": "https://[/hook"}, "expected an address such as"),
        ({"webhook_url": "https://bot.example/{name}"}, "expected an address such as"),
        ({"webhook_url": "https://bot.example:99999/"}, "expected an address such as"),
        ({"webhook_certificate": "missing"}, r"LABELBOT_WEBHOOK_CERTIFICATE \(missing\) cannot be read: No such file"),
        ({"webhook_certificate": "key"}, "expected the public certificate alone"),
        ({"webhook_secret": "no spaces"}, "LABELBOT_WEBHOOK_SECRET cannot be used: expected 1 to 256 letters"),
        ({"webhook_secret": "a", "webhook_secret_file": "key"}, "Both LABELBOT_WEBHOOK_SECRET and"),
        ({"webhook_max_connections": "101"}, "LABELBOT_WEBHOOK_MAX_CONNECTIONS cannot be used"),
        ({"listen": "8080"}, "LABELBOT_LISTEN cannot be used: expected HOST:PORT, such as 127.0.0.1:8080"),
        ({"listen": "127.0.0.1:99999"}, "LABELBOT_LISTEN cannot be used"),
        ({"trusted_proxies": "10.0.0.0/8 nonsense"}, "LABELBOT_TRUSTED_PROXIES cannot be used: expected IP addresses"),
    ],
)
async def test_settings_of_a_webhook_that_cannot_be_used_are_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "key").write_text("-----BEGIN PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\n")
    usable = {"token": "1:a", "listen": "127.0.0.1:8080", "webhook_url": "https://bot.example"}
    for name, value in (usable | changes).items():
        monkeypatch.setenv(f"LABELBOT_{name.upper()}", value)
    with pytest.raises(ConfigError, match=said) as refused:
        webhook_address(load_settings())
    assert "\n" not in str(refused.value)


async def test_an_address_without_a_path_gets_one_and_a_secret_that_restarts_keep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings(
        token="1:a", listen="127.0.0.1:8080", webhook_url="https://bot.example", webhook_certificate=None
    )
    first, second = webhook_address(settings), webhook_address(settings)
    assert first == second
    assert first is not None
    assert (first.url, first.path) == ("https://bot.example/telegram", "/telegram")
    assert len(first.secret) == 64
    assert first.secret != derived_secret("1:b")


async def test_an_address_that_telegram_refuses_is_one_sentence(tmp_path: Path) -> None:
    reason = b"Bad Request: bad webhook: IP address 127.0.0.1 is reserved"
    async with LocalChatServer() as server:
        server.faults.add(
            Answer(b'{"ok":false,"error_code":400,"description":"%s"}' % reason, 400), method="setWebhook"
        )
        with pytest.raises(StartError) as refused:
            await LabelBot(settings_for(server, tmp_path, **over_webhook(unused_port()))).start()
        told = "refuses LABELBOT_WEBHOOK_URL: Bad webhook: ip address 127.0.0.1 is reserved."
        assert str(refused.value).lower() == f"{server.api_url} {told}".lower()
