"""Checks the bot's token, how its updates come, and what the bot can see in groups."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.commands.doctor.findings import Findings, failed, ok, warning
from bot.commands.doctor.instance import running_instance
from bot.commands.doctor.updates import assess_clock, assess_other_programs, assess_webhook

if TYPE_CHECKING:
    from telegram import User, WebhookInfo

    from bot.config import Settings
    from bot.transport.bot_client import TelegramBot


# Time limit for a call. Telegram answers these calls in a fraction of a second.
TIMEOUT_S = 10.0
# Seconds of a poll. Another program that polls interrupts it within that time, as it tries again at once.
POLL_S = 3


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of the Bot API.

    Attributes:
        bot: the bot's account.
        webhook: how its updates are delivered.
        polled: whether a poll was tried.
        conflict: reason why another program ended the poll; None if none did.
        clock_ahead_s: seconds by which this machine's clock is ahead of Telegram's.
    """

    bot: User
    webhook: WebhookInfo
    polled: bool
    conflict: str | None
    clock_ahead_s: float


def check_telegram(settings: Settings) -> Findings:
    """Ask the Bot API about the bot's account, its access to groups, and the delivery of its updates."""
    from telegram.error import InvalidToken, TelegramError

    from bot.config import ConfigError
    from inference.system.proxy import UnusableProxy

    if settings.token is None and settings.token_file is None:
        advice = "ask @BotFather for one with /newbot and set LABELBOT_TOKEN; `labelbot try` needs none"
        yield warning("telegram", "there is no bot token", advice)
        return
    try:
        answers = asyncio.run(_ask(settings))
    except ConfigError as error:
        yield failed("telegram", str(error), "@BotFather shows the token of each of your bots with /mybots")
    except UnusableProxy:
        return  # `check_proxy` reports it
    except InvalidToken:
        # The error's own text is not used, as it contains the token.
        advice = "compare it with what @BotFather shows with /mybots; it may have been revoked"
        yield failed("telegram", f"{settings.api_url} does not accept the bot token", advice)
    except TelegramError as error:
        advice = "look at network, firewall and HTTPS_PROXY; LABELBOT_API_URL names another Bot API server"
        yield failed("telegram", f"{settings.api_url} cannot be used: {error.message}", advice)
    else:
        yield ok("telegram", f"{settings.api_url} knows the bot as @{answers.bot.username}, id {answers.bot.id}")
        yield assess_clock(answers.clock_ahead_s)
        yield assess_webhook(answers.webhook, _webhook_url(settings))
        if answers.polled:
            yield assess_other_programs(answers.conflict)
        yield from assess_permissions(answers.bot)


def assess_permissions(bot: User) -> Findings:
    """Assess the bot's permissions in groups."""
    if not bot.can_join_groups:
        yield warning("groups", "nobody can add the bot to a group", "@BotFather: /setjoingroups, Enable")
    if bot.can_read_all_group_messages:
        yield ok("groups", "privacy mode is off: the bot sees all photos")
    else:
        yield warning(
            "groups",
            "privacy mode is on: in groups where it isn't an admin, the bot sees only commands, mentions and replies "
            "to it; /label as a reply to a photo works",
            "to let it see all photos: @BotFather, /setprivacy, Disable; then remove the bot from each group and add "
            "it again",
        )


def check_admins(settings: Settings, claimed: int) -> Findings:
    """Report how admins are set.

    Args:
        settings: settings of the bot.
        claimed: number of people who became admins by the link that `labelbot run` prints.
    """
    told = [f"{len(settings.admins)} in LABELBOT_ADMINS"] if settings.admins else []
    if claimed:
        told.append(f"{claimed} by the link that `labelbot run` printed")
    if told:
        yield ok("admins", ", ".join(told))
        return
    advice = "set LABELBOT_ADMINS to the id that the bot's /models shows"
    if not settings.replicas:  # replicas print no link
        advice = f"open the link that `labelbot run` prints, or {advice}"
    yield warning("admins", "there are none: nobody can switch models in chat", advice)


def check_access(settings: Settings, claimed: int) -> Findings:
    """Report who may use the bot and add it to groups. The arguments are the same as in `check_admins`."""
    if settings.allowed:
        users = f"admins and the {len(settings.allowed)} people and chats in LABELBOT_ALLOWED may use the bot"
    else:
        users = "everyone may use the bot"
    if not settings.added_by_admins:
        yield ok("access", f"{users}; anyone may add it to groups")
    elif settings.admins or claimed:
        yield ok("access", f"{users}; only admins may add it to groups")
    else:
        yield warning(
            "access",
            f"{users}; nobody may add it to groups, as only admins may and there are none",
            "set LABELBOT_ADMINS, or LABELBOT_ADDED_BY_ADMINS to false",
        )


def _webhook_url(settings: Settings) -> str | None:
    from bot.config import ConfigError
    from bot.domain.web_addresses import webhook_address

    try:
        address = webhook_address(settings)
    except ConfigError:  # `check_web` reports the error
        return None
    return None if address is None else address.url


async def _ask(settings: Settings) -> Answers:
    from bot.transport.bot_client import TelegramBot
    from bot.transport.http import AiohttpRequest
    from bot.transport.server_clock import ServerClock
    from inference.system.proxy import environment_proxy

    # As in `bot.app`, this avoids the library's deprecation warning about RetryAfter.
    os.environ.setdefault("PTB_TIMEDELTA", "true")
    clock, proxy = ServerClock(), environment_proxy(settings.api_url)
    request, polling = (
        AiohttpRequest(connections=1, read_timeout_s=TIMEOUT_S, proxy=proxy, clock=clock) for _ in range(2)
    )
    async with TelegramBot(
        settings.read_token(), base_url=f"{settings.api_url}/bot", request=request, get_updates_request=polling
    ) as bot:
        webhook = await bot.get_webhook_info()
        # A poll would interrupt that of the running bot. With updates that wait, it ends at once and tells nothing.
        polls = not (webhook.url or webhook.pending_update_count or await _runs(settings))
        conflict = await _poll(bot) if polls else None
        return Answers(bot.bot, webhook, polls, conflict, clock.ahead_s)


async def _runs(settings: Settings) -> bool:
    from bot.config import ConfigError
    from bot.storage.engine import StorageError

    try:
        return await running_instance(settings) is not None
    except (ConfigError, StorageError):  # `check_database` reports the error
        return True


async def _poll(bot: TelegramBot) -> str | None:
    """Poll for a moment, without confirming an update; return the reason if another program ends the poll."""
    from telegram.error import Conflict

    try:
        await bot.raw_updates(offset=None, limit=1, timeout_s=POLL_S)
    except Conflict as error:
        return error.message
    return None
