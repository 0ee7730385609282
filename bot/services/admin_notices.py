"""Notices about the health of the bot, sent to admins in their private chats."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence, Set
from html import escape

import structlog
from sqlalchemy.exc import SQLAlchemyError
from telegram import Bot, LinkPreviewOptions
from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden, InvalidToken, RetryAfter, TelegramError

from bot.services.health import Change
from bot.storage.chats import Chats
from bot.transport.http import ConnectionBroke, NotSent, ServerFailed
from bot.transport.refusals import is_unreachable
from bot.transport.retries import GivenUp, with_retries
from bot.views.texts import Languages, Texts
from inference.system.terminal import mask

log = structlog.get_logger()

# Seconds to wait for the settings of an admin's chat. The database may be what the notice is about.
SETTINGS_TIMEOUT_S = 1.0
# After these errors, the message is not in the chat, so it is sent again after the next health check.
NOT_SENT = (NotSent, ServerFailed, ConnectionBroke, InvalidToken, RetryAfter, GivenUp)


class AdminNotices:
    """Informs each admin once of each change.

    A notice that cannot be sent now is sent later, or is replaced by a newer notice.

    Args:
        bot: sender of the notices.
        admins: live set of the ids of admins.
        chats: table of the chats' settings, which include the languages.
        languages: languages of the bot.
    """

    def __init__(self, bot: Bot, admins: Set[int], chats: Chats, languages: Languages) -> None:
        self._bot = bot
        self._admins = admins
        self._chats = chats
        self._languages = languages
        # Changes that are not sent yet, by admin and by the condition's sentence.
        self._untold: dict[int, dict[str, Change]] = {}
        self._telling: dict[int, asyncio.Task[None]] = {}

    def tell(self, changes: Sequence[Change], current: Sequence[Change]) -> None:
        """Start to send notices to all admins, including notices that could not be sent before.

        Args:
            changes: changes since the last call.
            current: beginnings of all lasting conditions; people who have become admins since the last call get them.
        """
        for former in self._untold.keys() - set(self._admins):
            del self._untold[former]
        for admin in self._admins:
            waiting = self._untold.setdefault(admin, _by_condition(current))
            waiting.update(_by_condition(changes))
            # Telegram's limits may delay one admin's notices for minutes.
            if waiting and (admin not in self._telling or self._telling[admin].done()):
                self._telling[admin] = asyncio.create_task(self._tell(admin, waiting))

    async def settled(self) -> None:
        """Wait for the notices that are being sent."""
        await asyncio.gather(*self._telling.values())

    async def close(self) -> None:
        """Stop sending."""
        for telling in self._telling.values():
            telling.cancel()
        await asyncio.gather(*self._telling.values(), return_exceptions=True)

    async def _tell(self, admin: int, waiting: dict[str, Change]) -> None:
        texts = await self._texts(admin)
        while waiting:
            name, change = next(iter(waiting.items()))
            facts = {key: escape(fact) if isinstance(fact, str) else fact for key, fact in change.facts.items()}
            try:
                await self._send(admin, texts(change.text, **facts))
            except NOT_SENT as error:
                log.debug("an admin is told later", reason=error.message)
                return
            except (Forbidden, BadRequest) as error:
                if isinstance(error, BadRequest) and not is_unreachable(error):
                    log.error("Telegram refuses what an admin is to be told", reason=error.message)
                # This admin never wrote to the bot, or has blocked the bot.
                log.debug("an admin cannot be told", reason=error.message)
            except TelegramError as error:
                log.warning("whether an admin was told is unknown", reason=error.message)
            if waiting.get(name) is change:
                del waiting[name]

    async def _send(self, admin: int, text: str) -> None:
        await with_retries(
            lambda: self._bot.send_message(
                admin,
                mask(text),
                parse_mode=ParseMode.HTML,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
        )

    async def _texts(self, admin: int) -> Texts:
        """Return the texts in the language that is set for the chat, or in English if no language is set.

        The language of the admin's app is unknown here, because it is only in updates.
        """
        try:
            async with asyncio.timeout(SETTINGS_TIMEOUT_S):
                language = (await self._chats.settings(admin)).language
        except (SQLAlchemyError, TimeoutError):
            language = None
        return self._languages.closest(language)


def _by_condition(changes: Sequence[Change]) -> dict[str, Change]:
    return {change.condition.sentence: change for change in changes}
