"""Checks the bot's token, and what the bot can see in groups."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.commands.doctor.findings import Finding, Findings, failed, ok, warning

if TYPE_CHECKING:
    from telegram import User, WebhookInfo

    from bot.config import Settings


# Time limit for a call. Telegram answers these calls in a fraction of a second.
TIMEOUT_S = 10.0


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
        bot, webhook = asyncio.run(_ask(settings))
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
        yield ok("telegram", f"{settings.api_url} knows the bot as @{bot.username}, id {bot.id}")
        yield assess_webhook(webhook)
        yield from assess_permissions(bot)


def assess_webhook(webhook: WebhookInfo) -> Finding:
    """Assess the delivery of updates."""
    if not webhook.url:
        return ok("updates", f"fetched by the bot itself; {webhook.pending_update_count} wait")
    # The rest of the address may contain a secret.
    detail = f"Telegram sends them to a webhook at {urlsplit(webhook.url).hostname}"
    return warning(
        "updates",
        detail,
        "if another program runs with this token, give this one a token of its own: "
        "`labelbot run` removes the webhook and fetches the updates itself",
    )


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
    advice = "open the link that `labelbot run` prints, or set LABELBOT_ADMINS to the id that the bot's /models shows"
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


async def _ask(settings: Settings) -> tuple[User, WebhookInfo]:
    from bot.transport.bot_client import TelegramBot
    from bot.transport.http import AiohttpRequest
    from inference.system.proxy import environment_proxy

    # As in `bot.app`, this avoids the library's deprecation warning about RetryAfter.
    os.environ.setdefault("PTB_TIMEDELTA", "true")
    request, idle = (
        AiohttpRequest(connections=1, read_timeout_s=TIMEOUT_S, proxy=environment_proxy(settings.api_url))
        for _ in range(2)
    )
    async with TelegramBot(
        settings.read_token(), base_url=f"{settings.api_url}/bot", request=request, get_updates_request=idle
    ) as bot:
        return bot.bot, await bot.get_webhook_info()
