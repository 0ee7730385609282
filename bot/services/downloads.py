"""Downloads of published models, which admins start in a chat.

Each download runs `labelbot models pull` in a separate process. So TensorFlow, which compiles the model, takes no
memory in the bot's own process. A pull can be stopped at any moment, and the next pull resumes the download.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from bot.domain.reports import CommandRefused, DownloadProgress, Refusal
from inference import ModelStore
from inference.errors import describe_os_error
from inference.system.child_process import with_parent
from inference.system.environment import child_environment

# Niceness of the processes. If the workers, whose niceness is 10, need all cores, a pull gets an eighth of a core.
NICENESS = 19
# Environment variable with the URL of a pull. The URL may contain a password, and all users of the machine can see the
# arguments of a command.
SOURCE_VARIABLE = "LABELBOT_PULL_FROM"


class PullFailed(Exception):
    """A model was not installed; the message is one sentence with the reason."""


class Downloads:
    """Installs published models, one at a time."""

    def __init__(self, home: Path, *, variables: Mapping[str, str] | None = None) -> None:
        """Create the object; no pull runs yet.

        Args:
            home: data folder with the store of the models.
            variables: further environment variables of the command.
        """
        self._home = home
        self._variables = dict(variables or {})
        self._name: str | None = None
        self._process: Process | None = None
        self._cancelled = False
        self._progress: DownloadProgress | None = None
        self._idle = asyncio.Event()
        self._idle.set()

    async def pull(
        self, name: str, *, source: str | None, on_progress: Callable[[DownloadProgress], None]
    ) -> tuple[str, ...]:
        """Install a published model.

        Args:
            name: name of the model in the catalogue.
            source: URL to download the model from; None for the URL in the catalogue.
            on_progress: function that is called with each change of the progress.

        Returns:
            Sentences about the model and its installation.

        Raises:
            PullFailed: the model was not installed.
            CommandRefused: another pull is under way, the model is installed already, or the pull was cancelled.
        """
        if self._name is not None:
            raise CommandRefused(Refusal.PULL_UNDER_WAY, self._name)
        self._name, self._cancelled = name, False
        self._idle.clear()
        try:
            if name in await asyncio.to_thread(ModelStore(self._home).names):
                raise CommandRefused(Refusal.INSTALLED_ALREADY, name)
            return await self._run(name, source, on_progress)
        finally:
            self._name = self._process = self._progress = None
            self._idle.set()

    def cancel(self, name: str) -> bool:
        """Stop the pull of a model; return False if there is no such pull."""
        if self._name != name:
            return False
        self._cancelled = True
        if self._process is not None:
            _kill(self._process)
        return True

    def close(self) -> None:
        """Stop the pull, if there is one."""
        if self._name is not None:
            self.cancel(self._name)

    @property
    def under_way(self) -> str | None:
        """Name of the model that is being installed; None if no model is being installed."""
        return self._name

    @property
    def progress(self) -> DownloadProgress | None:
        """Progress of the pull that is under way; None at its start."""
        return self._progress

    async def until_idle(self) -> None:
        """Wait until no pull is under way."""
        await self._idle.wait()

    async def _run(
        self, name: str, source: str | None, on_progress: Callable[[DownloadProgress], None]
    ) -> tuple[str, ...]:
        process = self._process = await self._start(name, source)
        with suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PGRP, process.pid, NICENESS)
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
                    self._progress = DownloadProgress(**said)
                    on_progress(self._progress)
            status = await process.wait()
        finally:
            _kill(process)
            written = (await complaints).decode(errors="replace")
        if self._cancelled:
            raise CommandRefused(Refusal.PULL_STOPPED, name)
        if status:
            raise PullFailed(_last_line(written) or f"the process ended with status {status}")
        return report

    async def _start(self, name: str, source: str | None) -> Process:
        if "\0" in name + (source or ""):
            # No argument and no variable of a process can hold one.
            raise PullFailed("expected a name and an address without null characters. Received: one with some")
        origin = {} if source is None else {SOURCE_VARIABLE: source}
        try:
            return await asyncio.create_subprocess_exec(
                *with_parent(
                    *(sys.executable, "-m", "bot.cli", "models", "pull", "--json", "--home", str(self._home)),
                    *("--", name),
                ),
                stdout=PIPE,
                stderr=PIPE,
                env=child_environment(network=True) | self._variables | origin,
                # Killing the process group also ends the processes that the command starts.
                start_new_session=True,
            )
        except OSError as error:
            raise PullFailed(f"the download cannot be started: {describe_os_error(error)}") from error


def _kill(process: Process) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _last_line(written: str) -> str:
    """Return the last line of a command's output; libraries may have written lines before it."""
    lines = written.strip().splitlines()
    return lines[-1].removeprefix("labelbot: ") if lines else ""
