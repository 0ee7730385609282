"""Takes updates that Telegram delivers to the bot's webhook. Updates are stored before Telegram is told that they came.

Telegram tells nobody that its deliveries fail, or that another program has taken the webhook away. So it is asked every
minute.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog
from telegram import WebhookInfo
from telegram.error import InvalidToken, TelegramError

from bot.domain.web_addresses import WebhookAddress
from bot.storage.engine import StorageError
from bot.transport.bot_client import TelegramBot
from bot.transport.inbox import Inbox
from bot.transport.revocation import Revocation

log = structlog.get_logger()

# Seconds between two questions whether Telegram's deliveries succeed.
CHECK_PERIOD_S = 60.0


class NoRoom(Exception):
    """The update cannot be taken now. Telegram sends it again."""


@dataclass(slots=True)
class _Batch:
    """Updates that are stored together.

    Attributes:
        items: updates as received.
        begun: whether they are being stored, or were.
        error: reason why they are not stored; None once they are.
    """

    items: list[object] = field(default_factory=list)
    begun: bool = False
    error: NoRoom | StorageError | None = field(default_factory=lambda: NoRoom("the write was interrupted"))


class Webhook:
    """Puts the updates of one bot into its inbox. Updates that arrive during a write are stored in one further write.

    Args:
        bot: initialised bot.
        inbox: open inbox.
        address: address that Telegram delivers to.
        allowed_updates: kinds of updates to ask for.
        telegram_now_s: Telegram's clock, in seconds since 1970.
    """

    source = "delivery to the webhook, or check of it,"

    def __init__(
        self,
        bot: TelegramBot,
        inbox: Inbox,
        address: WebhookAddress,
        *,
        allowed_updates: Sequence[str],
        telegram_now_s: Callable[[], float],
    ) -> None:
        self._bot = bot
        self._inbox = inbox
        self._address = address
        self._allowed_updates = allowed_updates
        self._telegram_now_s = telegram_now_s
        self._revocation = Revocation(bot)
        self._batch = _Batch()
        self._storing = asyncio.Lock()
        self._open = False
        # By the event loop's clock, and by Telegram's.
        self._succeeded_s: float | None = None
        self._received_at_s = 0.0
        self._failure = ""
        self._replaced = False

    @property
    def silent_s(self) -> float:
        """Seconds since Telegram last delivered or was found able to; 0 before `run` and while the inbox is full."""
        if self._succeeded_s is None or not self._inbox.has_room:
            return 0.0
        return asyncio.get_running_loop().time() - self._succeeded_s

    @property
    def conflict(self) -> str:
        """What another program does to the updates of this bot, if that lasts; "" for nothing."""
        return "another program removed or replaced the webhook" if self._replaced else ""

    @property
    def failure(self) -> str:
        """Why Telegram's deliveries fail, in Telegram's words; "" if they do not."""
        return self._failure

    async def set(self) -> None:
        """Have Telegram deliver updates from now on; updates that wait there are kept.

        Raises:
            TelegramError: Telegram refuses the address, or the call failed.
        """
        certificate = self._address.certificate
        await self._bot.set_webhook(
            self._address.url,
            certificate=None if certificate is None else await asyncio.to_thread(certificate.read_bytes),
            max_connections=self._address.max_connections,
            allowed_updates=self._allowed_updates,
            secret_token=self._address.secret,
        )

    async def receive(self, item: object) -> None:
        """Store an update that Telegram has delivered.

        Args:
            item: update as received from the Bot API.

        Raises:
            NoRoom: the bot starts or stops, or too many updates are in progress.
            StorageError: the database fails temporarily.
        """
        if not self._open:
            raise NoRoom("the bot starts or stops")
        self._note_success()
        if not self._inbox.has_room:
            raise NoRoom("too many updates are in progress")
        batch = self._batch
        batch.items.append(item)
        async with self._storing:
            if not batch.begun:
                batch.begun, self._batch = True, _Batch()
                try:
                    await self._inbox.enqueue(batch.items)
                    batch.error, self._received_at_s = None, self._telegram_now_s()
                except StorageError as error:
                    batch.error = error
        if batch.error is not None:
            raise batch.error

    async def run(self) -> None:
        """Take updates until cancelled, and ask Telegram regularly whether its deliveries succeed.

        Raises:
            InvalidToken: the token was revoked, so no more updates will come.
        """
        self._note_success()
        self._received_at_s = self._telegram_now_s()
        self._open = True
        try:
            while True:
                await asyncio.sleep(CHECK_PERIOD_S)
                await self._check()
        finally:
            self._open = False
            async with self._storing:
                pass  # what has arrived is stored

    async def confirm(self) -> None:
        """Do nothing: each update was confirmed when it was stored."""

    async def _check(self) -> None:
        try:
            info = await self._bot.get_webhook_info()
            self._revocation.clear()
            self._note(info)
            if self._replaced:
                await self.set()
        except InvalidToken:
            if await self._revocation.is_certain():
                raise
        except TelegramError as error:
            log.warning("whether updates are delivered is unknown", reason=error.message)

    def _note(self, info: WebhookInfo) -> None:
        # Telegram writes the host in small letters.
        replaced = info.url.lower() != self._address.url.lower()
        if replaced and not self._replaced:
            log.error(
                "another program removed or replaced the webhook",
                meaning="updates did not come here; this program sets its webhook again",
                advice="stop the other program, or give it a bot of its own; if you do not know it, have @BotFather "
                "revoke the token",
            )
        elif self._replaced and not replaced:
            log.info("the webhook is this program's again")
        self._replaced = replaced
        self._failure = self._describe_failure(info)
        if not (replaced or self._failure):
            self._note_success()

    def _describe_failure(self, info: WebhookInfo) -> str:
        """Return why deliveries fail; "" if nothing waits, or if one succeeded after the last failure."""
        if not info.pending_update_count or info.last_error_date is None or not self._inbox.has_room:
            return ""
        if info.last_error_date.timestamp() <= self._received_at_s:
            return ""
        return info.last_error_message or "unknown"

    def _note_success(self) -> None:
        self._succeeded_s = asyncio.get_running_loop().time()
