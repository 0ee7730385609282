"""The signals that ask the program to end: of Ctrl-C, of a service manager, and of a terminal that closes."""

from __future__ import annotations

import signal
from collections.abc import Callable

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def on_stop(stop: Callable[[], object]) -> None:
    """Call `stop` in the running event loop at each of the signals.

    SIGHUP stays ignored if the caller ignores it, as `nohup` does.
    """
    # Workers import this module, and need no event loop.
    import asyncio

    for number in STOP_SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            asyncio.get_running_loop().add_signal_handler(number, stop)


def ignore_stop() -> None:
    """Ignore the signals in this process, whose parent receives them, too, and ends it in time."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
