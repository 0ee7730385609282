from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from telegram import WebhookInfo

from bot.commands.doctor.findings import Status
from bot.commands.doctor.updates import assess_clock, assess_webhook

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
OURS = "https://bot.example/secret-path"


def info(url: str = "", failed: datetime | None = None) -> WebhookInfo:
    return WebhookInfo(
        url, False, pending_update_count=4, last_error_date=failed, last_error_message="Connection refused"
    )


@pytest.mark.parametrize(
    ("webhook", "wanted", "status", "detail"),
    [
        (info(), None, Status.OK, "fetched by the bot itself; 4 wait"),
        (info(), OURS, Status.OK, "the bot will have Telegram deliver them to bot.example; 4 wait"),
        (info(OURS), OURS, Status.OK, "Telegram delivers them to bot.example; 4 wait"),
        (info(OURS), None, Status.WARNING, "Telegram sends them to a webhook at bot.example"),
        (info("https://other.example/x"), OURS, Status.WARNING, "Telegram sends them to a webhook at other.example"),
        (info(OURS, NOW - timedelta(days=1)), OURS, Status.OK, "Telegram delivers them to bot.example; 4 wait"),
        (
            info(OURS, NOW - timedelta(minutes=10)),
            OURS,
            Status.WARNING,
            "Telegram could not deliver to bot.example at 11:50 UTC: Connection refused; 4 wait",
        ),
    ],
)
def test_how_updates_come_is_told(webhook: WebhookInfo, wanted: str | None, status: Status, detail: str) -> None:
    finding = assess_webhook(webhook, wanted, NOW)
    assert (finding.status, finding.detail) == (status, detail)
    assert "secret-path" not in str(finding)


@pytest.mark.parametrize(
    ("ahead_s", "status", "detail"),
    [
        (-2.4, Status.OK, "2 s away from Telegram's"),
        (3600.0, Status.WARNING, "60 minutes ahead of Telegram's"),
        (-7200.0, Status.WARNING, "120 minutes behind Telegram's"),
    ],
)
def test_a_wrong_clock_is_told(ahead_s: float, status: Status, detail: str) -> None:
    finding = assess_clock(ahead_s)
    assert (finding.status, finding.detail) == (status, detail)
