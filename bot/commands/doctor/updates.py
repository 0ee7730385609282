"""Assesses how updates come to the bot, and who else takes them; and the clock, by what Telegram answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.commands.doctor.findings import Finding, ok, warning

if TYPE_CHECKING:
    from telegram import WebhookInfo

# An older error of a delivery is over.
RECENT = timedelta(hours=1)
OTHER_PROGRAM = (
    "stop the other program, or give this one a bot of its own; if you do not know it, have @BotFather revoke the token"
)


def assess_webhook(webhook: WebhookInfo, wanted: str | None, now: datetime | None = None) -> Finding:
    """Assess the delivery of updates. Findings show only the host of an address, as the rest may be secret.

    Args:
        webhook: the webhook as Telegram knows it.
        wanted: address of the webhook in the settings; None if the bot is to fetch its updates.
        now: time; None for the current one.
    """
    waiting = f"{webhook.pending_update_count} wait"
    host = urlsplit(webhook.url).hostname
    if not webhook.url:
        if wanted is None:
            return ok("updates", f"fetched by the bot itself; {waiting}")
        return ok("updates", f"the bot will have Telegram deliver them to {urlsplit(wanted).hostname}; {waiting}")
    if webhook.url != wanted:
        takes_over = "fetches the updates itself" if wanted is None else "sets its own"
        return warning(
            "updates",
            f"Telegram sends them to a webhook at {host}",
            "if another program runs with this token, give this one a token of its own: "
            f"`labelbot run` removes the webhook and {takes_over}",
        )
    failed_at = webhook.last_error_date
    if failed_at is not None and (now or datetime.now(UTC)) - failed_at < RECENT:
        return warning(
            "updates",
            f"Telegram could not deliver to {host} at {failed_at:%H:%M} UTC: {webhook.last_error_message}; {waiting}",
            "look at the reverse proxy, its certificate and the firewall",
        )
    return ok("updates", f"Telegram delivers them to {host}; {waiting}")


def assess_other_programs(conflict: str | None) -> Finding:
    """Assess what Telegram said to a poll.

    Args:
        conflict: reason why it was refused; None if it was not.
    """
    if conflict is None:
        return ok("programs", "no other program fetches this bot's updates")
    return warning("programs", f"another program fetches this bot's updates: {conflict}", OTHER_PROGRAM)


def assess_clock(ahead_s: float) -> Finding:
    """Assess the clock.

    Args:
        ahead_s: seconds by which this machine's clock is ahead of Telegram's; negative if it is behind.
    """
    from bot.services.health_checks import MAX_CLOCK_ERROR_S

    if abs(ahead_s) <= MAX_CLOCK_ERROR_S:
        return ok("clock", f"{abs(ahead_s):.0f} s away from Telegram's")
    detail = f"{abs(ahead_s) / 60:.0f} minutes {'ahead of' if ahead_s > 0 else 'behind'} Telegram's"
    return warning("clock", detail, "set it, for example with timedatectl set-ntp true")
