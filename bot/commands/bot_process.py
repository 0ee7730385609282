"""The process of `labelbot run`: the bot until a signal, and what it tells the service manager meanwhile."""

from __future__ import annotations

import asyncio
import sys

from telegram.error import InvalidToken

from bot import logs
from bot.app import LabelBot
from bot.config import Settings
from bot.domain.claim_code import VALID_S
from bot.services.service_manager import READY, STOPPING, ServiceManager
from inference.errors import ProgramError
from inference.system.stop_signals import on_stop


class TokenRevoked(ProgramError):
    """Telegram no longer accepts the token of a running bot."""

    def __str__(self) -> str:
        return "Telegram no longer accepts the bot token: was it revoked?"


def run_bot(settings: Settings) -> None:
    """Run the bot until a signal ends it, such as that of Ctrl-C.

    Raises:
        ConfigError: a secret in the settings is missing or unusable.
        StartError: the bot cannot start.
        TokenRevoked: Telegram no longer accepts the token.
        InstanceRuns: another instance of the bot has taken over the database.
    """
    bot = LabelBot(settings)
    logs.configure(settings.read_token())
    asyncio.run(_serve(bot, ServiceManager.from_environment()))


async def _serve(bot: LabelBot, manager: ServiceManager) -> None:
    """Run the bot until a signal comes. The signal may also come while the bot starts.

    Args:
        bot: bot to run.
        manager: what is told that the bot runs.

    Raises:
        StartError: the bot could not start.
        TokenRevoked: no more updates will come.
        InstanceRuns: another instance has taken over the database.
    """
    stop = asyncio.Event()
    on_stop(stop.set)
    signalled = asyncio.create_task(stop.wait())
    starting = asyncio.create_task(bot.start())
    await asyncio.wait({signalled, starting}, return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        return
    starting.result()
    manager.notify(READY)
    living = asyncio.create_task(manager.give_signs_of_life(bot.receives))
    try:
        _print_claim_link(bot)
        await asyncio.wait({signalled, bot.intake, bot.lock}, return_when=asyncio.FIRST_COMPLETED)
        for task in (bot.intake, bot.lock):
            if task.done():
                task.result()
    except InvalidToken:
        raise TokenRevoked from None
    finally:
        manager.notify(STOPPING)
        signalled.cancel()
        living.cancel()
        await bot.stop()


def _print_claim_link(bot: LabelBot) -> None:
    if bot.claim_link is not None:
        minutes = f"{VALID_S / 60:g}"
        sys.stdout.write(
            f"There is no admin yet. Open this link within {minutes} minutes to become the first: {bot.claim_link}\n"
        )
        sys.stdout.flush()
