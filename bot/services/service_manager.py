"""Tells systemd that the bot has started, is alive, and stops (sd_notify(3)).

Without systemd, nothing is told to anybody.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, MutableMapping
from typing import Self

import structlog

log = structlog.get_logger()

READY = "READY=1"
STOPPING = "STOPPING=1"
ALIVE = "WATCHDOG=1"


class ServiceManager:
    """The connection to systemd.

    Args:
        address: address of systemd's socket: a path, or "@" and a name; None without systemd.
        watchdog_s: seconds without a sign of life after which systemd restarts the bot; None for no such limit.
    """

    def __init__(self, address: str | None, watchdog_s: float | None = None) -> None:
        self._address = address
        self._watchdog_s = watchdog_s

    @classmethod
    def from_environment(cls, environment: MutableMapping[str, str] = os.environ) -> Self:
        """Take systemd's variables out of the environment, so that child processes do not use them."""
        address = environment.pop("NOTIFY_SOCKET", None)
        period_us, pid = environment.pop("WATCHDOG_USEC", ""), environment.pop("WATCHDOG_PID", "")
        is_watched = period_us.isdecimal() and int(period_us) > 0 and pid in ("", str(os.getpid()))
        return cls(address, int(period_us) / 1e6 if is_watched else None)

    def notify(self, state: str) -> None:
        """Tell systemd a state of the bot."""
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.setblocking(False)
                sender.sendto(state.encode(), address)
        except OSError as error:
            log.warning("systemd cannot be told", state=state, reason=error.strerror)

    async def give_signs_of_life(self, receives: Callable[[], bool]) -> None:
        """Give signs of life twice within systemd's limit until cancelled, as long as the event loop turns.

        Args:
            receives: function that returns whether updates arrive. While they do not, no signs are given, so that
                systemd restarts a deaf bot.
        """
        while self._watchdog_s is not None:
            if receives():
                self.notify(ALIVE)
            await asyncio.sleep(self._watchdog_s / 2)
