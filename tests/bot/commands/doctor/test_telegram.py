"""What is said of a token and of the bot's rights, by the local Bot API server."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from telegram import User

from bot.commands.doctor import telegram
from bot.commands.doctor.findings import Finding, Status
from bot.commands.doctor.telegram import assess_permissions, check_access, check_admins, check_telegram
from bot.config import Settings
from bot.localchat.errors import BotApiError
from bot.localchat.faults import Cut, Effect, RetryAfter, ServerError
from bot.localchat.server import LocalChatServer
from bot.localchat.webhook import Webhook
from tests.support.client import connected_client_at, settings_for

WRONG_TOKEN = "123:nobody_gave_this"


@pytest.fixture(autouse=True)
def short_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telegram, "POLL_S", 0)


async def ask(server: LocalChatServer, **changes: Any) -> dict[str, Finding]:
    """The findings by their names."""
    settings = settings_for(server, changes.pop("home", Path("/nowhere")), **changes)
    # The check has an event loop of its own, as in the program.
    findings = await asyncio.to_thread(lambda: list(check_telegram(settings)))
    return {finding.name: finding for finding in findings}


async def test_a_token_that_works_is_told_with_the_name_of_the_bot(server: LocalChatServer) -> None:
    findings = await ask(server)
    assert list(findings) == ["telegram", "clock", "updates", "programs", "groups"]
    assert findings["telegram"].status is Status.OK
    assert f"@{server.simulation.bot.username}" in findings["telegram"].detail
    assert findings["updates"].status is Status.OK


async def test_privacy_mode_is_explained(server: LocalChatServer) -> None:
    hidden = (await ask(server))["groups"]
    assert hidden.status is Status.WARNING
    assert "privacy mode is on" in hidden.detail
    assert "/setprivacy" in str(hidden.advice)
    server.simulation.store.can_read_all_group_messages = True
    assert (await ask(server))["groups"].status is Status.OK


async def test_a_bot_that_cannot_join_groups_is_told() -> None:
    bot = User(1, "Labelbot", is_bot=True, can_join_groups=False, can_read_all_group_messages=True)
    alone, seeing = assess_permissions(bot)
    assert (alone.status, seeing.status) == (Status.WARNING, Status.OK)
    assert "/setjoingroups" in str(alone.advice)


async def test_a_webhook_is_told_by_its_host_only(server: LocalChatServer) -> None:
    await server.simulation.store.webhook_delivery.set(Webhook("http://127.0.0.1:9/secret-path"))
    finding = (await ask(server))["updates"]
    assert finding.status is Status.WARNING
    assert "127.0.0.1" in finding.detail
    assert "secret-path" not in str(finding)


async def test_another_program_that_polls_is_told(server: LocalChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telegram, "POLL_S", 20)
    updates = server.simulation.store.updates

    async def poll_again_and_again() -> None:
        while True:
            with suppress(BotApiError):
                await updates.poll(offset=0, limit=1, timeout_s=20)

    other = asyncio.create_task(poll_again_and_again())
    finding = (await ask(server))["programs"]
    other.cancel()
    assert finding.status is Status.WARNING
    assert "another program fetches this bot's updates: " in finding.detail


async def test_the_poll_takes_no_update_and_does_not_disturb_the_running_bot(
    server: LocalChatServer, tmp_path: Path
) -> None:
    client = server.simulation
    client.send_text(client.add_private_chat(client.admin), client.admin, "/help")
    findings = await ask(server, home=tmp_path)
    assert "programs" not in findings
    assert findings["updates"].detail.endswith("1 wait")
    async with connected_client_at(server, tmp_path / "home"):
        assert "programs" not in await ask(server, home=tmp_path / "home")


@pytest.mark.parametrize("token", [WRONG_TOKEN, "hunter2"])
async def test_a_wrong_token_is_a_failure_and_never_shown(server: LocalChatServer, token: str) -> None:
    findings = await ask(server, token=SecretStr(token))
    assert list(findings) == ["telegram"]
    assert findings["telegram"].status is Status.FAILED
    assert token not in str(findings)


@pytest.mark.parametrize("effect", [ServerError(502), RetryAfter(3), Cut(after_effect=False)])
async def test_a_server_that_fails_is_named(server: LocalChatServer, effect: Effect) -> None:
    server.faults.add(effect, method="getMe")
    finding = (await ask(server))["telegram"]
    assert finding.status is Status.FAILED
    assert f"{server.api_url} cannot be used: " in finding.detail
    assert server.token not in str(finding)


async def test_an_address_where_nobody_listens_is_named(server: LocalChatServer) -> None:
    finding = (await ask(server, api_url="http://127.0.0.1:9"))["telegram"]
    assert finding.status is Status.FAILED
    assert "http://127.0.0.1:9 cannot be used: nothing answers at 127.0.0.1 port 9" in finding.detail
    assert server.token not in str(finding)


async def test_without_a_token_nobody_is_asked(server: LocalChatServer) -> None:
    finding = (await ask(server, token=None))["telegram"]
    assert finding.status is Status.WARNING
    assert "@BotFather" in str(finding.advice)
    assert server.simulation.calls == []


@pytest.mark.parametrize(
    ("admins", "claimed", "status", "detail"),
    [
        (frozenset(), 0, Status.WARNING, "there are none: nobody can switch models in chat"),
        (frozenset({7}), 0, Status.OK, "1 in LABELBOT_ADMINS"),
        (frozenset(), 1, Status.OK, "1 by the link that `labelbot run` printed"),
        (frozenset({7, 8}), 1, Status.OK, "2 in LABELBOT_ADMINS, 1 by the link that `labelbot run` printed"),
    ],
)
def test_how_admins_are_set_is_told(admins: frozenset[int], claimed: int, status: Status, detail: str) -> None:
    (finding,) = check_admins(Settings.model_validate({"admins": admins}), claimed)
    assert (finding.status, finding.detail) == (status, detail)
    assert (finding.advice is None) == (status is Status.OK)


@pytest.mark.parametrize("replicas", [False, True])
def test_the_link_for_the_first_admin_is_advised_where_it_is_printed(replicas: bool) -> None:
    settings = Settings.model_construct(admins=frozenset(), replicas=replicas)
    (finding,) = check_admins(settings, 0)
    assert ("link" in str(finding.advice)) is not replicas
    assert "LABELBOT_ADMINS" in str(finding.advice)


@pytest.mark.parametrize(
    ("values", "status", "detail"),
    [
        ({}, Status.OK, "everyone may use the bot; anyone may add it to groups"),
        (
            {"allowed": {7, -5}, "admins": {1}},
            Status.OK,
            "admins and the 2 people and chats in LABELBOT_ALLOWED may use the bot; anyone may add it to groups",
        ),
        (
            {"added_by_admins": True, "admins": {1}},
            Status.OK,
            "everyone may use the bot; only admins may add it to groups",
        ),
        (
            {"added_by_admins": True},
            Status.WARNING,
            "everyone may use the bot; nobody may add it to groups, as only admins may and there are none",
        ),
    ],
)
def test_who_may_use_the_bot_is_told(values: dict[str, Any], status: Status, detail: str) -> None:
    (finding,) = check_access(Settings.model_validate(values), 0)
    assert (finding.status, finding.detail) == (status, detail)


def test_an_admin_by_the_link_may_add_the_bot_to_groups() -> None:
    (finding,) = check_access(Settings.model_validate({"added_by_admins": True}), 1)
    assert (finding.status, finding.detail) == (
        Status.OK,
        "everyone may use the bot; only admins may add it to groups",
    )
