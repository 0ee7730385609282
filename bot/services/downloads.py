"""Pulls of published models, for admins who ask for them in chat.

Each runs `labelbot models pull` as a process of its own: TensorFlow, which compiles, stays out of the bot with its
memory, and a pull can be ended at any moment, since the next one goes on where it was.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from bot.domain.reports import PullProgress, Refusal, Refused
from inference import ModelStore
from inference.system.environment import child_environment


class PullFailed(Exception):
    """A model was not pulled; the message is one sentence that says why."""


class Downloads:
    """Pulls models, one at a time."""

    def __init__(self, home: Path) -> None:
        """Pull nothing yet.

        Args:
            home: whose store the models go to.
        """
        self._home = home
        self._name: str | None = None
        self._process: Process | None = None
        self._cancelled = False

    async def pull(
        self, name: str, *, source: str | None, on_progress: Callable[[PullProgress], None]
    ) -> tuple[str, ...]:
        """Install a published model.

        Args:
            name: as the catalogue has it.
            source: address to take it from instead.
            on_progress: called with every change.

        Returns:
            What was found and installed, a sentence each.

        Raises:
            PullFailed: it was not installed.
            Refused: another pull is under way, the model is installed already, or the pull was cancelled.
        """
        if self._name is not None:
            raise Refused(Refusal.PULL_UNDER_WAY, self._name)
        self._name, self._cancelled = name, False
        try:
            if name in await asyncio.to_thread(ModelStore(self._home).names):
                raise Refused(Refusal.INSTALLED_ALREADY, name)
            return await self._run(name, source, on_progress)
        finally:
            self._name = self._process = None

    def cancel(self, name: str) -> bool:
        """End a pull; False where there is none of this model."""
        if self._name != name:
            return False
        self._cancelled = True
        if self._process is not None:
            _kill(self._process)
        return True

    def close(self) -> None:
        """End the pull that is under way."""
        if self._name is not None:
            self.cancel(self._name)

    @property
    def under_way(self) -> str | None:
        """The name of the model that is being pulled."""
        return self._name

    async def _run(self, name: str, source: str | None, on_progress: Callable[[PullProgress], None]) -> tuple[str, ...]:
        origin = () if source is None else ("--from", source)
        process = self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot.cli", "models", "pull", "--json", "--home", str(self._home), *origin),
            *("--", name),
            stdout=PIPE,
            stderr=PIPE,
            env=child_environment(network=True),
            # With it end the processes that it starts itself.
            start_new_session=True,
        )
        assert process.stdout is not None
        assert process.stderr is not None
        complaints = asyncio.create_task(process.stderr.read())
        report: tuple[str, ...] = ()
        try:
            if self._cancelled:
                _kill(process)
            async for line in process.stdout:
                said = json.loads(line)
                if "report" in said:
                    report = tuple(said["report"])
                else:
                    on_progress(PullProgress(**said))
            status = await process.wait()
        finally:
            _kill(process)
            written = (await complaints).decode(errors="replace")
        if self._cancelled:
            raise Refused(Refusal.PULL_STOPPED, name)
        if status:
            raise PullFailed(_last_line(written) or f"the process ended with status {status}")
        return report


def _kill(process: Process) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _last_line(written: str) -> str:
    """The sentence with which a command ended, below whatever libraries had to say."""
    lines = written.strip().splitlines()
    return lines[-1].removeprefix("labelbot: ") if lines else ""
