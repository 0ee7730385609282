from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from bot.localchat.simulation import Simulation
from bot.localchat.webhook import SECRET_HEADER
from tests.support.bot_api import GUARD_S, RawBot


class Hook:
    """A bot's own server: it takes updates, or answers with the statuses that it is told to."""

    def __init__(self) -> None:
        self.url = ""
        self.refusals: list[int] = []
        self.retry_after_s: int | None = None
        self.posts = 0
        self.at_once = self.most_at_once = 0
        # Posts wait while this is closed.
        self.open = asyncio.Event()
        self.open.set()
        self.taken: asyncio.Queue[tuple[str | None, dict[str, Any]]] = asyncio.Queue()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.posts += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await self.open.wait()
        self.at_once -= 1
        if self.refusals:
            headers = {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}
            return web.Response(status=self.refusals.pop(0), headers=headers)
        self.taken.put_nowait((request.headers.get(SECRET_HEADER), await request.json()))
        return web.Response()

    async def next(self) -> tuple[str | None, dict[str, Any]]:
        return await asyncio.wait_for(self.taken.get(), GUARD_S)


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    hook = Hook()
    app = web.Application()
    app.router.add_post("/hook", hook.serve)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hook.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield hook
    await runner.cleanup()


async def test_updates_are_posted_in_order_with_the_secret(sim: Simulation, bot: RawBot, hook: Hook) -> None:
    sim.send_text(sim.private, sim.alice, "before")
    await bot.call("setWebhook", url=hook.url, secret_token="s3cret_-")
    sim.send_text(sim.private, sim.alice, "after")
    taken = [await hook.next(), await hook.next()]
    assert [(secret, update["message"]["text"]) for secret, update in taken] == [
        ("s3cret_-", "before"),
        ("s3cret_-", "after"),
    ]
    info = await bot.call("getWebhookInfo")
    assert (info["url"], info["pending_update_count"], info["max_connections"]) == (hook.url, 0, 40)


def say(sim: Simulation, *texts: str) -> None:
    """Have someone new say something in a chat of their own."""
    person = sim.add_user("Guest")
    chat = sim.add_private_chat(person)
    for text in texts:
        sim.send_text(chat, person, text)


async def until_posted(hook: Hook, count: int) -> None:
    async with asyncio.timeout(GUARD_S):
        while hook.posts < count:  # noqa: ASYNC110 -- the hook has no event of it
            await asyncio.sleep(0.005)


async def test_chats_are_served_at_once_and_each_in_its_order(sim: Simulation, bot: RawBot, hook: Hook) -> None:
    hook.open.clear()
    await bot.call("setWebhook", url=hook.url, max_connections=3)
    for number in range(5):
        say(sim, f"{number} first", f"{number} second")
    await until_posted(hook, 3)
    hook.open.set()
    texts = [(await hook.next())[1]["message"]["text"] for _ in range(10)]
    assert hook.most_at_once == 3
    for number in range(5):
        assert [text for text in texts if text.startswith(str(number))] == [f"{number} first", f"{number} second"]


async def test_an_update_that_is_refused_holds_up_its_chat_and_no_other(
    sim: Simulation, bot: RawBot, hook: Hook
) -> None:
    sim.store.webhook_delivery.first_retry_s = 0.05
    hook.refusals = [500, 500]
    await bot.call("setWebhook", url=hook.url)
    say(sim, "stuck", "behind it")
    await until_posted(hook, 2)
    say(sim, "elsewhere")
    texts = [(await hook.next())[1]["message"]["text"] for _ in range(3)]
    assert texts == ["elsewhere", "stuck", "behind it"]


async def test_a_webhook_may_ask_for_a_pause(sim: Simulation, bot: RawBot, hook: Hook) -> None:
    hook.refusals, hook.retry_after_s = [503], 3600
    await bot.call("setWebhook", url=hook.url)
    say(sim, "later")
    await until_posted(hook, 1)
    await bot.call("deleteWebhook")
    assert (hook.posts, len(await bot.updates())) == (1, 1)


async def test_an_update_is_posted_again_until_it_is_taken(sim: Simulation, bot: RawBot, hook: Hook) -> None:
    sim.store.webhook_delivery.first_retry_s = 0.05
    hook.refusals = [500, 403]
    await bot.call("setWebhook", url=hook.url)
    sim.send_text(sim.private, sim.alice, "again")
    secret, update = await hook.next()
    assert (secret, update["message"]["text"]) == (None, "again")
    info = await bot.call("getWebhookInfo")
    assert info["last_error_message"] == "Wrong response from the webhook: 403 Forbidden"


async def test_polling_and_a_webhook_exclude_each_other(sim: Simulation, bot: RawBot, hook: Hook) -> None:
    poll = asyncio.create_task(bot.refusal("getUpdates", timeout=50))
    await sim.wait_for(lambda: sim.calls)
    await bot.call("setWebhook", url=hook.url)
    assert (await poll).description == "Conflict: terminated by setWebhook request"
    refusal = await bot.refusal("getUpdates")
    assert (refusal.status, refusal.description) == (
        409,
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
    )
    await bot.call("deleteWebhook")
    sim.send_text(sim.private, sim.alice, "polled")
    assert await bot.kinds() == ["message"]
    assert hook.taken.empty()


async def test_pending_updates_are_dropped_on_request(sim: Simulation, bot: RawBot, hook: Hook) -> None:
    sim.send_text(sim.private, sim.alice, "old")
    await bot.call("setWebhook", url=hook.url, drop_pending_updates=True, allowed_updates=["message"])
    sim.send_text(sim.private, sim.alice, "new")
    assert (await hook.next())[1]["message"]["text"] == "new"
    assert (await bot.call("getWebhookInfo"))["allowed_updates"] == ["message"]
    await bot.call("setWebhook", url="")
    sim.send_text(sim.private, sim.alice, "old")
    await bot.call("deleteWebhook", drop_pending_updates=True)
    assert await bot.updates() == []
    assert (await bot.call("getWebhookInfo"))["url"] == ""


async def test_a_webhook_that_nobody_serves_is_tried_on(sim: Simulation, bot: RawBot, unused_port: int) -> None:
    await bot.call("setWebhook", url=f"http://127.0.0.1:{unused_port}/")
    sim.send_text(sim.private, sim.alice, "hello?")
    info: dict[str, Any] = {}
    async with asyncio.timeout(GUARD_S):
        while "last_error_message" not in info:
            info = await bot.call("getWebhookInfo")
    assert (info["last_error_message"], info["pending_update_count"]) == ("Connection refused", 1)


@pytest.fixture
async def unused_port() -> int:
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"url": "ftp://example.com"}, "invalid webhook URL specified"),
        ({"url": "https://"}, "invalid webhook URL specified"),
        ({"secret_token": "no spaces"}, "secret token contains unallowed characters"),
        ({"secret_token": "x" * 257}, "secret token is too long"),
    ],
)
async def test_webhooks_that_telegram_refuses(bot: RawBot, parameters: dict[str, str], reason: str) -> None:
    refusal = await bot.refusal("setWebhook", **({"url": "https://example.com/hook"} | parameters))
    assert refusal.description == f"Bad Request: {reason}"
    await bot.call("getUpdates")
