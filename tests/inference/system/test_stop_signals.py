from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from inference.system.stop_signals import STOP_SIGNALS, on_stop


@pytest.fixture
def restored() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_each_signal_stops(number: signal.Signals) -> None:
    stop = asyncio.Event()
    on_stop(stop.set)
    signal.raise_signal(number)
    await asyncio.wait_for(stop.wait(), 30)
    for each in STOP_SIGNALS:
        asyncio.get_running_loop().remove_signal_handler(each)


@pytest.mark.usefixtures("restored")
async def test_a_closed_terminal_stops_nothing_under_nohup() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    on_stop(lambda: None)
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().remove_signal_handler(each)


def test_processes_that_their_parent_ends_ignore_each_signal() -> None:
    script = (
        "import signal, sys\nfrom inference.system.stop_signals import STOP_SIGNALS, ignore_stop\nignore_stop()\n"
        "for number in STOP_SIGNALS: signal.raise_signal(number)\nprint('asyncio' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
